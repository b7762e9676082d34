#pragma once

#include <span>
#include <string>
#include <string_view>

namespace iso {

/// The candidate that `name` was most likely meant to be: the one with the fewest insertions, deletions, replacements
/// and swaps of neighbours, where that is at most a third of the longer name. Empty if none is near. Ties: the first.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace iso
