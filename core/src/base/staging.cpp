#include "staging_impl.h"

#include "iso/base/begun_replacement.h"
#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/base/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

namespace iso {
namespace fs = std::filesystem;

namespace detail {
namespace {

constexpr std::string_view staging_prefix = ".isocenter-";

Descriptor open_folder(const fs::path& folder, int more = 0) {
  return Descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | more)};
}

/// The file itself, not what a link leads to.
bool is_same(const fs::path& a, const fs::path& b) {
  const auto one = find_own_identity(a);
  return one && one == find_own_identity(b);
}

bool is_there(const fs::path& place) { return find_own_identity(place).has_value(); }

/// Whether a folder of that name is one of ours: a folder of this user, in which there is nothing but the parts of one, each
/// a folder itself. A link in it could lead to files of the user, and what else is called so is not ours to remove.
bool is_own_staging(const fs::path& path) {
  const auto is_own = [](const fs::path& entry, mode_t type) {
    struct stat status {};
    return ::lstat(entry.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == type && status.st_uid == ::geteuid();
  };
  if (!is_own(path, S_IFDIR)) return false;
  return std::ranges::all_of(names_in(path, path), [&](const std::string& name) {
    const bool part = name == "new" || name == "old" || name == "own";
    return part ? is_own(path / name, S_IFDIR) : name == "begun" && is_own(path / name, S_IFREG);
  });
}

/// Renames what is missing of the files (or of the records); an error leaves it to the next one who looks.
void finish_renames(const Staging& staging, const std::vector<std::string>& names, bool records) {
  for (const std::string& name : names) {
    if (is_record(name) != records) continue;
    const fs::path place = staging.place / name;
    if (is_same(place, staging.own(name))) continue;  // done, and new/NAME may hold the old one
    if (!is_same(staging.fresh(name), staging.own(name))) continue;
    if (records) {
      // A record goes beside the file that it describes, and beside no other.
      const std::string described = name.substr(0, name.size() - record_suffix.size());
      if (is_same(staging.place / described, staging.own(described)))
        (void)rename_to_free_name(staging.fresh(name), place);
    } else if (is_same(place, staging.old(name))) {
      if (::rename(staging.fresh(name).c_str(), place.c_str()) != 0) fail_to_write(place, errno);
    } else {
      (void)rename_to_free_name(staging.fresh(name), place);  // there was none, or it went first
    }
  }
}

/// What is still old goes first, as in a commit (it has a second name in old/): the records, and of several files each.
void remove_old(const Staging& staging, const std::vector<std::string>& names, bool records) {
  if (!records && std::ranges::count_if(names, [](const auto& name) { return !is_record(name); }) < 2) return;
  bool removed = false;
  for (const std::string& name : names) {
    const fs::path place = staging.place / name;
    if (is_record(name) != records || !is_same(place, staging.old(name))) continue;
    if (!records && !is_same(staging.fresh(name), staging.own(name))) continue;
    if (::unlink(place.c_str()) != 0 && errno != ENOENT) fail_to_write(place, errno);
    removed = true;
  }
  if (removed) flush_folder(staging.place);
}

/// Old records of files that are still the old ones come back.
void return_records(const Staging& staging, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!is_record(name)) continue;
    const std::string described = name.substr(0, name.size() - record_suffix.size());
    if (is_same(staging.place / described, staging.old(described)))
      (void)rename_to_free_name(staging.old(name), staging.place / name);
  }
}

bool has_same_content(const fs::path& a, const fs::path& b) {
  std::error_code problem;
  if (!fs::is_regular_file(fs::symlink_status(a, problem)) || !fs::is_regular_file(fs::symlink_status(b, problem)) ||
      fs::file_size(a, problem) != fs::file_size(b, problem))
    return false;
  std::ifstream one{a, std::ios::binary}, other{b, std::ios::binary};
  std::vector<char> here(65536), there(65536);
  while (one && other) {
    one.read(here.data(), static_cast<std::streamsize>(here.size()));
    other.read(there.data(), static_cast<std::streamsize>(there.size()));
    if (one.gcount() != other.gcount() || !std::equal(here.begin(), here.begin() + one.gcount(), there.begin()))
      return false;
  }
  return one.eof() && other.eof();
}

