#include "settled_answer.h"

#include "iso/base/error.h"
#include "iso/base/names.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>

namespace iso::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds budget{200};
constexpr int most_rounds = 100'000;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

SettledAnswer settled_answer(job::InteractionSession& session, std::span<const plugin::Mark> marks,
                             const std::string& parameters_json, const std::stop_token& stop) {
  SettledAnswer given;
  const auto begin = Clock::now();
  for (int round = 0; round < most_rounds; ++round) {
    if (stop.stop_requested()) throw Error(Errc::cancelled, "the segmentation was cancelled");
    given.answer = session.answer(marks, parameters_json, budget, stop);
    given.seconds = seconds_since(begin);
    if (round == 0) given.first_seconds = given.seconds;
    if (given.answer.fraction >= 1) return given;
  }
  throw Error(Errc::invalid_result, "the task never said that its answer is complete",
              "report this to the author of the plugin");
}

std::string with_values(const std::string& parameters_json,
                        const std::vector<std::pair<std::string, std::string>>& values,
                        const plugin::TaskManifest& task) {
  if (values.empty()) return parameters_json;
  nlohmann::ordered_json parameters = nlohmann::ordered_json::parse(parameters_json);
  for (const auto& [name, text] : values) {
    const auto field = std::ranges::find(task.parameters.fields, name, &params::FieldInfo::name);
    if (field == task.parameters.fields.end()) {
      std::vector<std::string> names;
      names.reserve(task.parameters.fields.size());
      for (const params::FieldInfo& one : task.parameters.fields) names.push_back(one.name);
      const std::string meant = nearest_name(name, names);
      throw Error(Errc::usage, "the task '" + task.id + "' has no parameter '" + name + "'",
                  meant.empty() ? "`isocenter describe " + task.id + "` lists them" : "did you mean " + meant + "?");
    }
    const bool words = field->kind == params::FieldKind::choice || field->kind == params::FieldKind::text ||
                       field->kind == params::FieldKind::path;
    const auto value = nlohmann::ordered_json::parse(
        field->kind == params::FieldKind::numbers ? "[" + text + "]" : text, nullptr, false);
    if (!words && value.is_discarded())
      throw Error(Errc::usage, "--set " + name + " is '" + text + "', which is no value of that parameter");
    parameters[name] = words ? nlohmann::ordered_json(text) : value;
  }
  return parameters.dump();
}

std::size_t count_disobeyed(const LabelMap& labels, std::span<const plugin::Mark> marks) {
  std::map<std::array<std::int32_t, 3>, std::uint16_t> last;
  for (const plugin::Mark& mark : marks)
    for (const auto& voxel : mark.voxels) last[voxel] = mark.label;
  const Shape& shape = labels.labels.spec().shape;
  const bool wide = labels.labels.spec().type == ScalarType::u16;
  std::size_t wrong = 0;
  for (const auto& [voxel, label] : last) {
    bool within = true;
    for (std::size_t axis = 0; axis < 3; ++axis) within = within && voxel[axis] >= 0 && voxel[axis] < shape[axis];
    if (!within) continue;
    const auto at = static_cast<std::size_t>(voxel[0] + shape[0] * (voxel[1] + shape[1] * voxel[2]));
    const std::uint16_t is =
        wide ? labels.labels.values<std::uint16_t>()[at] : labels.labels.values<std::uint8_t>()[at];
    wrong += is != label ? 1 : 0;
  }
  return wrong;
}

}  // namespace iso::cli
