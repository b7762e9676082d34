#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace iso {

/// The record (provenance) of "image.mha" is "image.mha.record.json".
inline constexpr std::string_view record_suffix = ".record.json";

enum class ExistingFile : std::uint8_t { refuse, replace };

/// Files that come to their places together, each whole or not at all. A file is written in a staging folder beside its
/// place; `commit` flushes every file and renames it over its place. What a killed process leaves is either the old file or
/// the new one, and a staging folder that the next writer in the same folder removes.
///
///     FileReplacement files{ExistingFile::replace};
///     write(files.stage("image.mha"));
///     write(files.stage_record("image.mha"));
///     files.commit();
///
/// The record of a file describes that file and no other: the old record is removed before the file is replaced, a new one
/// is renamed last. A file with a record beside it is therefore always the file that the record describes, also when it was
/// replaced without a new record.
///
/// The staging folder has an unpredictable name, belongs to this user alone (mode 0700), and is locked as long as this
/// object lives; a staging folder without an owner is removed when it is seen (the lock tells, not the age).
/// Errors  output_directory (the folder is missing or not writable); cannot_write (exists and `refuse`, is a folder, full
///         disk, permission). The message names the place, not the staging folder.
/// Threads one object belongs to one thread; objects of several threads and processes may work in one folder.
class FileReplacement {
 public:
  explicit FileReplacement(ExistingFile existing);
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;
  ~FileReplacement();  ///< removes what was not committed

  /// The path to write the file to that will stand at `place`; it has the same file name. Files that a writer puts beside
  /// it (the pixels of a header) go to the same folder as `place`.
  [[nodiscard]] std::filesystem::path stage(const std::filesystem::path& place);
  /// The path to write the record of the file at `place` to.
  [[nodiscard]] std::filesystem::path stage_record(const std::filesystem::path& place);

  /// Renames everything that is staged. When one rename fails, the files before it come back.
  void commit();

  /// A message of a writer, with the places that the user knows in it instead of those in the staging folder.
  [[nodiscard]] std::string with_places(std::string message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws what `stage` would throw for `place`, and makes nothing.
void check_replaceable(const std::filesystem::path& place, ExistingFile existing);

/// Writes all of `content` to a new file and reports every failure, that of closing included. The file must not exist; a
/// link is not followed. Throws cannot_write. For a file that replaces another one, write to `FileReplacement::stage`.
void write_new_file(const std::filesystem::path& file, std::string_view content);

/// The whole of it for a text: staged, flushed, renamed.
void replace_file(const std::filesystem::path& place, std::string_view content, ExistingFile existing);

/// Removes the staging folders in `folder` whose owner is gone. Never throws; what cannot be removed stays.
void sweep_staging(const std::filesystem::path& folder) noexcept;

}  // namespace iso
