#include "iso/io/input_files.h"

#include "io/array_impl.h"

#include "iso/base/digest.h"
#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/io/registry.h"

#include <sys/stat.h>

#include <algorithm>

namespace iso::io {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::recursive_directory_iterator entry{folder, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && entry != end; entry.increment(problem)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

/// What the header names, of the first format that fits the name.
std::vector<fs::path> files_beside(const fs::path& file) {
  for (const auto& handler : handlers()) {
    const auto fits = [&](const std::string& extension) { return detail::has_extension(file, extension); };
    if (std::ranges::none_of(handler->format().extensions, fits)) continue;
    try {
      if (auto files = handler->sources(file); !files.empty()) return files;
    } catch (const std::exception&) {
      continue;  // a damaged header names nothing that could be read
    }
  }
  return {};
}

}  // namespace

std::vector<fs::path> find_files(const fs::path& place) {
  std::error_code problem;
  if (fs::is_directory(place, problem)) return files_in(place);
  if (!fs::exists(place, problem)) return {};
  std::vector<fs::path> files{place};
  for (fs::path& other : files_beside(place)) files.push_back(std::move(other));
  return files;
}

void InputFiles::add(const fs::path& place) { places_.push_back(place); }

void InputFiles::refuse(const fs::path& output, const std::string& what) const {
  for (const fs::path& place : places_) {
    bool taken = same_place(place, output);
    // What is not there yet replaces nothing.
    if (const auto there = find_identity(output); there && !taken)
      taken =
          std::ranges::any_of(find_files(place), [&](const fs::path& file) { return find_identity(file) == there; });
    if (taken)
      throw Error{Errc::cannot_write, what + " would replace the input '" + place.string() + "'",
                  "choose another name"};
  }
}

std::optional<FileStamp> make_stamp(const std::vector<fs::path>& places) {
  FileStamp stamp;
  Sha256 sum;
  for (const fs::path& place : places) {
    const auto files = find_files(place);
    if (files.empty()) return std::nullopt;
    for (const fs::path& file : files) {
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) return std::nullopt;
      stamp.bytes += static_cast<std::uintmax_t>(status.st_size);
      const std::string name =
          file.lexically_relative(place.parent_path().empty() ? "." : place.parent_path()).string();
      sum.update(name + "\n" + std::to_string(status.st_size) + "\n" + std::to_string(status.st_mtim.tv_sec) + "." +
                 std::to_string(status.st_mtim.tv_nsec) + "\n");
    }
  }
  stamp.sha256 = sum.hex();
  return stamp;
}

}  // namespace iso::io
