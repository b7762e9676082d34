#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

/// Where the frames of a DICOM file lie and what their values mean. What the file says a frame (functional groups, offset
/// vectors) stands for that frame only.
namespace iso::io::detail {
namespace {

constexpr double unsaid = std::numeric_limits<double>::quiet_NaN();
const std::string dose_class = "1.2.840.10008.5.1.4.1.1.481.2", nuclear_class = "1.2.840.10008.5.1.4.1.1.20";

double& moment(DicomPlane& plane, DicomMoment which) { return plane.moment[static_cast<std::size_t>(which)]; }

void note(DicomHeader& header, const std::string& what) {
  if (std::ranges::find(header.assumed, what) == header.assumed.end()) header.assumed.push_back(what);
}

Vec3 to_normal(const Mat3& d) { return {d[2], d[5], d[8]}; }
Vec3 moved(const Vec3& from, const Vec3& direction, double by) {
  return {from[0] + by * direction[0], from[1] + by * direction[1], from[2] + by * direction[2]};
}

// Seconds of a date and a time of day, as DA, TM and DT write them; NaN if they say nothing.
double to_seconds(const std::string& date, const std::string& time) {
  const auto digits = [](const std::string& text, std::size_t at, std::size_t count) {
    int value = 0;
    if (at + count > text.size()) return -1;
    const auto [end, problem] = std::from_chars(text.data() + at, text.data() + at + count, value);
    return problem == std::errc{} && end == text.data() + at + count ? value : -1;
  };
  const int hours = digits(time, 0, 2);
  if (hours < 0) return unsaid;
  double seconds = 3600.0 * hours + 60.0 * std::max(0, digits(time, 2, 2));
  if (time.size() > 4) seconds += to_number(time.substr(4, time.find_first_of("+-&", 4) - 4)).value_or(0);
  const int year = digits(date, 0, 4), month = digits(date, 4, 2), day = digits(date, 6, 2);
  if (year > 1900 && month > 0 && day > 0) {
    // Days of the civil calendar, counted from March so that the leap day is the last.
    const int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    const int leap_days = (y - 1900) / 4, days_of_months = (153 * m + 2) / 5;
    seconds += 86400.0 * (365 * (y - 1900) + leap_days + days_of_months + day);
  }
  return seconds;
}
double seconds_of_moment(const std::string& text) {
  return text.size() < 10 ? unsaid : to_seconds(text.substr(0, 8), text.substr(8));
}

// The numbers of an element that says a place or a length. What is there and is another number of numbers is not as good as
// nothing: 1 mm would be taken for it.
std::vector<double> sound_decimals(const DicomDataset& set, std::uint32_t t, std::size_t count, const char* name) {
  auto numbers = set.decimals(t);
  if (const std::string text = set.text(t); numbers.size() != count && !text.empty())
    throw Error{Errc::invalid_input,
                std::string{"its "} + name + " is '" + text.substr(0, 60) + "', " + std::to_string(count) +
                    " numbers were expected",
                "check where the file came from"};
  return numbers;
}

void take_position(const DicomDataset& set, DicomPlane& plane) {
  const auto p = sound_decimals(set, tag(0x0020, 0x0032), 3, "position");
  if (p.size() != 3) return;
  plane.position = {p[0], p[1], p[2]};
  plane.placed = true;
}

void orient(const std::vector<double>& o, DicomPlane& plane) {
  if (o.size() != 6) return;
  Vec3 x{o[0], o[1], o[2]}, y{o[3], o[4], o[5]};
  const double nx = std::hypot(x[0], x[1], x[2]), ny = std::hypot(y[0], y[1], y[2]);
  if (nx == 0 && ny == 0) return;  // what some programs write for "not known"
  const double across = (x[0] * y[0] + x[1] * y[1] + x[2] * y[2]) / (nx * ny);
  if (!(std::abs(nx - 1) < 0.01 && std::abs(ny - 1) < 0.01 && std::abs(across) < 1e-3))
    throw Error{Errc::invalid_input, "the orientation of the image is no pair of perpendicular directions",
                "check where the file came from"};
  for (std::size_t i = 0; i < 3; ++i) {
    x[i] /= nx;
    y[i] /= ny;
  }
  const Vec3 z{x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]};
  for (std::size_t row = 0; row < 3; ++row) {
    plane.direction[3 * row] = x[row];
    plane.direction[3 * row + 1] = y[row];
    plane.direction[3 * row + 2] = z[row];
  }
  plane.oriented = true;
}

void take_orientation(const DicomDataset& set, DicomPlane& plane) {
  orient(sound_decimals(set, tag(0x0020, 0x0037), 6, "orientation"), plane);
}

bool take_spacing(const std::vector<double>& s, double unit, DicomPlane& plane) {
  if (s.size() != 2 || !(s[0] > 0) || !(s[1] > 0)) return false;
  plane.spacing_y = unit * s[0];  // DICOM gives rows first
  plane.spacing_x = unit * s[1];
  plane.spaced = true;
  return true;
}

void take_measures(const DicomDataset& set, DicomHeader& header, DicomPlane& plane) {
  const auto spacing = sound_decimals(set, tag(0x0028, 0x0030), 2, "pixel spacing");
  if (std::ranges::any_of(spacing, [](double s) { return s < 0; }))
    throw Error{Errc::invalid_input,
                "its pixel spacing is " + set.text(tag(0x0028, 0x0030)) + ", lengths were expected",
                "check where the file came from"};
  (void)take_spacing(spacing, 1, plane);
  header.thickness = set.decimal(tag(0x0018, 0x0050), header.thickness);
  header.frame_step = set.decimal(tag(0x0018, 0x0088), header.frame_step);
}

// Where there is no Pixel Spacing: the spacing at the detector, of the scanned film, of a radiotherapy image, of an
// ultrasound region.
void take_other_spacing(const DicomDataset& set, DicomHeader& header, DicomPlane& plane) {
  if (plane.spaced) return;
  if (take_spacing(set.decimals(tag(0x0018, 0x1164)), 1, plane))
    return note(header, "the pixel spacing at the detector, which magnification makes smaller in the patient");
  if (take_spacing(set.decimals(tag(0x0018, 0x2010)), 1, plane))
    return note(header, "the pixel spacing of the scanned film");
  if (take_spacing(set.decimals(tag(0x3002, 0x0011)), 1, plane))
    return note(header, "the pixel spacing at the plane of the radiotherapy image, which lies behind the patient");
  const auto& regions = set.items(tag(0x0018, 0x6011));
  if (regions.size() == 1 && regions[0].number(tag(0x0018, 0x6024), 0) == 3 &&
      regions[0].number(tag(0x0018, 0x6026), 0) == 3) {  // both in cm
    const auto dx = regions[0].doubles(tag(0x0018, 0x602c)), dy = regions[0].doubles(tag(0x0018, 0x602e));
    if (!dx.empty() && !dy.empty() && take_spacing({std::abs(dy[0]), std::abs(dx[0])}, 10, plane))
      return note(header, "the pixel spacing of its ultrasound region for the whole picture");
  }
  if (const auto ratio = set.decimals(tag(0x0028, 0x0034));
      ratio.size() == 2 && ratio[0] > 0 && ratio[1] > 0 && ratio[0] != ratio[1]) {
    plane.spacing_y = ratio[0] / ratio[1];
    plane.spaced = true;
    note(header, "a pixel spacing of 1 mm along a row and its pixel aspect ratio across");
  }
}

std::shared_ptr<const DicomTable> to_table(const DicomDataset& item, bool is_signed) {
  const auto descriptor = item.shorts(tag(0x0028, 0x3002));
  const auto* data = item.find(tag(0x0028, 0x3006));
  if (descriptor.size() < 3 || !data)
    throw Error{Errc::invalid_input, "its modality lookup table is incomplete", "check where the file came from"};
  const std::size_t entries = descriptor[0] == 0 ? 65536 : descriptor[0];
  auto table = std::make_shared<DicomTable>();
  table->first = is_signed ? static_cast<std::int16_t>(descriptor[1]) : descriptor[1];
  if (descriptor[2] <= 8 && data->value.size() < 2 * entries) {
    for (const char c : data->value) table->values.push_back(static_cast<unsigned char>(c));
  } else {
    for (const std::uint16_t v : item.shorts(tag(0x0028, 0x3006))) table->values.push_back(v);
  }
  if (table->values.size() < entries)
    throw Error{Errc::invalid_input,
                "its modality lookup table has " + std::to_string(table->values.size()) + " of " +
                    std::to_string(entries) + " entries",
                "check where the file came from"};
  table->values.resize(entries);
  return table;
}

void take_number(const DicomDataset& set, std::uint32_t t, const char* name, double& to, bool& said) {
  if (set.text(t).empty()) return;
  const auto numbers = set.decimals(t);
  if (numbers.size() != 1)
    throw Error{Errc::invalid_input, std::string{"its "} + name + " '" + set.text(t) + "' is no number",
                "check where the file came from"};
  to = numbers[0];
  said = true;
}

void take_rescale(const DicomDataset& set, DicomHeader& header, DicomMeaning& meaning) {
  if (const auto* item = set.item(tag(0x0028, 0x3000))) {
    meaning.table = to_table(*item, header.storage.is_signed);
    meaning.said = true;
    meaning.unit = item->text(tag(0x0028, 0x3004));
    return;
  }
  bool said = false;
  take_number(set, tag(0x0028, 0x1053), "rescale slope", meaning.slope, said);
  take_number(set, tag(0x0028, 0x1052), "rescale intercept", meaning.intercept, said);
  if (said && meaning.slope == 0) {
    note(header, "a rescale slope of 1, because the file says 0, which is no slope");
    meaning.slope = 1;
    said = false;
  }
  if (said && meaning.mapped) {  // a frame's own rescale stands for the mapping that all share
    meaning.mapped = false;
    meaning.table.reset();
    meaning.unit.clear();
  }
  meaning.said = meaning.said || said;
  if (const auto unit = set.text(tag(0x0028, 0x1054)); !unit.empty()) meaning.unit = unit;
}

std::string to_code(const DicomDataset& mapping) {
  const auto* unit = mapping.item(tag(0x0040, 0x08ea));
  return unit ? unit->text(tag(0x0008, 0x0100)) : std::string{};
}

// Real-world values (PS3.3, C.7.6.16.2.11) are what is measured; a rescale of CT or PET is that already, and says it first.
void take_real_world(const DicomDataset& set, DicomHeader& header, DicomMeaning& meaning) {
  const auto& mappings = set.items(tag(0x0040, 0x9096));
  if (mappings.empty()) return;
  const DicomDataset& mapping = mappings[0];
  const auto slope = mapping.doubles(tag(0x0040, 0x9225)), intercept = mapping.doubles(tag(0x0040, 0x9224)),
             entries = mapping.doubles(tag(0x0040, 0x9212));
  const bool vague = !header.rescale_first && (meaning.identity() || (header.modality == "MR" && !meaning.table));
  const bool linear = !slope.empty() && !intercept.empty() && slope[0] != 0 && std::isfinite(slope[0] * intercept[0]);
  if (mappings.size() > 1 || !vague || (!linear && entries.empty())) {
    const bool same = linear && slope[0] == meaning.slope && intercept[0] == meaning.intercept;
    if (mappings.size() == 1 && same) {
      meaning.unit = to_code(mapping);
      return;
    }
    note(header, "values without the real-world mapping of the file (" +
                     (mappings.size() > 1 ? std::to_string(mappings.size()) + " of them" : to_code(mapping)) + ")");
    return;
  }
  meaning = {};
  meaning.said = meaning.mapped = true;
  meaning.unit = to_code(mapping);
  if (linear) {
    meaning.slope = slope[0];
    meaning.intercept = intercept[0];
    return;
  }
  auto table = std::make_shared<DicomTable>();
  const auto first = mapping.shorts(tag(0x0040, 0x9216));
  if (first.empty()) throw Error{Errc::invalid_input, "its table of real-world values does not say where it begins"};
  table->first = header.storage.is_signed ? static_cast<std::int16_t>(first[0]) : first[0];
  table->values = entries;
  meaning.table = table;
}

// A volume of ultrasound (PS3.3, C.8.24.3): places and directions in a frame of its own, not in that of the patient.
void take_place_in_volume(const DicomDataset& groups, DicomHeader& header, DicomPlane& plane) {
  const auto* place = groups.item(tag(0x0020, 0x930e));
  const auto* turn = groups.item(tag(0x0020, 0x930f));
  if (!place && !turn) return;
  if (turn) orient(turn->doubles(tag(0x0020, 0x9302)), plane);
  plane.oriented = false;
  if (const auto p = place ? place->doubles(tag(0x0020, 0x9301)) : std::vector<double>{}; p.size() == 3) {
    plane.position = {p[0], p[1], p[2]};
    plane.placed = true;
  }
  note(header, "places in the frame of the volume itself, which is not that of the patient");
}

// Functional groups of an enhanced object, shared by all frames or of one.
void take_groups(const DicomDataset& groups, DicomHeader& header, DicomPlane& plane) {
  if (const auto* item = groups.item(tag(0x0020, 0x9116))) take_orientation(*item, plane);
  if (const auto* item = groups.item(tag(0x0028, 0x9110))) take_measures(*item, header, plane);
  if (const auto* item = groups.item(tag(0x0020, 0x9113))) take_position(*item, plane);
  take_place_in_volume(groups, header, plane);
  if (const auto* item = groups.item(tag(0x0028, 0x9145))) take_rescale(*item, header, plane.meaning);
  take_real_world(groups, header, plane.meaning);
  const auto set_double = [&](const DicomDataset* item, std::uint32_t t, DicomMoment which) {
    if (!item) return;
    if (const auto value = item->doubles(t); !value.empty()) moment(plane, which) = value[0];
  };
  if (const auto* content = groups.item(tag(0x0020, 0x9111))) {
    if (const auto index = content->longs(tag(0x0020, 0x9128)); !index.empty())
      moment(plane, DicomMoment::temporal_position) = index[0];
    const auto at = seconds_of_moment(content->text(tag(0x0018, 0x9074)).empty() ? content->text(tag(0x0018, 0x9151))
                                                                                 : content->text(tag(0x0018, 0x9074)));
    if (std::isfinite(at)) moment(plane, DicomMoment::acquisition_time) = at;
    if (const auto number = content->longs(tag(0x0020, 0x9057)); !number.empty()) plane.layer = number[0];
  }
  if (const auto* position = groups.item(tag(0x0020, 0x9310)))  // its offset in seconds
    if (const auto offset = position->doubles(tag(0x0020, 0x930d)); !offset.empty())
      moment(plane, DicomMoment::reference_time) = 1e3 * offset[0];
  set_double(groups.item(tag(0x0018, 0x9118)), tag(0x0020, 0x9153), DicomMoment::trigger_time);
  set_double(groups.item(tag(0x0018, 0x9114)), tag(0x0018, 0x9082), DicomMoment::echo_time);
  set_double(groups.item(tag(0x0018, 0x9117)), tag(0x0018, 0x9087), DicomMoment::b_value);
  if (const auto* segment = groups.item(tag(0x0062, 0x000a)))
    plane.segment = static_cast<std::uint16_t>(segment->number(tag(0x0062, 0x000b), 0));
  if (const auto* tile = groups.item(tag(0x0048, 0x021a))) {
    const auto column = tile->longs(tag(0x0048, 0x021e)), row = tile->longs(tag(0x0048, 0x021f));
    if (!column.empty() && !row.empty()) {
      plane.tile_column = std::int64_t{column[0]} - 1;
      plane.tile_row = std::int64_t{row[0]} - 1;
    }
  }
  for (const std::uint32_t type : {tag(0x0018, 0x9226), tag(0x0018, 0x9329)})  // MR and CT Image Frame Type
    if (const auto* item = groups.item(type)) {
      const std::string component = item->text(tag(0x0008, 0x9208));
      plane.image_type = item->text(tag(0x0008, 0x9007)) + (component.empty() ? "" : "\\" + component);
    }
}

void take_moments(const DicomDataset& set, DicomPlane& plane) {
  plane.moment.fill(unsaid);
  moment(plane, DicomMoment::temporal_position) = set.decimal(tag(0x0020, 0x0100), unsaid);
  moment(plane, DicomMoment::trigger_time) = set.decimal(tag(0x0018, 0x1060), unsaid);
  moment(plane, DicomMoment::reference_time) = set.decimal(tag(0x0054, 0x1300), unsaid);
  moment(plane, DicomMoment::echo_time) = set.decimal(tag(0x0018, 0x0081), unsaid);
  moment(plane, DicomMoment::instance) = set.decimal(tag(0x0020, 0x0013), unsaid);
  if (const auto b = set.doubles(tag(0x0018, 0x9087)); !b.empty()) moment(plane, DicomMoment::b_value) = b[0];
  double at = seconds_of_moment(set.text(tag(0x0008, 0x002a)));
  if (!std::isfinite(at)) at = to_seconds(set.text(tag(0x0008, 0x0022)), set.text(tag(0x0008, 0x0032)));
  if (!std::isfinite(at)) at = to_seconds(set.text(tag(0x0008, 0x0023)), set.text(tag(0x0008, 0x0033)));
  moment(plane, DicomMoment::acquisition_time) = at;
}

void take_enhanced(const DicomDataset& set, DicomHeader& header) {
  const auto& groups = set.items(tag(0x5200, 0x9230));
  if (static_cast<std::int64_t>(groups.size()) != header.frames)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: it announces " + std::to_string(header.frames) +
                    (header.frames == 1 ? " frame and describes " : " frames and describes ") +
                    std::to_string(groups.size()),
                "check that the file is complete"};
  const std::vector<DicomPlane> before = header.planes;
  const auto take = [&] {
    for (std::size_t f = 0; f < header.planes.size(); ++f) take_groups(groups[f], header, header.planes[f]);
  };
  take();
  // A frame whose rescale happens to be 1 and 0 is scaled as the others are.
  const auto mapped = std::ranges::count_if(header.planes, [](const DicomPlane& p) { return p.meaning.mapped; });
  if (mapped == 0 || mapped == static_cast<std::ptrdiff_t>(header.planes.size())) return;
  header.planes = before;
  header.rescale_first = true;
  take();
}

