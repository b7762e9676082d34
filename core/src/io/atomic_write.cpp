#include "iso/io/registry.h"

#include "atomic_write_impl.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace iso::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: " + std::strerror(error),
              full ? "free some space or write to another disk" : "check the permissions of the folder"};
}

void flush(const fs::path& path, const fs::path& named, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) fail(named, errno);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  // Some file systems cannot flush a folder; the file itself is safe then.
  if (failed != 0 && failed != EINVAL && failed != ENOTSUP) fail(named, failed);
}

void move_over(const fs::path& from, const fs::path& to, bool overwrite) {
  if (overwrite) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to, errno);
    return;
  }
  // Refuses in one step if another program made the file meanwhile.
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL || errno == ENOSYS) {
    std::error_code ignored;
    if (!fs::exists(to, ignored) && ::rename(from.c_str(), to.c_str()) == 0) return;
    errno = EEXIST;
  }
  if (errno == EEXIST) {
    throw Error{Errc::cannot_write, "'" + to.string() + "' exists", "pass --overwrite, or choose another name"};
  }
  fail(to, errno);
}

void check_target(const fs::path& file, const fs::path& folder, bool overwrite) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) {
    throw Error{Errc::output_directory,
                "the folder '" + folder.string() + "' of '" + file.filename().string() + "' does not exist",
                "make it first, or write elsewhere"};
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error{Errc::output_directory,
                "the folder '" + folder.string() + "' cannot be written to: " + std::strerror(errno),
                "check its permissions, or write elsewhere"};
  }
  const auto status = fs::symlink_status(file, problem);
  if (fs::is_directory(status))
    throw Error{Errc::cannot_write, "'" + file.string() + "' is a folder", "give the name of a file"};
  if (fs::exists(status) && !overwrite) {
    throw Error{Errc::cannot_write, "'" + file.string() + "' exists", "pass --overwrite, or choose another name"};
  }
}

// Gone at the end whatever happens.
struct Temporaries {
  std::vector<fs::path> paths;
  ~Temporaries() {
    std::error_code ignored;
    for (const auto& path : paths) fs::remove(path, ignored);
  }
};

}  // namespace

namespace detail {

void check_room(const fs::path& file, std::size_t bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(file, errno);
  const int failed =
      ::fallocate(descriptor, 0, 0, static_cast<off_t>(std::max<std::size_t>(bytes, 1))) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed == ENOSPC || failed == EDQUOT || failed == EFBIG)
    fail(file, failed);  // others: the file system cannot say
}

void write_all_atomically(const fs::path& file, bool overwrite, const std::function<void(const fs::path&)>& write_to,
                          const std::function<std::vector<fs::path>(const fs::path&)>& companions) {
  const fs::path folder = file.parent_path().empty() ? fs::path{"."} : file.parent_path();
  const auto others = companions(file);
  check_target(file, folder, overwrite);
  for (const auto& other : others) check_target(other, folder, overwrite);

  static std::atomic<unsigned> counter{0};
  // Ends like the file, so that writers that look at the extension see the right one.
  const fs::path temporary = folder / (".part-" + std::to_string(::getpid()) + "-" + std::to_string(counter++) + "-" +
                                       file.filename().string());
  Temporaries made{companions(temporary)};
  made.paths.push_back(temporary);
  try {
    write_to(temporary);
  } catch (const Error& error) {
    // The user asked for `file` and has never heard of the temporary name.
    std::string text = error.what();
    for (const auto& [from, to] : {std::pair{temporary.string(), file.string()},
                                   std::pair{temporary.filename().string(), file.filename().string()}}) {
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    }
    throw Error{error.code(), text, error.hint(), error.where()};
  }
  for (const auto& path : made.paths) flush(path, file, O_RDONLY);
  for (std::size_t i = 0; i < others.size(); ++i) move_over(made.paths[i], others[i], overwrite);
  move_over(temporary, file, overwrite);
  flush(folder, file, O_RDONLY | O_DIRECTORY);
}

}  // namespace detail

void write_atomically(const fs::path& file, bool overwrite, const std::function<void(const fs::path&)>& write_to) {
  detail::write_all_atomically(file, overwrite, write_to, [](const fs::path&) { return std::vector<fs::path>{}; });
}

}  // namespace iso::io
