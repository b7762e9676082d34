#include "render/scene/slice_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iostream>
#include <numbers>

namespace iso::render {
namespace {

/// A plane turned by some angles, so that it runs across the voxels.
Plane turned_plane(const Vec3& through, double about_z, double about_x) {
  const double c = std::cos(about_z), s = std::sin(about_z), d = std::cos(about_x), t = std::sin(about_x);
  return {through, {c, s, 0}, {s * d, -c * d, t}};
}

/// Value = 100 x + 10 y + z at index (x, y, z), which linear interpolation keeps exactly.
std::shared_ptr<const Raster> ramp(std::array<std::int64_t, 3> size, const Vec3& spacing) {
  Volume volume;
  volume.grid = VoxelGrid::centred(size, spacing);
  PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::i16});
  auto values = buffer.values<std::int16_t>();
  std::size_t at = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) values[at++] = static_cast<std::int16_t>(100 * x + 10 * y + z);
  volume.pixels = std::move(buffer);
  return std::make_shared<const Raster>(make_raster(freeze(std::move(volume))));
}

Vec3 find_place(const CutPlace& place, int x, int y) {
  Vec3 world = place.plane.centre_mm;
  for (std::size_t i = 0; i < 3; ++i)
    world[i] += (x - (place.width - 1) / 2.0) * place.mm_per_pixel * place.plane.right[i] -
                (y - (place.height - 1) / 2.0) * place.mm_per_pixel * place.plane.up[i];
  return world;
}

TEST(SliceCut, OfARampIsExactOnEveryPlaneAndEndsWithTheVoxels) {
  const auto raster = ramp({20, 16, 12}, {1, 1.5, 2});
  const Layer layer{raster, {}, 0, {}};
  std::vector<Plane> planes;
  for (const auto orientation : {Orientation::axial, Orientation::coronal, Orientation::sagittal})
    planes.push_back(standard_plane(*raster, orientation, {0.3, -1.7, 2.2}));
  planes.push_back(turned_plane({0.4, 0.2, -0.7}, 0.5, 0));
  planes.push_back(turned_plane({0.4, 0.2, -0.7}, -0.9, 0.6));
  for (std::size_t which = 0; which < planes.size(); ++which) {
    const CutPlace place{planes[which], 0.37, 97, 80};
    SliceCut cut;
    ASSERT_TRUE(cut.make(layer, place));
    int seen = 0;
    for (int y = 0; y < place.height; ++y)
      for (int x = 0; x < place.width; ++x) {
        const Vec3 index = raster->frame.to_index(find_place(place, x, y));
        bool between = true, beyond = false;
        for (std::size_t i = 0; i < 3; ++i) {
          const auto last = static_cast<double>(raster->frame.size[i] - 1);
          between = between && index[i] >= 0 && index[i] <= last;
          beyond = beyond || index[i] < -0.51 || index[i] > last + 0.51;
        }
        const float value = cut.values()[static_cast<std::size_t>(y * place.width + x)];
        if (between) {
          ++seen;
          ASSERT_NEAR(value, 100 * index[0] + 10 * index[1] + index[2], 0.02) << which << ": " << x << ", " << y;
        }
        if (beyond) {
          ASSERT_TRUE(std::isnan(value)) << which << ": " << x << ", " << y;
        }
      }
    EXPECT_GT(seen, 500) << which;
  }
}

TEST(SliceCut, TakesTheNearestVoxelWhereNothingIsSmoothed) {
  const auto raster = ramp({20, 16, 12}, {1, 1, 1});
  Layer layer{raster, {}, 0, {}};
  layer.display.interpolate = false;
  for (const Plane& plane : {standard_plane(*raster, Orientation::sagittal, {0.7, 0, 0}), turned_plane({}, 0.5, 0.3)}) {
    const CutPlace place{plane, 0.37, 60, 50};
    SliceCut cut;
    cut.make(layer, place);
    for (int y = 0; y < place.height; ++y)
      for (int x = 0; x < place.width; ++x) {
        const float value = cut.values()[static_cast<std::size_t>(y * place.width + x)];
        if (std::isnan(value)) continue;
        const Vec3 index = raster->frame.to_index(find_place(place, x, y));
        bool edge = false;  // between two voxels either may be taken
        for (const double i : index) edge = edge || std::abs(i - std::floor(i) - 0.5) < 1e-3;
        if (edge) continue;
        ASSERT_EQ(value, 100 * std::round(index[0]) + 10 * std::round(index[1]) + std::round(index[2]));
      }
  }
}

