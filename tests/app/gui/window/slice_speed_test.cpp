#include "window_fixture.h"

#include <algorithm>
#include <ctime>
#include <iostream>

namespace iso::gui {
namespace {

/// How long a slice change of 512^3 takes from the gesture until the window has been given its pixels, by the clock and in
/// processor time of all threads (software OpenGL included), which a busy machine changes less.
class SliceSpeed : public test::WindowTest {
 protected:
  struct Times {
    double wall_ms, processor_ms;
  };

  SliceSpeed() {
    Volume data;
    data.grid = VoxelGrid::centred({512, 512, 512}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::i16});
    auto values = buffer.values<std::int16_t>();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<std::int16_t>((i * 2654435761U >> 20) & 1023);
    data.pixels = std::move(buffer);
    document().add("large", freeze(std::move(data)), "large.nrrd");
  }

  void arrange(const char* action) {
    window->action(QString::fromLatin1(action))->trigger();
    rest(1500);  // the volume has been drawn once
  }

  static Times median(const std::function<void(int)>& change) {
    std::vector<double> wall, processor;
    for (int i = 0; i < 41; ++i) {
      QElapsedTimer clock;
      clock.start();
      const std::clock_t begin = std::clock();
      change(i < 20 ? 1 : -1);
      QApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
      processor.push_back(1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
      wall.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    for (auto* const times : {&wall, &processor}) std::ranges::nth_element(*times, times->begin() + 20);
    return {wall[20], processor[20]};
  }

  std::uint64_t made(render::Orientation orientation) {
    return window->views().slice_view(orientation)->pictures_made();
  }

  static void print(const char* what, const Times& times) {
    std::cout << "slice change of 512^3, " << what << ": " << times.wall_ms << " ms, processor time "
              << times.processor_ms << " ms\n";
  }
};

TEST_F(SliceSpeed, InOneView) {
  arrange("view.one");
  const std::uint64_t before = made(render::Orientation::axial);
  const Times times = median([&](int step) { axial().presenter().scroll(3 * step); });
  EXPECT_GE(made(render::Orientation::axial), before + 40) << "every change has been drawn";
  print("one view", times);
  EXPECT_LT(times.processor_ms, 32);
}

TEST_F(SliceSpeed, InFourViewsOfWhichOneScrolls) {
  arrange("view.four");
  const std::uint64_t axial_before = made(render::Orientation::axial);
  const std::uint64_t coronal = made(render::Orientation::coronal), sagittal = made(render::Orientation::sagittal);
  const std::uint64_t rays = window->views().volume_view()->pictures_made();
  const Times times = median([&](int step) { axial().presenter().scroll(3 * step); });
  EXPECT_GE(made(render::Orientation::axial), axial_before + 40);
  EXPECT_EQ(made(render::Orientation::coronal), coronal) << "only the crosshair has moved there";
  EXPECT_EQ(made(render::Orientation::sagittal), sagittal);
  EXPECT_EQ(window->views().volume_view()->pictures_made(), rays) << "no ray is cast for a crosshair";
  print("one of four views", times);
  EXPECT_LT(times.processor_ms, 50);
}

TEST_F(SliceSpeed, InFourViewsThatAllChange) {
  arrange("view.four");
  const std::uint64_t before = made(render::Orientation::sagittal);
  const Times times = median([&](int step) {
    Look look = document().look();
    for (double& mm : look.crosshair.position_mm) mm += 2 * step;
    document().set_look(look);
  });
  EXPECT_GE(made(render::Orientation::sagittal), before + 40);
  print("all of four views", times);
  EXPECT_LT(times.processor_ms, 66);
}

}  // namespace
}  // namespace iso::gui
