#include "iso/base/file_identity.h"

#include <sys/stat.h>

namespace iso {
namespace fs = std::filesystem;
namespace {

FileIdentity to_identity(const struct stat& status) { return {status.st_dev, status.st_ino}; }

/// The name with its folder free of links; the last part is left as it is, because it is what gets replaced.
fs::path canonical_place(const fs::path& file) {
  std::error_code problem;
  const fs::path whole = fs::absolute(file, problem).lexically_normal();
  const fs::path folder = fs::weakly_canonical(whole.parent_path(), problem);
  return problem ? whole : folder / whole.filename();
}

}  // namespace

std::optional<FileIdentity> find_identity(const fs::path& file) noexcept {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return to_identity(status);
}

std::optional<FileIdentity> find_own_identity(const fs::path& file) noexcept {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) return std::nullopt;
  return to_identity(status);
}

bool same_place(const fs::path& a, const fs::path& b) {
  const auto one = find_identity(a), other = find_identity(b);
  if (one && other) return *one == *other;
  return canonical_place(a) == canonical_place(b);
}

}  // namespace iso
