#include "iso/io/checkpoint_file.h"

#include "io/formats/hdf5_impl.h"
#include "io/reading/reading_impl.h"
#include "iso/base/checked.h"
#include "iso/base/digest.h"
#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <utility>

namespace iso::io {
namespace fs = std::filesystem;
namespace h5 = detail::h5;
namespace {

/// Over everything that a run goes on with: a state with one changed bit is not the state of this run.
std::string checksum(std::string_view key, const Checkpoint& state) {
  Sha256 sum;
  sum.update(key).update("\n").update(std::to_string(state.iteration)).update("\n");
  for (const auto& [name, array] : state.arrays) {
    sum.update(name).update("\n").update(to_string(array.spec().type)).update(array.spec().shape.text()).update("\n");
    sum.update(std::span{array.data(), array.spec().bytes()});
  }
  for (const auto& [name, number] : state.numbers)
    sum.update(name).update("\n").update(std::as_bytes(std::span{&number, 1}));
  return sum.hex();
}

}  // namespace

void write_checkpoint(const fs::path& file, std::string_view key, const Checkpoint& state) {
  write_atomically(file, true, [&](const fs::path& temporary) {
    const h5::Quiet quiet;
    std::size_t bytes = 0;
    for (const auto& [name, array] : state.arrays) bytes += array.spec().bytes();
    h5::Id out = h5::create_file(temporary, bytes);
    h5::write_attribute(out, "isocenter_checkpoint", std::string{key});
    // Doubles count exactly far beyond any number of iterations.
    h5::write_attribute(out, "iteration", std::vector<double>{static_cast<double>(state.iteration)});
    const h5::Id arrays = h5::create_group(out, "arrays"), numbers = h5::create_group(out, "numbers");
    for (const auto& [name, array] : state.arrays) h5::write_array(arrays, name, array);
    for (const auto& [name, number] : state.numbers) h5::write_attribute(numbers, name, std::vector<double>{number});
    h5::write_attribute(out, "sha256", checksum(key, state));
    h5::finish(std::move(out));
  });
}

std::optional<Checkpoint> detail::checkpoint_here(const fs::path& file, const std::string& key) {
  const h5::Quiet quiet;
  const h5::Id in = h5::open_file(file);
  if (h5::text_attribute(in, "isocenter_checkpoint") != key) return std::nullopt;
  const auto one_number = [&](hid_t place, const std::string& name) {
    const auto found = h5::number_attribute(place, name);
    if (found.size() != 1) throw Error{Errc::invalid_input, "'" + name + "' is not one number"};
    return found[0];
  };
  const auto iteration = to_whole<std::int64_t>(one_number(in, "iteration"));
  if (!iteration || *iteration < 0) throw Error{Errc::invalid_input, "its iteration is no whole number"};
  Checkpoint state;
  state.iteration = *iteration;
  const h5::Id arrays = h5::open_group(in, "arrays"), numbers = h5::open_group(in, "numbers");
  for (const auto& name : h5::link_names(arrays)) state.arrays.emplace(name, h5::read_array(arrays, name));
  for (const auto& name : h5::attribute_names(numbers)) state.numbers.emplace(name, one_number(numbers, name));
  if (h5::text_attribute(in, "sha256") != checksum(key, state))
    throw Error{Errc::invalid_input, "its checksum differs: it is damaged or was changed"};
  return state;
}

std::optional<Checkpoint> read_checkpoint(const fs::path& file, std::string_view key) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) return std::nullopt;
  try {
    return detail::is_read_elsewhere(file) ? detail::checkpoint_elsewhere(file, std::string{key})
                                           : detail::checkpoint_here(file, std::string{key});
  } catch (...) {
    const Error error = current_error();
    log::warning("core.io", "the checkpoint '", file.string(), "' is not used: ", error.what());
    return std::nullopt;
  }
}

}  // namespace iso::io
