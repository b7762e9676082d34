#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/geometry/verdict.h>

#include <cmath>
#include <numbers>

namespace {

using iso::Vec3;
constexpr double turn = 2 * std::numbers::pi;

iso::CircularScan scan() {
  iso::CircularScan s;
  s.source_to_axis_mm = 500;
  s.source_to_detector_mm = 900;
  s.elements = {64, 16};
  s.element_pitch_mm = {1.5, 2.0};
  return s;
}

struct Orbit {
  const char* name;
  iso::ProjectionGeometry geometry;
};

std::vector<Orbit> orbits() {
  const auto angles = iso::equal_angles(11, turn, 0.3);
  auto offset = scan(), tilted = scan(), helical = scan(), arc = scan();
  offset.offset_mm = {7, -3, 2};
  tilted.detector_tilt_rad = 0.1;
  tilted.detector_in_plane_rad = -0.05;
  helical.pitch_mm_per_turn = 40;
  arc.shape = iso::DetectorShape::arc;
  arc.offset_mm = {7, 0, 0};
  return {{"parallel", iso::ProjectionGeometry::parallel(angles, {64, 3}, {0.5, 0.7}, 4.0)},
          {"cone", iso::ProjectionGeometry::circular(angles, scan())},
          {"offset", iso::ProjectionGeometry::circular(angles, offset)},
          {"tilted", iso::ProjectionGeometry::circular(angles, tilted)},
          {"helical", iso::ProjectionGeometry::circular(angles, helical)},
          {"arc", iso::ProjectionGeometry::circular(angles, arc)}};
}

}  // namespace

TEST(ProjectionGeometry, ProjectsAPointOfARayOntoTheElementOfThatRay) {
  for (const auto& [name, geometry] : orbits()) {
    for (std::size_t b = 0; b < geometry.views().size(); ++b) {
      for (const double u : {0.0, 20.25, 63.0}) {
        const auto ray = geometry.ray(b, u, 1.5);
        Vec3 point{};
        for (std::size_t i = 0; i < 3; ++i) point[i] = ray.origin_mm[i] + 480 * ray.direction[i];
        const auto shadow = geometry.project(b, point);
        EXPECT_NEAR(shadow[0], u, 1e-9) << name;
        EXPECT_NEAR(shadow[1], 1.5, 1e-9) << name;
      }
    }
  }
}

TEST(ProjectionGeometry, ReadsXCosPlusYSinInAParallelBeam) {
  const std::vector<double> angles{0.7};
  const auto geometry = iso::ProjectionGeometry::parallel(angles, {11, 1}, {2.0, 1.0});
  EXPECT_NEAR(geometry.project(0, {3, 4, 0})[0], 5 + (3 * std::cos(0.7) + 4 * std::sin(0.7)) / 2, 1e-12);
}

TEST(ProjectionGeometry, MagnifiesByTheRatioOfDistancesAtTheAxis) {
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(3, turn), scan());
  EXPECT_NEAR(geometry.project(1, {0, 0, 0})[2], 1.8, 1e-12);
}

TEST(ProjectionGeometry, KeepsEveryElementOfAnArcAtTheSameDistance) {
  auto arc = scan();
  arc.shape = iso::DetectorShape::arc;
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(3, turn), arc);
  for (const double u : {0.0, 31.5, 63.0}) {
    const auto at = geometry.element_mm(2, u, 7.5);
    const auto& from = geometry.views()[2].source_mm;
    EXPECT_NEAR(std::hypot(at[0] - from[0], at[1] - from[1], at[2] - from[2]), 900, 1e-9);
  }
}

TEST(ProjectionGeometry, RecoversTheOrbitItWasMadeFrom) {
  auto s = scan();
  s.offset_mm = {7, -3, 2};
  const auto angles = iso::equal_angles(360, turn, 0.3);
  const auto orbit = iso::ProjectionGeometry::circular(angles, s).orbit();
  ASSERT_TRUE(orbit.circular) << orbit.why_not;
  EXPECT_NEAR(orbit.source_to_axis_mm, 500, 1e-9);
  EXPECT_NEAR(orbit.source_to_detector_mm, 900, 1e-9);
  EXPECT_NEAR(orbit.u_offset_mm, 7, 1e-9);
  EXPECT_NEAR(orbit.source_offset_u_mm, 2, 1e-9);
  for (std::size_t i = 0; i < angles.size(); ++i) EXPECT_NEAR(orbit.angles_rad[i], angles[i], 1e-9);
}

