#include "iso/evaluation/phantoms.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace iso::evaluation {
namespace {

// Midpoint rule along the ray, from t = -span to span.
double integral_by_steps(const Phantom& phantom, const Ray& ray, double span, int steps) {
  double sum = 0;
  const double dt = 2 * span / steps;
  for (int i = 0; i < steps; ++i) {
    const double t = -span + (i + .5) * dt;
    sum += phantom.value_at({ray.origin_mm[0] + t * ray.direction[0], ray.origin_mm[1] + t * ray.direction[1],
                             ray.origin_mm[2] + t * ray.direction[2]});
  }
  return sum * dt;
}

Ray ray_through(const Vec3& point, double azimuth, double elevation) {
  return {point,
          {std::cos(elevation) * std::cos(azimuth), std::cos(elevation) * std::sin(azimuth), std::sin(elevation)}};
}

TEST(Phantom, LineIntegralsAgreeWithTheMidpointRule) {
  for (const auto name : phantom_names()) {
    const Phantom table = phantom(name, 100);
    for (int i = 0; i < 40; ++i) {
      const Ray ray = ray_through({30 * std::sin(2.0 * i), 40 * std::cos(1.3 * i), 25 * std::sin(.7 * i)}, .37 * i,
                                  .4 * std::sin(1.1 * i));
      // Each solid's two ends are off by half a step at most.
      EXPECT_NEAR(table.line_integral(ray), integral_by_steps(table, ray, 260, 26000), 0.05) << name << ' ' << i;
    }
  }
}

TEST(Phantom, SphereChordIsElementary) {
  Solid sphere;
  sphere.half_mm = {10, 10, 10};
  EXPECT_NEAR(sphere.chord_mm({{-50, 6, 0}, {1, 0, 0}}), 16, 1e-12);
  EXPECT_EQ(sphere.chord_mm({{-50, 10.5, 0}, {1, 0, 0}}), 0);
  sphere.cuts = {{{1, 0, 0}, 0}};
  EXPECT_NEAR(sphere.chord_mm({{-50, 6, 0}, {1, 0, 0}}), 8, 1e-12);
}

TEST(Phantom, BoxTurnedByItsAxesKeepsItsDiagonal) {
  Solid box;
  box.form = Form::box;
  box.half_mm = {5, 5, 5};
  const double c = std::sqrt(.5);
  box.axes = {c, -c, 0, c, c, 0, 0, 0, 1};
  EXPECT_NEAR(box.chord_mm({{-50, 0, 0}, {1, 0, 0}}), 10 * std::numbers::sqrt2, 1e-12);
  EXPECT_TRUE(box.contains({7, 0, 0}));
  EXPECT_FALSE(box.contains({4, 4, 0}));
}

TEST(SheppLogan, HasThePublishedGreys) {
  const auto modified = shepp_logan_2d(100), original = shepp_logan_3d(100, Contrast::original);
  EXPECT_NEAR(modified.value_at({0, 91, 0}), 1, 1e-12);     // skull
  EXPECT_NEAR(modified.value_at({0, -30, 0}), 0.2, 1e-12);  // brain
  EXPECT_NEAR(modified.value_at({22, 0, 0}), 0, 1e-12);     // ventricle
  EXPECT_NEAR(modified.value_at({0, 50, 0}), 0.3, 1e-12);
  EXPECT_NEAR(original.value_at({0, 91, 0}), 2, 1e-12);
  EXPECT_NEAR(original.value_at({0, 0, 50}), 1.02, 1e-12);
  EXPECT_EQ(modified.value_at({95, 0, 0}), 0);
}

TEST(Phantom, SampledMassIsTheAnalyticMass) {
  const Phantom disc{"disc", {discs(40).solids[0]}};
  const Volume volume = sample(disc, VoxelGrid::centred({64, 64, 1}, {1.5, 1.5, 1}), 8);
  double mass = 0;
  for (const float v : volume.pixels.values<float>()) mass += v;
  EXPECT_NEAR(mass * 1.5 * 1.5 / (std::numbers::pi * 1600), 1, 5e-4);
  EXPECT_EQ(volume.quantity, Quantity::attenuation_per_mm);
}

TEST(Phantom, ProjectionOfADiscHasItsArea) {
  const Phantom disc{"disc", {discs(40).solids[0]}};
  const auto geometry = ProjectionGeometry::parallel(equal_angles(5, std::numbers::pi), {128, 1}, {0.8, 1});
  const Sinogram scan = project(disc, geometry, 4, 0.02, ScalarType::f64);
  const auto readings = scan.readings.values<double>();
  for (std::size_t view = 0; view < 5; ++view) {
    double area = 0;
    for (std::size_t u = 0; u < 128; ++u) area += readings[view * 128 + u] * 0.8;
    EXPECT_NEAR(area / (0.02 * std::numbers::pi * 1600), 1, 1e-3);
  }
}

TEST(Phantom, AveragingOverTheElementBlursTheEdge) {
  const Phantom disc{"disc", {discs(40).solids[0]}};
  const auto geometry = ProjectionGeometry::parallel(equal_angles(1, 1), {2, 1}, {80, 1});
  // Elements centred at -40 and 40 touch the disc: the central ray grazes it, the element sees half of it.
  EXPECT_NEAR(project(disc, geometry, 1).readings.values<float>()[0], 0, 1e-3);
  EXPECT_NEAR(project(disc, geometry, 16).readings.values<float>()[0], std::numbers::pi * 40 * 40 / 2 / 80, 0.5);
}

TEST(Phantom, EndlessSolidsRefuseRaysAlongThem) {
  const Vec3 up{0, 0, 1};
  const ProjectionGeometry along{Beam::parallel, DetectorShape::flat, {3, 3}, {{up, {0, 0, 50}, {1, 0, 0}, {0, 1, 0}}}};
  EXPECT_THROW((void)project(discs(40), along), Error);
  EXPECT_NO_THROW((void)project(shepp_logan_3d(40), along));
}

TEST(PhantomTable, SurvivesJson) {
  for (const auto name : phantom_names()) {
    const Phantom table = phantom(name, 100), back = phantom_from_json(to_json(table));
    ASSERT_EQ(back.solids.size(), table.solids.size());
    EXPECT_EQ(back.name, table.name);
    const Ray ray = ray_through({3, 17, 2}, 1.2, .3);
    EXPECT_EQ(back.line_integral(ray), table.line_integral(ray));
  }
}

TEST(PhantomTable, SaysWhichSolidIsAtFault) {
  for (const char* text :
       {"", "[]", "{\"solids\":3}", "{\"solids\":[{\"form\":\"cone\"}]}", "{\"solids\":[{\"form\":7}]}",
        R"({"solids":[{"form":"box","centre_mm":[0,0],"half_mm":[1,1,1],"value":1}]})",
        R"({"solids":[{"form":"box","centre_mm":[0,0,0],"half_mm":[1,-1,1],"value":1}]})",
        R"({"solids":[{"form":"box","centre_mm":[0,0,0],"half_mm":[1,1,1],"value":"x"}]})",
        R"({"solids":[{"form":"box","centre_mm":[0,0,0],"half_mm":[1,1,1],"value":1,"axes":[2,0,0,0,1,0,0,0,1]}]})"}) {
    try {
      (void)phantom_from_json(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input) << text;
    }
  }
}

TEST(PhantomTable, UnknownNameListsTheKnownOnes) {
  try {
    (void)phantom("thorax", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_NE(error.hint().find("shepp-logan-3d"), std::string::npos);
  }
}

}  // namespace
}  // namespace iso::evaluation
