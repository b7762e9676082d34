#pragma once

#include "iso/job/data_access.h"
#include "iso/job/recipe.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace iso::job {

/// What a run would work with now, to be compared with what a record tells.
struct RunEnvironment {
  std::string plugin_version, plugin_sha256;
  std::map<std::string, Kind> kinds;                            ///< of the task's ports, inputs and outputs
  std::function<bool(const std::string& backend)> has_backend;  ///< asked of a record that left the choice to us
  std::vector<std::filesystem::path> model_directories;
};

/// Whether every output of a recipe is there as this very run would make it: empty, or one sentence that says what is missing
/// or differs. `recipe` names absolute places and spells its parameters out.
///
/// Compared with the record beside each output: task, inputs, hints, parameters, seed, accepted findings; version of the
/// program, version and digest of the plugin, networks, and the device (a record of another device than the one wished for
/// does not count; neither does one that chose a device by itself which is not here). Then the data: an input or output whose
/// files have the size and time that the record tells is taken for unchanged; any other is read, and its digest compared. (An
/// output in a format that does not hold everything, such as .npy, counts as changed then: it cannot be told.)
/// Reads nothing else, writes nothing but what a killed run had begun (sweep_staging).
[[nodiscard]] std::string why_incomplete(const Recipe& recipe, const RunEnvironment& environment, DataAccess& data);

}  // namespace iso::job
