#include "gui/presenters/time_profile.h"

#include "support/desktop_samples.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::gui {
namespace {

/// A bright edge that moves by one millimetre a frame: 100 where L >= frame - 4.
DatasetPtr moving_edge() {
  Volume data;
  data.grid = VoxelGrid::centred({33, 21, 1}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({Shape{33, 21, 1, 9}, ScalarType::f32});
  auto values = buffer.values<float>();
  std::size_t at = 0;
  for (int t = 0; t < 9; ++t)
    for (int y = 0; y < 21; ++y)
      for (int x = 0; x < 33; ++x) values[at++] = x - 16 >= t - 4 ? 100.0F : 0.0F;
  data.pixels = std::move(buffer);
  return freeze(std::move(data));
}

class TimeProfileOfALine : public ::testing::Test {
 protected:
  TimeProfileOfALine() { id = document.add("series", moving_edge(), "series.nrrd"); }
  std::uint64_t line(const Vec3& from, const Vec3& to) {
    Measurement m;
    m.item = id;
    m.points_mm = {from, to};
    return document.add_measurement(m);
  }
  Document document;
  ItemId id{0};
  TimeProfiles profiles{document};
};

TEST_F(TimeProfileOfALine, ShowsHowAnEdgeMoves) {
  EXPECT_EQ(profiles.current(), nullptr);
  line({-10, 0, 0}, {10, 0, 0});
  const TimeProfile* const profile = profiles.current();
  ASSERT_NE(profile, nullptr);
  EXPECT_NEAR(profile->length_mm, 20, 1e-9);
  EXPECT_EQ(profile->picture->frame.size[1], 9);
  EXPECT_FALSE(profile->picture->anatomical);
  const std::int64_t across = profile->picture->frame.size[0];
  EXPECT_EQ(across, 41) << "half a voxel apart";
  for (std::int64_t t = 0; t < 9; ++t) {
    std::int64_t first = 0;
    while (first < across && *value_at(*profile->picture, {first, t, 0, 0}) < 50) ++first;
    const double edge_mm = -10 + 20.0 * static_cast<double>(first) / static_cast<double>(across - 1);
    EXPECT_NEAR(edge_mm, static_cast<double>(t) - 4.5, 0.51) << "frame " << t;
  }
}

TEST_F(TimeProfileOfALine, FollowsTheLineAndIsGoneWithIt) {
  const std::uint64_t drawn = line({-10, 0, 0}, {10, 0, 0});
  const auto first = profiles.current()->picture;
  EXPECT_EQ(profiles.current()->picture, first) << "nothing has changed";
  Measurement moved = document.measurements()[0];
  moved.points_mm[1] = {5, 5, 0};
  document.change_measurement(moved);
  EXPECT_NE(profiles.current()->picture, first);
  document.remove_measurement(drawn);
  EXPECT_EQ(profiles.current(), nullptr);
}

TEST_F(TimeProfileOfALine, BesideTheDataIsNone) {
  line({-100, 50, 0}, {-80, 50, 0});
  EXPECT_EQ(profiles.current(), nullptr);
}

TEST(TimeProfile, OfASingleFrameIsNone) {
  Document document;
  Measurement m;
  m.item = document.add("ball", test::ball(16), "ball.nrrd");
  m.points_mm = {{-3, 0, 0}, {3, 0, 0}};
  document.add_measurement(m);
  EXPECT_EQ(time_profile_line(document), nullptr);
}

}  // namespace
}  // namespace iso::gui
