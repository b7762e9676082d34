#include "gui/model/label_edit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace iso::gui {
namespace {

/// A map of u16 by a rule of the index.
LabelMap make_map(std::array<std::int64_t, 3> size, const Vec3& spacing,
                  const std::function<int(std::int64_t, std::int64_t, std::int64_t)>& label) {
  LabelMap map;
  map.grid = VoxelGrid::centred(size, spacing);
  PixelBuffer buffer = PixelBuffer::allocate({map.grid.shape(), ScalarType::u16});
  auto values = buffer.values<std::uint16_t>();
  std::size_t at = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) values[at++] = static_cast<std::uint16_t>(label(x, y, z));
  map.labels = std::move(buffer);
  return map;
}

int at(const LabelMap& map, std::int64_t x, std::int64_t y, std::int64_t z) {
  const auto& size = map.grid.size;
  return map.labels.values<std::uint16_t>()[static_cast<std::size_t>((z * size[1] + y) * size[0] + x)];
}

std::int64_t count(const LabelMap& map, int label) {
  const auto values = map.labels.values<std::uint16_t>();
  return std::count(values.begin(), values.end(), label);
}

LabelMap edited(const LabelMap& map, LabelEdit edit, const LabelEditOptions& options = {}) {
  const auto delta = edit_labels(map, edit, options);
  return delta ? applied(map, *delta, true) : map;
}

bool in_ball(std::int64_t x, std::int64_t y, std::int64_t z, double cx, double r) {
  return std::hypot(static_cast<double>(x) - cx, static_cast<double>(y) - 10, static_cast<double>(z) - 10) <= r;
}

TEST(LabelEdit, KeepsTheLargestIslandAndOtherLabels) {
  const auto map = make_map({32, 21, 21}, {1, 1, 1}, [](auto x, auto y, auto z) {
    return in_ball(x, y, z, 8, 6) ? 1 : in_ball(x, y, z, 24, 3) ? 1 : x == 31 && y == 0 && z == 0 ? 2 : 0;
  });
  const auto kept = edited(map, LabelEdit::keep_largest);
  EXPECT_EQ(at(kept, 8, 10, 10), 1);
  EXPECT_EQ(at(kept, 24, 10, 10), 0);
  EXPECT_EQ(count(kept, 2), 1);
}

TEST(LabelEdit, IslandsThatTouchByACornerAreTwo) {
  const auto map = make_map({4, 4, 1}, {1, 1, 1}, [](auto x, auto y, auto) { return (x < 2) == (y < 2) ? 1 : 0; });
  LabelEditOptions options;
  options.voxels = 5;
  EXPECT_EQ(count(edited(map, LabelEdit::drop_islands, options), 1), 0);
  options.voxels = 4;
  EXPECT_EQ(edit_labels(map, LabelEdit::drop_islands, options), nullptr) << "none is smaller";
}

TEST(LabelEdit, FillsWhatIsEnclosedAndNoChannelToTheOutside) {
  const auto shell = [](bool open) {
    return make_map({11, 11, 11}, {1, 1, 1}, [open](auto x, auto y, auto z) {
      const auto far = std::max({std::abs(x - 5), std::abs(y - 5), std::abs(z - 5)});
      return far == 3 && !(open && x > 5 && y == 5 && z == 5) ? 1 : 0;
    });
  };
  EXPECT_EQ(count(edited(shell(false), LabelEdit::fill_holes), 1), 343);
  EXPECT_EQ(edit_labels(shell(true), LabelEdit::fill_holes, {}), nullptr);
  const auto ring = make_map({7, 7, 1}, {1, 1, 1}, [](auto x, auto y, auto) {
    return std::max(std::abs(x - 3), std::abs(y - 3)) == 2 ? 1 : 0;
  });
  EXPECT_EQ(count(edited(ring, LabelEdit::fill_holes), 1), 25) << "a single slice has no border above and below";
}

TEST(LabelEdit, AMarginReachesAsFarAsItSaysOnAnyGrid) {
  const auto map =
      make_map({21, 21, 11}, {1, 1, 2}, [](auto x, auto y, auto z) { return x == 10 && y == 10 && z == 5 ? 1 : 0; });
  LabelEditOptions options;
  options.mm = 4;
  const auto grown = edited(map, LabelEdit::margin, options);
  for (std::int64_t z = 0; z < 11; ++z)
    for (std::int64_t y = 0; y < 21; ++y)
      for (std::int64_t x = 0; x < 21; ++x) {
        const double mm =
            std::hypot(static_cast<double>(x - 10), static_cast<double>(y - 10), 2.0 * static_cast<double>(z - 5));
        ASSERT_EQ(at(grown, x, y, z), mm <= 4 ? 1 : 0) << x << " " << y << " " << z;
      }
  options.mm = -4;
  const auto back = edited(grown, LabelEdit::margin, options);
  EXPECT_EQ(at(back, 10, 10, 5), 1);
  EXPECT_LT(count(back, 1), 4) << "shrunk to about what it was grown from";
}

TEST(LabelEdit, GrowsIntoNoOtherLabel) {
  const auto map = make_map({9, 3, 1}, {1, 1, 1}, [](auto x, auto, auto) { return x < 3 ? 1 : x == 5 ? 2 : 0; });
  LabelEditOptions options;
  options.mm = 6;
  const auto grown = edited(map, LabelEdit::margin, options);
  EXPECT_EQ(count(grown, 2), 3);
  EXPECT_EQ(at(grown, 4, 1, 0), 1);
}

