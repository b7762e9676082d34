#include "io/array_impl.h"
#include "io/cube_builder_impl.h"
#include "io/k_space_parts_impl.h"

#include "iso/base/error.h"
#include "iso/data/label_table.h"
#include "iso/io/geometry_file.h"
#include "iso/io/sampling_mask.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace iso::io::detail {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

// The first axis of which one element is taken: "x,y,2" is the third element of the last axis.
std::vector<std::string>::const_iterator chosen_element(const std::vector<std::string>& given, const Shape& shape) {
  const auto digits = [](const std::string& name) {
    return !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
  };
  const auto found = std::ranges::find_if(given, digits);
  if (found == given.end()) return found;
  const auto extent = shape[static_cast<std::size_t>(found - given.begin())];
  if (std::stoll(*found) >= extent)
    throw Error{Errc::invalid_input,
                "the axes '" + joined(given) + "' take element " + *found + " of an axis of " + std::to_string(extent) +
                    " elements",
                "elements are counted from 0"};
  return found;
}

// The array of one element of an axis, without that axis.
Pixels take_element(const Pixels& block, std::size_t axis, std::int64_t element) {
  const Shape& shape = block.spec().shape;
  std::int64_t inner = 1, outer = 1;
  std::vector<std::int64_t> extents;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (i == axis) continue;
    extents.push_back(shape[i]);
    (i < axis ? inner : outer) *= shape[i];
  }
  if (extents.empty()) extents.push_back(1);
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, block.spec().type};
  if (block.is_outline()) return Pixels::outline(spec);
  PixelBuffer out = PixelBuffer::allocate(spec);
  const auto line = static_cast<std::size_t>(inner) * byte_count(block.spec().type);
  for (std::int64_t i = 0; i < outer; ++i)
    std::copy_n(block.data() + static_cast<std::size_t>(i * shape[axis] + element) * line, line,
                out.data() + static_cast<std::size_t>(i) * line);
  return out;
}

// Axes in the order of `names`, those that are missing with one element.
Pixels ordered(const Pixels& block, const std::vector<std::string>& given, const std::vector<std::string>& names) {
  const Shape& shape = block.spec().shape;
  if (given.size() != shape.rank()) {
    throw Error{
        Errc::invalid_input,
        "the axes '" + joined(given) + "' are " + std::to_string(given.size()) + ", the array is " + shape.text(),
        "name every axis, fastest first"};
  }
  if (const auto chosen = chosen_element(given, shape); chosen != given.end()) {
    auto rest = given;
    const auto axis = static_cast<std::size_t>(chosen - given.begin());
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(axis));
    return ordered(take_element(block, axis, std::stoll(*chosen)), rest, names);
  }
  for (const auto& name : given) {
    if (std::ranges::find(names, name) == names.end() || std::ranges::count(given, name) != 1) {
      throw Error{Errc::invalid_input, "the axes '" + joined(given) + "' are not understood at '" + name + "'",
                  "use each of " + joined(names) + " at most once, fastest first"};
    }
  }
  std::vector<std::size_t> order;
  std::vector<std::int64_t> extents;
  for (const auto& name : names) {
    const auto at = std::ranges::find(given, name);
    if (at == given.end()) {
      extents.push_back(1);
      continue;
    }
    order.push_back(static_cast<std::size_t>(at - given.begin()));
    extents.push_back(shape[order.back()]);
  }
  return permuted(block, order).reshaped(Shape{std::span<const std::int64_t>{extents}});
}

// Without axes beyond `least` that have one element.
Shape trimmed(const Shape& shape, std::size_t least) {
  std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
  while (extents.size() > least && extents.back() == 1) extents.pop_back();
  while (extents.size() < least) extents.push_back(1);
  return Shape{std::span<const std::int64_t>{extents}};
}

std::vector<std::string> given_axes(const RawArray& array, const ReadOptions& options) {
  const std::string text = find_hint(options, "axes").empty() ? array.axes : find_hint(options, "axes");
  return text.empty() ? std::vector<std::string>{} : split(text);
}