// RT Dose (PS3.3, C.8.8.3): planes at the offsets of a vector, relative to the first or, for transverse grids, as z.
void take_dose(const DicomDataset& set, DicomHeader& header) {
  const auto offsets = set.decimals(tag(0x3004, 0x000c));
  double scaling = 1;
  bool said = false;
  take_number(set, tag(0x3004, 0x000e), "dose grid scaling", scaling, said);
  if (!said || scaling == 0) note(header, "values as stored, because the file says no dose grid scaling");
  const std::string units = set.text(tag(0x3004, 0x0002));
  for (DicomPlane& plane : header.planes) {
    plane.meaning = {};
    plane.meaning.slope = said && scaling != 0 ? scaling : 1;
    plane.meaning.said = said && scaling != 0;
    if (plane.meaning.said) plane.meaning.unit = units == "GY" ? "Gy" : units == "RELATIVE" ? "relative" : units;
  }
  if (header.frames == 1) return;
  if (offsets.empty() && !set.has(tag(0x3004, 0x000c))) return;
  if (static_cast<std::int64_t>(offsets.size()) != header.frames)
    throw Error{Errc::invalid_input,
                "its dose grid has " + std::to_string(header.frames) + " frames and a Grid Frame Offset Vector for " +
                    std::to_string(offsets.size()),
                "check where the file came from"};
  const DicomPlane first = header.planes.front();
  if (!first.placed) note(header, "a position of 0, 0, 0 mm of its first frame, because the file does not say it");
  const Vec3 normal = to_normal(first.direction);
  const bool absolute = offsets[0] != 0;
  if (absolute &&
      (std::abs(std::abs(normal[2]) - 1) > 1e-3 || (first.placed && std::abs(offsets[0] - first.position[2]) > 0.01)))
    throw Error{Errc::invalid_input,
                "its Grid Frame Offset Vector begins with " + short_number(offsets[0]) +
                    ", 0 or the z of the first frame was expected",
                "check where the file came from"};
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    DicomPlane& plane = header.planes[f];
    plane.placed = true;
    plane.position = moved(first.position, absolute ? Vec3{0, 0, 1} : normal, offsets[f] - (absolute ? offsets[0] : 0));
  }
}

