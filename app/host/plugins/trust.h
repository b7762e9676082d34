#pragma once

#include <filesystem>
#include <string>

namespace iso::host {

/// Why code from this file or folder may be that of somebody else than the user or the administrator, as a clause ("can be
/// changed by others (mode 0777)"); empty if it may not. It must belong to this user or to root, and nobody else may write
/// to it, to what a link leads to, or to the folders above (but for folders with the sticky bit, where others cannot replace
/// what is not theirs). A group that is the user's own, called as the user, counts as the user.
[[nodiscard]] std::string why_untrusted(const std::filesystem::path& place);

}  // namespace iso::host