Pixels placed(const RawArray& array, const ReadOptions& options, Kind kind, std::size_t least) {
  const auto given = given_axes(array, options);
  const auto& names = axis_names(kind);
  Pixels block = array.pixels;
  if (!given.empty()) {
    block = ordered(block, given, names);
  } else if (trimmed(block.spec().shape, 0).rank() > names.size()) {
    throw FactMissing{"axes", Errc::shape_mismatch,
                      "an array of " + block.spec().shape.text() + " has more axes than a " +
                          std::string{to_string(kind)} + " (" + joined(names) + ")",
                      "name the axes, and of those that are too many the element to take: " + joined(names) + ",0" +
                          (is_complex(block.spec().type) && kind == Kind::volume
                               ? "; of k-space they are " + joined(axis_names(Kind::k_space))
                               : "")};
  }
  return block.reshaped(trimmed(block.spec().shape, least));
}

// The order of a scan's axes, from the hint or from the sizes of the geometry.
Pixels scan_order(const RawArray& array, const ReadOptions& options, const Shape& wanted, Metadata& meta) {
  const auto given = given_axes(array, options);
  const auto& names = axis_names(Kind::sinogram);
  if (!given.empty()) return ordered(array.pixels, given, names);
  Pixels block = array.pixels.reshaped(trimmed(array.pixels.spec().shape, 1));
  static const std::vector<std::vector<std::string>> flat{{"u", "view"}, {"view", "u"}, {"u", "v"}};
  static const std::vector<std::vector<std::string>> deep{{"u", "v", "view"}, {"u", "view", "v"}, {"view", "u", "v"},
                                                          {"view", "v", "u"}, {"v", "u", "view"}, {"v", "view", "u"}};
  const std::size_t rank = block.spec().shape.rank();
  if (rank == 1) return block.reshaped(Shape{block.spec().shape[0], 1, 1});
  if (rank > 3)
    throw Error{Errc::shape_mismatch,
                "an array of " + block.spec().shape.text() + " has more axes than a scan (u,v,view)"};
  const auto& orders = rank == 2 ? flat : deep;
  // Orders that give the geometry's sizes. Two are one if they differ in axes of one element only.
  std::vector<std::vector<std::string>> fitting;
  std::set<std::vector<std::string>> different;
  for (const auto& order : orders) {
    std::vector<std::int64_t> extents;
    std::vector<std::string> long_axes;
    for (const auto& name : names) {
      const auto at = std::ranges::find(order, name);
      extents.push_back(at == order.end() ? 1 : block.spec().shape[static_cast<std::size_t>(at - order.begin())]);
    }
    if (!(Shape{std::span<const std::int64_t>{extents}} == wanted)) continue;
    for (std::size_t axis = 0; axis < order.size(); ++axis)
      if (block.spec().shape[axis] > 1) long_axes.push_back(order[axis]);
    if (different.insert(long_axes).second) fitting.push_back(order);
  }
  if (fitting.empty()) return ordered(block, orders[0], names);
  std::vector<std::string> chosen = fitting[0];
  if (fitting.size() > 1) {
    const auto usual = split(array.usual_axes);
    if (std::ranges::find(fitting, usual) != fitting.end()) chosen = usual;
    std::string others;
    for (const auto& order : fitting)
      if (order != chosen) others += (others.empty() ? "" : " or ") + joined(order);
    assume(meta, "axes are " + joined(chosen) + ", although the sizes fit " + others + " too (else pass --axes)");
  } else if (chosen != orders[0]) {
    assume(meta, "axes are " + joined(chosen) + ", as the sizes of the geometry say");
  }
  return ordered(block, chosen, names);
}

std::optional<Pixels> level(const ReadOptions& options, const std::string& name, const std::optional<Pixels>& own,
                            const ReadArray& read_other) {
  const std::string text = find_hint(options, name);
  if (text.empty()) return own;
  if (const auto number = to_number(text)) {
    const bool taken_off = name == "dark" && find_hint(options, "unattenuated") == "none";  // of any sign
    if (!std::isfinite(*number) || (*number < 0 && !taken_off) || (name == "unattenuated" && *number == 0)) {
      throw Error{Errc::invalid_input, "the hint '" + name + "' is " + text + ", an intensity above zero was expected"};
    }
    PixelBuffer block = PixelBuffer::allocate({Shape{1}, ScalarType::f64});
    block.values<double>()[0] = *number;
    return block;
  }
  std::error_code problem;
  if (!std::filesystem::exists(text, problem)) {
    throw Error{Errc::cannot_read, "the hint '" + name + "' is '" + text + "', which is neither a number nor a file"};
  }
  return read_other(text).pixels;
}

