#include "io/k_space_parts_impl.h"

#include "io/array_impl.h"

#include "iso/base/error.h"
#include "iso/io/sampling_mask.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace iso::io {
namespace fs = std::filesystem;
using namespace detail;
namespace {

struct AxisName {
  const char *ours, *of_a_volume;
};
constexpr std::array<AxisName, 4> axis_of_mask{{{"readout", "x"}, {"phase", "y"}, {"partition", "z"}, {"frame", "t"}}};

/// An array of a mask is read as a volume whose x, y, z, t are readout, phase, partition, frame.
std::string as_axes_of_a_volume(const std::string& axes) {
  std::string out;
  for (const std::string& name : split(axes)) {
    const auto known = std::ranges::find(axis_of_mask, name, &AxisName::ours);
    const bool digits = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    if (known == axis_of_mask.end() && !digits)
      throw Error{Errc::invalid_input, "the axes '" + axes + "' of the mask are not understood at '" + name + "'",
                  "use each of readout, phase, partition, frame at most once, fastest first"};
    out += (out.empty() ? "" : ",") + (digits ? name : std::string{known->of_a_volume});
  }
  return out;
}

/// Every element that a mask of these extents (some of them 1 for all) has for the samples.
Pixels spread(const Pixels& numbers, const Shape& samples) {
  const Shape& shape = numbers.spec().shape;
  for (std::size_t axis = 0; axis < 4; ++axis)
    if (shape[axis] != 1 && shape[axis] != samples[axis])
      throw Error{Errc::shape_mismatch,
                  "the mask has " + std::to_string(shape[axis]) + " elements along " + axis_of_mask[axis].ours +
                      ", the scan has " + std::to_string(samples[axis]),
                  "check --sampling-axes (or --mask-axes), which name the axes fastest first"};
  const auto from = numbers.values<double>();
  PixelBuffer out = PixelBuffer::allocate({Shape{samples[0], samples[1], samples[2], samples[3]}, ScalarType::u8});
  auto to = out.values<std::uint8_t>().begin();
  const auto at = [&](std::int64_t i, std::size_t axis) { return shape[axis] == 1 ? 0 : i; };
  for (std::int64_t t = 0; t < samples[3]; ++t)
    for (std::int64_t z = 0; z < samples[2]; ++z)
      for (std::int64_t y = 0; y < samples[1]; ++y)
        for (std::int64_t x = 0; x < samples[0]; ++x)
          *to++ = from[static_cast<std::size_t>(((at(t, 3) * shape[2] + at(z, 2)) * shape[1] + at(y, 1)) * shape[0] +
                                                at(x, 0))] != 0
                      ? 1
                      : 0;
  return out;
}

/// The lines of a mask none of which is cut; else the mask as it is.
Pixels as_lines(const Pixels& mask) {
  const Shape& shape = mask.spec().shape;
  const auto all = mask.values<std::uint8_t>();
  const auto readout = static_cast<std::size_t>(shape[0]);
  PixelBuffer lines = PixelBuffer::allocate({Shape{shape[1], shape[2], shape[3]}, ScalarType::u8});
  const auto to = lines.values<std::uint8_t>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto line = all.subspan(i * readout, readout);
    if (std::ranges::any_of(line, [&](std::uint8_t value) { return value != line[0]; })) return mask;
    to[i] = line[0];
  }
  return lines;
}

}  // namespace

Pixels read_sampling_mask(const fs::path& file, const std::string& axes, const std::string& dataset,
                          const Shape& samples) {
  if (axes.empty())
    throw FactMissing{"sampling_axes", Errc::invalid_input,
                      "the axes of the mask in '" + file.string() + "' are not named",
                      "name them, fastest first, such as phase,frame or frame,phase,readout"};
  ReadOptions options;
  options.expected = Kind::volume;
  options.hints["axes"] = as_axes_of_a_volume(axes);
  if (!dataset.empty()) options.hints["dataset"] = dataset;
  const DatasetPtr data = io::read(file, options);
  const Pixels& stored = std::get<Volume>(*data).pixels;
  if (is_complex(stored.spec().type))
    throw Error{Errc::type_mismatch, "the mask '" + file.string() + "' holds complex numbers", "save 0 and 1"};
  Pixels mask = as_lines(spread(stored.converted(ScalarType::f64), samples));
  if (std::ranges::all_of(mask.values<std::uint8_t>(), [](std::uint8_t value) { return value == 0; }))
    throw Error{Errc::invalid_input, "the mask '" + file.string() + "' says that nothing was measured"};
  return mask;
}

namespace detail {
namespace {

/// Components, readout, phase, frame of numbers.
Pixels read_numbers(const fs::path& file) {
  ReadOptions options;
  options.expected = Kind::volume;
  const DatasetPtr data = io::read(file, options);
  const Pixels& stored = std::get<Volume>(*data).pixels;
  if (!is_complex(stored.spec().type)) return stored.converted(ScalarType::f32);
  const Pixels single = stored;
  PixelBuffer out = PixelBuffer::allocate({single.spec().shape, ScalarType::f32});
  const auto to = out.values<float>();
  const auto take = [&](auto values) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (values[i].imag() != 0)
        throw Error{Errc::type_mismatch, "the trajectory '" + file.string() + "' holds complex numbers",
                    "give the coordinates as real numbers"};
      to[i] = static_cast<float>(values[i].real());
    }
  };
  if (single.spec().type == ScalarType::c128)
    take(single.values<std::complex<double>>());
  else
    take(single.values<std::complex<float>>());
  return out;
}

