#include "iso/base/temporary_folder.h"

#include "staging_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace iso {
namespace fs = std::filesystem;
namespace {

/// So many that no folder of a user is called like one of ours by chance: what looks like ours may be swept.
constexpr std::size_t random_digits = 16;
constexpr std::string_view digits = "0123456789abcdef";

std::string random_suffix() {
  std::array<unsigned char, random_digits> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0)
    throw Error{Errc::internal, "the system gives no random numbers for the name of a temporary folder"};
  std::string text{"-"};
  for (const unsigned char byte : bytes) text += digits[byte % digits.size()];
  return text;
}

/// "NAME-" and the digits behind it.
bool is_ours(std::string_view folder, std::string_view name) {
  return folder.size() == name.size() + 1 + random_digits && folder.starts_with(name) && folder[name.size()] == '-' &&
         folder.find_first_not_of(digits, name.size() + 1) == std::string_view::npos;
}

struct Remembered {
  std::mutex mutex;  // guards folders
  std::set<fs::path> folders;
};

// Never destroyed: objects that outlive main() forget their folders, too.
Remembered& remembered() {
  static auto* const all = new Remembered;
  return *all;
}

/// The folder opened and its lock taken; -1 if another has it, or has removed the folder meanwhile.
int lock(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) return -1;
  struct stat status {};
  if (::flock(opened, LOCK_EX | LOCK_NB) == 0 && ::fstat(opened, &status) == 0 && status.st_nlink > 0) return opened;
  ::close(opened);
  return -1;
}

/// Removes the folders called so of this user in `parent` whose owner is gone.
void sweep(std::string_view name, const fs::path& parent) {
  std::error_code problem;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry{parent, problem}, end; !problem && entry != end; entry.increment(problem))
    if (is_ours(entry->path().filename().string(), name)) found.push_back(entry->path());
  for (const fs::path& folder : found) {
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) continue;
    const int held = lock(folder);
    if (held < 0) continue;
    fs::remove_all(folder, problem);
    ::close(held);
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder(std::string_view name, const fs::path& parent) {
  std::error_code no_temporary;
  fs::path base = parent.empty() ? fs::temp_directory_path(no_temporary) : parent;
  if (no_temporary) base = "/tmp";
  sweep(name, base);
  // Between the making and the locking another one may sweep the folder away; then there is another try.
  for (int tries = 0; tries < 100; ++tries) {
    const std::string made = (base / name).string() + random_suffix();
    if (::mkdir(made.c_str(), 0700) != 0)
      throw Error{Errc::output_directory,
                  "no temporary folder can be made in '" + base.string() + "': " + std::strerror(errno),
                  "set TMPDIR to a folder you may write to"};
    path_ = made;
    lock_ = lock(path_);
    if (lock_ >= 0 || fs::exists(path_, no_temporary)) break;  // a file system without locks is worked in all the same
  }
  remember_folder(path_);
}

TemporaryFolder::~TemporaryFolder() {
  remove_folder(path_);
  forget_folder(path_);
  if (lock_ >= 0) ::close(lock_);
}

void remove_folder(const fs::path& folder) noexcept {
  std::error_code problem;
  for (int sweeps = 0; sweeps < 5 && fs::exists(folder, problem); ++sweeps) fs::remove_all(folder, problem);
}

void remember_folder(const fs::path& folder) {
  auto& all = remembered();
  const std::lock_guard guard{all.mutex};
  all.folders.insert(fs::absolute(folder));
}

void forget_folder(const fs::path& folder) noexcept {
  try {
    auto& all = remembered();
    const std::lock_guard guard{all.mutex};
    all.folders.erase(fs::absolute(folder));
  } catch (...) {
    return;  // it is removed twice then
  }
}

void remove_remembered_folders() noexcept {
  // A commit takes milliseconds, and as long as the disk takes to flush.
  detail::stop_commits(std::chrono::seconds{10});
  std::set<fs::path> folders;
  {
    auto& all = remembered();
    const std::lock_guard guard{all.mutex};
    folders.swap(all.folders);
  }
  for (const fs::path& folder : folders) remove_folder(folder);
}

}  // namespace iso