// RTK says where the detector is by the grid of its stack of projections too: element (0, 0) is at the origin of the
// stack, in the plane that the geometry file places.
ProjectionGeometry to_origin_shift(const VoxelGrid& grid, const ProjectionGeometry& geometry, const Shape& shape,
                                   Metadata& meta) {
  const auto& d = grid.direction;
  const double nu = static_cast<double>(shape[0] - 1) / 2,
               nv = static_cast<double>(shape.rank() < 3 ? 0 : shape[1] - 1) / 2;
  // Steps and middle of the detector in the plane of RTK, mm.
  const std::array<double, 2> u{grid.spacing_mm[0] * d[0], grid.spacing_mm[0] * d[3]},
      v{grid.spacing_mm[1] * d[1], grid.spacing_mm[1] * d[4]};
  const std::array<double, 2> middle{grid.origin_mm[0] + nu * u[0] + nv * v[0],
                                     grid.origin_mm[1] + nu * u[1] + nv * v[1]};
  const double most = 1e-6 * (grid.spacing_mm[0] + grid.spacing_mm[1]);
  const bool turned = std::abs(d[0] - 1) > 1e-6 || std::abs(d[4] - 1) > 1e-6;
  if (std::abs(d[6]) > 1e-6 || std::abs(d[7]) > 1e-6)
    throw Error{Errc::invalid_input, "the stack of projections lies in another plane than the detector of the geometry",
                "write the stack with the directions that RTK gives it"};
  if (std::abs(middle[0]) <= most && std::abs(middle[1]) <= most && !turned) return geometry;
  if (geometry.detector_shape() == DetectorShape::arc && geometry.beam() != Beam::parallel)
    throw Error{Errc::invalid_input, "the origin of the stack shifts a cylindrical detector, which is not supported",
                "give the offset in the geometry file and centre the stack"};
  std::vector<View> views(geometry.views().begin(), geometry.views().end());
  for (View& view : views) {
    const auto along = [](const Vec3& step) {
      const double length = std::sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2]);
      return Vec3{step[0] / length, step[1] / length, step[2] / length};
    };
    const Vec3 a = along(view.u_step_mm), b = along(view.v_step_mm);
    for (std::size_t i = 0; i < 3; ++i) {
      view.detector_centre_mm[i] += middle[0] * a[i] + middle[1] * b[i];
      view.u_step_mm[i] = u[0] * a[i] + u[1] * b[i];
      view.v_step_mm[i] = v[0] * a[i] + v[1] * b[i];
    }
  }
  assume(meta, "the middle of the detector at (" + short_number(middle[0]) + ", " + short_number(middle[1]) +
                   ") mm, as the origin of the stack says");
  return {geometry.beam(), geometry.detector_shape(), geometry.elements(), std::move(views)};
}

ProjectionGeometry scan_geometry(const RawArray& array, const ReadOptions& options, Metadata& meta) {
  if (!options.geometry.empty()) {
    const auto spacing = find_hint(options, "spacing_mm");
    std::array<double, 2> pitch{0, 0};
    if (!spacing.empty()) {
      const auto numbers = to_numbers(spacing, "spacing_mm");
      pitch = {numbers[0], numbers.size() > 1 ? numbers[1] : numbers[0]};
    } else if (array.grid) {
      pitch = {array.grid->spacing_mm[0], array.grid->spacing_mm[1]};
    }
    const Shape shape = trimmed(array.pixels.spec().shape, 2);
    std::array<std::int64_t, 2> elements{shape[0], shape.rank() < 3 ? 1 : shape[1]};
    const auto given = given_axes(array, options);
    for (std::size_t i = 0; i < given.size() && i < shape.rank(); ++i) {
      if (given[i] == "u") elements[0] = shape[i];
      if (given[i] == "v") elements[1] = shape[i];
    }
    ProjectionGeometry geometry = read_geometry(options.geometry, elements, pitch);
    const std::string start = first_bytes(options.geometry, 64);
    const auto first = start.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    const bool rtk = first != std::string::npos && start[first] == '<';
    return rtk && array.grid && given.empty() && spacing.empty() ? to_origin_shift(*array.grid, geometry, shape, meta)
                                                                 : geometry;
  }
  if (array.geometry) return *array.geometry;
  throw FactMissing{"geometry", Errc::invalid_input, "a scan needs a geometry, and this file has none",
                    "pass --geometry FILE, RTK XML or geometry JSON"};
}

