#include "render/scene/ray_caster.h"
#include "render/scene/volume_caster.h"
#include "render/scene/volume_scene.h"
#include "support/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <ctime>
#include <iostream>
#include <mutex>

namespace iso::render {
namespace {

/// A ball of the value 100 in 0, of `radius` about the middle, on side^3 voxels of 1 mm.
std::shared_ptr<const Raster> ball(std::int64_t side, double radius, bool labels = false, const Vec3& off = {}) {
  const VoxelGrid grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({grid.shape(), labels ? ScalarType::u16 : ScalarType::i16});
  const auto fill = [&](auto values) {
    std::size_t at = 0;
    for (std::int64_t z = 0; z < side; ++z)
      for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x) {
          const Vec3 p =
              subtract(grid.to_world({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}), off);
          values[at++] =
              static_cast<std::remove_reference_t<decltype(values[0])>>(norm(p) <= radius ? (labels ? 3 : 100) : 0);
        }
  };
  labels ? fill(buffer.values<std::uint16_t>()) : fill(buffer.values<std::int16_t>());
  if (labels) return std::make_shared<const Raster>(make_raster(freeze(LabelMap{std::move(buffer), grid, {}, {}})));
  Volume volume;
  volume.grid = grid;
  volume.pixels = std::move(buffer);
  return std::make_shared<const Raster>(make_raster(freeze(std::move(volume))));
}

CastScene make_scene(const std::shared_ptr<const Raster>& raster, const std::string& preset, char side = 'A') {
  CastScene scene;
  scene.picture.raster = raster;
  scene.picture.preset = preset;
  scene.picture.high = 100;
  scene.volume = std::make_shared<const CastVolume>(make_cast_volume(*raster, 0, 1 << 30));
  scene.transfer = transfer_points(scene.picture);
  scene.eye.look_at(raster->frame, side);
  return scene;
}

int red(std::uint32_t pixel) { return static_cast<int>(pixel >> 16U & 255U); }

std::vector<std::uint32_t> drawn(const CastScene& scene, int side, double step = 1, bool fine = true) {
  std::vector<std::uint32_t> pixels(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  RayCaster{scene, side, side, step, fine}.cast_rows(0, side, 1, pixels.data());
  return pixels;
}

TEST(VolumeEye, SeesTheWholeBoxAndKeepsItsPlaceAfterAFullTurn) {
  VolumeEye eye;
  const VoxelGrid grid = VoxelGrid::centred({100, 50, 80}, {1, 2, 1});
  eye.look_at(grid, 'A');
  for (const double x : {-50.0, 50.0})
    for (const double z : {-40.0, 40.0}) {
      const auto at = eye.to_pixel({x, -50, z}, 200, 200);
      ASSERT_TRUE(at);
      for (const double px : *at) EXPECT_TRUE(px > 0 && px < 200) << px;
    }
  const auto right =
      eye.to_pixel({-50, 0, 0}, 200, 200);  // the patient's right is at the left of who stands before him
  EXPECT_LT((*right)[0], 100);
  const Vec3 before = eye.place_mm();
  for (int i = 0; i < 8; ++i) eye.orbit(0.25, 0);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(eye.place_mm()[k], before[k], 1e-9);
  eye.orbit(0, 0.25);  // down: more of the head is seen
  EXPECT_GT(eye.back()[2], 0.5);
}

TEST(VolumeEye, ARayThroughThePixelOfAPlaceMeetsThePlace) {
  VolumeEye eye;
  eye.look_at(VoxelGrid::centred({64, 64, 64}, {1, 1, 1}), 'L');
  eye.orbit(0.13, 0.21);
  eye.pan(0.1, -0.05);
  const Vec3 place{5, -7, 11};
  const auto pixel = eye.to_pixel(place, 320, 240);
  ASSERT_TRUE(pixel);
  const Vec3 ray = eye.ray((*pixel)[0], (*pixel)[1], 320, 240), to = subtract(place, eye.place_mm());
  EXPECT_NEAR(norm(cross(ray, to)), 0, 1e-9 * norm(to));
}

TEST(OrientationCube, NamesTheSideThatFacesTheEye) {
  const auto raster = ball(16, 5);
  VolumeEye eye;
  for (const char side : {'A', 'P', 'L', 'R', 'S', 'I'}) {
    eye.look_at(raster->frame, side);
    const Marks marks = make_orientation_cube(eye, *raster, 300, 300, 1);
    ASSERT_EQ(marks.texts.size(), 1U);
    EXPECT_EQ(marks.texts[0].words, std::string(1, side));
  }
  eye.orbit(0.2, 0.2);
  EXPECT_EQ(make_orientation_cube(eye, *raster, 300, 300, 1).texts.size(), 3U);
}

TEST(CastVolume, KnowsTheRangeOfEveryBlockWithItsRim) {
  const CastVolume volume = make_cast_volume(*ball(20, 6), 0, 1 << 30);
  ASSERT_EQ(volume.blocks, (std::array<std::int64_t, 3>{3, 3, 3}));
  EXPECT_EQ(volume.block_high[13], 65535);  // the middle one
  EXPECT_EQ(volume.block_low[0], 0);
  EXPECT_EQ(volume.grid.size[0], 20);
  EXPECT_EQ(make_cast_volume(*ball(20, 6), 0, 1000).reduction, 2);
}

TEST(RayCaster, DrawsTheShadowOfABallWhereGeometryPutsIt) {
  const auto scene = make_scene(ball(64, 20), "maximum intensity");
  const auto pixels = drawn(scene, 101);
  // A ball of radius r at the distance d fills the angle asin(r / d).
  const double d = scene.eye.distance_mm();
  const double reach = 101 / 2.0 * std::tan(std::asin(20 / d)) / std::tan(15 * 3.14159265358979 / 180);
  for (int x = 0; x < 101; ++x) {
    const double off = std::abs(x - 50);
    if (std::abs(off - reach) < 2) continue;  // the rim
    EXPECT_EQ(red(pixels[static_cast<std::size_t>(50 * 101 + x)]) > 128, off < reach) << x;
  }
}

TEST(RayCaster, SteppingOverClearBlocksChangesNothing) {
  CastScene scene = make_scene(ball(48, 11, false, {6, -3, 5}), "soft");
  scene.eye.orbit(0.11, 0.07);
  const auto quick = drawn(scene, 90);
  CastVolume every = *scene.volume;  // blocks that claim to hold everything are never stepped over
  std::ranges::fill(every.block_low, std::uint16_t{0});
  std::ranges::fill(every.block_high, std::uint16_t{65535});
  scene.volume = std::make_shared<const CastVolume>(std::move(every));
  EXPECT_EQ(quick, drawn(scene, 90));
  EXPECT_TRUE(std::ranges::any_of(quick, [](std::uint32_t p) { return red(p) > 60; }));
}

TEST(RayCaster, MoreStepsGiveTheSameOpacity) {
  const CastScene scene = make_scene(ball(48, 15), "soft");
  const auto coarse = drawn(scene, 60, 1), fine = drawn(scene, 60, 0.25);
  EXPECT_NEAR(red(coarse[30 * 60 + 30]), red(fine[30 * 60 + 30]), 12);
}

TEST(RayCaster, TheCropBoxCutsTheVolume) {
  CastScene scene = make_scene(ball(64, 25), "maximum intensity");
  scene.picture.crop.to[0] = 0.5;  // the patient's right half, at the left of the picture
  const auto pixels = drawn(scene, 101);
  EXPECT_GT(red(pixels[50 * 101 + 35]), 128);
  EXPECT_LT(red(pixels[50 * 101 + 65]), 10);
}

TEST(RayCaster, ShiftingUpShowsLess) {
  CastScene scene = make_scene(ball(48, 15), "soft");
  const auto before = drawn(scene, 60);
  scene.picture.shift = 0.9;
  scene.transfer = transfer_points(scene.picture);
  EXPECT_LT(red(drawn(scene, 60)[30 * 60 + 30]), red(before[30 * 60 + 30]));
}

TEST(RayCaster, DrawsLabelsAsSurfacesInTheirColours) {
  const auto labels = ball(48, 12, true);
  Palette palette{{0, 0, 0, 0}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}};
  CastScene scene;
  scene.picture.palette = palette;
  scene.labels = std::make_shared<const CastLabels>(make_cast_labels(*labels, palette, 1 << 30));
  scene.eye.look_at(labels->frame, 'A');
  const std::uint32_t middle = drawn(scene, 61)[30 * 61 + 30];
  EXPECT_GT(middle & 255U, 150U) << std::hex << middle;
  EXPECT_LT(red(middle), 30);
  palette[3][3] = 0;  // its eye is closed
  scene.labels = std::make_shared<const CastLabels>(make_cast_labels(*labels, palette, 1 << 30));
  EXPECT_EQ(drawn(scene, 61)[30 * 61 + 30] & 0xffffffU, 0U);
}

TEST(MaximumIntensity, HasARangeOfItsOwn) {
  VolumePicture picture;
  picture.raster = ball(32, 10);
  picture.low = 0, picture.high = 1;  // a window in which everything is white
  const auto points = transfer_points(picture);
  EXPECT_EQ(points.back()[0], picture.raster->high_percentile);
}

/// What a caster hands over, as it comes.
struct Pictures {
  std::mutex mutex;
  std::condition_variable come;
  std::vector<std::shared_ptr<const CastPicture>> all;
  void take(std::shared_ptr<const CastPicture> picture) {
    const std::scoped_lock lock{mutex};
    all.push_back(std::move(picture));
    come.notify_all();
  }
  bool wait_for_last(std::uint64_t number) {
    std::unique_lock lock{mutex};
    return come.wait_for(lock, std::chrono::seconds{60},
                         [&] { return !all.empty() && all.back()->number == number && all.back()->finished; });
  }
};

CastRequest make_request(const std::shared_ptr<const Raster>& raster, std::uint64_t number, bool moving) {
  CastRequest request;
  request.picture.raster = raster;
  request.eye.look_at(raster->frame, 'A');
  request.eye.orbit(0.01 * static_cast<double>(number), 0);
  request.width_px = 200, request.height_px = 150;
  request.moving = moving;
  request.number = number;
  return request;
}

TEST(VolumeCaster, RefinesUntilEveryPixelIsCast) {
  Pictures got;
  VolumeCaster caster{[&](auto picture) { got.take(std::move(picture)); }};
  caster.ask(make_request(ball(40, 12), 1, false));
  ASSERT_TRUE(got.wait_for_last(1));
  ASSERT_EQ(got.all.size(), 3U);
  EXPECT_EQ(got.all[0]->stride, 4);
  EXPECT_EQ(got.all[0]->width, 50);
  EXPECT_EQ(got.all[2]->stride, 1);
  EXPECT_EQ(got.all[2]->pixels.size(), 200U * 150U);
}

TEST(VolumeCaster, TheNewestRequestIsTheOneThatIsFinished) {
  Pictures got;
  VolumeCaster caster{[&](auto picture) { got.take(std::move(picture)); }};
  const auto raster = ball(64, 20);
  for (std::uint64_t n = 1; n <= 40; ++n) caster.ask(make_request(raster, n, n < 40));
  ASSERT_TRUE(got.wait_for_last(40));
  EXPECT_EQ(std::ranges::count_if(got.all, [](const auto& picture) { return picture->finished; }), 1);
  EXPECT_LT(got.all.size(), 43U) << "requests that were overtaken before they began are never drawn";
}

TEST(VolumeCaster, QuickPicturesAreAsCoarseAsTheMachineIsSlow) {
  EXPECT_EQ(VolumeCaster::quick_stride(1e-6, 400, 300), 2);
  EXPECT_GT(VolumeCaster::quick_stride(1e-2, 800, 600), 4);
  EXPECT_EQ(VolumeCaster::quick_stride(1, 4000, 3000), 8);
}

TEST(VolumeScene, OutlinesFollowThePlanes) {
  const auto raster = ball(40, 12);
  VolumeEye eye;
  eye.look_at(raster->frame, 'A');
  const PlaneOutline low{standard_plane(*raster, Orientation::axial, {0, 0, -10}), {1, 0, 0}};
  const PlaneOutline high{standard_plane(*raster, Orientation::axial, {0, 0, 10}), {1, 0, 0}};
  const Marks marks = make_outlines(eye, raster->frame, {low, high}, 300, 300, 1);
  ASSERT_EQ(marks.lines.size(), 2U);
  EXPECT_GT(marks.lines[0].points[0][1], marks.lines[1].points[0][1]) << "lower planes are lower on the screen";
}

}  // namespace
}  // namespace iso::render
