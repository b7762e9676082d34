#include "contract/plugin/sample_inputs.h"

#include "iso/evaluation/phantoms.h"

#include <cmath>
#include <complex>
#include <cstdlib>
#include <numbers>
#include <vector>

namespace iso::test {
namespace {

constexpr double radius_mm = 15;

/// Images, labels and cubes have the same pixels, so that labels can be regions of the others.
std::int64_t to_side(Amount amount) { return amount == Amount::tiny ? 1 : 32; }

VoxelGrid make_grid(Amount amount) {
  const std::int64_t side = to_side(amount);
  return VoxelGrid::centred({side, side, 1}, {1, 1, 1});
}

Volume make_volume(Amount amount) {
  if (amount == Amount::none) return {};
  return evaluation::sample(evaluation::shepp_logan_2d(radius_mm), make_grid(amount));
}

LabelMap to_labels(Amount amount) {
  if (amount == Amount::none) return {};
  LabelMap map;
  map.grid = make_grid(amount);
  PixelBuffer buffer = PixelBuffer::allocate({map.grid.shape(), ScalarType::u8});
  const auto labels = buffer.values<std::uint8_t>();
  labels[labels.size() / 2] = 1;
  labels[0] = 2;
  map.labels = std::move(buffer);
  return map;
}

Sinogram make_sinogram(Amount amount) {
  if (amount == Amount::none) return {};
  const std::size_t views = amount == Amount::tiny ? 1 : 24;
  const std::int64_t elements = amount == Amount::tiny ? 1 : 48;
  std::vector<double> angles;
  for (std::size_t i = 0; i < views; ++i)
    angles.push_back(std::numbers::pi * static_cast<double>(i) / static_cast<double>(views));
  return evaluation::project(evaluation::shepp_logan_2d(radius_mm),
                             ProjectionGeometry::parallel(angles, {elements, 1}, {1, 1}));
}

SpectralCube make_cube(Amount amount) {
  if (amount == Amount::none) return {};
  const std::int64_t side = to_side(amount), bands = amount == Amount::tiny ? 1 : 20;
  SpectralCube cube;
  cube.bands = {.name = "wavelength", .unit = "nm", .first = 400, .step = 20};
  PixelBuffer buffer = PixelBuffer::allocate({{side, side, bands}, ScalarType::f32});
  const auto values = buffer.values<float>();
  for (std::int64_t band = 0; band < bands; ++band) {
    for (std::int64_t i = 0; i < side * side; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(side * side);
      const auto b = static_cast<double>(band);
      values[static_cast<std::size_t>(i + side * side * band)] =
          static_cast<float>(part * (0.2 + 0.1 * std::sin(0.3 * b)) + (1 - part) * (0.6 - 0.02 * b));
    }
  }
  cube.pixels = std::move(buffer);
  return cube;
}

/// A blob that moves, seen by two coils on every second line of each frame and on the lines of the centre.
KSpace to_k_space(Amount amount) {
  if (amount == Amount::none) return {};
  const std::int64_t side = amount == Amount::tiny ? 1 : 16, coils = amount == Amount::tiny ? 1 : 2,
                     frames = amount == Amount::tiny ? 1 : 4;
  KSpace scan;
  scan.grid = VoxelGrid::centred({side, side, 1}, {1, 1, 1});
  PixelBuffer samples = PixelBuffer::allocate({Shape{side, side, 1, coils, frames}, ScalarType::c64});
  PixelBuffer mask = PixelBuffer::allocate({Shape{side, 1, frames}, ScalarType::u8});
  const auto values = samples.values<std::complex<float>>();
  std::size_t i = 0;
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t c = 0; c < coils; ++c)
      for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x, ++i) {
          const bool measured = y % 2 == t % 2 || std::abs(y - side / 2) < 3;
          mask.values<std::uint8_t>()[static_cast<std::size_t>(t * side + y)] = measured ? 1 : 0;
          const std::int64_t middle = side / 2;
          const auto u = static_cast<double>(x - middle), v = static_cast<double>(y - middle);
          const double size = (2.0 - static_cast<double>(c)) * std::exp(-(u * u + v * v) / 30);
          const double phase = 0.3 * u + 0.1 * static_cast<double>(t + c) * v;
          if (measured) values[i] = std::complex<float>{std::polar(size, phase)};
        }
  scan.samples = std::move(samples);
  scan.trajectory.cartesian_mask = std::move(mask);
  return scan;
}

Table to_table(Amount amount) {
  Table table{{"x", "y"}, {}, {}};
  for (int i = 0; amount != Amount::none && i < (amount == Amount::tiny ? 1 : 10); ++i)
    table.values.push_back({1.0 * i, 2.0 * i});
  return table;
}

}  // namespace

plugin::Datasets sample_inputs(const plugin::TaskManifest& task, Amount amount, bool with_optional) {
  plugin::Datasets inputs;
  for (const plugin::Port& port : task.inputs) {
    if (port.optional && !with_optional) continue;
    switch (port.kind) {
      case Kind::volume: inputs[port.name] = freeze(make_volume(amount)); break;
      case Kind::label_map: inputs[port.name] = freeze(to_labels(amount)); break;
      case Kind::sinogram: inputs[port.name] = freeze(make_sinogram(amount)); break;
      case Kind::spectral_cube: inputs[port.name] = freeze(make_cube(amount)); break;
      case Kind::table: inputs[port.name] = freeze(to_table(amount)); break;
      case Kind::k_space: inputs[port.name] = freeze(to_k_space(amount)); break;
    }
  }
  return inputs;
}

}  // namespace iso::test
