#include "io/geometry/geometry_impl.h"

#include "iso/base/error.h"
#include "iso/base/json_text.h"
#include "iso/io/geometry_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace iso::io {
namespace {

using Json = nlohmann::ordered_json;
constexpr double degree = std::numbers::pi / 180;
/// Several times what any scanner takes. A file of a hundred bytes can ask for them: 50 MB and less than a second.
constexpr std::int64_t most_views = 500'000;

[[noreturn]] void wrong(const std::string& member, const std::string& what, const std::string& hint = {}) {
  throw Error{Errc::invalid_input, "the member '" + member + "' of the geometry " + what, hint};
}

double number(const Json& value, const std::string& member) {
  if (!value.is_number()) wrong(member, "is " + value.dump().substr(0, 40) + ", a number was expected");
  const auto found = value.get<double>();
  if (!std::isfinite(found)) wrong(member, "is not finite");
  return found;
}

double number_or(const Json& json, const std::string& member, double otherwise) {
  return json.contains(member) ? number(json[member], member) : otherwise;
}

double length(const Json& json, const std::string& member) {
  if (!json.contains(member)) wrong(member, "is missing", "give it in millimetres");
  const double value = number(json[member], member);
  if (!(value > 0)) wrong(member, "is " + json[member].dump() + ", it must be positive");
  return value;
}

// One number stands for (number, second).
std::array<double, 2> to_pair(const Json& json, const std::string& member, std::array<double, 2> otherwise) {
  if (!json.contains(member)) return otherwise;
  const Json& value = json[member];
  if (value.is_number()) return {number(value, member), otherwise[1]};
  if (!value.is_array() || value.empty() || value.size() > 2)
    wrong(member, "is " + value.dump().substr(0, 40) + ", one or two numbers were expected");
  return {number(value[0], member), value.size() > 1 ? number(value[1], member) : otherwise[1]};
}

std::array<std::int64_t, 2> to_elements(const Json& json, std::array<std::int64_t, 2> otherwise) {
  if (!json.contains("elements")) {
    if (otherwise[0] < 1) wrong("elements", "is missing", "give the detector size, [u, v]");
    return otherwise;
  }
  const auto given = to_pair(json, "elements", {0, 1});
  for (const double n : given) {
    if (n < 1 || n > 1e6 || n != std::floor(n))
      wrong("elements",
            "is " + json["elements"].dump().substr(0, 40) + ", whole numbers from 1 to 1000000 were expected");
  }
  return {static_cast<std::int64_t>(given[0]), static_cast<std::int64_t>(given[1])};
}

std::vector<double> to_angles(const Json& json) {
  if (!json.contains("angles_deg")) wrong("angles_deg", "is missing", "give a list, or first, step and count");
  const Json& value = json["angles_deg"];
  std::vector<double> angles;
  if (value.is_array()) {
    for (const Json& angle : value) angles.push_back(number(angle, "angles_deg") * degree);
  } else if (value.is_object()) {
    for (const auto& [name, ignored] : value.items()) {
      if (name != "first" && name != "step" && name != "count")
        wrong("angles_deg." + name, "is not known", "give first, step and count");
    }
    if (!value.contains("step")) wrong("angles_deg.step", "is missing");
    if (!value.contains("count") || !value["count"].is_number_integer())
      wrong("angles_deg.count", "is missing or no whole number");
    if (value["count"].is_number_unsigned() &&
        value["count"].get<std::uint64_t>() > static_cast<std::uint64_t>(most_views))
      wrong("angles_deg.count",
            "is " + value["count"].dump() + ", 1 to " + std::to_string(most_views) + " were expected");
    const auto count = value["count"].get<std::int64_t>();
    if (count < 0 || count > most_views)
      wrong("angles_deg.count",
            "is " + std::to_string(count) + ", 1 to " + std::to_string(most_views) + " were expected");
    const double first = number_or(value, "first", 0), step = number(value["step"], "angles_deg.step");
    for (std::int64_t i = 0; i < count; ++i) angles.push_back((first + step * static_cast<double>(i)) * degree);
  } else {
    wrong("angles_deg", "is neither a list nor first, step and count");
  }
  if (angles.empty()) wrong("angles_deg", "holds no angle: the scan has no views");
  return angles;
}

ProjectionGeometry from_views(const Json& json, Beam beam, DetectorShape shape, std::array<std::int64_t, 2> elements) {
  std::vector<View> views;
  if (!json["views"].is_array() || json["views"].empty()) wrong("views", "holds no views");
  for (const Json& line : json["views"]) {
    const std::string member = "views[" + std::to_string(views.size()) + "]";
    if (!line.is_array() || line.size() != 12) wrong(member, "is not a list of 12 numbers");
    View view;
    std::size_t at = 0;
    for (Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
      for (double& component : *vector) component = number(line[at++], member);
    views.push_back(view);
  }
  return {beam, shape, elements, std::move(views)};
}

void check_members(const Json& json) {
  static const std::set<std::string> known{"beam",
                                           "angles_deg",
                                           "elements",
                                           "pitch_mm",
                                           "detector",
                                           "source_to_axis_mm",
                                           "source_to_detector_mm",
                                           "detector_offset_mm",
                                           "source_offset_mm",
                                           "in_plane_deg",
                                           "tilt_deg",
                                           "pitch_mm_per_turn",
                                           "views",
                                           "comment"};
  for (const auto& [name, value] : json.items()) {
    if (known.contains(name)) continue;
    std::string names;
    for (const auto& n : known) names += (names.empty() ? "" : ", ") + n;
    wrong(name, "is not known", "the members are " + names);
  }
}

ProjectionGeometry from(const Json& json, std::array<std::int64_t, 2> elements, std::array<double, 2> pitch) {
  if (!json.is_object()) throw Error{Errc::invalid_input, "the geometry is not a JSON object"};
  check_members(json);
  const std::string beam = json.contains("beam") && json["beam"].is_string() ? json["beam"].get<std::string>() : "";
  if (beam != "parallel" && beam != "fan" && beam != "cone")
    wrong("beam", "is '" + beam + "', parallel, fan or cone was expected");
  const std::string detector = !json.contains("detector")     ? "flat"
                               : json["detector"].is_string() ? json["detector"].get<std::string>()
                                                              : "";
  if (detector != "flat" && detector != "arc") wrong("detector", "is '" + detector + "', flat or arc was expected");
  const auto shape = detector == "arc" ? DetectorShape::arc : DetectorShape::flat;
  CircularScan scan;
  scan.elements = to_elements(json, elements);
  if (beam == "fan" && scan.elements[1] != 1)
    wrong("elements", "has " + std::to_string(scan.elements[1]) + " rows, a fan beam has one");
  if (json.contains("views")) {
    return from_views(json,
                      beam == "parallel" ? Beam::parallel
                      : beam == "fan"    ? Beam::fan
                                         : Beam::cone,
                      shape, scan.elements);
  }
  if (!json.contains("pitch_mm") && !(pitch[0] > 0))
    wrong("pitch_mm", "is missing", "give the size of a detector element in millimetres");
  const double first = json.contains("pitch_mm") ? to_pair(json, "pitch_mm", {0, 0})[0] : pitch[0];
  scan.element_pitch_mm = json.contains("pitch_mm") ? to_pair(json, "pitch_mm", {first, first}) : pitch;
  if (!(scan.element_pitch_mm[1] > 0) && !json.contains("pitch_mm")) scan.element_pitch_mm[1] = first;
  if (!(scan.element_pitch_mm[0] > 0) || !(scan.element_pitch_mm[1] > 0))
    wrong("pitch_mm", "is " + json.value("pitch_mm", Json{}).dump() + ", it must be positive");
  const auto offset = to_pair(json, "detector_offset_mm", {0, 0}), source = to_pair(json, "source_offset_mm", {0, 0});
  const auto angles = to_angles(json);
  if (beam == "parallel") {
    for (const char* member : {"source_to_axis_mm", "source_to_detector_mm", "source_offset_mm", "pitch_mm_per_turn",
                               "in_plane_deg", "tilt_deg"}) {
      if (json.contains(member))
        wrong(member, "has no meaning for a parallel beam", "leave it out, or use beam fan or cone");
    }
    auto geometry = ProjectionGeometry::parallel(angles, scan.elements, scan.element_pitch_mm, offset[0]);
    if (offset[1] == 0) return geometry;
    std::vector<View> views(geometry.views().begin(), geometry.views().end());
    for (View& view : views) view.detector_centre_mm[2] += offset[1];
    return {Beam::parallel, shape, scan.elements, std::move(views)};
  }
  scan.source_to_axis_mm = length(json, "source_to_axis_mm");
  scan.source_to_detector_mm = length(json, "source_to_detector_mm");
  scan.offset_mm = {offset[0], offset[1], source[0]};
  scan.source_offset_v_mm = source[1];
  scan.shape = shape;
  scan.detector_in_plane_rad = number_or(json, "in_plane_deg", 0) * degree;
  scan.detector_tilt_rad = number_or(json, "tilt_deg", 0) * degree;
  scan.pitch_mm_per_turn = number_or(json, "pitch_mm_per_turn", 0);
  auto geometry = ProjectionGeometry::circular(angles, scan);
  if (beam == "cone" && geometry.beam() != Beam::cone) {
    return {Beam::cone, shape, scan.elements, {geometry.views().begin(), geometry.views().end()}};
  }
  return geometry;
}

Json angles_json(const std::vector<double>& angles_rad) {
  // Rounded to 1e-12 degrees so that 36 degrees are written as 36.
  const auto degrees = [](double rad) { return std::round(rad / degree * 1e12) / 1e12; };
  const auto count = static_cast<double>(angles_rad.size());
  if (angles_rad.size() > 1) {
    const double first = degrees(angles_rad.front());
    const double step = degrees((angles_rad.back() - angles_rad.front()) / (count - 1));
    bool equal = true;
    for (std::size_t i = 0; i < angles_rad.size(); ++i) {
      equal = equal && std::abs(angles_rad[i] / degree - first - step * static_cast<double>(i)) < 1e-10;
    }
    if (equal) return Json{{"first", first}, {"step", step}, {"count", angles_rad.size()}};
  }
  Json list = Json::array();
  for (const double angle : angles_rad) list.push_back(degrees(angle));
  return list;
}

Json views_json(const ProjectionGeometry& geometry) {
  Json lines = Json::array();
  for (const View& view : geometry.views()) {
    Json line = Json::array();
    for (const Vec3* vector : {&view.source_mm, &view.detector_centre_mm, &view.u_step_mm, &view.v_step_mm})
      for (const double component : *vector) line.push_back(component);
    lines.push_back(line);
  }
  return lines;
}

constexpr std::array<const char*, 3> beams{"parallel", "fan", "cone"};

Json header_json(const ProjectionGeometry& geometry) {
  Json json;
  json["beam"] = beams[static_cast<std::size_t>(geometry.beam())];
  json["elements"] = {geometry.elements()[0], geometry.elements()[1]};
  json["detector"] = geometry.detector_shape() == DetectorShape::arc ? "arc" : "flat";
  return json;
}

Json orbit_json(const ProjectionGeometry& geometry) {
  const auto orbit = geometry.orbit();
  Json json = header_json(geometry);
  json["angles_deg"] = angles_json(orbit.angles_rad);
  json["pitch_mm"] = {geometry.pitch_u_mm(), geometry.pitch_v_mm()};
  const auto keep = [](double value) { return std::abs(value) > 1e-10; };
  if (geometry.beam() == Beam::parallel) {
    const double lift = orbit.v_offset_mm + orbit.source_offset_v_mm;
    if (keep(orbit.u_offset_mm) || keep(lift)) json["detector_offset_mm"] = {orbit.u_offset_mm, lift};
    return json;
  }
  json["source_to_axis_mm"] = orbit.source_to_axis_mm;
  json["source_to_detector_mm"] = orbit.source_to_detector_mm;
  // A helix is centred on its middle view, whose height is the source offset.
  const double source_v = 0.5 * (geometry.views().front().source_mm[2] + geometry.views().back().source_mm[2]);
  const double lift = orbit.v_offset_mm + source_v;
  if (keep(orbit.u_offset_mm) || keep(lift)) json["detector_offset_mm"] = {orbit.u_offset_mm, lift};
  if (keep(orbit.source_offset_u_mm) || keep(source_v)) json["source_offset_mm"] = {orbit.source_offset_u_mm, source_v};
  if (keep(orbit.pitch_mm_per_turn)) json["pitch_mm_per_turn"] = orbit.pitch_mm_per_turn;
  return json;
}

/// `byte` counts from 1 and may stand behind the end.
[[noreturn]] void not_json(std::string_view text, std::size_t byte) {
  if (text.empty() || text.front() != '{') {
    throw Error{
        Errc::invalid_input, "not a geometry, neither a JSON object nor RTK's XML",
        R"(a small one is {"beam": "parallel", "elements": 256, "pitch_mm": 1, "angles_deg": {"step": 1, "count": 180}})"};
  }
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto column = before.size() - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1) + 1;
  throw Error{
      Errc::invalid_input,
      "the geometry is not JSON from line " + std::to_string(line) + ", column " + std::to_string(column) + " on",
      "check the quotes, commas and brackets there"};
}

}  // namespace

