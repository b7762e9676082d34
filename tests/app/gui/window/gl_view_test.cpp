#include "waiting.h"

#include "gui/views/gl_view.h"

#include "render/scene/slice_scene.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QTest>

namespace iso::gui {
namespace {

TEST(GlView, DrawsItsSceneIntoTheWidget) {
  render::SliceScene scene;
  render::SlicePicture picture;
  picture.background = {1, 0, 0};
  picture.letters = picture.scale_bar = picture.annotations = false;
  int paints = 0;
  GlView view;
  view.set_renderer(scene.renderer());
  view.prepare = [&](int width, int height, double ratio) {
    ++paints;
    scene.set_size(width, height, ratio);
    scene.show(picture);
  };
  view.resize(200, 150);
  view.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&view, test::patience_ms));
  test::rest(100);
  ASSERT_TRUE(view.isValid()) << "no OpenGL context";
  EXPECT_GT(paints, 0);
  const QImage drawn = view.grabFramebuffer();
  EXPECT_EQ(drawn.pixelColor(100, 75).red(), 255);
  EXPECT_EQ(drawn.pixelColor(100, 75).green(), 0);
  view.set_renderer(nullptr);
}

}  // namespace
}  // namespace iso::gui
