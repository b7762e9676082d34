#pragma once

#include "iso/job/recipe.h"
#include "iso/plugin/task.h"

#include <string>
#include <string_view>
#include <vector>

namespace iso::job {

/// An interactive segmentation as it stands: the question whose answer is on the screen. The desktop writes it, the command line
/// answers it again. What was undone is not in it, because the answer is a function of the marks that count.
struct ClickLog {
  Recipe recipe;                    ///< task, inputs with their hints, parameters, device and seed; no outputs
  std::vector<plugin::Mark> marks;  ///< in the order in which they were made
  friend bool operator==(const ClickLog&, const ClickLog&) = default;
};

/// {"click_log_version": 1, "recipe": {...}, "marks": [{"id": 1, "label": 1, "place_mm": [x, y, z], "voxels": [[x, y, z]]}]}.
[[nodiscard]] std::string to_json(const ClickLog& log);
/// Throws invalid_input, naming the member, for another version, a mark without voxels, a negative index or a label
/// above 65535. A place_mm that is not there is left at 0: the voxels say where the mark is.
[[nodiscard]] ClickLog click_log_from_json(std::string_view text);

}  // namespace iso::job
