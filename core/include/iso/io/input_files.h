#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The files behind the places that data are read from: that none of them is written over, and whether they have changed.
namespace iso::io {

/// The file itself and those beside it that go with it (the .raw of a .mhd, the .hdr of a .cfl), or every file of a folder.
/// Empty if there is nothing. Never throws for a damaged file: what its header names is then left out.
[[nodiscard]] std::vector<std::filesystem::path> find_files(const std::filesystem::path& place);

/// What is read in a piece of work, and therefore not written.
class InputFiles {
 public:
  /// A file with those that go with it, or a folder with all that is in it. One that is not there is known by its name.
  void add(const std::filesystem::path& place);
  /// Throws cannot_write, "WHAT would replace the input ...", if writing to `output` would write over one of them: the same file
  /// by device and number, so that other spellings, symbolic links and hard links are seen through.
  void refuse(const std::filesystem::path& output, const std::string& what) const;

 private:
  std::vector<std::filesystem::path> places_;
};

/// Size and time of files, by which an unchanged file is known without reading it.
struct FileStamp {
  std::uintmax_t bytes{0};  ///< of all of them
  std::string sha256;       ///< over their names, sizes and times of change in nanoseconds
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// Of the files behind these places; nothing if one is missing.
[[nodiscard]] std::optional<FileStamp> make_stamp(const std::vector<std::filesystem::path>& places);

}  // namespace iso::io