// Readings that are line integrals but for a level that is the same without object, as of a dark-field detector.
Pixels less(const Pixels& readings, const Pixels& dark) {
  if (dark.spec().shape.count() != 1)
    throw Error{Errc::invalid_input, "the hint 'dark' names a file, a number was expected with unattenuated=none",
                "give the level that is read beside the object"};
  if (readings.is_outline()) return readings.converted(ScalarType::f32);
  const double level = dark.converted(ScalarType::f64).values<double>()[0];
  const Pixels from = readings.converted(ScalarType::f32);
  PixelBuffer out = PixelBuffer::allocate({from.spec().shape, ScalarType::f32});
  std::ranges::transform(from.values<float>(), out.values<float>().begin(),
                         [level](float value) { return static_cast<float>(static_cast<double>(value) - level); });
  return out;
}

/// Refuses readings that nobody said to be intensities and that clearly are counts: whole numbers, of which one is so large
/// that as a line integral it would let no photon through.
void refuse_counts(const Pixels& readings) {
  if (readings.is_outline()) return;
  constexpr float opaque = 50;  // exp(-50) of the photons is one in 10^21
  const auto values = readings.values<float>();
  if (values.empty() || std::ranges::any_of(values, [](float value) { return value != std::floor(value); })) return;
  const auto [least, most] = std::ranges::minmax(values);
  if (!(most > opaque) || !std::isfinite(most)) return;
  throw FactMissing{
      "unattenuated", Errc::invalid_input,
      "the readings are whole numbers from " + short_number(least) + " to " + short_number(most) +
          ", as a detector counts them, line integrals were expected",
      "pass --unattenuated I0, the reading without object, or --unattenuated none if they are line integrals"};
}

Sinogram make_sinogram(RawArray array, const ReadOptions& options, const ReadArray& read_other) {
  if (is_complex(array.pixels.spec().type))
    throw Error{Errc::type_mismatch, "readings of a scan are real, these are complex"};
  Sinogram scan;
  scan.meta = std::move(array.meta);
  scan.geometry = scan_geometry(array, options, scan.meta);
  const bool bare = array.axes.empty();
  scan.readings = scan_order(array, options, scan.geometry.sinogram_shape(), scan.meta);
  const bool as_they_are = find_hint(options, "unattenuated") == "none";
  const auto open = as_they_are ? std::nullopt : level(options, "unattenuated", array.unattenuated, read_other);
  const auto dark = level(options, "dark", as_they_are ? std::nullopt : array.dark, read_other);
  if (open) {
    scan.readings = line_integrals(scan.readings, open, dark, scan.meta);
  } else if (as_they_are && dark) {
    scan.readings = less(scan.readings, *dark);
  } else if (dark) {
    throw Error{Errc::invalid_input, "a dark level without an unattenuated one says nothing",
                "pass the hint 'unattenuated' too"};
  } else {
    const ScalarType type = scan.readings.spec().type;
    scan.readings = scan.readings.converted(ScalarType::f32);
    if (!as_they_are) {
      refuse_counts(scan.readings);
      if (bare && type != ScalarType::f32 && type != ScalarType::f64)
        assume(scan.meta, "whole numbers are line integrals, not intensities (else pass the hint 'unattenuated')");
    }
  }
  if (const auto axis = find_hint(options, "rotation_axis"); !axis.empty()) {
    scan.geometry = with_rotation_axis(scan.geometry, to_numbers(axis, "rotation_axis")[0]);
  }
  return scan;
}

VoxelGrid make_grid(const RawArray& array, const Shape& shape, const ReadOptions& options, Metadata& meta) {
  if (!array.grid || !find_hint(options, "spacing_mm").empty()) return bare_grid(shape, options, meta);
  VoxelGrid grid = *array.grid;
  grid.size = {shape[0], shape[1], shape[2]};
  return grid;
}