TEST(LabelEdit, SmoothingTakesASpikeAwayAndKeepsTheVolumeOfABall) {
  const auto map = make_map({32, 21, 21}, {1, 1, 1}, [](auto x, auto y, auto z) {
    return in_ball(x, y, z, 10, 7) || (y == 10 && z == 10 && x < 26) ? 1 : 0;
  });
  LabelEditOptions options;
  options.mm = 2;
  const auto smooth = edited(map, LabelEdit::smooth, options);
  EXPECT_EQ(at(smooth, 24, 10, 10), 0);
  EXPECT_EQ(at(smooth, 10, 10, 10), 1);
  const double ball = 4.0 / 3 * 3.14159265 * 343;
  EXPECT_NEAR(static_cast<double>(count(smooth, 1)), ball, 0.06 * ball);
}

TEST(LabelEdit, FillsBetweenSlicesAlongTheAxisAsked) {
  // Discs of radius 3 and 9 in the slices 0 and 6: a cone between them.
  const auto map = make_map({25, 25, 7}, {1, 1, 1}, [](auto x, auto y, auto z) {
    const double r = std::hypot(static_cast<double>(x - 12), static_cast<double>(y - 12));
    return (z == 0 && r <= 3) || (z == 6 && r <= 9) ? 1 : 0;
  });
  const auto cone = edited(map, LabelEdit::interpolate, {.axis = 2});
  for (std::int64_t z = 1; z < 6; ++z) {
    std::int64_t reach = 0;
    while (at(cone, 12 + reach + 1, 12, z) == 1) ++reach;
    EXPECT_NEAR(static_cast<double>(reach), 3 + static_cast<double>(z), 1) << z;
  }
  EXPECT_EQ(edit_labels(map, LabelEdit::interpolate, {.axis = 0}), nullptr) << "along x there is no gap";
}

TEST(LabelEdit, CopiesASliceAndSaysWhereThereIsNone) {
  const auto map = make_map({5, 5, 3}, {1, 1, 1}, [](auto x, auto, auto z) { return z == 1 && x == 2 ? 1 : 0; });
  EXPECT_EQ(count(edited(map, LabelEdit::copy_slice, {.axis = 2, .from = 1, .to = 2}), 1), 10);
  EXPECT_THROW((void)edit_labels(map, LabelEdit::copy_slice, {.axis = 2, .from = 1, .to = 3}), Error);
}

TEST(LabelEdit, AThresholdLabelsValuesAndNeedsTheSameGrid) {
  const auto map = make_map({8, 2, 1}, {1, 1, 1}, [](auto x, auto, auto) { return x == 7 ? 2 : 0; });
  Volume image;
  image.grid = map.grid;
  PixelBuffer buffer = PixelBuffer::allocate({image.grid.shape(), ScalarType::f32});
  for (std::size_t i = 0; i < 16; ++i) buffer.values<float>()[i] = static_cast<float>(i % 8);
  image.pixels = std::move(buffer);
  LabelEditOptions options;
  options.image = std::make_shared<const render::Raster>(render::make_raster(freeze(std::move(image))));
  options.low = 5, options.high = 7;
  const auto labelled = edited(map, LabelEdit::threshold, options);
  EXPECT_EQ(count(labelled, 1), 4) << "5 and 6; 7 belongs to another label";
  const auto other = make_map({4, 2, 1}, {1, 1, 1}, [](auto, auto, auto) { return 0; });
  EXPECT_THROW((void)edit_labels(other, LabelEdit::threshold, options), Error);
  EXPECT_THROW((void)edit_labels(map, LabelEdit::smooth, {.label = 9}), Error) << "a label that does not occur";
}

TEST(LabelStatistics, CountVolumePlaceAndValues) {
  const auto map = make_map({4, 4, 2}, {2, 2, 5}, [](auto x, auto, auto) { return x < 2 ? 3 : 0; });
  Volume image;
  image.grid = map.grid;
  PixelBuffer buffer = PixelBuffer::allocate({image.grid.shape(), ScalarType::f32});
  for (std::size_t i = 0; i < 32; ++i) buffer.values<float>()[i] = static_cast<float>(i % 4);
  image.pixels = std::move(buffer);
  const render::Raster raster = render::make_raster(freeze(std::move(image)));
  const auto rows = make_label_statistics(map, &raster, 0);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].label, 3);
  EXPECT_EQ(rows[0].voxels, 16);
  EXPECT_DOUBLE_EQ(rows[0].volume_ml, 16 * 20.0 / 1000);
  EXPECT_DOUBLE_EQ(rows[0].mean, 0.5);
  EXPECT_NEAR(rows[0].standard_deviation, std::sqrt(16 * 0.25 / 15), 1e-12);
  EXPECT_DOUBLE_EQ(rows[0].centre_mm[0], -2);
  LabelStyles styles;
  styles[3].name = "lung, \"left\"";
  const std::string csv = label_statistics_csv(rows, styles, "HU");
  EXPECT_NE(csv.find("3,\"lung, \"\"left\"\"\","), std::string::npos) << csv;
  EXPECT_NE(csv.find("mean HU"), std::string::npos);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 2);
}

}  // namespace
}  // namespace iso::gui
