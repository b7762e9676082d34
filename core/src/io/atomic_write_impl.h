#pragma once

#include <filesystem>
#include <functional>
#include <vector>

namespace iso::io::detail {

/// `write_atomically` for formats of several files: `companions(name)` are the files that go with `name`; they are
/// renamed first, so that the named file never stands without them.
void write_all_atomically(
    const std::filesystem::path& file, bool overwrite,
    const std::function<void(const std::filesystem::path&)>& write_to,
    const std::function<std::vector<std::filesystem::path>(const std::filesystem::path&)>& companions);

/// Throws cannot_write if `bytes` do not fit the disk at `file`. For libraries that end badly on a full disk.
void check_room(const std::filesystem::path& file, std::size_t bytes);

}  // namespace iso::io::detail
