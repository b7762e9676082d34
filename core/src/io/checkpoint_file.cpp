#include "iso/io/checkpoint_file.h"

#include "io/formats/hdf5_impl.h"
#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

namespace iso::io {
namespace fs = std::filesystem;
namespace h5 = detail::h5;

void write_checkpoint(const fs::path& file, std::string_view key, const Checkpoint& state) {
  write_atomically(file, true, [&](const fs::path& temporary) {
    const h5::Quiet quiet;
    std::size_t bytes = 0;
    for (const auto& [name, array] : state.arrays) bytes += array.spec().bytes();
    const h5::Id out = h5::create_file(temporary, bytes);
    h5::write_attribute(out, "isocenter_checkpoint", std::string{key});
    // Doubles count exactly far beyond any number of iterations.
    h5::write_attribute(out, "iteration", std::vector<double>{static_cast<double>(state.iteration)});
    const h5::Id arrays = h5::create_group(out, "arrays"), numbers = h5::create_group(out, "numbers");
    for (const auto& [name, array] : state.arrays) h5::write_array(arrays, name, array);
    for (const auto& [name, number] : state.numbers) h5::write_attribute(numbers, name, std::vector<double>{number});
    h5::finish(out);
  });
}

std::optional<Checkpoint> read_checkpoint(const fs::path& file, std::string_view key) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) return std::nullopt;
  const h5::Quiet quiet;
  try {
    const h5::Id in = h5::open_file(file);
    if (h5::text_attribute(in, "isocenter_checkpoint") != std::string{key}) return std::nullopt;
    const auto iteration = h5::number_attribute(in, "iteration");
    if (iteration.size() != 1) return std::nullopt;
    Checkpoint state;
    state.iteration = static_cast<std::int64_t>(iteration[0]);
    const h5::Id arrays = h5::open_group(in, "arrays"), numbers = h5::open_group(in, "numbers");
    for (const auto& name : h5::link_names(arrays)) state.arrays.emplace(name, h5::read_array(arrays, name));
    for (const auto& name : h5::attribute_names(numbers)) {
      const auto number = h5::number_attribute(numbers, name);
      if (number.size() != 1) return std::nullopt;
      state.numbers.emplace(name, number[0]);
    }
    return state;
  } catch (const Error& error) {
    log::warning("core.io", "the checkpoint '", file.string(), "' is not used: ", error.what());
    return std::nullopt;
  }
}

}  // namespace iso::io
