#include "gpu/reference/reference_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace iso::compute;
using iso::ScalarType;

TEST(RayTransform, SumOfADiscIsItsAreaInEveryView) {
  const auto backend = iso::gpu::make_reference_backend();
  const auto stream = backend->make_stream();
  const auto grid = iso::VoxelGrid::centred({128, 128, 1}, {0.5, 0.5, 1});
  iso::PixelBuffer disc = iso::PixelBuffer::allocate({grid.shape(), ScalarType::f32});
  const double radius = 20;
  const auto values = disc.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    int inside = 0;  // 8 x 8 points a voxel
    for (int k = 0; k < 64; ++k) {
      const std::size_t column = i % 128, row = i / 128;
      const int across = k % 8, down = k / 8;
      const auto p = grid.to_world(
          {static_cast<double>(column) + (across - 3.5) / 8, static_cast<double>(row) + (down - 3.5) / 8, 0});
      inside += std::hypot(p[0], p[1]) <= radius;
    }
    values[i] = static_cast<float>(inside) / 64;
  }
  const auto geometry = iso::ProjectionGeometry::parallel(iso::equal_angles(9, std::numbers::pi), {161, 1}, {0.4, 1});
  const auto a = backend->make(RayTransform{geometry, grid});
  auto sinogram = backend->allocate(a->range(), *stream);
  a->forward(backend->upload(std::move(disc), *stream), sinogram, *stream);
  for (std::size_t view = 0; view < 9; ++view) {
    double sum = 0;
    for (std::size_t u = 0; u < 161; ++u) sum += 0.4 * static_cast<double>(sinogram.host<float>()[view * 161 + u]);
    EXPECT_NEAR(sum / (std::numbers::pi * radius * radius), 1, 0.002) << view;
  }
}

TEST(RayTransform, ARayAlongAnAxisSumsTheVoxelsOnItTimesTheirSize) {
  const auto backend = iso::gpu::make_reference_backend();
  const auto stream = backend->make_stream();
  const auto grid = iso::VoxelGrid::centred({3, 4, 1}, {1, 0.5, 1});
  iso::PixelBuffer block = iso::PixelBuffer::allocate({grid.shape(), ScalarType::f64});
  for (std::size_t i = 0; i < 12; ++i) block.values<double>()[i] = static_cast<double>(i * i);
  const std::vector<double> angles{0};
  const auto a = backend->make(
      RayTransform{iso::ProjectionGeometry::parallel(angles, {3, 1}, {1, 1}), grid, RayModel::joseph, ScalarType::f64});
  auto sums = backend->allocate(a->range(), *stream);
  a->forward(backend->upload(std::move(block), *stream), sums, *stream);
  for (std::size_t u = 0; u < 3; ++u) {
    double expected = 0;
    for (std::size_t y = 0; y < 4; ++y) expected += 0.5 * static_cast<double>((u + 3 * y) * (u + 3 * y));
    EXPECT_NEAR(sums.host<double>()[u], expected, 1e-12);
  }
}