/// Makes `second` another name of `first`, as it was before somebody copied both.
void link_again(const fs::path& first, const fs::path& second) {
  if (::unlink(second.c_str()) != 0 || ::link(first.c_str(), second.c_str()) != 0) fail_to_write(second, errno);
}

/// A folder that was copied with what was begun in it has no second names any more. Files of one content were of one name.
void restore_second_names(const Staging& staging, const std::vector<std::string>& own,
                          const std::vector<std::string>& old) {
  bool copied = false;
  for (const std::string& name : own) {
    const fs::path fresh = staging.fresh(name), second = staging.own(name);
    if (is_same(fresh, second) || !has_same_content(fresh, second)) continue;
    link_again(fresh, second);
    copied = true;
  }
  if (!copied) return;
  const auto restore = [&](const std::string& name, const fs::path& second) {
    const fs::path place = staging.place / name;
    if (!is_same(place, second) && has_same_content(place, second)) link_again(place, second);
  };
  for (const std::string& name : own)
    if (!is_there(staging.fresh(name))) restore(name, staging.own(name));
  for (const std::string& name : old) restore(name, staging.old(name));
}

/// What a killed process had begun. Throws if it cannot be finished now.
void finish(const Staging& staging) {
  if (!is_there(staging.begun())) return;
  const std::vector<std::string> names = names_in(staging.path / "own", staging.place),
                                 old = names_in(staging.path / "old", staging.place);
  restore_second_names(staging, names, old);
  remove_old(staging, old, true);
  remove_old(staging, names, false);
  finish_renames(staging, names, false);
  flush_folder(staging.place);
  finish_renames(staging, names, true);
  return_records(staging, old);
  flush_folder(staging.place);
  if (::unlink(staging.begun().c_str()) != 0) fail_to_write(staging.place, errno);
}

// A staging folder is free when its lock can be had. Whoever makes one holds the lock of the folder around it meanwhile, so
// that nobody sees a staging folder between its making and its locking.
void sweep_one(const fs::path& path) {
  try {
    const Descriptor lock = open_folder(path, O_NOFOLLOW);
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || !is_own_staging(path)) return;
    finish({path.parent_path(), path, -1});
    std::error_code ignored;
    fs::remove_all(path, ignored);
  } catch (const Error&) {
    return;  // it stays for the next one
  }
}

/// Not for ever: anybody who may read the folder can lock it.
void lock_while_others_sweep(const Descriptor& folder) {
  for (int attempt = 0; folder && attempt < 100 && ::flock(folder.get(), LOCK_SH | LOCK_NB) != 0; ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

void make_folder(const fs::path& folder, const fs::path& named) {
  if (::mkdir(folder.c_str(), 0700) != 0) fail_to_write(named, errno);
}

/// Commits against the end of the process, which removes the folders that they rename from.
struct Commits {
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  int running{0};
  bool ending{false};
};

// Never destroyed: threads that commit outlive main().
Commits& commits() {
  static auto* const all = new Commits;
  return *all;
}

}  // namespace

CommitTurn::CommitTurn() {
  Commits& all = commits();
  std::unique_lock lock{all.mutex};
  all.changed.wait(lock, [&] { return !all.ending; });  // for ever, if the process ends
  ++all.running;
}

CommitTurn::~CommitTurn() {
  Commits& all = commits();
  const std::lock_guard lock{all.mutex};
  --all.running;
  all.changed.notify_all();
}

void stop_commits(std::chrono::milliseconds patience) noexcept {
  Commits& all = commits();
  std::unique_lock lock{all.mutex};
  all.ending = true;
  (void)all.changed.wait_for(lock, patience, [&] { return all.running == 0; });
}

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

void fail_to_write(const fs::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const bool refused = error == EACCES || error == EPERM || error == EROFS;
  throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: " + std::strerror(error),
              full                    ? "free some space or write to another disk"
              : refused               ? "check the permissions of the folder"
              : error == ENAMETOOLONG ? "choose a shorter name"
              : error == EMFILE       ? "raise the limit of open files with ulimit -n"
                                      : "check the disk, or write to another one"};
}

void fail_existing(const fs::path& place) {
  throw Error{Errc::cannot_write, "'" + place.string() + "' exists already",
              "choose another name, or insist with --overwrite"};
}

bool is_staging(std::string_view name) noexcept {
  return name.starts_with(staging_prefix) && name.size() == staging_prefix.size() + 6;
}

