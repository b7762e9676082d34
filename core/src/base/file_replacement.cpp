#include "iso/base/file_replacement.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

namespace iso {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view staging_prefix = ".isocenter-";

[[noreturn]] void fail(const fs::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: " + std::strerror(error),
              full ? "free some space or write to another disk" : "check the permissions of the folder"};
}

[[noreturn]] void fail_existing(const fs::path& place) {
  throw Error{Errc::cannot_write, "'" + place.string() + "' exists already",
              "choose another name, or insist with --overwrite"};
}

fs::path to_folder(const fs::path& place) { return place.has_parent_path() ? place.parent_path() : fs::path{"."}; }

class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

Descriptor open_folder(const fs::path& folder) {
  return Descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

void flush(const fs::path& path, const fs::path& named, int flags) {
  const Descriptor file{::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW)};
  if (!file) fail(named, errno);
  if (::fsync(file.get()) == 0) return;
  // Some file systems cannot flush a folder; the file itself is safe then.
  if (errno != EINVAL && errno != ENOTSUP && errno != EROFS) fail(named, errno);
}

void rename_into(const fs::path& from, const fs::path& to, ExistingFile existing) {
  if (existing == ExistingFile::replace) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to, errno);
    return;
  }
  // Refuses in one step if another program made the file meanwhile.
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EEXIST) fail_existing(to);
  if (errno != EINVAL && errno != ENOSYS) fail(to, errno);
  // A file system without that call: a hard link refuses in one step, too; without links the check comes just before.
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return;
  }
  if (errno == EEXIST) fail_existing(to);
  std::error_code problem;
  if (fs::exists(fs::symlink_status(to, problem))) fail_existing(to);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, errno);
}

// A staging folder is free when its lock can be had. Whoever makes one holds the lock of the folder around it meanwhile, so
// that nobody sees a staging folder between its making and its locking.
void remove_if_abandoned(const fs::path& staging) {
  struct stat status {};
  if (::lstat(staging.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) return;
  const Descriptor folder{::open(staging.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return;
  std::error_code ignored;
  fs::remove_all(staging, ignored);
}

struct Staging {
  fs::path path;
  int lock{-1};  ///< the folder itself, locked
};

Staging make_staging(const fs::path& folder) {
  sweep_staging(folder);
  const Descriptor around = open_folder(folder);
  if (around) ::flock(around.get(), LOCK_SH);
  std::string name = (folder / (std::string{staging_prefix} + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    if (errno == ENOSPC || errno == EDQUOT) fail(folder, errno);
    throw Error{Errc::output_directory,
                "the folder '" + folder.string() + "' cannot be written to: " + std::strerror(errno),
                "choose another folder or ask for permission"};
  }
  Descriptor made = open_folder(name);
  if (made) ::flock(made.get(), LOCK_EX | LOCK_NB);
  return {name, made.release()};
}

}  // namespace

void sweep_staging(const fs::path& folder) noexcept {
  try {
    const Descriptor around = open_folder(folder);
    if (!around || ::flock(around.get(), LOCK_EX | LOCK_NB) != 0) return;
    std::error_code problem;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry{folder, problem}, end; !problem && entry != end; entry.increment(problem)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with(staging_prefix) && name.size() == staging_prefix.size() + 6) found.push_back(entry->path());
    }
    for (const fs::path& staging : found) remove_if_abandoned(staging);
  } catch (...) {
    return;  // sweeping is a courtesy
  }
}

struct FileReplacement::State {
  struct Folder {
    fs::path place;
    Staging staging;
  };
  struct Committed {
    fs::path place, kept;  ///< `kept` is the old file's second name in the staging folder; empty: there was none
  };

  explicit State(ExistingFile wish) : existing{wish} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    for (const Folder& folder : folders) {
      std::error_code ignored;
      fs::remove_all(folder.staging.path, ignored);
      if (folder.staging.lock >= 0) ::close(folder.staging.lock);
    }
  }

  Folder& folder_for(const fs::path& place) {
    const fs::path folder = to_folder(place);
    const auto found = std::ranges::find(folders, folder, &Folder::place);
    if (found != folders.end()) return *found;
    folders.push_back({folder, make_staging(folder)});
    fs::create_directory(folders.back().staging.path / "new");
    fs::create_directory(folders.back().staging.path / "old");
    return folders.back();
  }

  void rename_all(const Folder& folder, bool wants_records) {
    const fs::path fresh = folder.staging.path / "new";
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator(fresh)) {
      const fs::path name = entry.path().filename();
      if (records.contains(folder.place / name) == wants_records) names.push_back(name);
    }
    // A writer's companions (pixels) come before the file that names them.
    std::ranges::stable_sort(names, {}, [&](const fs::path& name) { return named.contains(folder.place / name); });
    for (const fs::path& name : names) put(fresh / name, folder.place / name, folder.staging.path / "old" / name);
  }

  void put(const fs::path& from, const fs::path& to, const fs::path& kept) {
    const bool record = records.contains(to);
    const bool was_there = existing == ExistingFile::replace && ::link(to.c_str(), kept.c_str()) == 0;
    rename_into(from, to, record ? ExistingFile::replace : existing);
    done.push_back({to, was_there ? kept : fs::path{}});
  }

  void take_back() noexcept {
    for (auto step = done.rbegin(); step != done.rend(); ++step) {
      if (step->kept.empty())
        ::unlink(step->place.c_str());
      else
        ::rename(step->kept.c_str(), step->place.c_str());
    }
    for (const auto& [place, kept] : removed_records) ::rename(kept.c_str(), place.c_str());
  }

  ExistingFile existing;
  std::vector<Folder> folders;
  std::set<fs::path> named, records;  ///< places
  std::vector<Committed> done;
  std::vector<std::pair<fs::path, fs::path>> removed_records;  ///< place, where it is kept
};

