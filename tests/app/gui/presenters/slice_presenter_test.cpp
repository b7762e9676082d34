#include "gui/presenters/slice_presenter.h"

#include "support/desktop_samples.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

constexpr ViewSize size{400, 300, 1};

class Slices : public ::testing::Test {
 protected:
  Slices() { id = document.add("ball", test::ball(33), "ball.nrrd"); }
  Document document;
  ItemId id{0};
  SlicePresenter axial{document, render::Orientation::axial}, coronal{document, render::Orientation::coronal};
};

TEST_F(Slices, LeaveTheNameOutWhereItWouldRunIntoTheWindowsWords) {
  EXPECT_EQ(axial.picture(size).corners[0], "ball");
  EXPECT_EQ(axial.picture({120, 120, 1}).corners[0], "");
  EXPECT_EQ(axial.picture({240, 240, 2}).corners[0], "");
  EXPECT_NE(axial.picture({120, 120, 1}).corners[1], "");
}

TEST_F(Slices, SayWhatANetworkEstimatedWhereverItWasMade) {
  EXPECT_EQ(axial.picture(size).badge, "");
  Volume estimated = get<Volume>(test::ball(33));
  estimated.meta["estimate"] = "estimated from 24 views by unet";
  document.show(document.add("estimate", freeze(std::move(estimated)), "estimate.nrrd"));
  EXPECT_EQ(axial.picture(size).badge, "estimated from 24 views by unet");
}

TEST_F(Slices, ScrollTogetherThroughTheCrosshair) {
  const std::int64_t before = axial.slice();
  axial.scroll(3);
  EXPECT_EQ(axial.slice(), before + 3);
  EXPECT_NEAR(document.look().crosshair.position_mm[2], 3, 1e-9);
  axial.scroll(1000);
  EXPECT_EQ(axial.slice(), axial.slices() - 1);
  coronal.put_crosshair(200, 150, size);
  EXPECT_NEAR(document.look().crosshair.position_mm[2], 0, 1e-6);  // a click in the coronal view moves the axial slice
  EXPECT_EQ(axial.slice(), 16);
}

TEST_F(Slices, WidenToTheRightAndRaiseUpwards) {
  const double width = document.find(id)->display.width, centre = document.find(id)->display.centre;
  axial.drag_window(50, 0);
  EXPECT_GT(document.find(id)->display.width, width);
  axial.drag_window(0, -50);
  EXPECT_GT(document.find(id)->display.centre, centre);
}

TEST_F(Slices, KnowTheWindowsOfTheNumberKeys) {
  axial.preset('2');
  EXPECT_EQ(document.find(id)->display.width, 1500);
  EXPECT_EQ(document.find(id)->display.centre, -600);
  EXPECT_EQ(document.undo_stack().undo_name(), "Window Lung");
  axial.preset('0');
  EXPECT_NEAR(document.find(id)->display.centre, 50, 1e-9);
}

TEST_F(Slices, ReadOutPlaceIndexAndValue) {
  const auto pixel = axial.to_pixel({2, -3, document.look().crosshair.position_mm[2]}, size);
  const Readout words = axial.readout(pixel[0], pixel[1], size);
  EXPECT_EQ(words.place, "L 2.0, A 3.0, S 0.0 mm");
  EXPECT_EQ(words.index, "(18, 13, 16)");
  EXPECT_EQ(words.value, "100 HU");
  EXPECT_EQ(axial.readout(0, 0, size).value, "outside");
}

TEST_F(Slices, ShowAFigureOnItsOwnSliceOnly) {
  Measurement line;
  line.item = id;
  line.plane = axial.picture(size).plane;
  line.points_mm = {{-5, 0, 0}, {5, 0, 0}};
  document.add_measurement(line);
  EXPECT_EQ(axial.picture(size).figures.size(), 1U);
  EXPECT_TRUE(coronal.picture(size).figures.empty());
  const auto at = axial.to_pixel({5, 0, 0}, size);
  ASSERT_TRUE(axial.hit(at[0] + 3, at[1], size));
  EXPECT_EQ(axial.hit(at[0] + 3, at[1], size)->point, 1);
  axial.scroll(1);
  EXPECT_TRUE(axial.picture(size).figures.empty());
  EXPECT_FALSE(axial.hit(at[0], at[1], size));
}

TEST_F(Slices, StayWhereTheyWereWhenOnlyTheCrosshairMovesInThePlane) {
  const auto before = axial.picture(size).plane;
  axial.put_crosshair(120, 80, size);
  EXPECT_EQ(axial.picture(size).plane, before);
  axial.pan(10, 0, size);
  EXPECT_LT(axial.picture(size).plane.centre_mm[0], before.centre_mm[0]);
  axial.fit();
  EXPECT_EQ(axial.picture(size).plane, before);
}

TEST_F(Slices, AreMirroredWithTheirLettersAndTheirReadOut) {
  document.set_look([&] {
    Look look = document.look();
    look.crosshair.position_mm = {5, -4, 0};
    return look;
  }());
  const auto before = axial.to_pixel({5, -4, 0}, size);
  axial.mirror(true);
  const auto after = axial.to_pixel({5, -4, 0}, size);
  EXPECT_NEAR(after[0], size.width_px - before[0], 1e-9);
  EXPECT_NEAR(after[1], before[1], 1e-9);
  EXPECT_EQ(axial.readout(after[0], after[1], size).place, "L 5.0, A 4.0, S 0.0 mm");
  const auto letters = [&] { return edge_letters(*document.find(id)->raster, axial.picture(size).plane); };
  EXPECT_EQ(letters().left, "L");
  EXPECT_EQ(letters().top, "A");
  axial.mirror(false);
  EXPECT_EQ(letters().top, "P");
  const std::int64_t slice = axial.slice();
  axial.scroll(2);
  EXPECT_EQ(axial.slice(), slice + 2) << "slices are counted as before";
  EXPECT_GT(document.look().crosshair.position_mm[2], 1);
  EXPECT_EQ(edge_letters(*document.find(id)->raster, coronal.picture(size).plane).left, "R") << "the others stay";
  axial.fit();
  EXPECT_EQ(letters().left, "R");
  EXPECT_EQ(letters().top, "A");
}

TEST_F(Slices, OfAnEmptyDocumentAreEmpty) {
  Document nothing;
  SlicePresenter view{nothing, render::Orientation::axial};
  EXPECT_TRUE(view.picture(size).layers.empty());
  EXPECT_EQ(view.slices(), 0);
  view.scroll(1);
  view.drag_window(1, 1);
  EXPECT_EQ(view.readout(1, 1, size).value, "");
}

}  // namespace
}  // namespace iso::gui