namespace detail {

double distance(const ProjectionGeometry& a, const ProjectionGeometry& b) {
  if (a.beam() != b.beam() || a.detector_shape() != b.detector_shape() || a.elements() != b.elements() ||
      a.views().size() != b.views().size()) {
    return std::numeric_limits<double>::infinity();
  }
  double worst = 0;
  for (std::size_t i = 0; i < a.views().size(); ++i) {
    const View &p = a.views()[i], &q = b.views()[i];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      worst =
          std::max({worst, std::abs(p.source_mm[axis] - q.source_mm[axis]),
                    std::abs(p.detector_centre_mm[axis] - q.detector_centre_mm[axis]),
                    std::abs(p.u_step_mm[axis] - q.u_step_mm[axis]), std::abs(p.v_step_mm[axis] - q.v_step_mm[axis])});
    }
  }
  return worst;
}

ProjectionGeometry geometry_from_json(std::string_view text, std::array<std::int64_t, 2> elements,
                                      std::array<double, 2> pitch_mm) {
  if (nests_deeper_than(text)) throw Error{Errc::invalid_input, "the geometry holds lists within lists without end"};
  Json json;
  try {
    json = Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    not_json(text, error.byte);
  } catch (const nlohmann::json::out_of_range&) {
    throw Error{Errc::invalid_input, "the geometry holds a number that is too large", "give lengths in millimetres"};
  }
  refuse_doubled_members(text, "the geometry");
  return from(json, elements, pitch_mm);
}

}  // namespace detail

ProjectionGeometry geometry_from_json(std::string_view text) {
  return detail::geometry_from_json(text, {0, 0}, {0, 0});
}

std::string to_json(const ProjectionGeometry& geometry) {
  if (geometry.views().empty()) throw Error{Errc::invalid_input, "a geometry without views cannot be written"};
  const Json orbit = orbit_json(geometry);
  try {
    if (detail::distance(from(orbit, {0, 0}, {0, 0}), geometry) < 1e-9) return orbit.dump(2);
  } catch (const Error&) {
    // The orbit does not describe this scan; its views do.
  }
  Json json = header_json(geometry);
  json["views"] = views_json(geometry);
  return json.dump();
}

}  // namespace iso::io
