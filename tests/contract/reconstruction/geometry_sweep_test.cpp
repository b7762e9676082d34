#include "known_scans.h"

#include <iso/solvers/filtered_backprojection.h>

#include <sstream>

using namespace iso;
using namespace iso::solvers;
using namespace iso::testing;

namespace {

// A cube of ones, half the grid wide, projected and reconstructed: the middle must be 1 whatever the sizes and distances are.
void expect_ones(const ProjectionGeometry& geometry, const VoxelGrid& grid, const std::string& what) {
  const auto stream = backend().make_stream();
  const auto n = grid.size[0], slices = grid.size[2];
  const auto within = [](std::int64_t i, std::int64_t size, std::int64_t part) {
    return 2 * part * std::abs(2 * i + 1 - size) < 2 * size;
  };
  auto cube = PixelBlock::allocate({grid.shape(), ScalarType::f32});
  const auto values = cube.mutable_values<float>();
  std::vector<std::size_t> middle;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i), x = at % n, y = at / n % n, z = at / (n * n);
    const bool flat = slices == 1;
    if (within(x, n, 2) && within(y, n, 2) && (flat || within(z, slices, 2))) values[i] = 1;
    if (within(x, n, 5) && within(y, n, 5) && (flat || within(z, slices, 5))) middle.push_back(i);
  }
  const auto a = backend().make(compute::RayTransform{geometry, grid});
  EXPECT_LT(compute::adjoint_gap(*a, 3), 1e-4) << what;
  auto readings = backend().allocate(a->range(), *stream);
  a->forward(backend().upload(cube, *stream), readings, *stream);
  const auto image =
      backend().download(filtered_backprojection(backend(), geometry, readings, grid, {}, *stream), *stream);
  double sum = 0;
  for (const auto i : middle) sum += static_cast<double>(image.values<float>()[i]);
  EXPECT_NEAR(sum / static_cast<double>(middle.size()), 1, 0.01) << what;
}

template <class F>
void each_size(F&& visit) {
  for (const double scale : {0.8, 1.0, 1.25}) {
    for (const double pitch : {0.8, 1.0, 1.25}) visit(scale, pitch);
  }
}

template <class F>
void each_distance(F&& visit) {
  each_size([&](double scale, double pitch) {
    for (const double source : {500.0, 1000.0}) {
      for (const double detector : {0.0, 250.0, 500.0}) {
        std::ostringstream what;
        what << "voxel " << scale << ", pitch " << pitch << ", source " << source << ", detector " << detector;
        CircularScan scan;
        scan.source_to_axis_mm = source;
        scan.source_to_detector_mm = source + detector;
        scan.element_pitch_mm = {pitch, pitch};
        visit(scale, scan, what.str());
      }
    }
  });
}

}  // namespace

TEST(GeometrySweep, ValuesOfAParallelBeamDoNotDependOnSizes) {
  each_size([](double scale, double pitch) {
    const auto geometry = ProjectionGeometry::parallel(equal_angles(120, turn / 2), {160, 1}, {pitch, 1});
    expect_ones(geometry, VoxelGrid::centred({64, 64, 1}, {scale, scale, scale}),
                std::to_string(scale) + ", pitch " + std::to_string(pitch));
  });
}

TEST(GeometrySweep, ValuesOfAFanBeamDoNotDependOnSizesAndDistances) {
  each_distance([](double scale, CircularScan scan, const std::string& what) {
    scan.elements = {224, 1};
    const auto grid = VoxelGrid::centred({64, 64, 1}, {scale, scale, scale});
    expect_ones(ProjectionGeometry::circular(equal_angles(120, turn), scan), grid, what);
    scan.shape = DetectorShape::arc;
    expect_ones(ProjectionGeometry::circular(equal_angles(120, turn), scan), grid, what + ", arc");
  });
}

TEST(GeometrySweep, ValuesOfAConeBeamDoNotDependOnSizesAndDistances) {
  each_distance([](double scale, CircularScan scan, const std::string& what) {
    scan.elements = {80, 56};
    const auto grid = VoxelGrid::centred({28, 28, 28}, {scale, scale, scale});
    expect_ones(ProjectionGeometry::circular(equal_angles(40, turn), scan), grid, what);
  });
}
