#include "io_fixture.h"

#include "iso/io/geometry_file.h"

#include <cmath>
#include <numbers>

namespace iso::test {
namespace {

using GeometryFile = IoTest;

std::vector<ProjectionGeometry> scans() {
  const auto angles = equal_angles(36, 2 * std::numbers::pi);
  CircularScan fan;
  fan.source_to_axis_mm = 410.66;
  fan.source_to_detector_mm = 553.74;
  fan.elements = {560, 1};
  fan.element_pitch_mm = {0.2, 0.2};
  CircularScan cone = fan;
  cone.elements = {16, 12};
  cone.offset_mm = {5, -2, 1.5};
  cone.source_offset_v_mm = 0.75;
  CircularScan arc = fan;
  arc.shape = DetectorShape::arc;
  CircularScan helix = cone;
  helix.pitch_mm_per_turn = 12;
  CircularScan tilted = cone;
  tilted.detector_tilt_rad = 0.02;
  tilted.detector_in_plane_rad = -0.01;
  return {ProjectionGeometry::parallel(angles, {33, 4}, {0.7, 0.9}, 1.25),
          ProjectionGeometry::circular(angles, fan),
          ProjectionGeometry::circular(angles, cone),
          ProjectionGeometry::circular(angles, arc),
          ProjectionGeometry::circular(angles, helix),
          ProjectionGeometry::circular(angles, tilted)};
}

double worst(const ProjectionGeometry& a, const ProjectionGeometry& b) {
  double most = 0;
  for (std::size_t view = 0; view < a.views().size(); ++view) {
    for (const auto& [u, v] : {std::pair{0.0, 0.0}, std::pair{7.0, 3.0}}) {
      const Ray p = a.ray(view, u, v), q = b.ray(view, u, v);
      for (std::size_t i = 0; i < 3; ++i)
        most = std::max({most, std::abs(p.origin_mm[i] - q.origin_mm[i]), std::abs(p.direction[i] - q.direction[i])});
    }
  }
  return most;
}

TEST_F(GeometryFile, JsonKeepsEveryRayOfEveryKindOfScan) {
  for (const auto& scan : scans()) {
    const auto again = io::geometry_from_json(io::to_json(scan));
    ASSERT_EQ(again.sinogram_shape(), scan.sinogram_shape());
    EXPECT_EQ(again.beam(), scan.beam());
    EXPECT_LT(worst(scan, again), 1e-9);
  }
}

TEST_F(GeometryFile, JsonIsShortForAnOrbitAndListsViewsOtherwise) {
  EXPECT_LT(io::to_json(scans()[1]).size(), 500u);
  EXPECT_EQ(io::to_json(scans()[1]).find("views"), std::string::npos);
  EXPECT_EQ(io::to_json(scans()[4]).find("views"), std::string::npos) << "a helix is an orbit too";
  EXPECT_NE(io::to_json(scans()[5]).find("views"), std::string::npos) << "tilts are not told apart from free views";
}

TEST_F(GeometryFile, RtkXmlKeepsEveryRayOfACircularScan) {
  for (std::size_t i = 0; i < 4; ++i) {
    const auto scan = scans()[i];
    const fs::path file = folder / ("g" + std::to_string(i) + ".xml");
    io::write_geometry(file, scan, false);
    const auto again = io::read_geometry(file, scan.elements(), {scan.pitch_u_mm(), scan.pitch_v_mm()});
    EXPECT_LT(worst(scan, again), 1e-9) << i;
  }
  EXPECT_EQ(catch_error([&] { io::write_geometry(folder / "helix.xml", scans()[4], false); }).code(),
            Errc::unsupported);
  EXPECT_FALSE(fs::exists(folder / "helix.xml"));
}

// RTK: at gantry angle g the source stands at (SID sin g, 0, SID cos g), and its axis of rotation is y.
TEST_F(GeometryFile, RtkSourceAtNinetyDegreesStandsOnPlusX) {
  put(folder / "g.xml",
      "<?xml version=\"1.0\"?><!DOCTYPE RTKGEOMETRY><RTKThreeDCircularGeometry version=\"3\">"
      "<SourceToIsocenterDistance>600</SourceToIsocenterDistance><SourceToDetectorDistance>1200</"
      "SourceToDetectorDistance>"
      "<SourceOffsetX>20</SourceOffsetX><ProjectionOffsetY>15</ProjectionOffsetY>"
      "<Projection><GantryAngle>0</GantryAngle></Projection><Projection><GantryAngle>90</GantryAngle></Projection>"
      "</RTKThreeDCircularGeometry>");
  const auto scan = io::read_geometry(folder / "g.xml", {128, 128}, {4, 4});
  ASSERT_EQ(scan.views().size(), 2u);
  EXPECT_EQ(scan.beam(), Beam::cone);
  const Vec3 first{20, -600, 0}, second{600, 20, 0}, detector{0, 600, 15};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(scan.views()[0].source_mm[i], first[i], 1e-9);
    EXPECT_NEAR(scan.views()[1].source_mm[i], second[i], 1e-9);
    EXPECT_NEAR(scan.views()[0].detector_centre_mm[i], detector[i], 1e-9);
  }
}

// The matrix that RTK compares with its own: a world point must land where our geometry sees it.
TEST_F(GeometryFile, RtkMatrixProjectsAPointWhereTheGeometryDoes) {
  const auto scan = scans()[2];
  io::write_geometry(folder / "g.xml", scan, false);
  const std::string text = bytes_of_file(folder / "g.xml");
  std::size_t at = 0;
  const Vec3 point{12, -7, 3};
  const double rtk[4]{point[0], point[2], -point[1], 1};  // our (x, y, z) is (x, -z, y) of RTK
  for (std::size_t view = 0; view < scan.views().size(); ++view) {
    at = text.find("<Matrix>", at) + 8;
    std::istringstream numbers{text.substr(at, text.find("</Matrix>", at) - at)};
    double image[3]{};
    for (double& row : image)
      for (const double component : rtk) {
        double m = 0;
        ASSERT_TRUE(numbers >> m);
        row += m * component;
      }
    const Vec3 seen = scan.project(view, point);
    // RTK's detector millimetres have their origin at the projection offset, here the centre of the detector.
    EXPECT_NEAR(image[0] / image[2] / scan.pitch_u_mm() + 7.5, seen[0], 1e-6);
    EXPECT_NEAR(image[1] / image[2] / scan.pitch_v_mm() + 5.5, seen[1], 1e-6);
  }
}

/// The warnings of reading a geometry.
std::vector<std::string> read_warnings(const fs::path& file) {
  std::vector<std::string> lines;
  log::set_level(log::Level::warning);
  log::set_sink([&](log::Level, std::string_view, std::string_view text) { lines.emplace_back(text); });
  (void)io::read_geometry(file, {16, 12}, {1, 1});
  log::set_sink({});
  log::set_level(log::Level::quiet);
  return lines;
}

TEST_F(GeometryFile, RtkMatricesThatDisagreeWithTheParametersAreToldOnce) {
  io::write_geometry(folder / "g.xml", scans()[2], false);
  const std::string sound = bytes_of_file(folder / "g.xml");
  EXPECT_TRUE(read_warnings(folder / "g.xml").empty());
  // The distance to the detector was changed by hand, the matrices were not.
  const std::string tag = "<SourceToDetectorDistance>";
  const auto at = sound.find(tag) + tag.size();
  put(folder / "g.xml", sound.substr(0, at) + "9" + sound.substr(at));
  const auto told = read_warnings(folder / "g.xml");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("projection 0"), std::string::npos) << told[0];
}

