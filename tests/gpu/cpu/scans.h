#pragma once

#include <iso/base/random.h>
#include <iso/compute/backend.h>

#include <numbers>
#include <string>
#include <vector>

namespace testing_scans {

using namespace iso::compute;
using iso::ScalarType;

struct Named {
  std::string name;
  OperatorSpec spec;
};

inline iso::CircularScan circle(std::array<std::int64_t, 2> elements, double pitch_mm) {
  iso::CircularScan scan;
  scan.source_to_axis_mm = 60;
  scan.source_to_detector_mm = 100;
  scan.elements = elements;
  scan.element_pitch_mm = {pitch_mm, pitch_mm};
  return scan;
}

struct Scan {
  std::string name;
  iso::ProjectionGeometry geometry;
  iso::VoxelGrid grid;
};

inline std::vector<Scan> flat_scans() {
  const auto plane = iso::VoxelGrid::centred({37, 32, 1}, {1, 1.25, 1});
  const auto angles = iso::equal_angles(9, 2 * std::numbers::pi, 0.2),
             quarters = iso::equal_angles(8, 2 * std::numbers::pi);
  auto arc = circle({31, 1}, 2), shifted = circle({30, 1}, 1.7);
  arc.shape = iso::DetectorShape::arc;
  shifted.offset_mm = {3, 0, 1};
  auto turned = plane;
  turned.direction = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1};
  return {{"parallel", iso::ProjectionGeometry::parallel(angles, {45, 1}, {0.9, 1}), plane},
          {"parallel at multiples of 45 degrees", iso::ProjectionGeometry::parallel(quarters, {44, 1}, {1, 1}, 0.25),
           plane},
          {"parallel with a long column", iso::ProjectionGeometry::parallel(angles, {33, 1}, {1, 1}),
           iso::VoxelGrid::centred({2, 131, 1}, {1, 1, 1})},
          {"fan", iso::ProjectionGeometry::circular(angles, circle({31, 1}, 2)), plane},
          {"fan with offsets", iso::ProjectionGeometry::circular(quarters, shifted), plane},
          {"fan on an arc", iso::ProjectionGeometry::circular(angles, arc), plane},
          {"fan over a turned grid", iso::ProjectionGeometry::circular(angles, circle({31, 1}, 2)), turned},
          {"one element and one voxel", iso::ProjectionGeometry::parallel(angles, {1, 1}, {1, 1}),
           iso::VoxelGrid::centred({1, 1, 1}, {1, 1, 1})}};
}

inline std::vector<Scan> stacks() {
  const auto angles = iso::equal_angles(7, std::numbers::pi, 0.1);
  const auto rows = iso::ProjectionGeometry::parallel(angles, {29, 6}, {1, 1.5});
  return {{"stack with rows on slices", rows, iso::VoxelGrid::centred({21, 24, 6}, {1, 1, 1.5})},
          {"stack with rows between slices", rows, iso::VoxelGrid::centred({21, 24, 5}, {1, 1, 1.3})},
          {"stack of many slices", iso::ProjectionGeometry::parallel(angles, {29, 19}, {1, 1}),
           iso::VoxelGrid::centred({21, 24, 19}, {1, 1, 1})},
          {"fan through a stack", iso::ProjectionGeometry::circular(angles, circle({31, 1}, 2)),
           iso::VoxelGrid::centred({21, 24, 4}, {1, 1, 1})}};
}

inline std::vector<Scan> volumes() {
  const auto angles = iso::equal_angles(7, 2 * std::numbers::pi, 0.2);
  const auto cube = iso::VoxelGrid::centred({19, 16, 21}, {1.1, 1, 0.9});
  auto oblique = cube;
  oblique.direction = {0.8, -0.6, 0, 0.48, 0.64, -0.6, 0.36, 0.48, 0.8};
  auto bent = circle({24, 17}, 2), arc = circle({24, 17}, 2), helix = circle({25, 6}, 2), wide = circle({20, 40}, 6);
  bent.offset_mm = {3, -2, 1};
  bent.detector_tilt_rad = 0.1;
  bent.detector_in_plane_rad = 0.05;
  bent.source_offset_v_mm = 2;
  arc.shape = iso::DetectorShape::arc;
  helix.pitch_mm_per_turn = 9;
  auto steep = iso::View{{30, 5, 90}, {0, 0, -50}, {2, 0, 0.1}, {0.2, 2, 0}};
  auto over = iso::View{{-8, 70, 60}, {10, -50, -40}, {1.8, 0, 0.2}, {0, 1.2, -1.5}};
  const iso::ProjectionGeometry free(iso::Beam::cone, iso::DetectorShape::flat, {22, 23}, {steep, over});
  auto tilted_beam = iso::View{{0.6, 0.64, 0.48}, {20, 20, 15}, {0.8, -0.6, 0}, {-0.3, -0.4, 0.9}};
  const iso::ProjectionGeometry tilted(iso::Beam::parallel, iso::DetectorShape::flat, {30, 33}, {tilted_beam});
  return {{"cone", iso::ProjectionGeometry::circular(angles, circle({24, 17}, 2)), cube},
          {"cone over an oblique grid", iso::ProjectionGeometry::circular(angles, circle({24, 17}, 2)), oblique},
          {"cone with tilts and offsets", iso::ProjectionGeometry::circular(angles, bent), cube},
          {"cone on an arc", iso::ProjectionGeometry::circular(angles, arc), cube},
          {"helix", iso::ProjectionGeometry::circular(angles, helix), cube},
          {"wide cone", iso::ProjectionGeometry::circular(angles, wide), cube},
          {"free vectors", free, cube},
          {"tilted parallel beam", tilted, cube},
          {"cone over a long grid", iso::ProjectionGeometry::circular(angles, circle({9, 8}, 3)),
           iso::VoxelGrid::centred({5, 70, 3}, {1, 0.5, 1})},
          {"cone and one voxel", iso::ProjectionGeometry::circular(angles, circle({1, 2}, 3)),
           iso::VoxelGrid::centred({1, 1, 1}, {3, 3, 3})}};
}