fs::path to_folder(const fs::path& place) { return place.has_parent_path() ? place.parent_path() : fs::path{"."}; }

void flush_file(const fs::path& path, const fs::path& named) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file) fail_to_write(named, errno);
  if (::fsync(file.get()) != 0 && errno != EINVAL && errno != ENOTSUP) fail_to_write(named, errno);
}

void flush_folder(const fs::path& folder) {
  const Descriptor opened = open_folder(folder);
  if (!opened && errno == EACCES) return;  // one that takes files and shows none
  if (!opened) fail_to_write(folder, errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) fail_to_write(folder, errno);
}

std::vector<std::string> names_in(const fs::path& folder, const fs::path& named) {
  std::vector<std::string> names;
  std::error_code problem;
  for (fs::directory_iterator entry{folder, problem}, end; !problem && entry != end; entry.increment(problem))
    names.push_back(entry->path().filename().string());
  if (problem) fail_to_write(named, problem.value());
  std::ranges::sort(names);
  return names;
}

bool rename_to_free_name(const fs::path& from, const fs::path& to) {
  // Refuses in one step if another program made the file meanwhile.
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) fail_to_write(to, errno);
  // A file system without that call: a hard link refuses in one step, too; without links the check comes just before.
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  if (errno == EEXIST || is_there(to)) return false;
  if (::rename(from.c_str(), to.c_str()) != 0) fail_to_write(to, errno);
  return true;
}

Staging make_staging(const fs::path& folder) {
  const Descriptor around = open_folder(folder);
  lock_while_others_sweep(around);
  for (int attempt = 0;; ++attempt) {
    std::string name = (folder / (std::string{staging_prefix} + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
      if (errno != EACCES && errno != EPERM && errno != EROFS && errno != ENOENT) fail_to_write(folder, errno);
      throw Error{Errc::output_directory,
                  "the folder '" + folder.string() + "' cannot be written to: " + std::strerror(errno),
                  "choose another folder or ask for permission"};
    }
    remember_folder(name);
    Staging staging{folder, name, -1};
    Descriptor lock = open_folder(name, O_NOFOLLOW);
    const int problem = errno;
    // Another process may have taken it for left behind, where the folder around could not be locked.
    bool taken = lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    taken = taken || (lock && find_own_identity(name) != find_identity("/proc/self/fd/" + std::to_string(lock.get())));
    if (taken && attempt < 5) continue;
    staging.lock = lock.release();
    try {
      if (staging.lock < 0 || taken) fail_to_write(folder, problem);
      for (const char* const part : {"new", "old", "own"}) make_folder(staging.path / part, folder);
    } catch (...) {
      remove_staging(staging);
      throw;
    }
    return staging;
  }
}

void remove_staging(Staging& staging) noexcept {
  // First the mark: what remains is of no use any more.
  ::unlink(staging.begun().c_str());
  std::error_code ignored;
  fs::remove_all(staging.path, ignored);
  forget_folder(staging.path);
  if (staging.lock >= 0) ::close(std::exchange(staging.lock, -1));
}

}  // namespace detail

void sweep_staging(const fs::path& folder) noexcept {
  using namespace detail;
  try {
    const Descriptor around = open_folder(folder.empty() ? fs::path{"."} : folder);
    if (!around || ::flock(around.get(), LOCK_EX | LOCK_NB) != 0) return;
    for (const std::string& name : names_in(folder.empty() ? fs::path{"."} : folder, folder))
      if (is_staging(name)) sweep_one(folder / name);
  } catch (...) {
    return;  // sweeping is a courtesy
  }
}

bool settle_folder(const fs::path& given) noexcept {
  using namespace detail;
  bool found = false, gone = true;
  try {
    const fs::path folder = given.empty() ? fs::path{"."} : given;
    for (const std::string& name : names_in(folder, folder)) {
      const fs::path begun = folder / name / "begun";
      if (!is_staging(name) || !is_there(begun) || !is_own_staging(folder / name)) continue;
      found = true;
      // Its owner may be at work, or another reader.
      for (int attempt = 0; attempt < 200 && is_there(begun); ++attempt) {
        if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds{10});
        sweep_staging(folder);
      }
      gone = gone && !is_there(begun);
    }
  } catch (...) {
    return false;
  }
  return found && gone;
}

}  // namespace iso
