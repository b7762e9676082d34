#include "readers.h"
#include "targets.h"

#include "iso/base/error.h"

#include <utility>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

Reader parser(const Target& target) {
  Reader reader;
  reader.name = target.name;
  reader.extensions = {"." + target.name};
  reader.by_hdf5 = target.name == "checkpoint";
  reader.read = [&target](const fs::path& file, std::size_t) {
    try {
      target.take(bytes_of_file(file), file.parent_path());
    } catch (const Error& error) {
      if (error.code() != Errc::plugin_incompatible && error.code() != Errc::plugin_crashed) throw;
      throw Error{Errc::invalid_input, error.what()};  // what a worker sent, or a plugin says of itself
    }
  };
  reader.write = [&target](const fs::path& folder) {
    std::size_t number = 0;
    const auto keep = [&](const std::string& bytes) {
      put(folder / (std::to_string(number++) + "." + target.name), bytes);
    };
    keep(target.seed(folder));
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{fs::path{ISO_SOURCE_DIR} / "tests/fuzz/saved" / target.name, none})
      if (entry.file_size() < 65536) keep(bytes_of_file(entry.path()));
  };
  return reader;
}

}  // namespace

/// The targets that take text in memory or a checkpoint (targets.h), as the search wants them: their seeds are what we write and
/// what is kept in saved/TARGET.
const std::vector<Reader>& subjects() {
  static const std::vector<Reader> list = [] {
    std::vector<Reader> all;
    for (const Target& target : targets())
      if (target.name.find('.') == std::string::npos || target.name.starts_with("geometry."))
        all.push_back(parser(target));
    return all;
  }();
  return list;
}

}  // namespace iso::test
