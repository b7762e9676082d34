#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace iso {

/// Which file it is, however its name is spelt: device and number (inode). Hard links to one file have one identity.
struct FileIdentity {
  std::uint64_t device{0}, number{0};
  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file that a name leads to, through symbolic links. Nothing if there is none, or it cannot be reached.
[[nodiscard]] std::optional<FileIdentity> find_identity(const std::filesystem::path& file) noexcept;
/// Of what stands under the name, a symbolic link itself included.
[[nodiscard]] std::optional<FileIdentity> find_own_identity(const std::filesystem::path& file) noexcept;

/// Whether writing one would write over the other: both lead to one file; or neither is there yet, and both names are the same
/// once the links in their folders are followed.
[[nodiscard]] bool same_place(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace iso