std::int64_t matrix_along(const ReadOptions& options, std::size_t axis) {
  const auto numbers = to_numbers(find_hint(options, "matrix"), "matrix");
  const double n = axis < numbers.size() ? numbers[axis] : axis == 1 ? numbers[0] : 1.0;
  if (numbers.size() > 3 || !(n >= 1) || n > 1e5 || n != std::floor(n))
    throw Error{Errc::invalid_input, "the hint 'matrix' is '" + find_hint(options, "matrix") +
                                         "', one to three numbers of voxels were expected"};
  return static_cast<std::int64_t>(n);
}

}  // namespace

std::vector<params::FieldInfo> k_space_hints() {
  const auto file_hint = [](const char* name, const char* help) {
    params::FieldInfo field = text_hint(name, help);
    field.kind = params::FieldKind::path;
    return field;
  };
  return {
      file_hint("sampling_mask", "File that says which samples of k-space were measured: not 0."),
      text_hint("sampling_axes", "Axes of that mask, fastest first: phase,frame or frame,phase,readout."),
      text_hint("sampling_dataset", "Which of several arrays in that file."),
      file_hint("trajectory",
                "File with the coordinates of the samples of k-space: 2 or 3 a sample, then readout, phase, frame."),
      choice_hint("trajectory_unit", {"automatic", "cycles_per_pixel", "cycles_per_fov"},
                  "Unit of the coordinates; automatic: by how far they reach."),
      numbers_hint("matrix", "voxels", "Of the image of a free trajectory: 128 or 128,96; else what it reaches.")};
}

bool tells_of_k_space(const ReadOptions& options) {
  const auto axes = split(find_hint(options, "axes"));
  const auto named = [&](const char* axis) { return std::ranges::find(axes, axis) != axes.end(); };
  return named("readout") || named("phase") || !find_hint(options, "sampling_mask").empty() ||
         !find_hint(options, "trajectory").empty();
}

void place_on_trajectory(KSpace& scan, const ReadOptions& options) {
  const std::string file = find_hint(options, "trajectory");
  const Pixels numbers = read_numbers(file);
  const Shape &given = numbers.spec().shape, &shape = scan.samples.spec().shape;
  const std::int64_t components = given[0];
  if ((components != 2 && components != 3) || given[1] != shape[0] || given[2] != shape[1] ||
      (given[3] != 1 && given[3] != shape[4]) || shape[2] != 1)
    throw Error{Errc::shape_mismatch,
                "the trajectory '" + file + "' is " + given.text() + ", the samples are " + shape.text(),
                "two or three coordinates a sample are expected first, then readout, phase and frame as the samples "
                "(readout, phase, partition, coil, frame) have them"};
  PixelBuffer buffer = PixelBuffer::allocate(
      {given[3] == 1 ? Shape{3, shape[0], shape[1]} : Shape{3, shape[0], shape[1], shape[4]}, ScalarType::f32});
  const auto to = buffer.values<float>();
  const auto from = numbers.values<float>();
  std::array<float, 3> reached{};
  for (std::size_t i = 0; i < to.size() / 3; ++i)
    for (std::size_t d = 0; d < static_cast<std::size_t>(components); ++d) {
      const float value = from[i * static_cast<std::size_t>(components) + d];
      to[3 * i + d] = value;
      reached[d] = std::max(reached[d], std::abs(value));
    }
  const bool has_matrix = !find_hint(options, "matrix").empty();
  const std::string unit = find_hint(options, "trajectory_unit");
  const float largest = *std::ranges::max_element(reached);
  const bool of_pixels = unit == "cycles_per_pixel" || (unit != "cycles_per_fov" && largest <= 0.55F);
  if (unit.empty() || unit == "automatic")
    assume(scan.meta, of_pixels ? "coordinates in cycles a pixel" : "coordinates in cycles per field of view");
  if (of_pixels && !has_matrix)
    throw FactMissing{"matrix", Errc::invalid_input,
                      "the trajectory reaches " + short_number(largest) +
                          ", cycles a pixel, which does not say how many voxels the image has",
                      "pass --matrix N or N,N, or --trajectory-unit cycles_per_fov"};
  std::array<std::int64_t, 3> size{1, 1, 1};
  for (std::size_t d = 0; d < 3; ++d) {
    if (has_matrix)
      size[d] = matrix_along(options, d);
    else if (reached[d] > 0)
      size[d] = 2 * static_cast<std::int64_t>(std::ceil(static_cast<double>(reached[d]) - 1e-3));
    if (!of_pixels) continue;
    for (std::size_t i = d; i < to.size(); i += 3) to[i] *= static_cast<float>(size[d]);
  }
  for (std::size_t d = 0; d < 3; ++d)
    if (2 * (of_pixels ? reached[d] * static_cast<float>(size[d]) : reached[d]) > 1.1F * static_cast<float>(size[d]))
      throw Error{Errc::invalid_input,
                  "the trajectory reaches " + short_number(static_cast<double>(reached[d])) +
                      " cycles per field of view along axis " + std::to_string(d) + ", a matrix of " +
                      std::to_string(size[d]) + " holds half as many",
                  "check --matrix and --trajectory-unit"};
  scan.grid = bare_grid(Shape{size[0], size[1], size[2]}, options, scan.meta);
  scan.trajectory.coordinates = std::move(buffer);
}

}  // namespace detail
}  // namespace iso::io
