// What the mouse and the keys do with planes, overlays and series, in the real window.

#include "window_fixture.h"

#include "gui/views/time_profile_view.h"

#include <QAction>
#include <QPushButton>

#include <cmath>

namespace iso::gui {
namespace {

class SliceWindow : public test::WindowTest {
 protected:
  SliceView& view(render::Orientation orientation) { return *window->views().slice_view(orientation); }
};

TEST_F(SliceWindow, TurnsTheOtherPlanesByDraggingTheCrosshairAround) {
  open("ball.nrrd", test::ball(48, 16));
  drag(axial(), Qt::LeftButton, middle(axial()) + QPoint{80, 0}, middle(axial()) + QPoint{70, -50},
       Qt::ControlModifier | Qt::AltModifier);
  EXPECT_NE(document().look().planes.turn, identity3);
  const auto letters = edge_letters(*document().find(document().look().layout.base)->raster,
                                    view(render::Orientation::coronal).presenter().picture({400, 300, 1}).plane);
  EXPECT_EQ(letters.right, "LA");
  rest(300);
  keep_picture(QStringLiteral("oblique"));
  window->action(QStringLiteral("view.straighten"))->trigger();
  EXPECT_EQ(document().look().planes.turn, identity3);
}

TEST_F(SliceWindow, DrawsOnlyTheOutlinesAnewWhenTheCrosshairMoves) {
  open("ball.nrrd", test::ball(48, 16));
  VolumeView& volume = *window->views().volume_view();
  const auto settled = [&] {
    rest(200);  // views find their size
    return wait_until([&] { return volume.finished(); });
  };
  ASSERT_TRUE(settled());
  const std::uint64_t rays = volume.pictures_made();
  const QImage before = volume.grab().toImage();
  ASSERT_FALSE(volume.outlines().lines.empty());
  axial().presenter().scroll(15);
  rest(200);
  EXPECT_EQ(volume.pictures_made(), rays);
  EXPECT_NE(volume.grab().toImage(), before) << "the outline of the axial plane has moved";
  volume.set_preset("soft");
  ASSERT_TRUE(settled());
  EXPECT_GT(volume.pictures_made(), rays);
}

TEST_F(SliceWindow, SaysByHowMuchALargeVolumeIsReduced) {
  VolumeView& volume = *window->views().volume_view();
  volume.set_limit(std::int64_t{128} * 128 * 128);
  open("small.nrrd", test::ball(48, 16));
  ASSERT_TRUE(wait_until([&] { return volume.finished(); }));
  EXPECT_EQ(volume.reduction(), 1);
  const QImage plain = volume.grab().toImage();
  const ItemId large = open("large.nrrd", test::ball(160, 50));
  document().show(large);
  ASSERT_TRUE(wait_until([&] { return volume.reduction() == 2; }));
  rest(300);
  // The words stand in the lower left corner, in their own colour.
  const auto words = [&](const QImage& picture) {
    int pixels = 0;
    for (int y = picture.height() - 30; y < picture.height(); ++y)
      for (int x = 0; x < 200; ++x) {
        const QColor c = picture.pixelColor(x, y);
        pixels += c.red() > 150 && c.green() > 80 && c.green() < 200 && c.blue() < 80;
      }
    return pixels;
  };
  EXPECT_EQ(words(plain), 0);
  EXPECT_GT(words(volume.grab().toImage()), 50);
  keep_picture(QStringLiteral("reduced"));
}

TEST_F(SliceWindow, DrawsTheOverlayAsideWithTheMouse) {
  open("image.nrrd", test::ball(48, 16));
  const ItemId image = document().selected();
  const ItemId over = open("overlay.nrrd", test::ball(48, 22));
  Look look = document().look();
  look.layout.base = image;
  look.overlay.item = over;
  look.overlay.opacity = 1;
  look.crosshair.visible = false;
  document().set_look(look);
  render::Display display = document().find(over)->display;
  display.colour_map = "hot";
  document().set_display(over, display);
  const int edge = axial().width() - 1, y = axial().height() * 2 / 3;
  drag(axial(), Qt::LeftButton, {edge, y}, {axial().width() / 2, y});
  EXPECT_NEAR(document().look().overlay.curtain, 0.5, 0.02);
  rest(100);
  const QImage picture = axial().grabFramebuffer();
  const double mm = axial().presenter().picture(axial().view_size()).mm_per_pixel;
  const int out = static_cast<int>(std::lround(19 / mm));  // between the two radii
  EXPECT_GT(picture.pixelColor(picture.width() / 2 - out, picture.height() / 2).red(), 150);
  EXPECT_LT(picture.pixelColor(picture.width() / 2 + out, picture.height() / 2).red(), 60);
  keep_picture(QStringLiteral("curtain"));
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_W);
  EXPECT_FALSE(document().look().overlay.shown);
  EXPECT_NEAR(document().look().overlay.curtain, 0.5, 0.02);
  QTest::keyClick(&axial(), Qt::Key_W);
  QTest::keyClick(&axial(), Qt::Key_Q);
  EXPECT_NEAR(document().look().overlay.opacity, 0.9, 1e-9);
  window->action(QStringLiteral("view.flicker"))->trigger();
  EXPECT_TRUE(wait_until([&] { return !document().look().overlay.shown; }));
  EXPECT_TRUE(wait_until([&] { return document().look().overlay.shown; }));
  window->action(QStringLiteral("view.flicker"))->trigger();
  EXPECT_TRUE(document().look().overlay.shown);
}

TEST_F(SliceWindow, ShowsALineOverTimeBesideTheFramesAndPlaysThem) {
  Volume data;
  data.grid = VoxelGrid::centred({64, 64, 1}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({Shape{64, 64, 1, 24}, ScalarType::f32});
  auto values = buffer.values<float>();
  std::size_t at = 0;
  for (int t = 0; t < 24; ++t)
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x)
        values[at++] = std::hypot(x - 31.5, y - 31.5) < 14 + 6 * std::sin(t * 0.52) ? 100.0F : 10.0F;
  data.pixels = std::move(buffer);
  document().add("beating heart", freeze(std::move(data)), "series.nrrd");
  rest(100);
  TimeProfileView& time = *window->views().time_view();
  EXPECT_FALSE(time.isVisible());
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()) - QPoint{120, 0}, middle(axial()) + QPoint{120, 0});
  rest(100);
  ASSERT_TRUE(time.isVisible());
  ASSERT_NE(time.profile(), nullptr);
  keep_picture(QStringLiteral("time-profile"));
  const QRectF where = time.picture_rect();
  QTest::mouseClick(
      &time, Qt::LeftButton, {},
      QPoint{static_cast<int>(where.center().x()), static_cast<int>(where.top() + where.height() * 12.5 / 24)});
  EXPECT_EQ(document().look().frame, 12);
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_Right);
  EXPECT_EQ(document().look().frame, 13);
  window->action(QStringLiteral("view.cine"))->trigger();
  EXPECT_TRUE(wait_until([&] { return document().look().frame >= 16 || document().look().frame < 13; }));
  window->action(QStringLiteral("view.cine"))->trigger();
  const std::int64_t stopped = document().look().frame;
  rest(400);
  EXPECT_EQ(document().look().frame, stopped);
  QTest::mouseDClick(&time, Qt::LeftButton, {}, middle(time));
  EXPECT_TRUE(time.isVisible());
  EXPECT_FALSE(axial().isVisible());
  QTest::mouseDClick(&time, Qt::LeftButton, {}, middle(time));
  EXPECT_TRUE(axial().isVisible());
  window->action(QStringLiteral("view.time_profile"))->trigger();
  EXPECT_FALSE(time.isVisible());
}

