#include "gui/model/slice_turn.h"

#include "gui/model/session.h"
#include "gui/presenters/slice_presenter.h"
#include "support/desktop_samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace iso::gui {
namespace {

using render::Orientation;
constexpr ViewSize size{400, 300, 1};
constexpr double degree = std::numbers::pi / 180;

/// The value of a voxel is its place along L, so that a read-out can be checked against the place.
class TurnedPlanes : public ::testing::Test {
 protected:
  TurnedPlanes() {
    id = document.add("ramp", test::volume({65, 65, 65}, {1, 1, 1}, [](const Vec3& p) { return p[0]; }), "ramp.nrrd");
    Look look = document.look();
    look.crosshair.position_mm = {4, -3, 2};
    document.set_look(look);
  }
  /// Turns the crosshair of the axial view by an angle, counterclockwise on the screen.
  void turn_axial(double degrees) {
    const auto [x, y] = axial.to_pixel(document.look().crosshair.position_mm, size);
    const double a = degrees * degree;
    axial.turn_planes(x + 100, y, x + 100 * std::cos(a), y - 100 * std::sin(a), size);
  }
  render::Plane plane(const SlicePresenter& view) const { return view.picture(size).plane; }
  Document document;
  ItemId id{0};
  SlicePresenter axial{document, Orientation::axial}, coronal{document, Orientation::coronal},
      sagittal{document, Orientation::sagittal};
};

TEST_F(TurnedPlanes, LeaveTheViewThatIsTurnedInAsItIsAndMakeTheOthersOblique) {
  const render::Plane before = plane(axial);
  const double side = plane(sagittal).normal()[0];
  turn_axial(30);
  EXPECT_EQ(plane(axial), before);
  // On the axial screen right is L and up is A: counterclockwise turns L towards A, that is towards -P.
  EXPECT_NEAR(plane(coronal).right[0], std::cos(30 * degree), 1e-9);
  EXPECT_NEAR(plane(coronal).right[1], -std::sin(30 * degree), 1e-9);
  EXPECT_NEAR(plane(coronal).up[2], 1, 1e-9);
  EXPECT_NEAR(plane(sagittal).normal()[0], side * std::cos(30 * degree), 1e-9);
  EXPECT_NEAR(dot(plane(sagittal).normal(), plane(coronal).normal()), 0, 1e-9);
}

TEST_F(TurnedPlanes, CombineTheLettersByDominance) {
  turn_axial(30);
  const auto letters = edge_letters(*document.find(id)->raster, plane(coronal));
  EXPECT_EQ(letters.right, "LA");
  EXPECT_EQ(letters.left, "RP");
  turn_axial(30);
  EXPECT_EQ(edge_letters(*document.find(id)->raster, plane(coronal)).right, "AL");
  EXPECT_EQ(edge_letters(*document.find(id)->raster, plane(coronal)).top, "S");
}

TEST_F(TurnedPlanes, PassThroughTheCrosshairAndReadOutTheRightPlace) {
  turn_axial(35);
  const auto [x, y] = coronal.to_pixel({4, -3, 2}, size);
  coronal.turn_planes(x, y - 80, x + 30, y - 70, size);  // now all three are oblique but the coronal one is as it was
  for (SlicePresenter* view : {&axial, &coronal, &sagittal}) {
    const render::Plane here = plane(*view);
    const Vec3 cross = document.look().crosshair.position_mm;
    EXPECT_NEAR(dot(cross, here.normal()), dot(here.centre_mm, here.normal()), 1e-9);
    const auto at = view->to_pixel(cross, size);
    EXPECT_EQ(view->readout(at[0], at[1], size).place, "L 4.0, A 3.0, S 2.0 mm");
    // Ten millimetres along the screen are ten millimetres in the patient, and the value is that of the place.
    const double mm = view->picture(size).mm_per_pixel;
    const Vec3 along = view->to_world(at[0] + 10 / mm, at[1], size);
    EXPECT_NEAR(std::hypot(along[0] - cross[0], along[1] - cross[1], along[2] - cross[2]), 10, 1e-9);
    const Readout words = view->readout(at[0] + 10 / mm, at[1], size);
    EXPECT_NEAR(std::stod(words.value), along[0], 0.51);
  }
}

TEST_F(TurnedPlanes, ScrollAlongTheirOwnNormal) {
  turn_axial(30);
  const Vec3 before = document.look().crosshair.position_mm, n = plane(coronal).normal();
  coronal.scroll(3);
  const Vec3 after = document.look().crosshair.position_mm;
  const Vec3 moved{after[0] - before[0], after[1] - before[1], after[2] - before[2]};
  EXPECT_NEAR(std::abs(dot(moved, n)), std::hypot(moved[0], moved[1], moved[2]), 1e-9);
  EXPECT_GT(std::abs(dot(moved, n)), 2);
  EXPECT_NEAR(moved[2], 0, 1e-9);
}

TEST_F(TurnedPlanes, AreDrawnInEachOtherAlongTheCrosshair) {
  turn_axial(30);
  const auto axes = axial.picture(size).cross_axes;
  ASSERT_EQ(axes.size(), 2U);
  for (const render::CrossAxis& axis : axes) {
    const bool sagittal_line = axis.colour == to_colour(Orientation::sagittal);
    const render::Plane cut = sagittal_line ? plane(sagittal) : plane(coronal);
    EXPECT_NEAR(dot(axis.direction, cut.normal()), 0, 1e-9);
    EXPECT_NEAR(dot(axis.direction, plane(axial).normal()), 0, 1e-9);
  }
}

TEST_F(TurnedPlanes, AreStraightenedByOneStepAndAreTheSameAfterManySmallTurns) {
  const render::Plane before = plane(coronal);
  for (int i = 0; i < 3600; ++i) turn_axial(0.1);  // once around
  EXPECT_NEAR(dot(plane(coronal).normal(), before.normal()), 1, 1e-6);
  turn_axial(20);
  EXPECT_NE(coronal.picture(size).corners[2].find("turned 20"), std::string::npos);
  coronal.straighten();
  EXPECT_EQ(document.look().planes.turn, identity3);
  EXPECT_EQ(plane(coronal), before);
  EXPECT_EQ(coronal.picture(size).corners[2].find("turned"), std::string::npos);
}

TEST_F(TurnedPlanes, StayWhereTheyAreWhenPannedBefore) {
  coronal.pan(40, 25, size);
  turn_axial(50);
  const render::Plane here = plane(coronal);
  EXPECT_NEAR(dot(document.look().crosshair.position_mm, here.normal()), dot(here.centre_mm, here.normal()), 1e-9);
}

TEST_F(TurnedPlanes, AreKeptInASessionUnlessItIsNoTurn) {
  turn_axial(30);
  const Mat3 kept = near_rotation(document.look().planes.turn);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(kept[i], document.look().planes.turn[i], 1e-12);
  Mat3 broken = document.look().planes.turn;
  broken[0] = 5;
  EXPECT_EQ(near_rotation(broken), identity3);
  EXPECT_EQ(near_rotation({1, 0, 0, 0, 1, 0, 0, 0, -1}), identity3) << "a mirror is no turn";
  const std::string text = to_json(document, [](const Item&) { return std::string{}; });
  const StoredSession session = session_from_json(text);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(session.look.planes.turn[i], document.look().planes.turn[i], 1e-12);
}

TEST(TurnedPlane, OfRawDataDoesNotTurn) {
  Document document;
  KSpace data;
  data.samples = PixelBuffer::allocate({Shape{8, 8, 8}, ScalarType::c64});
  document.add("k-space", freeze(std::move(data)), "k.h5");
  SlicePresenter view{document, Orientation::axial};
  view.turn_planes(300, 150, 200, 50, size);
  EXPECT_EQ(document.look().planes.turn, identity3);
  EXPECT_TRUE(view.picture(size).cross_axes.empty());
}

TEST(Overlay, FadesComesAndGoesAndIsDrawnAsideWithoutLosingItsPlace) {
  Document document;
  document.add("image", test::ball(33), "a.nrrd");
  const ItemId over = document.add("overlay", test::ball(33, 5), "b.nrrd");
  SlicePresenter view{document, Orientation::axial};
  EXPECT_FALSE(view.on_curtain(400, size)) << "there is no overlay yet";
  Look look = document.look();
  look.overlay.item = over;
  document.set_look(look);
  ASSERT_EQ(view.picture(size).layers.size(), 2U);
  EXPECT_TRUE(view.on_curtain(398, size));
  view.draw_curtain(100, size);
  EXPECT_NEAR(view.picture(size).reveal, 0.25, 1e-12);
  EXPECT_TRUE(view.on_curtain(103, size));
  EXPECT_FALSE(view.on_curtain(110, size));
  view.show_overlay(false);
  EXPECT_EQ(view.picture(size).layers.size(), 1U);
  EXPECT_FALSE(view.on_curtain(100, size));
  view.show_overlay(true);
  EXPECT_NEAR(view.picture(size).reveal, 0.25, 1e-12) << "the curtain is where it was";
  for (int i = 0; i < 20; ++i) view.fade_overlay(0.1);
  EXPECT_EQ(view.picture(size).layers[1].display.opacity, 1);
  for (int i = 0; i < 20; ++i) view.fade_overlay(-0.1);
  EXPECT_EQ(view.picture(size).layers[1].display.opacity, 0);
  view.draw_curtain(-50, size);
  EXPECT_EQ(document.look().overlay.curtain, 0);
}

}  // namespace
}  // namespace iso::gui
