#include "iso/job/click_log.h"

#include "recipe_json_impl.h"

#include "iso/base/error.h"
#include "iso/base/json_text.h"

#include <cmath>
#include <string>

namespace iso::job {
namespace {

constexpr int click_log_version = 1;

[[noreturn]] void refuse(std::size_t mark, const std::string& what) {
  throw Error{Errc::invalid_input, "mark " + std::to_string(mark + 1) + " of the click log " + what,
              "write the log from the desktop, or correct it"};
}

Json to_object(const plugin::Mark& mark) {
  return {{"id", mark.id}, {"label", mark.label}, {"place_mm", mark.place_mm}, {"voxels", mark.voxels}};
}

std::int32_t index_from(const Json& json, std::size_t number) {
  if (!json.is_number_integer() || json.get<std::int64_t>() < 0 || json.get<std::int64_t>() > 0x7fffffff)
    refuse(number, "has a voxel index that is no whole number from 0 on");
  return json.get<std::int32_t>();
}

plugin::Mark mark_from(const Json& json, std::size_t number) {
  if (!json.is_object()) refuse(number, "is no object");
  plugin::Mark mark;
  const Json id = json.value("id", Json(number + 1)), label = json.value("label", Json{});
  if (!id.is_number_unsigned()) refuse(number, "has an id that is no whole number");
  if (!label.is_number_unsigned() || label.get<std::uint64_t>() > 65535) refuse(number, "has no label from 0 to 65535");
  mark.id = id.get<std::uint64_t>();
  mark.label = label.get<std::uint16_t>();
  const Json place = json.value("place_mm", Json::array({0, 0, 0})), voxels = json.value("voxels", Json{});
  if (!place.is_array() || place.size() != 3) refuse(number, "has a place_mm that is not three numbers");
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!place[axis].is_number()) refuse(number, "has a place_mm that is not three numbers");
    mark.place_mm[axis] = place[axis].get<double>();
  }
  if (!voxels.is_array() || voxels.empty()) refuse(number, "has no voxels");
  for (const Json& voxel : voxels) {
    if (!voxel.is_array() || voxel.size() != 3) refuse(number, "has a voxel that is not three indices");
    mark.voxels.push_back({index_from(voxel[0], number), index_from(voxel[1], number), index_from(voxel[2], number)});
  }
  return mark;
}

}  // namespace

std::string to_json(const ClickLog& log) {
  Json marks = Json::array();
  for (const plugin::Mark& mark : log.marks) marks.push_back(to_object(mark));
  return Json{{"click_log_version", click_log_version},
              {"recipe", Json::parse(to_json(log.recipe))},
              {"marks", std::move(marks)}}
             .dump(2) +
         "\n";
}

ClickLog click_log_from_json(std::string_view text) {
  if (nests_deeper_than(text))
    throw Error{Errc::invalid_input, "the click log is damaged: its lists are nested without end"};
  const Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) throw Error{Errc::invalid_input, "the click log is no JSON object", "give a file of clicks"};
  refuse_doubled_members(text, "the click log");
  check_version(json, "click_log_version", click_log_version);
  const auto recipe = json.find("recipe"), marks = json.find("marks");
  if (recipe == json.end() || !recipe->is_object())
    throw Error{Errc::invalid_input, "the click log has no object 'recipe'", "write the log from the desktop"};
  if (marks == json.end() || !marks->is_array())
    throw Error{Errc::invalid_input, "the click log has no list 'marks'", "write the log from the desktop"};
  ClickLog log;
  log.recipe = recipe_from_object(*recipe);
  for (std::size_t i = 0; i < marks->size(); ++i) log.marks.push_back(mark_from((*marks)[i], i));
  return log;
}

}  // namespace iso::job