std::vector<std::uint16_t> to_vector(const DicomDataset& set, const DicomHeader& header, std::uint32_t t) {
  auto numbers = set.shorts(t);
  if (!numbers.empty() && static_cast<std::int64_t>(numbers.size()) != header.frames)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: one of its frame vectors has " + std::to_string(numbers.size()) +
                    " entries for " + std::to_string(header.frames) + " frames",
                "check where the file came from"};
  return numbers;
}

bool varies(const std::vector<std::uint16_t>& numbers) {
  return std::ranges::adjacent_find(numbers, std::not_equal_to{}) != numbers.end();
}

// Nuclear medicine (PS3.3, C.8.4.8): vectors say which slice, window, detector and time a frame is of.
void take_nuclear(const DicomDataset& set, DicomHeader& header) {
  DicomPlane first = header.planes.front();
  if (const auto* detector = set.item(tag(0x0054, 0x0022))) {
    take_position(*detector, first);
    take_orientation(*detector, first);
  }
  const auto slices = to_vector(set, header, tag(0x0054, 0x0080));
  std::vector<std::vector<std::uint16_t>> times, others;
  for (const std::uint32_t element : {0x0030U, 0x0060U, 0x0070U, 0x0100U})
    if (auto v = to_vector(set, header, tag(0x0054, element)); varies(v)) times.push_back(std::move(v));
  for (const std::uint32_t element : {0x0010U, 0x0020U})
    if (auto v = to_vector(set, header, tag(0x0054, element)); varies(v)) others.push_back(std::move(v));
  const bool turning =
      first.image_type.find("TOMO") != std::string::npos && first.image_type.find("RECON") == std::string::npos;
  const bool reconstructed = !slices.empty() || first.image_type.find("RECON") != std::string::npos ||
                             (header.frame_step != 0 && !turning && times.empty() && others.empty());
  const bool views = !reconstructed && (turning || varies(to_vector(set, header, tag(0x0054, 0x0090))));
  const double step = header.frame_step != 0 ? header.frame_step : header.thickness;
  if (reconstructed && header.frames > 1 && header.frame_step == 0 && step > 0)
    note(header, "a step between slices of the slice thickness, because the file does not say it");
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    DicomPlane& plane = header.planes[f];
    plane.direction = first.direction;
    plane.oriented = first.oriented;
    plane.layer = slices.empty() ? static_cast<double>(f) : static_cast<double>(slices[f]) - 1;
    plane.placed = first.placed && reconstructed && (step != 0 || header.frames == 1);
    plane.position =
        plane.placed ? moved(first.position, to_normal(first.direction), step * plane.layer) : first.position;
    double rank = 0;
    for (const auto& v : others) rank = rank * 65536 + v[f];
    for (const auto& v : times) rank = rank * 65536 + v[f];
    if (!times.empty() && others.empty()) moment(plane, DicomMoment::temporal_position) = rank;
    if (!others.empty()) moment(plane, DicomMoment::instance) = rank;
    if (!reconstructed && !views && others.empty() && !times.empty()) plane.layer = 0;
  }
  if (step < 0 && header.planes.front().placed) header.frame_step = -step;
  if (header.frames == 1 || reconstructed) {
    header.planes.front().placed = header.planes.front().placed || (header.frames == 1 && first.placed);
    return;
  }
  header.frames_are = views                              ? DicomFrames::views
                      : !times.empty() && others.empty() ? DicomFrames::times
                                                         : DicomFrames::views;
  if (header.frames_are == DicomFrames::views)
    note(header, views ? "frames are views of a turning camera, in the order of the file"
                       : "frames are pictures of several detectors or energy windows, in the order of the file");
}

