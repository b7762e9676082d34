#include "array_impl.h"

#include "iso/base/error.h"
#include "iso/io/geometry_file.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace iso::io::detail {
namespace {

const std::vector<std::string>& axes_of(Kind kind) {
  static const std::vector<std::vector<std::string>> names{
      {"x", "y", "z", "t"}, {"x", "y", "z"},  {"u", "v", "view"}, {"readout", "phase", "partition", "coil", "frame"},
      {"x", "y", "band"},   {"column", "row"}};
  return names[static_cast<std::size_t>(kind)];
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

// Axes in the order of `names`, those that are missing with one element.
PixelBlock ordered(const PixelBlock& block, const std::vector<std::string>& given,
                   const std::vector<std::string>& names) {
  const Shape& shape = block.spec().shape;
  if (given.size() != shape.rank()) {
    throw Error{
        Errc::invalid_input,
        "the axes '" + joined(given) + "' are " + std::to_string(given.size()) + ", the array is " + shape.text(),
        "name every axis, fastest first"};
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
  const std::string text = hint_of(options, "axes").empty() ? array.axes : hint_of(options, "axes");
  return text.empty() ? std::vector<std::string>{} : split(text);
}

PixelBlock placed(const RawArray& array, const ReadOptions& options, Kind kind, std::size_t least) {
  const auto given = given_axes(array, options);
  const auto& names = axes_of(kind);
  PixelBlock block = array.pixels;
  if (!given.empty()) {
    block = ordered(block, given, names);
  } else if (trimmed(block.spec().shape, 0).rank() > names.size()) {
    throw Error{Errc::shape_mismatch,
                "an array of " + block.spec().shape.text() + " has more axes than a " + std::string{to_string(kind)} +
                    " (" + joined(names) + ")",
                "choose a part of it"};
  }
  return block.reshaped(trimmed(block.spec().shape, least));
}

// The order of a scan's axes, from the hint or from the sizes of the geometry.
PixelBlock scan_order(const RawArray& array, const ReadOptions& options, const Shape& wanted, Metadata& meta) {
  const auto given = given_axes(array, options);
  const auto& names = axes_of(Kind::sinogram);
  if (!given.empty()) return ordered(array.pixels, given, names);
  PixelBlock block = array.pixels.reshaped(trimmed(array.pixels.spec().shape, 1));
  static const std::vector<std::vector<std::string>> flat{{"u", "view"}, {"view", "u"}, {"u", "v"}};
  static const std::vector<std::vector<std::string>> deep{{"u", "v", "view"}, {"u", "view", "v"}, {"view", "u", "v"},
                                                          {"view", "v", "u"}, {"v", "u", "view"}, {"v", "view", "u"}};
  const std::size_t rank = block.spec().shape.rank();
  if (rank == 1) return block.reshaped(Shape{block.spec().shape[0], 1, 1});
  if (rank > 3)
    throw Error{Errc::shape_mismatch,
                "an array of " + block.spec().shape.text() + " has more axes than a scan (u,v,view)"};
  for (const auto& order : rank == 2 ? flat : deep) {
    std::vector<std::int64_t> extents;
    for (const auto& name : names) {
      const auto at = std::ranges::find(order, name);
      extents.push_back(at == order.end() ? 1 : block.spec().shape[static_cast<std::size_t>(at - order.begin())]);
    }
    if (!(Shape{std::span<const std::int64_t>{extents}} == wanted)) continue;
    if (&order != &flat[0] && &order != &deep[0])
      assume(meta, "axes are " + joined(order) + ", as the sizes of the geometry say");
    return ordered(block, order, names);
  }
  return ordered(block, rank == 2 ? flat[0] : deep[0], names);
}

std::optional<PixelBlock> level(const ReadOptions& options, const std::string& name,
                                const std::optional<PixelBlock>& own, const ReadArray& read_other) {
  const std::string text = hint_of(options, name);
  if (text.empty()) return own;
  if (const auto number = to_number(text)) {
    if (!std::isfinite(*number) || *number < 0 || (name == "unattenuated" && *number == 0)) {
      throw Error{Errc::invalid_input, "the hint '" + name + "' is " + text + ", an intensity above zero was expected"};
    }
    PixelBlock block = PixelBlock::allocate({Shape{1}, ScalarType::f64});
    block.mutable_values<double>()[0] = *number;
    return block;
  }
  std::error_code problem;
  if (!std::filesystem::exists(text, problem)) {
    throw Error{Errc::cannot_read, "the hint '" + name + "' is '" + text + "', which is neither a number nor a file"};
  }
  return read_other(text).pixels;
}

ProjectionGeometry scan_geometry(const RawArray& array, const ReadOptions& options) {
  if (!options.geometry.empty()) {
    const auto spacing = hint_of(options, "spacing_mm");
    std::array<double, 2> pitch{0, 0};
    if (!spacing.empty()) {
      const auto numbers = numbers_of(spacing, "spacing_mm");
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
    return read_geometry(options.geometry, elements, pitch);
  }
  if (array.geometry) return *array.geometry;
  throw Error{Errc::invalid_input, "a scan needs a geometry, and this file has none",
              "pass --geometry FILE, RTK XML or geometry JSON"};
}

/// Refuses readings that nobody said to be intensities and that clearly are counts: whole numbers, of which one is so large
/// that as a line integral it would let no photon through.
void refuse_counts(const PixelBlock& readings) {
  constexpr float opaque = 50;  // exp(-50) of the photons is one in 10^21
  const auto values = readings.values<float>();
  if (values.empty() || std::ranges::any_of(values, [](float value) { return value != std::floor(value); })) return;
  const auto [least, most] = std::ranges::minmax(values);
  if (!(most > opaque) || !std::isfinite(most)) return;
  throw Error{Errc::invalid_input,
              "the readings are whole numbers from " + short_number(least) + " to " + short_number(most) +
                  ", as a detector counts them, line integrals were expected",
              "pass --unattenuated I0, the reading without object, or --unattenuated none if they are line integrals"};
}

Sinogram make_sinogram(RawArray array, const ReadOptions& options, const ReadArray& read_other) {
  if (is_complex(array.pixels.spec().type))
    throw Error{Errc::type_mismatch, "readings of a scan are real, these are complex"};
  Sinogram scan;
  scan.meta = std::move(array.meta);
  scan.geometry = scan_geometry(array, options);
  const bool bare = array.axes.empty();
  scan.readings = scan_order(array, options, scan.geometry.sinogram_shape(), scan.meta);
  const bool as_they_are = hint_of(options, "unattenuated") == "none";
  const auto open = as_they_are ? std::nullopt : level(options, "unattenuated", array.unattenuated, read_other);
  const auto dark = level(options, "dark", as_they_are ? std::nullopt : array.dark, read_other);
  if (open) {
    scan.readings = line_integrals(scan.readings, open, dark, scan.meta);
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
  if (const auto axis = hint_of(options, "rotation_axis"); !axis.empty()) {
    scan.geometry = with_rotation_axis(scan.geometry, numbers_of(axis, "rotation_axis")[0]);
  }
  return scan;
}

VoxelGrid grid_of(const RawArray& array, const Shape& shape, const ReadOptions& options, Metadata& meta) {
  if (!array.grid || !hint_of(options, "spacing_mm").empty()) return bare_grid(shape, options, meta);
  VoxelGrid grid = *array.grid;
  grid.size = {shape[0], shape[1], shape[2]};
  return grid;
}

Volume make_volume(RawArray array, const ReadOptions& options) {
  Volume volume;
  volume.meta = std::move(array.meta);
  volume.pixels = placed(array, options, Kind::volume, 3);
  volume.grid = grid_of(array, volume.pixels.spec().shape, options, volume.meta);
  volume.quantity = array.quantity;
  if (const auto name = hint_of(options, "quantity"); !name.empty()) {
    volume.quantity = quantity_from_string(name);
    if (volume.quantity == Quantity::unknown && name != "unknown") {
      throw Error{Errc::invalid_input, "there is no quantity '" + name + "'",
                  "use one of attenuation_per_mm, hounsfield, signal, probability, radius, unknown"};
    }
  }
  return volume;
}

LabelMap make_labels(RawArray array, const ReadOptions& options) {
  LabelMap map;
  map.meta = std::move(array.meta);
  map.labels = placed(array, options, Kind::label_map, 3);
  map.grid = grid_of(array, map.labels.spec().shape, options, map.meta);
  const ScalarType type = map.labels.spec().type;
  if (type == ScalarType::u8 || type == ScalarType::u16) return map;
  const PixelBlock values = map.labels.converted(ScalarType::f64);
  double most = 0;
  for (const double v : values.values<double>()) {
    if (!(v >= 0) || v > 65535 || v != std::floor(v)) {
      throw Error{Errc::type_mismatch,
                  "a label map holds whole numbers from 0 to 65535, this holds " + short_number(v)};
    }
    most = std::max(most, v);
  }
  map.labels = PixelBlock::allocate({values.spec().shape, most < 256 ? ScalarType::u8 : ScalarType::u16});
  const auto from = values.values<double>();
  if (most < 256)
    std::ranges::transform(from, map.labels.mutable_values<std::uint8_t>().begin(),
                           [](double v) { return static_cast<std::uint8_t>(v); });
  else
    std::ranges::transform(from, map.labels.mutable_values<std::uint16_t>().begin(),
                           [](double v) { return static_cast<std::uint16_t>(v); });
  return map;
}

PixelBlock single_complex(const PixelBlock& block) {
  if (block.spec().type == ScalarType::c64) return block;
  if (block.spec().type != ScalarType::c128) {
    throw Error{Errc::type_mismatch, "k-space is complex, this array is " + std::string{to_string(block.spec().type)}};
  }
  PixelBlock out = PixelBlock::allocate({block.spec().shape, ScalarType::c64});
  std::ranges::transform(block.values<std::complex<double>>(), out.mutable_values<std::complex<float>>().begin(),
                         [](std::complex<double> z) { return std::complex<float>(z); });
  return out;
}

KSpace make_k_space(RawArray array, const ReadOptions& options) {
  KSpace data;
  data.meta = std::move(array.meta);
  data.samples = single_complex(placed(array, options, Kind::k_space, 5));
  const Shape& shape = data.samples.spec().shape;
  data.grid = bare_grid(Shape{shape[0], shape[1], shape[2]}, options, data.meta);
  return data;
}

SpectralCube make_cube(RawArray array, const ReadOptions& options) {
  SpectralCube cube;
  cube.meta = std::move(array.meta);
  cube.pixels = placed(array, options, Kind::spectral_cube, 3);
  cube.wavelengths_nm = std::move(array.wavelengths_nm);
  return cube;
}

Table make_table(RawArray array, const ReadOptions& options) {
  Table table;
  table.meta = std::move(array.meta);
  const PixelBlock block = placed(array, options, Kind::table, 2).converted(ScalarType::f64);
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

std::vector<std::string> array_hints(std::vector<std::string> more) {
  std::vector<std::string> hints{"axes", "spacing_mm", "quantity", "unattenuated", "dark", "rotation_axis"};
  hints.insert(hints.begin(), more.begin(), more.end());
  return hints;
}

VoxelGrid bare_grid(const Shape& shape, const ReadOptions& options, Metadata& meta) {
  Vec3 spacing{1, 1, 1};
  if (const auto text = hint_of(options, "spacing_mm"); !text.empty()) {
    const auto numbers = numbers_of(text, "spacing_mm");
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
  switch (options.expected.value_or(scan ? Kind::sinogram : Kind::volume)) {
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