TEST_F(SliceWindow, DoesNotPlayASingleFrame) {
  open("ball.nrrd", test::ball(16));
  window->action(QStringLiteral("view.cine"))->trigger();
  EXPECT_FALSE(window->action(QStringLiteral("view.cine"))->isChecked());
}

TEST_F(SliceWindow, PaintsInALargeMapWithoutCopyingIt) {
  LabelMap map;
  map.grid = VoxelGrid::centred({512, 512, 64}, {1, 1, 1});
  map.labels = PixelBuffer::allocate({map.grid.shape(), ScalarType::u16});
  Volume image;
  image.grid = map.grid;
  image.pixels = PixelBuffer::allocate({image.grid.shape(), ScalarType::u8});
  document().add("image", freeze(std::move(image)), "image.nrrd");
  const ItemId labels = document().add("labels", freeze(std::move(map)), "labels.nrrd");
  Look look = document().look();
  look.overlay.item = labels;
  document().set_look(look);
  const auto memory = [&] { return get<LabelMap>(document().find(labels)->data).labels.data(); };
  const auto* const before = memory();
  window->action(QStringLiteral("tool.brush"))->trigger();
  const QPoint from = middle(axial()) - QPoint{100, 20}, to = middle(axial()) + QPoint{100, 20};
  drag(axial(), Qt::LeftButton, from, to);
  EXPECT_EQ(memory(), before);
  const auto values = get<LabelMap>(document().find(labels)->data).labels.values<std::uint16_t>();
  const VoxelGrid& grid = document().find(labels)->raster->frame;
  for (int i = 0; i <= 50; ++i) {  // the five moves of the mouse leave no gaps
    const QPoint at = from + (to - from) * i / 50;
    const Vec3 index = grid.to_index(axial().presenter().to_world(at.x(), at.y(), axial().view_size()));
    const std::int64_t voxel = (std::llround(index[2]) * 512 + std::llround(index[1])) * 512 + std::llround(index[0]);
    EXPECT_EQ(values[static_cast<std::size_t>(voxel)], 1) << i;
  }
  rest(100);
  const QImage picture = axial().grabFramebuffer();
  const QColor painted = picture.pixelColor(picture.width() / 2 + 50, picture.height() / 2 + 10);
  EXPECT_GT(std::abs(painted.red() - painted.blue()) + std::abs(painted.red() - painted.green()), 20)
      << "the stroke is seen in its colour";
}

}  // namespace
}  // namespace iso::gui
