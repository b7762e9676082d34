#include "contract/plugin/sample_inputs.h"

#include "iso/evaluation/phantoms.h"

#include <cmath>
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

Volume volume_of(Amount amount) {
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

Sinogram sinogram_of(Amount amount) {
  if (amount == Amount::none) return {};
  const std::size_t views = amount == Amount::tiny ? 1 : 24;
  const std::int64_t elements = amount == Amount::tiny ? 1 : 48;
  std::vector<double> angles;
  for (std::size_t i = 0; i < views; ++i)
    angles.push_back(std::numbers::pi * static_cast<double>(i) / static_cast<double>(views));
  return evaluation::project(evaluation::shepp_logan_2d(radius_mm),
                             ProjectionGeometry::parallel(angles, {elements, 1}, {1, 1}));
}

SpectralCube cube_of(Amount amount) {
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
      case Kind::volume: inputs[port.name] = freeze(volume_of(amount)); break;
      case Kind::label_map: inputs[port.name] = freeze(to_labels(amount)); break;
      case Kind::sinogram: inputs[port.name] = freeze(sinogram_of(amount)); break;
      case Kind::spectral_cube: inputs[port.name] = freeze(cube_of(amount)); break;
      case Kind::table: inputs[port.name] = freeze(to_table(amount)); break;
      case Kind::k_space: break;
    }
  }
  return inputs;
}

}  // namespace iso::test