// Frames in time (PS3.3, C.7.6.5), or in space without a position each.
void take_plain_frames(const DicomDataset& set, DicomHeader& header) {
  const auto pointer = set.shorts(tag(0x0028, 0x0009));
  const auto points_to = [&](std::uint32_t t) {
    for (std::size_t i = 0; i + 1 < pointer.size(); i += 2)
      if (tag(pointer[i], pointer[i + 1]) == t) return true;
    return false;
  };
  const auto steps = set.decimals(tag(0x0018, 0x1065));
  const double step = set.decimal(tag(0x0018, 0x1063), 0);
  const bool in_time = points_to(tag(0x0018, 0x1063)) || points_to(tag(0x0018, 0x1065)) ||
                       (pointer.empty() && header.frame_step == 0 && (step > 0 || !steps.empty()));
  const DicomPlane first = header.planes.front();
  double time = 0;
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    DicomPlane& plane = header.planes[f];
    if (in_time) {
      time += f == 0 ? 0 : f < steps.size() ? steps[f] : step;
      moment(plane, DicomMoment::reference_time) = time > 0 || f == 0 ? time : static_cast<double>(f);
      continue;
    }
    plane.layer = static_cast<double>(f);
    plane.placed = first.placed && first.oriented && header.frame_step != 0;
    plane.position = moved(first.position, to_normal(first.direction), header.frame_step * plane.layer);
  }
  if (in_time) {
    header.frames_are = DicomFrames::times;
    return;
  }
  if (first.placed && first.oriented && header.frame_step != 0)
    note(header, "frames that follow each other at the spacing between slices");
  header.frame_step = std::abs(header.frame_step);
}