// Detector and source turn out of the plane and within it, as RTK's own matrix has it (worked out by hand for a gantry of 0: the in-plane
// turn by 90 degrees brings the x of the detector to the y of the world).
TEST_F(GeometryFile, RtkMatrixOfATurnedDetectorAgrees) {
  put(folder / "g.xml",
      "<?xml version=\"1.0\"?><RTKThreeDCircularGeometry version=\"3\">"
      "<SourceToIsocenterDistance>600</SourceToIsocenterDistance>"
      "<SourceToDetectorDistance>1200</SourceToDetectorDistance>"
      "<Projection><GantryAngle>0</GantryAngle><InPlaneAngle>90</InPlaneAngle>"
      "<Matrix>0 -1200 0 0 1200 0 0 0 0 0 1 -600</Matrix></Projection></RTKThreeDCircularGeometry>");
  EXPECT_TRUE(read_warnings(folder / "g.xml").empty());
}

struct Wrong {
  const char* json;
  const char* names;
};
void PrintTo(const Wrong& w, std::ostream* out) { *out << w.names; }
class WrongGeometry : public IoTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongGeometry, IsRefusedNamingTheMember) {
  const Error error = catch_error([&] { (void)io::geometry_from_json(GetParam().json); });
  EXPECT_EQ(error.code(), Errc::invalid_input) << error.what();
  EXPECT_NE(std::string{error.what()}.find(GetParam().names), std::string::npos) << error.what();
}
INSTANTIATE_TEST_SUITE_P(
    Json, WrongGeometry,
    ::testing::Values(
        Wrong{"{", "not JSON"}, Wrong{"[1]", "not a JSON object"}, Wrong{R"({"beam": "pencil"})", "beam"},
        Wrong{R"({"beam": "parallel"})", "elements"}, Wrong{R"({"beam": "parallel", "elements": [5, 1]})", "pitch_mm"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": -1, "angles_deg": [0]})", "pitch_mm"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1})", "angles_deg"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": []})", "no views"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": {"step": 1, "count": 0}})",
              "no views"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": {"step": 1, "count": 500001}})",
              "count"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": {"step": 1, "count": 1e99}})",
              "count"},
        Wrong{R"({"beam": "parallel", "elements": [0, 1], "pitch_mm": 1, "angles_deg": [0]})", "elements"},
        Wrong{R"({"beam": "parallel", "elements": [5.5, 1], "pitch_mm": 1, "angles_deg": [0]})", "elements"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": ["0"]})", "angles_deg"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_rad": [0]})", "angles_rad"},
        Wrong{R"({"beam": "parallel", "elements": [5, 1], "pitch_mm": 1, "angles_deg": [0], "source_to_axis_mm": 3})",
              "source_to_axis_mm"},
        Wrong{R"({"beam": "fan", "elements": [5, 1], "pitch_mm": 1, "angles_deg": [0]})", "source_to_axis_mm"},
        Wrong{R"({"beam": "fan", "elements": [5, 2], "pitch_mm": 1, "angles_deg": [0]})", "elements"},
        Wrong{R"({"beam": "fan", "elements": [5, 1], "pitch_mm": 1, "angles_deg": [0], "source_to_axis_mm": 0})",
              "source_to_axis_mm"},
        Wrong{R"({"beam": "cone", "elements": [5, 5], "views": [[1, 2, 3]]})", "views[0]"},
        Wrong{R"({"beam": "cone", "elements": [5, 5], "views": []})", "views"}));

}  // namespace
}  // namespace iso::test