FileReplacement::FileReplacement(ExistingFile existing) : state_{std::make_unique<State>(existing)} {}
FileReplacement::~FileReplacement() = default;

void check_replaceable(const fs::path& place, ExistingFile existing) {
  const fs::path folder = to_folder(place);
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) {
    throw Error{Errc::output_directory,
                "the folder '" + folder.string() + "' of '" + place.filename().string() + "' does not exist",
                "make it first, or write elsewhere"};
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error{Errc::output_directory,
                "the folder '" + folder.string() + "' cannot be written to: " + std::strerror(errno),
                "check its permissions, or write elsewhere"};
  }
  const auto status = fs::symlink_status(place, problem);
  if (fs::is_directory(status))
    throw Error{Errc::cannot_write, "'" + place.string() + "' is a folder", "give the name of a file"};
  if (fs::exists(status) && existing == ExistingFile::refuse) fail_existing(place);
}

fs::path FileReplacement::stage(const fs::path& place) {
  check_replaceable(place, state_->existing);
  const auto& folder = state_->folder_for(place);
  state_->named.insert(folder.place / place.filename());
  state_->records.insert(folder.place / (place.filename().string() + std::string{record_suffix}));
  return folder.staging.path / "new" / place.filename();
}

fs::path FileReplacement::stage_record(const fs::path& place) {
  const fs::path record{place.string() + std::string{record_suffix}};
  check_replaceable(record, ExistingFile::replace);
  const auto& folder = state_->folder_for(record);
  state_->records.insert(folder.place / record.filename());
  return folder.staging.path / "new" / record.filename();
}

void FileReplacement::commit() {
  State& state = *state_;
  for (const auto& folder : state.folders)
    for (const auto& entry : fs::directory_iterator(folder.staging.path / "new"))
      flush(entry.path(), folder.place / entry.path().filename(), O_RDONLY);
  try {
    for (const fs::path& record : state.records) {
      const fs::path kept = state.folder_for(record).staging.path / "old" / record.filename();
      if (::rename(record.c_str(), kept.c_str()) == 0)
        state.removed_records.emplace_back(record, kept);
      else if (errno != ENOENT)
        fail(record, errno);
    }
    // The old record is gone from the disk before the file that it describes changes.
    if (!state.removed_records.empty())
      for (const auto& folder : state.folders) flush(folder.place, folder.place, O_RDONLY | O_DIRECTORY);
    for (const bool wants_records : {false, true}) {
      for (const auto& folder : state.folders) state.rename_all(folder, wants_records);
      for (const auto& folder : state.folders) flush(folder.place, folder.place, O_RDONLY | O_DIRECTORY);
    }
  } catch (...) {
    state.take_back();
    throw;
  }
  state.done.clear();
  state.removed_records.clear();
}

std::string FileReplacement::with_places(std::string message) const {
  for (const auto& folder : state_->folders) {
    const std::string inner = (folder.staging.path / "new").string();
    const std::string outer = folder.place == "." && inner.starts_with("./") ? "." : folder.place.string();
    for (std::size_t at = message.find(inner); at != std::string::npos; at = message.find(inner, at + outer.size()))
      message.replace(at, inner.size(), outer);
  }
  // "./image.mha" was given as "image.mha".
  for (const fs::path& place : state_->named) {
    if (place.parent_path() != ".") continue;
    const std::string dotted = "'" + place.string() + "'", plain = "'" + place.filename().string() + "'";
    for (std::size_t at = message.find(dotted); at != std::string::npos; at = message.find(dotted, at + plain.size()))
      message.replace(at, dotted.size(), plain);
  }
  return message;
}

void write_new_file(const fs::path& file, std::string_view content) {
  const Descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)};
  if (!out) fail(file, errno);
  while (!content.empty()) {
    const ssize_t written = ::write(out.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(file, written < 0 ? errno : ENOSPC);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0 && errno != EINVAL && errno != ENOTSUP) fail(file, errno);
}

void replace_file(const fs::path& place, std::string_view content, ExistingFile existing) {
  FileReplacement files{existing};
  const fs::path staged = files.stage(place);
  try {
    write_new_file(staged, content);
  } catch (const Error& error) {
    throw Error{error.code(), files.with_places(error.what()), error.hint(), error.where()};
  }
  files.commit();
}

}  // namespace iso
