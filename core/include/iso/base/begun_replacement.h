#pragma once

#include <filesystem>

namespace iso {

/// For a reader that misses a file. A commit of several files (iso/base/file_replacement.h) takes the old ones away before the
/// first new one comes; one that was killed meanwhile left them in its staging folder. Finishes what such commits in `folder`
/// had begun, and waits (two seconds at most) for one whose process still lives. Looks at every name in the folder once.
/// True if there was one and it is finished: the reader looks again. Never throws; where the folder may not be written to,
/// everything stays as it is.
[[nodiscard]] bool settle_folder(const std::filesystem::path& folder) noexcept;

}  // namespace iso