TEST(SliceCut, IsMadeAnewOnlyWhenSomethingItShowsHasChanged) {
  const auto raster = ramp({20, 16, 12}, {1, 1, 1});
  Layer layer{raster, {}, 0, {}};
  CutPlace place{standard_plane(*raster, Orientation::axial, {}), 0.5, 60, 50};
  SliceCut cut;
  EXPECT_TRUE(cut.make(layer, place));
  layer.display.width = 3;  // colours are not the cut's
  EXPECT_FALSE(cut.make(layer, place));
  place.plane.centre_mm[2] = 1;
  EXPECT_TRUE(cut.make(layer, place));
  place.slab = Slab::mean;
  place.slab_mm = 4;
  EXPECT_TRUE(cut.make(layer, place));
  EXPECT_FALSE(cut.make(layer, place));
  layer.frame = 1;
  EXPECT_THROW(cut.make(layer, place), Error);
}

TEST(SliceCut, OfASlabIsTheLargestSmallestOrMeanOfItsSlices) {
  const auto raster = ramp({20, 16, 12}, {1, 1, 1});  // slices differ by 1; the middle lies between 5 and 6
  const Layer layer{raster, {}, 0, {}};
  const auto middle = [&](Plane plane, Slab slab) {
    SliceCut cut;
    cut.make(layer, {plane, 1, 9, 9, slab, 5});
    const float value = cut.values()[4 * 9 + 4];
    const Vec3 index = raster->frame.to_index(plane.centre_mm);
    return value - 100 * index[0] - 10 * index[1];
  };
  const Plane along{{0, 0, 0}, {1, 0, 0}, {0, -1, 0}};
  const double s = std::numbers::sqrt2 / 2;
  const Plane across{{0, 0, 0}, {s, s, 0}, {s, -s, 0}};  // the same slab, seen turned by 45 degrees
  EXPECT_NEAR(middle(along, Slab::maximum), 8, 1e-3);    // slices 3 to 8
  EXPECT_NEAR(middle(along, Slab::minimum), 3, 1e-3);
  EXPECT_NEAR(middle(along, Slab::mean), 5.5, 1e-3);
  EXPECT_NEAR(middle(across, Slab::maximum), 8, 1e-3);  // the slab reaches from 3.0 to 8.0
  EXPECT_NEAR(middle(across, Slab::minimum), 3, 1e-3);
  EXPECT_NEAR(middle(across, Slab::mean), 5.5, 1e-3);
}

TEST(SliceCut, ShowsAStrokeInTheMakingOverItsMap) {
  LabelMap map;
  map.grid = VoxelGrid::centred({20, 16, 12}, {1, 1, 1});
  map.labels = PixelBuffer::allocate({map.grid.shape(), ScalarType::u8});
  const auto raster = std::make_shared<const Raster>(make_raster(freeze(std::move(map))));
  auto patch = std::make_shared<LabelPatch>();
  patch->first = {9, 7, 5};
  patch->size = {3, 2, 2};
  patch->values.assign(12, 7);
  Layer layer{raster, {}, 0, patch};
  for (const Plane& plane : {Plane{{0, 0, 0.4}, {1, 0, 0}, {0, -1, 0}}, Plane{{0, 0.4, 0}, {1, 0, 0}, {0, 0, 1}},
                             turned_plane({}, 0.5, 0.2)}) {
    const CutPlace place{plane, 0.21, 80, 70};
    SliceCut cut;
    cut.make(layer, place);
    int inside = 0;
    for (int y = 0; y < place.height; ++y)
      for (int x = 0; x < place.width; ++x) {
        const Vec3 index = raster->frame.to_index(find_place(place, x, y));
        bool in = true, edge = false;
        for (std::size_t i = 0; i < 3; ++i) {
          const double at = std::floor(index[i] + 0.5);
          in = in && at >= static_cast<double>(patch->first[i]) &&
               at < static_cast<double>(patch->first[i] + patch->size[i]);
          edge = edge || std::abs(index[i] - std::floor(index[i]) - 0.5) < 1e-3;
        }
        const float value = cut.values()[static_cast<std::size_t>(y * place.width + x)];
        if (edge || std::isnan(value)) continue;
        ASSERT_EQ(value, in ? 7 : 0) << x << ", " << y;
        inside += in;
      }
    EXPECT_GT(inside, 50);
    EXPECT_FALSE(cut.make(layer, place));
    ++patch->revision;
    EXPECT_TRUE(cut.make(layer, place));
  }
}

TEST(SliceImage, ColoursAsTheFormulaOfTheWindowSays) {
  const auto raster = ramp({40, 1, 1}, {1, 1, 1});
  for (const VoiFunction function : {VoiFunction::linear, VoiFunction::linear_exact, VoiFunction::sigmoid})
    for (const bool inverted : {false, true}) {
      SlicePicture picture;
      picture.plane = standard_plane(*raster, Orientation::axial, {});
      Display display{1500, 1800, function};
      display.inverted = inverted;
      display.interpolate = false;
      picture.layers = {{raster, display, 0, {}}};
      SliceImage image;
      const auto& pixels = image.make(picture, 40, 1);
      for (std::size_t x = 0; x < 40; ++x) {
        const double y = voi(display, 100.0 * static_cast<double>(x));
        EXPECT_NEAR(pixels[x] & 255U, std::lround(255 * (inverted ? 1 - y : y)), 1) << x;
        EXPECT_EQ(pixels[x] >> 24U, 255U);
      }
    }
}

