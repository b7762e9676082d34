#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// What a file that is saved is called, between the name of an entry, the format that was chosen and what was typed.
namespace iso::gui {

/// "ct.nii.gz labels" -> "ct_labels": without endings of formats in it, blanks and signs that files should not have.
[[nodiscard]] std::string offered_name(const std::string& entry, std::vector<std::string> endings);

struct SavedName {
  std::filesystem::path file;
  bool as_typed{true};  ///< false: the name got another ending, and nobody asked whether a file of it may be replaced
};
/// The file for what was typed. `chosen` is the ending of the format that was chosen in the dialog, `offered` that of the
/// name which the dialog began with: an ending that nobody typed gives way to the format, and a name without one gets it.
[[nodiscard]] SavedName to_saved_name(const std::filesystem::path& typed, const std::string& chosen,
                                      const std::string& offered, const std::vector<std::string>& endings);

}  // namespace iso::gui
