#include "io/atomic_write_impl.h"
#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/io/registry.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace iso::io {
namespace fs = std::filesystem;

namespace detail {

void check_room(const fs::path& file, std::size_t bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  const int opened = errno;
  int failed = descriptor < 0 ? opened : 0;
  if (descriptor >= 0) {
    if (::fallocate(descriptor, 0, 0, static_cast<off_t>(std::max<std::size_t>(bytes, 1))) != 0) failed = errno;
    ::close(descriptor);
  }
  const bool full = failed == ENOSPC || failed == EDQUOT || failed == EFBIG;
  if (!full && descriptor >= 0) return;  // the file system cannot say
  throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: " + std::strerror(failed),
              full ? "free some space or write to another disk" : "check the permissions of the folder"};
}

void write_all_atomically(const fs::path& file, bool overwrite, const std::function<void(const fs::path&)>& write_to,
                          const std::function<std::vector<fs::path>(const fs::path&)>& companions) {
  const auto existing = overwrite ? ExistingFile::replace : ExistingFile::refuse;
  for (const auto& other : companions(file)) check_replaceable(other, existing);
  FileReplacement files{existing};
  const fs::path staged = files.stage(file);
  try {
    write_to(staged);
  } catch (const Error& error) {
    throw Error{error.code(), files.with_places(error.what()), error.hint(), error.where()};
  }
  files.commit();
}

}  // namespace detail

void write_atomically(const fs::path& file, bool overwrite, const std::function<void(const fs::path&)>& write_to) {
  detail::write_all_atomically(file, overwrite, write_to, [](const fs::path&) { return std::vector<fs::path>{}; });
}

}  // namespace iso::io
