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

constexpr double least_hounsfield = -1100;  ///< below air lies padding only

/// What scanners write beside the round field of view (-2000, -3024) is no value.
void leave_padding_out(Raster& raster, std::vector<double>& sample) {
  if (raster.unit != "HU") return;
  const auto is_padding = [](double value) { return value < least_hounsfield; };
  if (std::ranges::count_if(sample, is_padding) < static_cast<std::ptrdiff_t>(sample.size()))
    std::erase_if(sample, is_padding);
}

/// By its values: whole numbers with air, and with tissue and bone above it.
bool looks_like_ct(const Raster& raster, const std::vector<double>& sample) {
  constexpr double less_than_water = -500, wide = 1200;  // a cut of one tissue needs no other window than its own
  if (raster.unit == "HU")
    return raster.low_percentile <= less_than_water || raster.high_percentile - raster.low_percentile > wide;
  if (!raster.anatomical || !raster.unit.empty()) return false;
  const bool air = raster.low_percentile <= -900 && raster.low_percentile >= -3100;
  const bool bone = raster.high_percentile >= 150 && raster.high_percentile <= 4100;
  if (!air || !bone) return false;
  const auto soft = std::ranges::count_if(sample, [](double v) { return v > -150 && v < 200; });
  return soft > static_cast<std::ptrdiff_t>(sample.size() / 50);
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
    leave_padding_out(raster, sample);
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
    raster.computed_tomography = looks_like_ct(raster, sample);
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
  const auto assumed = meta.find("assumed");
  const std::string words = assumed == meta.end() ? std::string{} : assumed->second;
  raster.measured = words.find("spacing of 1 mm") == std::string::npos ||
                    words.find("spacing of 1 mm between pages") != std::string::npos;  // along the third axis alone
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

/// One unit an index, under the names of its axes.
void name_axes(Raster& raster, Kind kind) {
  raster.anatomical = false;
  const auto& names = axis_names(kind);
  for (std::size_t axis = 0; axis < raster.axes.size(); ++axis)
    raster.axes[axis] = axis < names.size() ? names[axis] : "frame";
}

void place(Raster& raster, const SpectralCube& data) {
  name_axes(raster, Kind::spectral_cube);
  raster.stack = true;
  raster.unit = data.quantity.unit == "1" ? "" : data.quantity.unit;
}

/// Every other kind.
template <class T>
void place(Raster& raster, const T&) {
  name_axes(raster, kind_from_string(T::kind_name));
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