// A picture in tiles (PS3.3, C.7.6.17.3): row by row where all of them are there, else each says its place.
void take_tiles(const DicomDataset& set, DicomHeader& header) {
  const auto columns = set.longs(tag(0x0048, 0x0006)), rows = set.longs(tag(0x0048, 0x0007));
  if (columns.empty() || rows.empty() || columns[0] == 0 || rows[0] == 0) return;
  header.total_columns = columns[0];
  header.total_rows = rows[0];
  header.frames_are = DicomFrames::tiles;
  if (set.text(tag(0x0020, 0x9311)) != "TILED_FULL") return;
  const std::int64_t across = (header.total_columns + header.columns - 1) / header.columns,
                     down = (header.total_rows + header.rows - 1) / header.rows;
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    const std::int64_t tile = static_cast<std::int64_t>(f) % (across * down);
    header.planes[f].tile_column = tile % across * header.columns;
    header.planes[f].tile_row = tile / across * header.rows;
    if (header.segments.size() * static_cast<std::size_t>(across * down) == header.planes.size())
      header.planes[f].segment = header.segments[f / static_cast<std::size_t>(across * down)].first;
  }
}

void take_segments(const DicomDataset& set, DicomHeader& header) {
  const std::string code = set.text(tag(0x0008, 0x0005));
  for (const DicomDataset& item : set.items(tag(0x0062, 0x0002)))
    header.segments.emplace_back(static_cast<std::uint16_t>(item.number(tag(0x0062, 0x0004), 0)),
                                 dicom_utf8(item.text(tag(0x0062, 0x0005)), code));
  if (set.text(tag(0x0062, 0x0001)) == "FRACTIONAL")
    header.fraction_of = static_cast<double>(std::max<std::int64_t>(1, set.number(tag(0x0062, 0x000e), 255)));
}

}  // namespace