Volume make_volume(RawArray array, const ReadOptions& options) {
  Volume volume;
  volume.meta = std::move(array.meta);
  volume.pixels = placed(array, options, Kind::volume, 3);
  volume.grid = make_grid(array, volume.pixels.spec().shape, options, volume.meta);
  if (const auto step = volume.meta.find("time_step_s");
      step != volume.meta.end() && volume.pixels.spec().shape.rank() > 3) {
    if (const auto seconds = to_number(step->second); seconds && *seconds > 0)
      volume.frames = Axis{"time", "s", {}, 0, *seconds};
  }
  if (const auto times = volume.meta.find("times_s"); times != volume.meta.end() && volume.frames.empty()) {
    const Shape& shape =
        volume.pixels.spec().shape;  // uneven ones; of an element that was taken alone they say nothing
    auto each = to_numbers(times->second, "times_s");
    if (shape.rank() > 3 && each.size() == static_cast<std::size_t>(shape[3]))
      volume.frames = Axis{"time", "s", std::move(each)};
  }
  volume.quantity = array.quantity;
  if (const auto name = find_hint(options, "quantity"); !name.empty()) {
    volume.quantity = parse_quantity(name);
  }
  return volume;
}

LabelMap make_labels(RawArray array, const ReadOptions& options) {
  LabelMap map;
  map.meta = std::move(array.meta);
  map.names = std::move(array.label_names);
  map.labels = placed(array, options, Kind::label_map, 3);
  map.grid = make_grid(array, map.labels.spec().shape, options, map.meta);
  map.labels = to_label_pixels(map.labels);
  return map;
}

// Of a file that says itself that it holds labels, and is not asked for anything. What cannot be labels stays an image.
Dataset labels_if_they_are(RawArray array, const ReadOptions& options) {
  try {
    return make_labels(array, options);
  } catch (const Error& error) {
    if (error.code() != Errc::type_mismatch && error.code() != Errc::shape_mismatch) throw;
    assume(array.meta, std::string{"an image, although the file says that it holds labels: "} + error.what());
    return make_volume(std::move(array), options);
  }
}

Pixels single_complex(const Pixels& block) {
  if (block.spec().type == ScalarType::c64) return block;
  if (block.spec().type != ScalarType::c128) {
    throw Error{Errc::type_mismatch, "k-space is complex, this array is " + std::string{to_string(block.spec().type)}};
  }
  if (block.is_outline()) return Pixels::outline({block.spec().shape, ScalarType::c64});
  PixelBuffer out = PixelBuffer::allocate({block.spec().shape, ScalarType::c64});
  std::ranges::transform(block.values<std::complex<double>>(), out.values<std::complex<float>>().begin(),
                         [](std::complex<double> z) { return std::complex<float>(z); });
  return out;
}

/// Arrays hold no list of what was measured. Lines that are 0 in every coil were not; none if all are, or none is.
Pixels mask_of_zeros(const Pixels& samples) {
  if (samples.is_outline()) return {};
  const Shape& shape = samples.spec().shape;
  const auto nx = static_cast<std::size_t>(shape[0]), lines = static_cast<std::size_t>(shape[1] * shape[2]),
             coils = static_cast<std::size_t>(shape[3]);
  PixelBuffer mask = PixelBuffer::allocate({Shape{shape[1], shape[2], shape[4]}, ScalarType::u8});
  const auto lines_of_all = mask.values<std::uint8_t>();
  const auto values = samples.values<std::complex<float>>();
  for (std::size_t row = 0; row < values.size() / nx; ++row) {
    auto& measured = lines_of_all[row / (lines * coils) * lines + row % lines];
    if (measured == 0)
      measured =
          std::ranges::all_of(values.subspan(row * nx, nx), [](auto z) { return z == std::complex<float>{}; }) ? 0 : 1;
  }
  const auto count = std::ranges::count(lines_of_all, std::uint8_t{0});
  if (count == 0 || count == static_cast<std::ptrdiff_t>(lines_of_all.size())) return {};
  return mask;
}

KSpace make_k_space(RawArray array, const ReadOptions& options) {
  KSpace data;
  data.meta = std::move(array.meta);
  data.samples = single_complex(placed(array, options, Kind::k_space, 5));
  const Shape& shape = data.samples.spec().shape;
  if (!find_hint(options, "trajectory").empty()) {
    if (!find_hint(options, "sampling_mask").empty())
      throw Error{Errc::invalid_input, "a mask and a trajectory were given, a scan has one of them"};
    place_on_trajectory(data, options);
    return data;
  }
  data.grid = bare_grid(Shape{shape[0], shape[1], shape[2]}, options, data.meta);
  if (const std::string mask = find_hint(options, "sampling_mask"); !mask.empty()) {
    data.trajectory.cartesian_mask =
        read_sampling_mask(mask, find_hint(options, "sampling_axes"), find_hint(options, "sampling_dataset"),
                           Shape{shape[0], shape[1], shape[2], shape[4]});
    return data;
  }
  data.trajectory.cartesian_mask = mask_of_zeros(data.samples);
  if (!data.trajectory.cartesian_mask.empty()) assume(data.meta, "lines that are 0 in every coil were not measured");
  return data;
}

