#include "iso/base/file_replacement.h"

#include "staging_impl.h"

#include "iso/base/error.h"
#include "iso/base/temporary_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

namespace iso {
namespace fs = std::filesystem;
using namespace detail;
namespace {

enum class Kept : std::uint8_t {
  nothing,  ///< there was no file
  linked,   ///< the old file has a second name in old/
  not_yet,  ///< this file system gives no second name; the old file is exchanged for the new one, if it can do that
};

/// Gives what stands at the place a second name, by which it can come back.
Kept keep_old(const Staging& staging, const std::string& name) {
  const fs::path place = staging.place / name;
  if (::link(place.c_str(), staging.old(name).c_str()) == 0) return Kept::linked;
  if (errno == ENOENT) return Kept::nothing;
  // No links here, too many, or none to a file of another user.
  if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EMLINK || errno == EXDEV) return Kept::not_yet;
  fail_to_write(place, errno);
}

/// A file that its owner hid from others stays hidden when it is replaced, and one that they may write to stays theirs.
void keep_permissions(const fs::path& place, const fs::path& fresh) {
  struct stat status {};
  if (::lstat(place.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  (void)::chmod(fresh.c_str(), status.st_mode & 0777U);  // a file system without permissions has none to keep
}

/// The second names of the data went after those of the record, perhaps, and the system notes when (ctime). Nothing else that we do
/// to the data comes after this.
void be_changed_last(const fs::path& record) {
  struct stat status {};
  if (::lstat(record.c_str(), &status) == 0 && S_ISREG(status.st_mode))
    (void)::chmod(record.c_str(), status.st_mode & 07777U);
}

/// False where the file system cannot do it. A folder, which may have come there meanwhile, is not exchanged for a file.
bool exchange(const fs::path& fresh, const fs::path& place) {
  const auto swap = [&] { return ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0; };
  std::error_code problem;
  if (fs::is_directory(fs::symlink_status(place, problem))) fail_to_write(place, EISDIR);
  if (!swap()) return false;
  if (!fs::is_directory(fs::symlink_status(fresh, problem))) return true;
  (void)swap();
  fail_to_write(place, EISDIR);
}

}  // namespace

struct FileReplacement::State {
  struct File {
    const Staging* staging;
    std::string name;
    Kept kept{Kept::nothing};
    bool fresh{false};    ///< there is one to put in its place; else an old record that only goes
    bool removed{false};  ///< the old one is away from its place, and in old/
    bool placed{false};   ///< new/NAME is at its place
    [[nodiscard]] fs::path place() const { return staging->place / name; }
  };

  explicit State(ExistingFile wish) : existing{wish} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { clear_up(); }

  void clear_up() const noexcept {
    for (const auto& staging : stagings) remove_staging(*staging);
  }

  [[nodiscard]] bool knows(const fs::path& folder) const {
    return std::ranges::any_of(stagings, [&](const auto& staging) { return staging->place == folder; });
  }

  Staging& staging_for(const fs::path& place) {
    const fs::path folder = to_folder(place);
    for (const auto& staging : stagings)
      if (staging->place == folder) return *staging;
    return *stagings.emplace_back(std::make_unique<Staging>(make_staging(folder)));
  }

  /// What there is to do, and a second name for every old and new file.
  std::vector<File> prepare() {
    std::vector<File> files;
    for (const auto& staging : stagings) {
      for (const std::string& name : names_in(staging->path / "new", staging->place)) {
        if (is_staging(name)) continue;  // of a writer that staged once more in here and could not remove it
        flush_file(staging->fresh(name), staging->place / name);
        files.push_back({staging.get(), name, Kept::nothing, true});
      }
    }
    for (const fs::path& record : records) {
      const auto known = [&](const File& file) { return file.place() == record; };
      if (std::ranges::none_of(files, known)) files.push_back({&staging_for(record), record.filename().string()});
    }
    // A writer's companions (pixels) come before the file that names them.
    std::ranges::stable_sort(files, {}, [&](const File& file) { return named.contains(file.place()); });
    for (File& file : files) {
      if (file.fresh) keep_permissions(file.place(), file.staging->fresh(file.name));
      if (existing == ExistingFile::replace || is_old_record(file)) file.kept = keep_old(*file.staging, file.name);
      // Without it a sweep does not know the file again after a kill, and leaves everything as it finds it.
      if (file.fresh && ::link(file.staging->fresh(file.name).c_str(), file.staging->own(file.name).c_str()) != 0 &&
          (errno == ENOSPC || errno == EDQUOT || errno == EIO))
        fail_to_write(file.place(), errno);
    }
    for (const auto& staging : stagings) {
      forget_folder(staging->path);  // from now on it is not removed, but finished
      const Descriptor mark{::open(staging->begun().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
      if (!mark) fail_to_write(staging->place, errno);
    }
    return files;
  }

  [[nodiscard]] bool is_old_record(const File& file) const { return records.contains(file.place()); }

  /// Two names cannot change in one step: of several files the old ones go before the first new one comes, so that nobody
  /// finds an old one beside a new one. Where the old one has no second name, it stays until the new one takes its place.
  [[nodiscard]] bool goes_first(const File& file, bool several) const {
    return is_old_record(file) ? file.kept != Kept::nothing : several && file.kept == Kept::linked;
  }

  void remove_old(File& file) const {
    const fs::path place = file.place();
    const bool linked = file.kept == Kept::linked;
    const int failed = linked ? ::unlink(place.c_str()) : ::rename(place.c_str(), file.staging->old(file.name).c_str());
    if (failed != 0 && errno != ENOENT) fail_to_write(place, errno);
    file.kept = failed == 0 ? Kept::linked : Kept::nothing;  // old/NAME holds it, or it went meanwhile
    file.removed = failed == 0;
  }

  void put(File& file) const {
    const fs::path place = file.place(), fresh = file.staging->fresh(file.name);
    if (existing == ExistingFile::refuse || is_old_record(file)) {
      if (!rename_to_free_name(fresh, place)) fail_existing(place);
    } else if (file.kept == Kept::not_yet && exchange(fresh, place)) {
      if (::rename(fresh.c_str(), file.staging->old(file.name).c_str()) == 0) file.kept = Kept::linked;
    } else if (::rename(fresh.c_str(), place.c_str()) != 0) {
      fail_to_write(place, errno);
    }
    file.placed = true;
  }

  /// In the order of a commit: the new ones go, the old ones come back, their records last.
  void take_back(const std::vector<File>& files, bool several) const noexcept {
    for (const File& file : files) {
      // Where the old one could be kept in no way, the new one stays: nothing is worse.
      if (file.placed && (file.kept == Kept::nothing || (several && file.kept == Kept::linked)))
        ::unlink(file.place().c_str());
    }
    for (const bool of_records : {false, true}) {
      for (const File& file : files) {
        if ((file.removed || file.placed) && file.kept == Kept::linked && is_old_record(file) == of_records)
          ::rename(file.staging->old(file.name).c_str(), file.place().c_str());
      }
    }
  }

  void flush_folders() const {
    for (const auto& staging : stagings) flush_folder(staging->place);
  }

  ExistingFile existing;
  std::vector<std::unique_ptr<Staging>> stagings;
  std::set<fs::path> named, records;  ///< places
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
  if (status.type() == fs::file_type::none) fail_to_write(place, problem.value());  // such as a name that is too long
  if (fs::is_directory(status))
    throw Error{Errc::cannot_write, "'" + place.string() + "' is a folder", "give the name of a file"};
  if (fs::is_socket(status) || fs::is_fifo(status) || fs::is_block_file(status) || fs::is_character_file(status))
    throw Error{Errc::cannot_write, "'" + place.string() + "' is a device, pipe or socket, which no file replaces",
                "give the name of a file"};
  if (fs::exists(status) && existing == ExistingFile::refuse) fail_existing(place);
}

fs::path FileReplacement::stage(const fs::path& place) {
  if (!state_->knows(to_folder(place))) sweep_staging(to_folder(place));
  check_replaceable(place, state_->existing);
  const Staging& staging = state_->staging_for(place);
  state_->named.insert(staging.place / place.filename());
  state_->records.insert(staging.place / (place.filename().string() + std::string{record_suffix}));
  return staging.fresh(place.filename());
}

fs::path FileReplacement::stage_record(const fs::path& place) {
  const fs::path record{place.string() + std::string{record_suffix}};
  check_replaceable(record, ExistingFile::replace);
  const Staging& staging = state_->staging_for(record);
  state_->records.insert(staging.place / record.filename());
  return staging.fresh(record.filename());
}

void FileReplacement::commit() {
  State& state = *state_;
  const CommitTurn turn;
  std::vector<State::File> files = state.prepare();
  const auto is_data = [&](const State::File& file) { return file.fresh && !state.is_old_record(file); };
  const bool several = std::ranges::count_if(files, is_data) > 1;
  try {
    for (const bool records : {true, false}) {
      bool removed = false;
      for (auto& file : files) {
        if (state.is_old_record(file) != records || !state.goes_first(file, several)) continue;
        state.remove_old(file);
        removed = true;
      }
      // The old record is gone from the disk before the file that it describes changes.
      if (removed) state.flush_folders();
    }
    for (const bool records : {false, true}) {
      for (auto& file : files)
        if (file.fresh && state.is_old_record(file) == records) state.put(file);
      state.flush_folders();
    }
  } catch (...) {
    state.take_back(files, several);
    state.clear_up();
    throw;
  }
  state.clear_up();
  for (const auto& file : files)
    if (file.placed && state.is_old_record(file)) be_changed_last(file.place());
}

std::string FileReplacement::with_places(std::string message) const {
  for (const auto& staging : state_->stagings) {
    const std::string inner = (staging->path / "new").string();
    const std::string outer = staging->place == "." && inner.starts_with("./") ? "." : staging->place.string();
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
  if (!out) fail_to_write(file, errno);
  while (!content.empty()) {
    const ssize_t written = ::write(out.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_to_write(file, written < 0 ? errno : ENOSPC);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0 && errno != EINVAL && errno != ENOTSUP) fail_to_write(file, errno);
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