void take_dicom_frames(const DicomDataset& set, DicomHeader& header) {
  DicomPlane common;
  take_position(set, common);
  take_orientation(set, common);
  take_measures(set, header, common);
  take_rescale(set, header, common.meaning);
  take_moments(set, common);
  common.image_type = set.text(tag(0x0008, 0x0008));
  if (header.modality == "PT" && common.meaning.said && common.meaning.unit.empty())
    common.meaning.unit = set.text(tag(0x0054, 0x1001));
  const auto* shared = set.item(tag(0x5200, 0x9229));
  take_real_world(set, header, common.meaning);
  if (shared) take_groups(*shared, header, common);
  take_other_spacing(set, header, common);
  header.planes.assign(static_cast<std::size_t>(header.frames), common);
  for (std::size_t f = 0; f < header.planes.size(); ++f) {
    header.planes[f].frame = f;
    if (header.frames > 1) moment(header.planes[f], DicomMoment::instance) = static_cast<double>(f);
  }
  if (is_dicom_segmentation(header)) take_segments(set, header);
  take_tiles(set, header);
  if (set.has(tag(0x5200, 0x9230)))
    take_enhanced(set, header);
  else if (header.sop_class == dose_class || header.modality == "RTDOSE")
    take_dose(set, header);
  else if (header.sop_class == nuclear_class || set.has(tag(0x0054, 0x0022)))
    take_nuclear(set, header);
  else if (header.frames > 1 && header.frames_are != DicomFrames::tiles)
    take_plain_frames(set, header);
  if (header.sop_class == dose_class && header.frames > 1 && !set.has(tag(0x3004, 0x000c))) {
    for (DicomPlane& plane : header.planes) plane.placed = false;
    for (std::size_t f = 0; f < header.planes.size(); ++f) header.planes[f].layer = static_cast<double>(f);
  }
}

}  // namespace iso::io::detail
