#include "render/scene/plane.h"

#include <gtest/gtest.h>

namespace iso::render {
namespace {

Raster head() {
  Raster raster;
  raster.frame = VoxelGrid::centred({20, 30, 10}, {1, 1, 2.5});
  return raster;
}

TEST(StandardPlane, ShowsThePatientRadiologically) {
  const Raster raster = head();
  const EdgeLetters axial = edge_letters(raster, standard_plane(raster, Orientation::axial, {}));
  EXPECT_EQ(axial.left + axial.right + axial.top + axial.bottom, "RLAP");
  const EdgeLetters coronal = edge_letters(raster, standard_plane(raster, Orientation::coronal, {}));
  EXPECT_EQ(coronal.left + coronal.right + coronal.top + coronal.bottom, "RLSI");
  const EdgeLetters sagittal = edge_letters(raster, standard_plane(raster, Orientation::sagittal, {}));
  EXPECT_EQ(sagittal.left + sagittal.right + sagittal.top + sagittal.bottom, "APSI");
}

TEST(EdgeLetters, CombineByDominanceOnAnObliquePlane) {
  const Raster raster = head();
  Plane plane = standard_plane(raster, Orientation::axial, {});
  plane.right = {0.8, 0.6, 0};
  EXPECT_EQ(edge_letters(raster, plane).right, "LP");
  EXPECT_EQ(edge_letters(raster, plane).left, "RA");
}

TEST(StandardPlane, OfASinogramHasItsOwnAxes) {
  Raster raster;
  raster.anatomical = false;
  raster.axes = {"u", "v", "view", "frame"};
  raster.frame.size = {64, 1, 90};
  const Plane plane = standard_plane(raster, Orientation::axial, {});
  const EdgeLetters letters = edge_letters(raster, plane);
  EXPECT_EQ(letters.right, "u");
  EXPECT_EQ(letters.bottom, "view");
  EXPECT_EQ(letters.left + letters.top, "");
}

TEST(EdgeLetters, AreNotThePatientsWhereTheFileDoesNotSayHowTheGridLies) {
  Volume data;
  data.grid = VoxelGrid::centred({8, 8, 8}, {1, 1, 1});
  data.pixels = PixelBuffer::allocate({data.grid.shape(), ScalarType::u8});
  EXPECT_TRUE(make_raster(freeze(Dataset{data})).oriented);
  data.meta["orientation"] = "unknown";
  const Raster raster = make_raster(freeze(Dataset{data}));
  EXPECT_TRUE(raster.anatomical) << "it has lengths and can be painted on";
  const EdgeLetters axial = edge_letters(raster, standard_plane(raster, Orientation::axial, {}));
  EXPECT_EQ(axial.right + axial.bottom, "xy");
  EXPECT_EQ(axial.left + axial.top, "");
  EXPECT_EQ(edge_letters(raster, standard_plane(raster, Orientation::coronal, {})).top, "z");
}

TEST(Slices, AreCountedTowardsTheHeadAndKeptInside) {
  const Raster raster = head();
  const Plane plane = standard_plane(raster, Orientation::axial, {0, 0, 0});
  EXPECT_EQ(slice_count(raster, plane), 10);
  const Plane first = at_slice(raster, plane, 0), last = at_slice(raster, plane, 99);
  EXPECT_NEAR(first.centre_mm[2], -11.25, 1e-9);
  EXPECT_NEAR(last.centre_mm[2], 11.25, 1e-9);
  EXPECT_EQ(slice_at(raster, at_slice(raster, plane, 7)), 7);
  EXPECT_EQ(slice_count(raster, standard_plane(raster, Orientation::sagittal, {})), 20);
}

}  // namespace
}  // namespace iso::render
