#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace iso {

/// All of a file that some text names: a list of numbers, a manifest, a card, a session. Such a name may come from somebody
/// else, so that what it leads to is no pipe to wait at and no device without end: a regular file, of `most_bytes` bytes at most.
/// Throws cannot_read (not there, no file, permission) or invalid_input (too long), naming the file.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& file,
                                         std::size_t most_bytes = std::size_t{64} << 20);

}  // namespace iso
