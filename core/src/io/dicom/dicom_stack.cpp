#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"

#include <algorithm>
#include <cmath>
#include <set>

/// Planes become a stack: held against each other, ordered by place, and by time where several stand at one place.
namespace iso::io::detail {
namespace {

constexpr double same_place_mm = 1e-3, same_direction = 1e-3, same_spacing_mm = 1e-3;

double along(const Vec3& p, const Mat3& d) { return p[0] * d[2] + p[1] * d[5] + p[2] * d[8]; }

std::string to_name(const std::vector<DicomHeader>& headers, const DicomPlane& plane) {
  const DicomHeader& header = headers[plane.file];
  const std::string file = "'" + header.file.filename().string() + "'";
  return header.frames > 1 ? "frame " + std::to_string(plane.frame + 1) + " of " + file : file;
}

bool coloured(const DicomHeader& h) { return h.storage.samples == 3 || h.photometric == "PALETTE COLOR"; }

std::string to_spacing(const DicomPlane& p) {
  return p.spaced ? short_number(p.spacing_x) + " x " + short_number(p.spacing_y) + " mm" : "not said";
}

// In what two planes differ that makes them no stack; empty if in nothing.
std::string difference(const DicomHeader& a, const DicomPlane& p, const DicomHeader& b, const DicomPlane& q) {
  const auto both = [](const std::string& what, const std::string& one, const std::string& other) {
    return "in " + what + " (" + one + " and " + other + ")";
  };
  if (a.rows != b.rows || a.columns != b.columns)
    return both("size", std::to_string(a.columns) + " x " + std::to_string(a.rows),
                std::to_string(b.columns) + " x " + std::to_string(b.rows));
  if (p.oriented != q.oriented) return "in direction, which one of them does not say";
  for (std::size_t i = 0; i < 9; ++i)
    if (std::abs(p.direction[i] - q.direction[i]) > same_direction) return "in direction";
  if (p.spaced != q.spaced || std::abs(p.spacing_x - q.spacing_x) > same_spacing_mm ||
      std::abs(p.spacing_y - q.spacing_y) > same_spacing_mm)
    return both("pixel spacing", to_spacing(p), to_spacing(q));
  const auto texts = [&](const std::string& one, const std::string& other, const char* what) {
    return one.empty() || other.empty() || one == other ? std::string{} : both(what, one, other);
  };
  for (const std::string& found :
       {texts(a.frame_of_reference, b.frame_of_reference, "frame of reference"),
        texts(a.modality, b.modality, "modality"), texts(a.patient_id, b.patient_id, "patient"),
        texts(a.kernel, b.kernel, "reconstruction kernel"),
        texts(p.meaning.unit, q.meaning.unit, "unit of the values")})
    if (!found.empty()) return found;
  const bool inverse = a.photometric == "MONOCHROME1", other_inverse = b.photometric == "MONOCHROME1";
  if (coloured(a) != coloured(b) || inverse != other_inverse) return both("colour", a.photometric, b.photometric);
  if (p.meaning.said != q.meaning.said) return "in rescale, which one of them does not say";
  if (p.meaning.mapped != q.meaning.mapped) return "in the scale of their values, a rescale or a real-world mapping";
  return {};
}

GeometryVerdict belong_together(const std::vector<DicomHeader>& headers, const std::vector<DicomPlane>& planes) {
  const DicomPlane& first = planes.front();
  for (const DicomPlane& plane : planes) {
    const std::string what = difference(headers[first.file], first, headers[plane.file], plane);
    if (!what.empty())
      return {Finding::mismatch, 0, "slices",
              to_name(headers, first) + " and " + to_name(headers, plane) + " differ " + what +
                  ", the slices of a volume do not"};
  }
  return {};
}

// An image in several files (a concatenation, PS3.3, C.7.6.16.2.2.4) is there when all of them are.
GeometryVerdict all_parts(const std::vector<DicomHeader>& headers) {
  for (const DicomHeader& header : headers) {
    if (header.concatenation.empty() || header.parts < 2) continue;
    const auto there = std::ranges::count(headers, header.concatenation, &DicomHeader::concatenation);
    if (there < header.parts)
      return {Finding::missing, 0, "slices",
              "'" + header.file.filename().string() + "' is one of " + std::to_string(header.parts) +
                  " files of one image (a concatenation), of which " + std::to_string(there) +
                  (there == 1 ? " is there" : " are there")};
  }
  return {};
}

}  // namespace

std::vector<std::vector<DicomPlane>> dicom_parts(const DicomHeader& header) {
  std::vector<std::vector<DicomPlane>> parts;
  for (const DicomPlane& plane : header.planes) {
    const auto fits = [&](const std::vector<DicomPlane>& part) {
      return difference(header, part.front(), header, plane).empty();
    };
    // Most frames belong to the part of the frame before them.
    const auto part = std::find_if(parts.rbegin(), parts.rend(), fits);
    if (part == parts.rend())
      parts.push_back({plane});
    else
      part->push_back(plane);
    if (parts.size() > 100) break;  // no two frames alike: nothing to choose from
  }
  return parts;
}

GeometryVerdict dicom_consistency(const std::vector<DicomHeader>& headers, const std::vector<DicomPlane>& planes) {
  return belong_together(headers, planes);
}

namespace {

double to_moment(const DicomPlane& plane, std::size_t which) { return plane.moment[which]; }

/// Planes of one place, by their numbers in the stack.
struct Place {
  std::size_t begin, end;
};

std::vector<Place> to_places(const std::vector<DicomPlane>& planes, const Mat3& direction, bool placed) {
  const auto height = [&](const DicomPlane& p) { return placed ? along(p.position, direction) : p.layer; };
  std::vector<Place> places;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    if (places.empty() || height(planes[i]) - height(planes[places.back().begin]) > same_place_mm)
      places.push_back({i, i});
    places.back().end = i + 1;
  }
  return places;
}

// The first moment that tells the planes of every place apart.
std::optional<std::size_t> telling_moment(const std::vector<DicomPlane>& planes, const std::vector<Place>& places) {
  for (std::size_t m = 0; m < moments; ++m) {
    const bool tells = std::ranges::all_of(places, [&](const Place& place) {
      std::set<std::pair<std::string, double>> values;
      for (std::size_t i = place.begin; i < place.end; ++i) {
        const double value = to_moment(planes[i], m);
        if (value != value || !values.emplace(planes[i].image_type, value).second) return false;
      }
      return true;
    });
    if (tells) return m;
  }
  return std::nullopt;
}

// Seconds from the first time to each, by a clock of the first place; empty if it does not go on from each to the next.
std::vector<double> clock_times(const std::vector<DicomPlane>& planes, std::size_t slices, std::size_t times,
                                DicomMoment which) {
  const double unit = which == DicomMoment::acquisition_time ? 1 : 1e-3;
  const double first = to_moment(planes[0], static_cast<std::size_t>(which));
  std::vector<double> at;
  for (std::size_t t = 0; t < times; ++t) {
    at.push_back(unit * (to_moment(planes[t * slices], static_cast<std::size_t>(which)) - first));
    if (!std::isfinite(at[t]) || (t > 0 && !(at[t] > at[t - 1]))) return {};
  }
  return at;
}

// Seconds from one time to the next, if they are even; else each of them.
void take_times(DicomStack& stack, DicomMoment which) {
  const std::vector<double> at = clock_times(stack.planes, stack.slices, stack.times, which);
  if (at.empty()) return;
  const double step = at.back() / static_cast<double>(stack.times - 1);
  const bool even = std::ranges::adjacent_find(
                        at, [step](double a, double b) { return std::abs(b - a - step) > 0.02 * step; }) == at.end();
  if (even)
    stack.time_step_s = step;
  else if (stack.times_s.empty())
    stack.times_s = at;
}

// Times of day without a date that leave more than half a day out in between went over midnight.
void go_over_midnight(DicomStack& stack) {
  constexpr auto clock = static_cast<std::size_t>(DicomMoment::acquisition_time);
  constexpr double day = 86400;
  std::set<double> all;
  for (const DicomPlane& plane : stack.planes) {
    const double at = plane.moment[clock];
    if (std::isnan(at)) continue;
    if (at >= day) return;  // with a date
    all.insert(at);
  }
  const auto after = std::adjacent_find(all.begin(), all.end(), [](double a, double b) { return b - a > day / 2; });
  if (after == all.end()) return;
  for (DicomPlane& plane : stack.planes)
    if (plane.moment[clock] <= *after) plane.moment[clock] += day;
  stack.remarks.emplace_back("times of day after midnight belong to the next day, as the file says no date");
}

std::string axis_named(DicomMoment moment) {
  switch (moment) {
    case DicomMoment::echo_time: return "echo time";
    case DicomMoment::b_value: return "b value";
    case DicomMoment::instance: return "instance number";
    default: return "time";
  }
}

// Places that hold several planes each become a fourth axis. False: they do not, and the verdict says why.
bool split_times(DicomStack& stack, const std::vector<DicomHeader>& headers, const std::vector<Place>& places) {
  const std::size_t times = places.front().end;
  for (const Place& place : places) {
    if (place.end - place.begin == times) continue;
    const bool fewer = place.end - place.begin < times;
    const Place& other = places.front();
    stack.verdict = {
        Finding::missing, 0, "slices",
        "there are " + std::to_string(place.end - place.begin) + " images at the place of " +
            to_name(headers, stack.planes[place.begin]) + " and " + std::to_string(times) + " at that of " +
            to_name(headers, stack.planes[other.begin]) +
            (fewer ? ": images are missing" : ": images are missing, or two slices stand at the same place")};
    return false;
  }
  if (times == 1) return true;
  const auto moment = telling_moment(stack.planes, places);
  if (!moment) {
    stack.verdict = {Finding::missing, 0, "slices",
                     to_name(headers, stack.planes[0]) + " and " + to_name(headers, stack.planes[1]) +
                         " stand at the same place, and nothing in them tells them apart in time"};
    return false;
  }
  std::vector<DicomPlane> ordered(stack.planes.size());
  const auto earlier = [m = *moment](const DicomPlane& a, const DicomPlane& b) {
    return std::pair{a.image_type, to_moment(a, m)} < std::pair{b.image_type, to_moment(b, m)};
  };
  for (std::size_t z = 0; z < places.size(); ++z) {
    std::vector<DicomPlane> here(stack.planes.begin() + static_cast<std::ptrdiff_t>(places[z].begin),
                                 stack.planes.begin() + static_cast<std::ptrdiff_t>(places[z].end));
    std::ranges::stable_sort(here, earlier);
    for (std::size_t t = 0; t < times; ++t) ordered[t * places.size() + z] = here[t];
  }
  stack.planes = std::move(ordered);
  stack.slices = places.size();
  stack.times = times;
  bool kinds = false;
  for (std::size_t t = 1; t < times; ++t)
    kinds = kinds || stack.planes[t * stack.slices].image_type != stack.planes[0].image_type;
  stack.fourth_axis = kinds ? "image type" : axis_named(static_cast<DicomMoment>(*moment));
  if (stack.fourth_axis == "time") {
    const auto which = static_cast<DicomMoment>(*moment);
    if (which != DicomMoment::temporal_position) take_times(stack, which);
    for (const DicomMoment clock :
         {DicomMoment::trigger_time, DicomMoment::reference_time, DicomMoment::acquisition_time})
      if (which == DicomMoment::temporal_position && stack.time_step_s == 0) take_times(stack, clock);
    if (stack.time_step_s > 0) stack.times_s.clear();
  }
  return true;
}

// Planes of one height must stand at one place.
GeometryVerdict not_side_by_side(const std::vector<DicomHeader>& headers, const std::vector<DicomPlane>& planes,
                                 const std::vector<Place>& places) {
  for (const Place& place : places) {
    const DicomPlane& first = planes[place.begin];
    for (std::size_t i = place.begin; i < place.end; ++i) {
      const Vec3 &p = first.position, &q = planes[i].position;
      if (std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > 0.01)
        return {Finding::mismatch, 0, "slices",
                to_name(headers, first) + " and " + to_name(headers, planes[i]) +
                    " differ in place, side by side in one plane, the slices of a volume do not"};
    }
  }
  return {};
}

// The two neighbours whose step is farthest from the usual one.
std::string worst_pair(const std::vector<DicomHeader>& headers, const DicomStack& stack, const Mat3& direction) {
  std::vector<double> steps;
  for (std::size_t z = 1; z < stack.slices; ++z)
    steps.push_back(along(stack.planes[z].position, direction) - along(stack.planes[z - 1].position, direction));
  if (steps.empty()) return {};
  std::vector<double> ordered = steps;
  std::ranges::sort(ordered);
  const double common = ordered[ordered.size() / 2];
  const auto worst = std::ranges::max_element(steps, {}, [common](double s) { return std::abs(s - common); });
  const auto z = static_cast<std::size_t>(worst - steps.begin());
  return ", between " + to_name(headers, stack.planes[z]) + " and " + to_name(headers, stack.planes[z + 1]);
}

}  // namespace