inline std::vector<Scan> all_scans() {
  auto all = flat_scans();
  for (auto& s : stacks()) all.push_back(s);
  for (auto& s : volumes()) all.push_back(s);
  return all;
}

/// Every kind of operator, over every scan.
inline std::vector<Named> operators(ScalarType type) {
  std::vector<Named> all;
  for (const auto& [name, geometry, grid] : all_scans()) {
    all.push_back({"ray transform, " + name, RayTransform{geometry, grid, RayModel::joseph, type}});
    all.push_back({"back-projection, " + name, Backprojection{geometry, grid, Weighting::none, type}});
    all.push_back({"weighted back-projection, " + name, Backprojection{geometry, grid, Weighting::fdk, type}});
  }
  std::vector<double> ramp(33), odd(38, 0.0);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = 0.1 * static_cast<double>(i);
  for (std::size_t i = 0; i < odd.size(); ++i) odd[i] = 1.0 / (1.0 + static_cast<double>(i));
  all.push_back({"detector filter", DetectorFilter{iso::Shape{29, 3, 7}, ramp, type}});
  all.push_back({"detector filter of odd length", DetectorFilter{iso::Shape{37, 1, 18}, odd, type}});
  all.push_back({"detector filter of one element", DetectorFilter{iso::Shape{1, 1, 1}, {0.5, 0.25}, type}});
  all.push_back({"differences", FiniteDifference{iso::Shape{7, 5, 3}, {0, 1, 2}, type}});
  all.push_back({"differences along one axis", FiniteDifference{iso::Shape{40, 900}, {1}, type}});
  all.push_back({"differences of a long line", FiniteDifference{iso::Shape{70001}, {0}, type}});
  all.push_back({"differences over several pieces", FiniteDifference{iso::Shape{61, 43, 31}, {2, 0}, type}});
  all.push_back({"differences with axes of one", FiniteDifference{iso::Shape{1, 8, 1}, {0, 1, 2}, type}});
  const auto complex = type == ScalarType::f64 ? ScalarType::c128 : ScalarType::c64;
  for (const bool centred : {false, true}) {
    const std::string how = centred ? "centred Fourier transform " : "Fourier transform ";
    all.push_back({how + "of a line", Fourier{iso::Shape{15}, {0}, centred, complex}});
    all.push_back({how + "of a plane", Fourier{iso::Shape{16, 9, 3}, {0, 1}, centred, complex}});
    all.push_back({how + "of outer axes", Fourier{iso::Shape{5, 14, 7}, {2, 1}, centred, complex}});
    all.push_back({how + "of a volume", Fourier{iso::Shape{18, 17, 20}, {0, 1, 2}, centred, complex}});
    all.push_back({how + "with an axis of one", Fourier{iso::Shape{1, 6}, {0, 1}, centred, complex}});
  }
  return all;
}

inline iso::Pixels noise(const iso::ArraySpec& spec, std::uint64_t seed) {
  iso::PixelBuffer block = iso::PixelBuffer::allocate(spec);
  const iso::Philox random{seed, 3};
  const auto count = static_cast<std::size_t>(spec.shape.count()) * (iso::is_complex(spec.type) ? 2 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (iso::is_double(spec.type))
      reinterpret_cast<double*>(block.data())[i] = random.normal(i);
    else
      reinterpret_cast<float*>(block.data())[i] = static_cast<float>(random.normal(i));
  }
  return block;
}

/// The elements as doubles, complex ones as two.
inline std::vector<double> numbers(const iso::Pixels& block) {
  const auto& spec = block.spec();
  const auto count = static_cast<std::size_t>(spec.shape.count()) * (iso::is_complex(spec.type) ? 2 : 1);
  std::vector<double> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = iso::is_double(spec.type) ? reinterpret_cast<const double*>(block.data())[i]
                                       : static_cast<double>(reinterpret_cast<const float*>(block.data())[i]);
  }
  return out;
}

}  // namespace testing_scans