/// MATLAB keeps rows, columns and bands of a picture, and the pixels of a matrix column by column.
SpectralCube make_cube(RawArray array, const ReadOptions& options) {
  const bool matlab = array.usual_axes == "view,u";
  array.pixels = with_rows_and_columns(array.pixels, options, matlab);
  if (!find_hint(options, "dims").empty()) {
    array.axes = "x,y,band";
  } else if (matlab && given_axes(array, options).empty() && array.pixels.spec().shape.rank() == 3) {
    array.axes = "y,x,band";
    assume(array.meta, "axes are y,x,band, fastest first, as MATLAB keeps rows, columns and bands (else pass --axes)");
  }
  SpectralCube cube = make_masked_cube(placed(array, options, Kind::spectral_cube, 3), options, std::move(array.meta));
  if (cube.bands.empty()) cube.bands = std::move(array.bands);
  if (cube.quantity == Quantity::unknown) cube.quantity = array.quantity;
  return cube;
}

Table make_table(RawArray array, const ReadOptions& options) {
  Table table;
  table.meta = std::move(array.meta);
  const Pixels block = placed(array, options, Kind::table, 2).converted(ScalarType::f64);
  if (!find_hint(options, "wavelengths").empty()) return make_library(block, options, std::move(table.meta));
  const auto columns = static_cast<std::size_t>(block.spec().shape[0]),
             rows = static_cast<std::size_t>(block.spec().shape[1]);
  for (std::size_t c = 0; c < columns; ++c) table.columns.push_back("column" + std::to_string(c + 1));
  const auto values = block.values<double>();
  for (std::size_t r = 0; r < rows; ++r)
    table.values.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(r * columns),
                              values.begin() + static_cast<std::ptrdiff_t>((r + 1) * columns));
  return table;
}

}  // namespace

VoxelGrid bare_grid(const Shape& shape, const ReadOptions& options, Metadata& meta) {
  Vec3 spacing{1, 1, 1};
  if (const auto text = find_hint(options, "spacing_mm"); !text.empty()) {
    const auto numbers = to_numbers(text, "spacing_mm");
    if (numbers.size() > 3 || std::ranges::any_of(numbers, [](double s) { return !(s > 0); })) {
      throw Error{Errc::invalid_input,
                  "the hint 'spacing_mm' is '" + text + "', one to three positive lengths were expected"};
    }
    for (std::size_t i = 0; i < 3; ++i) spacing[i] = numbers[std::min(i, numbers.size() - 1)];
  } else {
    assume(meta, "a spacing of 1 mm");
  }
  meta["orientation"] = "unknown";  // the viewer then shows no letters of the patient
  return VoxelGrid::centred({shape[0], shape[1], shape[2]}, spacing);
}

Dataset make_dataset(RawArray array, const ReadOptions& options, const ReadArray& read_other) {
  if (array.pixels.empty() || array.pixels.spec().shape.count() == 0)
    throw Error{Errc::no_input, "the file holds no values"};
  const bool scan = !options.geometry.empty() || array.geometry;
  if (!options.expected && !scan && array.labels) return labels_if_they_are(std::move(array), options);
  const bool bands = !find_hint(options, "dims").empty() || !find_hint(options, "wavelengths").empty();
  const Kind usual = tells_of_k_space(options) ? Kind::k_space : bands ? Kind::spectral_cube : Kind::volume;
  switch (options.expected.value_or(scan ? Kind::sinogram : usual)) {
    case Kind::volume: return make_volume(std::move(array), options);
    case Kind::label_map: return make_labels(std::move(array), options);
    case Kind::sinogram: return make_sinogram(std::move(array), options, read_other);
    case Kind::k_space: return make_k_space(std::move(array), options);
    case Kind::spectral_cube: return make_cube(std::move(array), options);
    case Kind::table: break;
  }
  return make_table(std::move(array), options);
}

}  // namespace iso::io::detail