TEST(ProjectionGeometry, SaysWhyATiltedOrHelicalScanIsNotCircular) {
  const auto all = orbits();
  EXPECT_FALSE(all[3].geometry.orbit().circular);
  const auto helical = all[4].geometry.orbit();
  EXPECT_FALSE(helical.circular);
  EXPECT_NEAR(helical.pitch_mm_per_turn, 40, 1e-6);
}

TEST(ProjectionGeometry, SubsetKeepsViewsInTheOrderGiven) {
  const auto geometry = iso::ProjectionGeometry::circular(iso::equal_angles(10, turn), scan());
  const std::vector<std::int64_t> views{7, 2};
  EXPECT_EQ(geometry.subset(views).views()[0], geometry.views()[7]);
  const std::vector<std::int64_t> outside{10};
  EXPECT_THROW((void)geometry.subset(outside), iso::Error);
}

TEST(ProjectionGeometry, RefusesDistancesThatAreNotPositive) {
  auto s = scan();
  s.source_to_axis_mm = 0;
  EXPECT_THROW((void)iso::ProjectionGeometry::circular(iso::equal_angles(3, turn), s), iso::Error);
}

TEST(VoxelGrid, IndexAndWorldAreInverse) {
  auto grid = iso::VoxelGrid::centred({5, 6, 7}, {0.5, 1, 2});
  grid.direction = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  const auto back = grid.to_index(grid.to_world({1, 2, 3}));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(back[i], static_cast<double>(i + 1), 1e-12);
}

namespace {
iso::Finding slices(std::vector<Vec3> centres) { return iso::check_slices(centres, iso::identity3).finding; }
}  // namespace

TEST(SliceVerdict, TellsTheFindingsApart) {
  EXPECT_EQ(slices({{0, 0, 0}, {0, 0, 2}, {0, 0, 4}, {0, 0, 6}}), iso::Finding::uniform);
  EXPECT_EQ(slices({{0, 0, 0}, {0, 0, 2}, {0, 0, 4}, {0, 0, 8}}), iso::Finding::gap);
  EXPECT_EQ(slices({{0, 0, 0}, {0, 0.5, 2}, {0, 1, 4}}), iso::Finding::tilt);
  EXPECT_EQ(slices({{0, 0, 0}, {0, 0, 2}, {0, 0, 5.1}}), iso::Finding::variable);
  EXPECT_EQ(slices({{0, 0, 0}, {0, 0, 0}, {0, 0, 2}}), iso::Finding::missing);
}

TEST(SinogramVerdict, LetsATurnCloseOnItsFirstView) {
  const auto finding = [](const std::vector<double>& angles) {
    const auto geometry = iso::ProjectionGeometry::parallel(angles, {8, 1}, {1, 1});
    return iso::check_sinogram({8, 1, static_cast<std::int64_t>(angles.size())}, geometry).finding;
  };
  EXPECT_EQ(finding({0, turn / 3, 2 * turn / 3, turn}), iso::Finding::uniform);  // measured to its end
  EXPECT_EQ(finding({turn, 2 * turn / 3, turn / 3, 0}), iso::Finding::uniform);
  EXPECT_EQ(finding({0, turn}), iso::Finding::variable) << "two views at one place are no turn";
  EXPECT_EQ(finding({0, turn / 3, turn, 2 * turn / 3}), iso::Finding::variable) << "only the last view may close it";
  EXPECT_EQ(finding({0, turn / 3, 2 * turn / 3, turn, turn + turn / 3}), iso::Finding::variable);
}

TEST(SinogramVerdict, OfOtherSizesSaysToCheckTheFileFirst) {
  const auto geometry = iso::ProjectionGeometry::parallel(iso::equal_angles(3, turn), {8, 1}, {1, 1});
  try {
    iso::refuse_unless_accepted(iso::check_sinogram({8, 1, 4}, geometry), {});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const iso::Error& error) {
    const std::string& hint = error.hint();
    EXPECT_LT(hint.find("check that the geometry file"), hint.find("--accept-geometry mismatch")) << hint;
  }
}

TEST(SinogramVerdict, FindsOtherSizesAndDuplicateAngles) {
  const std::vector<double> twice{0.0, 0.5, 0.5};
  const auto geometry = iso::ProjectionGeometry::parallel(twice, {8, 1}, {1, 1});
  EXPECT_EQ(iso::check_sinogram({8, 1, 3}, geometry).finding, iso::Finding::variable);
  EXPECT_EQ(iso::check_sinogram({8, 1, 4}, geometry).finding, iso::Finding::mismatch);
  const std::vector<iso::Finding> none;
  EXPECT_THROW(iso::refuse_unless_accepted(iso::check_sinogram({8, 1, 4}, geometry), none), iso::Error);
}
