#include "known_scans.h"

#include <iso/tomography/filtered_backprojection.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

using namespace iso;
using namespace iso::tomography;
using namespace iso::testing;

namespace {

// A cube of ones, half the grid wide, projected and reconstructed: the middle must be 1 whatever the sizes and distances are.
void expect_ones(const ProjectionGeometry& geometry, const VoxelGrid& grid, const std::string& what) {
  const auto stream = backend().make_stream();
  const auto n = grid.size[0], slices = grid.size[2];
  const auto within = [](std::int64_t i, std::int64_t size, std::int64_t part) {
    return 2 * part * std::abs(2 * i + 1 - size) < 2 * size;
  };
  PixelBuffer cube = PixelBuffer::allocate({grid.shape(), ScalarType::f32});
  const auto values = cube.values<float>();
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
  a->forward(backend().upload(std::move(cube), *stream), readings, *stream);
  const auto image =
      backend().download(tomography::FilteredBackprojection{backend(), geometry, grid}(readings, *stream), *stream);
  double sum = 0;
  for (const auto i : middle) sum += static_cast<double>(image.values<float>()[i]);
  EXPECT_NEAR(sum / static_cast<double>(middle.size()), 1, 0.01) << what;
}

struct Sizes {
  double voxel_mm, pitch_mm;
};
struct Distances {
  double voxel_mm, pitch_mm, source_mm, detector_mm;
};

std::vector<Sizes> sizes() {
  std::vector<Sizes> all;
  for (const double voxel : {0.8, 1.0, 1.25})
    for (const double pitch : {0.8, 1.0, 1.25}) all.push_back({voxel, pitch});
  return all;
}

std::vector<Distances> distances() {
  std::vector<Distances> all;
  for (const auto& [voxel, pitch] : sizes())
    for (const double source : {500.0, 1000.0})
      for (const double detector : {0.0, 250.0, 500.0}) all.push_back({voxel, pitch, source, detector});
  return all;
}

/// "voxel_0p80_pitch_1p25_source_500_detector_250": what `-R` picks one by.
std::string number(double value, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string name = text.data();
  std::ranges::replace(name, '.', 'p');
  return name;
}
std::string to_name(const Sizes& s) { return "voxel_" + number(s.voxel_mm, 2) + "_pitch_" + number(s.pitch_mm, 2); }
std::string to_name(const Distances& d) {
  return to_name(Sizes{d.voxel_mm, d.pitch_mm}) + "_source_" + number(d.source_mm, 0) + "_detector_" +
         number(d.detector_mm, 0);
}

CircularScan to_scan(const Distances& d) {
  CircularScan scan;
  scan.source_to_axis_mm = d.source_mm;
  scan.source_to_detector_mm = d.source_mm + d.detector_mm;
  scan.element_pitch_mm = {d.pitch_mm, d.pitch_mm};
  return scan;
}

class GeometrySweepOfSizes : public ::testing::TestWithParam<Sizes> {};
class GeometrySweep : public ::testing::TestWithParam<Distances> {};

}  // namespace

TEST_P(GeometrySweepOfSizes, ValuesOfAParallelBeamDoNotDependOnThem) {
  const auto [voxel, pitch] = GetParam();
  const auto geometry = ProjectionGeometry::parallel(equal_angles(120, turn / 2), {160, 1}, {pitch, 1});
  expect_ones(geometry, VoxelGrid::centred({64, 64, 1}, {voxel, voxel, voxel}), to_name(GetParam()));
}

TEST_P(GeometrySweep, ValuesOfAFanBeamDoNotDependOnSizesAndDistances) {
  const double voxel = GetParam().voxel_mm;
  CircularScan scan = to_scan(GetParam());
  scan.elements = {224, 1};
  const auto grid = VoxelGrid::centred({64, 64, 1}, {voxel, voxel, voxel});
  expect_ones(ProjectionGeometry::circular(equal_angles(120, turn), scan), grid, to_name(GetParam()));
  scan.shape = DetectorShape::arc;
  expect_ones(ProjectionGeometry::circular(equal_angles(120, turn), scan), grid, to_name(GetParam()) + ", arc");
}

TEST_P(GeometrySweep, ValuesOfAConeBeamDoNotDependOnSizesAndDistances) {
  const double voxel = GetParam().voxel_mm;
  CircularScan scan = to_scan(GetParam());
  scan.elements = {80, 56};
  const auto grid = VoxelGrid::centred({28, 28, 28}, {voxel, voxel, voxel});
  expect_ones(ProjectionGeometry::circular(equal_angles(40, turn), scan), grid, to_name(GetParam()));
}

constexpr auto name_of_case = [](const auto& info) { return to_name(info.param); };
INSTANTIATE_TEST_SUITE_P(Over, GeometrySweepOfSizes, ::testing::ValuesIn(sizes()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Over, GeometrySweep, ::testing::ValuesIn(distances()), name_of_case);
