#pragma once

#include "iso/data/volume.h"

#include <string>
#include <vector>

/// Images that are one case each (the pictures of a folder) lie along z of a volume. What each is called travels in its metadata, so
/// that tables of labels and of results can name them; a file alone names its one.
namespace iso {

/// One name a slice, in their order. Throws invalid_input for another number of names, an empty one, or one with a '/'.
void set_case_names(Volume& volume, const std::vector<std::string>& names);
/// None for a volume that has none, or whose slices no longer fit (it was cut since).
[[nodiscard]] std::vector<std::string> find_case_names(const Volume& volume);

/// The metadata that says it, and its text: what readers of files set before there is a volume.
inline constexpr const char* case_names_key = "case";
[[nodiscard]] std::string to_case_text(const std::vector<std::string>& names);

}  // namespace iso
