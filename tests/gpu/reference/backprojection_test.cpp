#include "gpu/reference/reference_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace iso::compute;
using iso::ScalarType;

namespace {

struct Fixture {
  std::unique_ptr<Backend> backend{iso::gpu::make_reference_backend()};
  std::unique_ptr<Stream> stream{backend->make_stream()};

  Array back(const Backprojection& spec, const std::vector<double>& readings) const {
    const auto operation = backend->make(spec);
    iso::PixelBuffer block = iso::PixelBuffer::allocate(operation->domain());
    std::ranges::copy(readings, block.values<double>().begin());
    auto volume = backend->allocate(operation->range(), *stream);
    operation->forward(backend->upload(std::move(block), *stream), volume, *stream);
    return volume;
  }
};

iso::CircularScan cone(std::array<std::int64_t, 2> elements) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 80;
  scan.source_to_detector_mm = 120;
  scan.elements = elements;
  scan.element_pitch_mm = {2, 2};
  return scan;
}

/// The middle of voxel i, x fastest.
iso::Vec3 to_centre(const iso::VoxelGrid& grid, std::int64_t i) {
  const std::int64_t x = i % grid.size[0], row = i / grid.size[0], y = row % grid.size[1], z = row / grid.size[1];
  return grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
}

}  // namespace

TEST(Backprojection, OfOnesCountsTheViewsThatSeeAVoxel) {
  const Fixture f;
  // A detector too narrow for the grid, so that views miss some voxels; those in the ramp of one element at its ends
  // are seen in part and left out of the count.
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(11, 2 * std::numbers::pi), cone({21, 9}));
  const auto grid = iso::VoxelGrid::centred({13, 12, 5}, {3, 3, 3});
  const auto [nu, nv] = geometry.elements();
  const auto volume = f.back({geometry, grid, Weighting::none, ScalarType::f64},
                             std::vector<double>(static_cast<std::size_t>(geometry.sinogram_shape().count()), 1.0));
  int complete = 0, partly = 0;
  for (std::int64_t i = 0; i < grid.shape().count(); ++i) {
    const auto p = to_centre(grid, i);
    int seen = 0, in_the_ramp = 0;
    for (std::size_t view = 0; view < 11; ++view) {
      const auto shadow = geometry.project(view, p);
      const double past_u = std::max(-shadow[0], shadow[0] - static_cast<double>(nu - 1));
      const double past_v = std::max(-shadow[1], shadow[1] - static_cast<double>(nv - 1));
      if (past_u <= 0 && past_v <= 0)
        ++seen;
      else if (past_u < 1 && past_v < 1)
        ++in_the_ramp;
    }
    const double value = volume.host<double>()[static_cast<std::size_t>(i)];
    if (in_the_ramp == 0) {
      EXPECT_NEAR(value, seen, 1e-12) << i;
    }
    EXPECT_GE(value, seen - 1e-12);
    EXPECT_LE(value, seen + in_the_ramp + 1e-12);
    (seen == 11 ? complete : partly) += 1;
  }
  EXPECT_GT(complete, 100);
  EXPECT_GT(partly, 100);
}

TEST(Backprojection, ReadsALinearDetectorExactlyAtTheShadow) {
  const Fixture f;
  auto scan = cone({40, 20});
  scan.detector_tilt_rad = 0.07;
  scan.offset_mm = {1, -2, 0.5};
  for (const auto shape : {iso::DetectorShape::flat, iso::DetectorShape::arc}) {
    scan.shape = shape;
    const std::vector<double> angles{0.4};
    const auto geometry = iso::ProjectionGeometry::circular(angles, scan);
    std::vector<double> readings(800);
    for (std::size_t i = 0; i < 800; ++i) {
      const std::size_t column = i % 40, row = i / 40;
      readings[i] = 3 + 2 * static_cast<double>(column) - static_cast<double>(row);
    }
    const auto grid = iso::VoxelGrid::centred({5, 5, 3}, {4, 4, 4});
    const auto volume = f.back({geometry, grid, Weighting::none, ScalarType::f64}, readings);
    for (std::int64_t i = 0; i < 75; ++i) {
      const auto p = to_centre(grid, i);
      const auto shadow = geometry.project(0, p);
      EXPECT_NEAR(volume.host<double>()[static_cast<std::size_t>(i)], 3 + 2 * shadow[0] - shadow[1], 1e-9);
    }
  }
}

TEST(Backprojection, FdkWeightIsTheSquaredRatioOfDepths) {
  const Fixture f;
  const std::vector<double> angles{0};  // the source stands at (0, -80, 0) and looks along +y
  const auto grid = iso::VoxelGrid::centred({7, 9, 1}, {5, 5, 5});
  auto scan = cone({101, 21});
  const std::vector<double> ones(101 * 21, 1.0);
  const auto flat =
      f.back({iso::ProjectionGeometry::circular(angles, scan), grid, Weighting::fdk, ScalarType::f64}, ones);
  scan.shape = iso::DetectorShape::arc;
  const auto arc =
      f.back({iso::ProjectionGeometry::circular(angles, scan), grid, Weighting::fdk, ScalarType::f64}, ones);
  const auto parallel = f.back(
      {iso::ProjectionGeometry::parallel(angles, {101, 21}, {1, 1}), grid, Weighting::fdk, ScalarType::f64}, ones);
  for (std::int64_t i = 0; i < 63; ++i) {
    const auto p = to_centre(grid, i);
    const auto at = static_cast<std::size_t>(i);
    EXPECT_NEAR(flat.host<double>()[at], std::pow(80 / (80 + p[1]), 2), 1e-12);
    EXPECT_NEAR(arc.host<double>()[at], std::pow(80 / std::hypot(p[0], 80 + p[1]), 2), 1e-12);
    EXPECT_NEAR(parallel.host<double>()[at], 1, 1e-12);
  }
}

TEST(Backprojection, AVoxelBehindTheSourceIsInNoView) {
  const Fixture f;
  const std::vector<double> angles{0};
  auto grid = iso::VoxelGrid::centred({3, 3, 1}, {1, 1, 1});
  grid.origin_mm[1] = -100;  // the source is at -80, so its own ray goes the other way
  const auto geometry = iso::ProjectionGeometry::circular(angles, cone({51, 1}));
  const auto volume = f.back({geometry, grid, Weighting::fdk, ScalarType::f64}, std::vector<double>(51, 1.0));
  for (const double value : volume.host<double>()) EXPECT_EQ(value, 0);
}