TEST(SliceImage, KeepsItsPixelsWhenOnlyTheCrosshairMoves) {
  const auto raster = ramp({20, 16, 12}, {1, 1, 1});
  SlicePicture picture;
  picture.plane = standard_plane(*raster, Orientation::axial, {});
  picture.layers = {{raster, Display{500, 500}, 0, {}}};
  SliceImage image;
  image.make(picture, 60, 50);
  picture.crosshair_mm = Vec3{1, 2, 3};
  picture.corners[0] = "words";
  image.make(picture, 60, 50);
  EXPECT_EQ(image.made(), 1U);
  picture.layers[0].display.width = 100;
  image.make(picture, 60, 50);
  EXPECT_EQ(image.made(), 2U);
  picture.layers.push_back(picture.layers[0]);
  picture.reveal = 0;  // a second layer that is not seen
  image.make(picture, 60, 50);
  picture.layers.pop_back();
  image.make(picture, 60, 50);
  EXPECT_LE(image.made(), 4U);
}

TEST(SliceImage, IsQuickAt512Cubed) {
  Volume volume;
  volume.grid = VoxelGrid::centred({512, 512, 512}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::i16});
  auto values = buffer.values<std::int16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>((i * 2654435761U >> 20) & 1023);
  volume.pixels = std::move(buffer);
  const auto raster = std::make_shared<const Raster>(make_raster(freeze(std::move(volume))));
  const auto median_ms = [&](const Plane& start) {
    SliceImage image;
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
      SlicePicture picture;
      picture.plane = start;
      for (std::size_t k = 0; k < 3; ++k) picture.plane.centre_mm[k] += (i - 10) * start.normal()[k];
      picture.mm_per_pixel = 0.76;
      picture.layers = {{raster, Display{900, 500}, 0, {}}};
      const std::clock_t begin = std::clock();
      image.make(picture, 900, 700);
      times.push_back(1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    std::ranges::nth_element(times, times.begin() + 10);
    return times[10];
  };
  const Vec3 middle{0.5, 0.5, 0.5};
  const double axial = median_ms(standard_plane(*raster, Orientation::axial, middle));
  const double coronal = median_ms(standard_plane(*raster, Orientation::coronal, middle));
  const double sagittal = median_ms(standard_plane(*raster, Orientation::sagittal, middle));
  const double oblique = median_ms(turned_plane(middle, 0.5, 0.4));
  std::cout << "pixels of a slice of 512^3 at 900 x 700, processor time: axial " << axial << ", coronal " << coronal
            << ", sagittal " << sagittal << ", oblique " << oblique << " ms\n";
  for (const double ms : {axial, coronal, sagittal}) EXPECT_LT(ms, 30);
  EXPECT_LT(oblique, 100);
}

TEST(SliceImage, DrawsThreeFramesAsColoursAndLeavesMissingPixelsClear) {
  auto raster = std::make_shared<Raster>();
  raster->frame.size = {4, 1, 1};
  raster->colour = true;
  raster->frames = 3;
  PixelBuffer parts = PixelBuffer::allocate({Shape{4, 1, 1, 3}, ScalarType::f32});
  const auto values = parts.values<float>();
  for (std::size_t part = 0; part < 3; ++part) values[4 * part + part] = 255;  // red, green, blue, and nothing
  values[3] = std::nanf("");
  raster->pixels = std::move(parts);
  SlicePicture picture;
  picture.plane = {{1.5, 0, 0}, {1, 0, 0}, {0, -1, 0}};
  picture.background = {0.2, 0.2, 0.2};
  Display display;
  display.interpolate = false;
  picture.layers = {{raster, display, 0, {}}};
  SliceImage image;
  EXPECT_EQ(image.make(picture, 4, 1),
            (std::vector<std::uint32_t>{0xffff0000U, 0xff00ff00U, 0xff0000ffU, 0xff333333U}));
  (void)image.make(picture, 4, 1);
  EXPECT_EQ(image.made(), 1U) << "nothing has changed";
  picture.layers[0].display.opacity = 0.5;
  const auto& half = image.make(picture, 4, 1);
  constexpr int between = (255 + 51) / 2;
  EXPECT_NEAR(static_cast<int>(half[0] >> 16U & 255U), between, 1);
}

}  // namespace
}  // namespace iso::render
