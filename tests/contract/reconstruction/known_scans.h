#pragma once

#include "gpu/cpu/cpu_backend.h"

#include <gtest/gtest.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/phantoms.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <numbers>

/// The scans by which the Reconstruction Toolkit accepts its own methods, with exact projections of the phantoms.
namespace iso::testing {

inline constexpr double turn = 2 * std::numbers::pi;

inline const compute::Backend& backend() {
  static const auto cpu = gpu::make_cpu_backend();
  return *cpu;
}

/// A source at 600 mm from the axis and 1200 mm from the detector. `coarse` 2 halves the numbers of elements and doubles their pitch.
inline CircularScan toolkit_scan(std::int64_t coarse = 1) {
  CircularScan scan;
  scan.source_to_axis_mm = 600;
  scan.source_to_detector_mm = 1200;
  scan.elements = {128 / coarse, 128 / coarse};
  scan.element_pitch_mm = {4.0 * static_cast<double>(coarse), 4.0 * static_cast<double>(coarse)};
  return scan;
}

inline VoxelGrid toolkit_grid(std::int64_t coarse = 1) {
  const auto n = 128 / coarse;
  const double mm = 2.0 * static_cast<double>(coarse);
  return VoxelGrid::centred({n, n, n}, {mm, mm, mm});
}

/// 1 where every tenth view sees the voxel (the long side at least, of a displaced detector).
inline Pixels field_of_view(const ProjectionGeometry& geometry, const VoxelGrid& grid, bool displaced = false) {
  PixelBuffer mask = PixelBuffer::allocate({grid.shape(), ScalarType::u8});
  const auto values = mask.values<std::uint8_t>();
  const auto [nu, nv] = geometry.elements();
  std::size_t at = 0;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x, ++at) {
        const auto point = grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        bool seen = true;
        for (std::size_t view = 0; seen && view < geometry.views().size(); view += 10) {
          const auto shadow = geometry.project(view, point);
          seen = (displaced || shadow[0] >= -0.5) && shadow[0] <= static_cast<double>(nu) - 0.5 && shadow[1] >= -0.5 &&
                 shadow[1] <= static_cast<double>(nv) - 0.5;
        }
        values[at] = seen ? 1 : 0;
      }
    }
  }
  return mask;
}

struct Bar {
  double mean_absolute, psnr_db;  ///< PSNR for a range of 2.0, as the toolkit has it
};

/// The rule of the toolkit: image and truth are set to 0 outside the field of view, means are over the whole grid.
inline void expect_better(const compute::Array& image, const Pixels& truth, const Pixels& mask, const Bar& bar,
                          const char* what) {
  const auto stream = backend().make_stream();
  const auto found = backend().download(image, *stream);
  const auto inside = evaluation::compare(found, truth, {.mask = mask, .data_range = 2.0});
  const auto seen_alone = [&](const Pixels& pixels) {
    PixelBuffer seen = PixelBuffer::make_copy(pixels);
    for (std::size_t i = 0; i < mask.values<std::uint8_t>().size(); ++i)
      if (mask.values<std::uint8_t>()[i] == 0) seen.values<float>()[i] = 0;
    return Pixels{std::move(seen)};
  };
  const auto whole = evaluation::compare(seen_alone(found), seen_alone(truth), {.mask = {}, .data_range = 2.0});
  std::printf(
      "[ measured ] %s: error %.4f (bar %.3f), PSNR %.2f dB (bar %.1f); in the field of view alone %.4f, %.2f dB\n",
      what, whole.mean_absolute, bar.mean_absolute, whole.psnr_db, bar.psnr_db, inside.mean_absolute, inside.psnr_db);
  EXPECT_LT(whole.mean_absolute, bar.mean_absolute) << what;
  EXPECT_GT(whole.psnr_db, bar.psnr_db) << what;
}

inline compute::Array upload_scan(const evaluation::Phantom& phantom, const ProjectionGeometry& geometry,
                                  int rays = 1) {
  const auto stream = backend().make_stream();
  return backend().upload(evaluation::project(phantom, geometry, rays).readings, *stream);
}

}  // namespace iso::testing
