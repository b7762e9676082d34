#pragma once

#include "iso/base/file_replacement.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

/// The folder beside the places in which files are made before they are renamed over them. Private to the base room.
///
///     .isocenter-XXXXXX/    mode 0700, locked (flock) as long as its owner lives
///       new/NAME            what is to stand at NAME
///       old/NAME            a second name of what stands at NAME now, to bring it back
///       own/NAME            a second name of new/NAME, by which it is known after it was renamed to its place
///       begun               there as soon as every file is whole and flushed and the renames begin
///
/// When its owner is gone, a staging folder that has not begun is removed. One that has begun is finished: what is not yet at
/// its place and would replace just what stood there when it began is renamed. Nothing that came to a place since is touched.
/// Of several files the old ones are taken away before the first new one comes; old/ holds them then.
namespace iso::detail {

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_{value} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

/// Throws cannot_write naming `file`, with what to do about this error number.
[[noreturn]] void fail_to_write(const std::filesystem::path& file, int error);
[[noreturn]] void fail_existing(const std::filesystem::path& place);
[[nodiscard]] std::filesystem::path to_folder(const std::filesystem::path& place);
/// Whether a staging folder may have this name.
[[nodiscard]] bool is_staging(std::string_view name) noexcept;
[[nodiscard]] inline bool is_record(const std::filesystem::path& name) {
  return name.string().ends_with(record_suffix);
}

/// fsync; throws cannot_write naming `named`. A folder that may not be read, or cannot be flushed, is left to the system.
void flush_file(const std::filesystem::path& path, const std::filesystem::path& named);
void flush_folder(const std::filesystem::path& folder);
/// Names of the entries of a folder, in alphabetical order; throws cannot_write naming `named`.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder,
                                                const std::filesystem::path& named);
/// Renames without replacing what is there; false if something is. Throws cannot_write.
[[nodiscard]] bool rename_to_free_name(const std::filesystem::path& from, const std::filesystem::path& to);

struct Staging {
  std::filesystem::path place;  ///< the folder that the files go to
  std::filesystem::path path;   ///< of the staging folder itself
  int lock{-1};                 ///< the staging folder, open and locked
  [[nodiscard]] std::filesystem::path fresh(const std::filesystem::path& name) const { return path / "new" / name; }
  [[nodiscard]] std::filesystem::path old(const std::filesystem::path& name) const { return path / "old" / name; }
  [[nodiscard]] std::filesystem::path own(const std::filesystem::path& name) const { return path / "own" / name; }
  [[nodiscard]] std::filesystem::path begun() const { return path / "begun"; }
};

/// As long as it lives, the process does not end by `remove_remembered_folders`. Once that has begun, none can be made: who
/// tries waits for the end.
class CommitTurn {
 public:
  CommitTurn();
  CommitTurn(const CommitTurn&) = delete;
  CommitTurn& operator=(const CommitTurn&) = delete;
  ~CommitTurn();
};
/// Lets no commit begin any more, and waits for those that have begun.
void stop_commits(std::chrono::milliseconds patience) noexcept;

/// A staging folder in this folder. Throws output_directory or cannot_write.
[[nodiscard]] Staging make_staging(const std::filesystem::path& folder);
/// Removes it, whatever is in it, and lets go of the lock.
void remove_staging(Staging& staging) noexcept;

}  // namespace iso::detail
