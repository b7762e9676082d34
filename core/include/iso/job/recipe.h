#pragma once

#include "iso/geometry/verdict.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iso::job {

/// A matter of the program, not of the recipe: worker in the desktop; in_process at the command line, unless
/// `--isolate`.
enum class Isolation : std::uint8_t { in_process, worker };

/// Where a job stands. `done`, `cancelled`, `failed` and `crashed` are ends.
enum class State : std::uint8_t { queued, running, cancelling, done, cancelled, failed, crashed };
[[nodiscard]] std::string_view to_string(State state) noexcept;
[[nodiscard]] State state_from_string(std::string_view name);  ///< throws invalid_input
[[nodiscard]] constexpr bool ended(State state) noexcept { return state >= State::done; }

/// Everything needed to run once more. Saved as JSON; the desktop writes it, the command line reads it.
///
/// An input or output is a path, or "workspace:ID" for a data set the program holds in memory. A task's output
/// that `outputs` does not name is computed and digested but not written.
struct Recipe {
  std::string task;                                                 ///< "sparse_view_ct/tv"
  std::map<std::string, std::string> inputs;                        ///< port -> path or workspace id
  std::map<std::string, std::vector<std::string>> collections;      ///< likewise, of ports that take several, in order
  std::map<std::string, std::map<std::string, std::string>> hints;  ///< port -> what the file does not say:
                                                                    ///< "geometry" is a path, the rest io hints
  std::map<std::string, std::string> outputs;                       ///< port -> path or workspace id
  std::string parameters_json{"{}"};                                ///< a JSON object
  std::string device{"auto"};
  std::uint64_t seed{0};
  std::vector<Finding> accepted_geometry;
  friend bool operator==(const Recipe&, const Recipe&) = default;
};

/// The JSON form (resources/schemas/recipe.schema.json): an object with "recipe_version": 1. Unknown members are
/// ignored; an unknown major version, a wrong type or a missing task throws invalid_input naming the member.
[[nodiscard]] std::string to_json(const Recipe& recipe);
[[nodiscard]] Recipe recipe_from_json(std::string_view text);

/// The same recipe with relative input and output paths made absolute against `folder`.
[[nodiscard]] Recipe resolved(Recipe recipe, const std::string& folder);

/// The reverse, for records, which travel with the data: paths below `folder` or its parent become relative to it.
[[nodiscard]] Recipe relative_to(Recipe recipe, const std::string& folder);

/// Whether a hint names a file: the geometry always, intensities unless they are numbers or "none".
[[nodiscard]] bool names_file(std::string_view hint, std::string_view value) noexcept;

inline constexpr std::string_view workspace_prefix = "workspace:";
[[nodiscard]] constexpr bool in_workspace(std::string_view place) noexcept {
  return place.starts_with(workspace_prefix);
}

}  // namespace iso::job
