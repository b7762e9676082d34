#pragma once

#include "method/features.h"
#include "method/segmentation.h"

#include <iso/base/random.h>
#include <iso/data/volume.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace gp_segmentation {

/// A volume made of a function of its indices.
inline iso::Volume volume_from(const Voxel& size,
                               const std::function<double(std::int64_t, std::int64_t, std::int64_t)>& value,
                               const iso::Vec3& spacing_mm = {1, 1, 1}) {
  iso::Volume volume;
  volume.grid = iso::VoxelGrid::centred(size, spacing_mm);
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({volume.grid.shape(), iso::ScalarType::f32});
  auto* next = pixels.values<float>().data();
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) *next++ = static_cast<float>(value(x, y, z));
  volume.pixels = std::move(pixels);
  return volume;
}

/// A phantom in the manner of section 8 of the method: 192 x 192, a body, five distractor blobs and a star-shaped target, with
/// texture, bias field, blur and noise. Seeded.
struct ClickPhantom {
  iso::Volume image;
  std::vector<std::uint8_t> truth;
};

/// The random parts of a click phantom, drawn one after the other.
struct ClickPhantomParts {
  static constexpr std::int64_t n = 192;
  iso::Philox random;
  std::uint64_t draw{0};

  double uniform(double low, double high) { return low + (high - low) * random.uniform(draw++); }

  /// Smooth, of standard deviation `height`.
  std::vector<float> field(double sd_px, double height) {
    std::vector<float> values(n * n);
    for (float& value : values) value = static_cast<float>(random.normal(draw++));
    smooth(values, {n, n, 1}, {sd_px, sd_px, 0});
    double square = 0;
    for (const float value : values) square += static_cast<double>(value) * static_cast<double>(value);
    const auto factor = static_cast<float>(height / std::sqrt(square / (n * n)));
    for (float& value : values) value *= factor;
    return values;
  }

  struct Blob {
    double x, y, r, contrast, phase[3], wave[3];
    [[nodiscard]] bool holds(double px, double py) const {
      const double angle = std::atan2(py - y, px - x);
      double radius = r;
      for (int k = 0; k < 3; ++k) radius *= 1 + wave[k] * std::cos((k + 2) * angle + phase[k]);
      return std::hypot(px - x, py - y) < radius;
    }
  };
  Blob blob(double low, double high) {
    Blob made{};
    made.r = n * uniform(low, high);
    const double angle = uniform(0, 2 * std::numbers::pi), away = n * uniform(0.0, 0.22);
    made.x = n / 2.0 + away * std::cos(angle), made.y = n / 2.0 + away * std::sin(angle);
    made.contrast = uniform(0.12, 0.25) * (uniform(0, 1) < 0.5 ? -1 : 1);
    for (int k = 0; k < 3; ++k) made.phase[k] = uniform(0, 2 * std::numbers::pi), made.wave[k] = uniform(0, 0.18);
    return made;
  }
};

inline ClickPhantom make_click_phantom(std::uint64_t seed) {
  using Blob = ClickPhantomParts::Blob;
  constexpr std::int64_t n = ClickPhantomParts::n;
  ClickPhantomParts parts{.random = iso::Philox{seed, 77}};
  const Blob target = parts.blob(0.08, 0.16);
  std::vector<Blob> others;
  while (others.size() < 5) {
    const Blob one = parts.blob(0.04, 0.10);
    if (std::hypot(one.x - target.x, one.y - target.y) > 1.25 * (one.r + target.r)) others.push_back(one);
    if (parts.draw > 200) break;
  }
  std::vector<float> values(n * n);
  ClickPhantom phantom;
  phantom.truth.assign(n * n, 0);
  for (std::int64_t y = 0; y < n; ++y)
    for (std::int64_t x = 0; x < n; ++x) {
      const auto at = static_cast<std::size_t>(x + n * y);
      const double dx = (static_cast<double>(x) - n / 2.0) / (0.46 * n),
                   dy = (static_cast<double>(y) - n / 2.0) / (0.40 * n);
      double value = dx * dx + dy * dy < 1 ? 0.5 : 0.05;
      for (const Blob& one : others)
        if (one.holds(static_cast<double>(x), static_cast<double>(y))) value = 0.5 + one.contrast;
      if (target.holds(static_cast<double>(x), static_cast<double>(y)))
        value = 0.5 + target.contrast, phantom.truth[at] = 1;
      values[at] = static_cast<float>(value);
    }
  const std::vector<float> texture = parts.field(3, 0.03), bias = parts.field(40, 0.12);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = (values[i] + texture[i]) * (1 + bias[i]);
  smooth(values, {n, n, 1}, {0.8, 0.8, 0});
  for (float& value : values) value += static_cast<float>(0.05 * parts.random.normal(parts.draw++));
  phantom.image =
      volume_from({n, n, 1}, [&](auto x, auto y, auto) { return values[static_cast<std::size_t>(x + n * y)]; });
  return phantom;
}

inline const std::function<bool()>& never() {
  static const std::function<bool()> no = [] { return false; };
  return no;
}

}  // namespace gp_segmentation
