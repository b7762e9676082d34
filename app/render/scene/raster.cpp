#include "raster.h"

#include "iso/base/dispatch.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace iso::render {
namespace {

constexpr std::int64_t sample_limit = std::int64_t{1} << 20;

template <class T>
Pixels make_part(const Pixels& pixels, Part part) {
  PixelBuffer real = PixelBuffer::allocate({pixels.spec().shape, ScalarType::f32});
  const auto from = pixels.values<std::complex<T>>();
  const auto to = real.values<float>();
  parallel_for(static_cast<std::int64_t>(from.size()), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      switch (part) {
        case Part::magnitude: to[i] = static_cast<float>(std::abs(from[i])); break;
        case Part::phase: to[i] = static_cast<float>(std::arg(from[i])); break;
        case Part::real: to[i] = static_cast<float>(from[i].real()); break;
        case Part::imaginary: to[i] = static_cast<float>(from[i].imag()); break;
      }
    }
  });
  return real;
}

Pixels real_pixels(const Pixels& pixels, Part part) {
  if (pixels.spec().type == ScalarType::c64) return make_part<float>(pixels, part);
  if (pixels.spec().type == ScalarType::c128) return make_part<double>(pixels, part);
  return pixels;
}

void measure_range(Raster& raster) {
  dispatch<RealTypes>(raster.pixels.spec().type, [&](auto type) {
    const auto values = raster.pixels.values<decltype(type)>();
    const std::size_t stride = std::max<std::size_t>(1, values.size() / static_cast<std::size_t>(sample_limit));
    std::vector<double> sample;
    sample.reserve(values.size() / stride + 1);
    for (std::size_t i = 0; i < values.size(); i += stride)
      if (std::isfinite(static_cast<double>(values[i]))) sample.push_back(static_cast<double>(values[i]));
    if (sample.empty()) return;
    const auto percentile = [&](double part) {
      const auto at = sample.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(sample.size() - 1));
      std::ranges::nth_element(sample, at);
      return *at;
    };
    const auto [low, high] = std::ranges::minmax(sample);
    raster.low = low;
    raster.high = high;
    raster.low_percentile = percentile(0.001);
    raster.high_percentile = percentile(0.999);
  });
}

/// A frame of one unit an index, for data without a place in the patient.
VoxelGrid index_frame(const Shape& shape) {
  VoxelGrid frame;
  frame.size = {shape[0], shape[1], shape[2]};
  return frame;
}

std::optional<double> number(const Metadata& meta, const char* name) {
  const auto found = meta.find(name);
  if (found == meta.end()) return {};
  try {
    return std::stod(found->second);
  } catch (const std::exception&) {
    return {};
  }
}

void orient(Raster& raster, const Metadata& meta) {
  const auto said = meta.find("orientation");
  if (said == meta.end() || said->second != "unknown") return;
  raster.oriented = false;
  raster.axes = {"x", "y", "z", "frame"};
}

void place(Raster& raster, const Volume& data) {
  raster.frame = data.grid;
  raster.unit = data.quantity.unit;
  const auto centre = number(data.meta, "window_centre"), width = number(data.meta, "window_width");
  if (centre && width) raster.asked_window = {{*width, *centre}};
  orient(raster, data.meta);
}

void place(Raster& raster, const LabelMap& data) {
  raster.frame = data.grid;
  raster.labels = true;
  orient(raster, data.meta);
}

/// Every other kind: one unit an index, under the names of its axes.
template <class T>
void place(Raster& raster, const T&) {
  raster.anatomical = false;
  const auto& names = axis_names(kind_from_string(T::kind_name));
  for (std::size_t axis = 0; axis < raster.axes.size(); ++axis)
    raster.axes[axis] = axis < names.size() ? names[axis] : "frame";
}

}  // namespace

Raster make_raster(const DatasetPtr& data, Part part) {
  Raster raster;
  const Pixels* const pixels = to_pixels(*data);
  if (pixels == nullptr) throw Error{Errc::type_mismatch, "a table has no picture; it is drawn as curves"};
  raster.frame = index_frame(pixels->spec().shape);
  std::visit([&](const auto& kind) { place(raster, kind); }, *data);
  raster.pixels = real_pixels(*pixels, part);
  raster.spectrum = std::holds_alternative<KSpace>(*data) && part == Part::magnitude;
  const Shape& shape = raster.pixels.spec().shape;
  for (std::size_t axis = 3; axis < shape.rank(); ++axis) raster.frames *= shape[axis];
  if (!raster.labels) measure_range(raster);
  return raster;
}

std::optional<double> value_at(const Raster& raster, const std::array<std::int64_t, 4>& index) noexcept {
  const auto& size = raster.frame.size;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (index[axis] < 0 || index[axis] >= size[axis]) return {};
  if (index[3] < 0 || index[3] >= raster.frames) return {};
  const auto at = static_cast<std::size_t>(((index[3] * size[2] + index[2]) * size[1] + index[1]) * size[0] + index[0]);
  return dispatch<RealTypes>(raster.pixels.spec().type, [&](auto type) -> std::optional<double> {
    return static_cast<double>(reinterpret_cast<const decltype(type)*>(raster.pixels.data())[at]);
  });
}

}  // namespace iso::render