DicomStack dicom_stack(const std::vector<DicomHeader>& headers) {
  DicomStack stack;
  for (std::size_t f = 0; f < headers.size(); ++f) {
    for (DicomPlane plane : headers[f].planes) {
      plane.file = f;
      stack.planes.push_back(std::move(plane));
    }
  }
  stack.slices = stack.planes.size();
  if (stack.planes.empty()) return stack;
  stack.verdict = belong_together(headers, stack.planes);
  if (stack.verdict.finding != Finding::uniform) return stack;
  const auto unplaced = std::ranges::find_if(stack.planes, [](const DicomPlane& p) { return !p.placed; });
  const bool placed = unplaced == stack.planes.end();
  const bool some = std::ranges::any_of(stack.planes, [](const DicomPlane& p) { return p.placed; });
  if (!placed && stack.planes.size() > 1 && (some || headers.size() > 1)) {
    stack.verdict = {Finding::missing, 0, "slices", to_name(headers, *unplaced) + " has no position among the slices"};
    return stack;
  }
  const Mat3 direction = stack.planes.front().direction;
  std::ranges::stable_sort(stack.planes, [&](const DicomPlane& a, const DicomPlane& b) {
    return placed ? along(a.position, direction) < along(b.position, direction) : a.layer < b.layer;
  });
  const std::vector<Place> places = to_places(stack.planes, direction, placed);
  if (placed) {
    stack.verdict = not_side_by_side(headers, stack.planes, places);
    if (stack.verdict.finding != Finding::uniform) return stack;
  }
  go_over_midnight(stack);
  const bool even = split_times(stack, headers, places);
  if (!placed) return stack;
  std::vector<Vec3> centres;
  centres.reserve(stack.slices);
  for (std::size_t z = 0; z < stack.slices; ++z) centres.push_back(stack.planes[z].position);
  if (centres.size() > 1)
    stack.step_mm = (along(centres.back(), direction) - along(centres.front(), direction)) /
                    static_cast<double>(centres.size() - 1);
  if (!even) return stack;
  stack.verdict = all_parts(headers);
  if (stack.verdict.finding != Finding::uniform) return stack;
  stack.verdict = check_slices(centres, direction);
  if (stack.verdict.finding != Finding::uniform) stack.verdict.sentence += worst_pair(headers, stack, direction);
  return stack;
}

}  // namespace iso::io::detail
