// How long a click takes. Prints medians; the bounds are ten times what two free cores take, because other processes run too.
#include "method/segmentation.h"

#include "gpu/cpu/cpu_backend.h"
#include "plugins/gp_segmentation/click_phantoms.h"

#include <iso/base/threads.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <ctime>

namespace gp_segmentation {
namespace {

using namespace std::chrono_literals;

const iso::compute::Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

struct Spread {
  double low, middle, high;
};
Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  return {values[values.size() / 10], values[values.size() / 2], values[values.size() * 9 / 10]};
}
void print(const char* what, const Spread& s) {
  std::printf("%-52s median %8.2f ms (10 %%: %.2f, 90 %%: %.2f), %d threads\n", what, s.middle, s.low, s.high,
              iso::ThreadBudget::threads());
}

iso::Volume noisy_ball(const Voxel& size) {
  const iso::Philox random{4, 4};
  return volume_from(size, [&](auto x, auto y, auto z) {
    const double r = std::hypot(std::hypot(x - size[0] / 2, y - size[1] / 2), z - size[2] / 2);
    return (r < static_cast<double>(size[0]) / 5 ? 1 : 0) +
           0.1 * random.normal(static_cast<std::uint64_t>(x + size[0] * (y + size[1] * z)));
  });
}

TEST(ClickTimes, OfASliceOf512By512WithTwentyClicks) {
  Segmentation segmentation{noisy_ball({512, 512, 1}), {}, cpu()};
  std::vector<MarkStroke> strokes;
  const iso::Philox random{1, 1};
  std::vector<double> times;
  for (int round = 0; round < 5; ++round) {
    strokes.clear();
    for (int i = 0; i < 20; ++i) {
      const auto x = static_cast<std::int64_t>(511 * random.uniform(static_cast<std::uint64_t>(100 * round + 2 * i)));
      const auto y =
          static_cast<std::int64_t>(511 * random.uniform(static_cast<std::uint64_t>(100 * round + 2 * i + 1)));
      strokes.push_back({std::hypot(x - 256, y - 256) < 102 ? std::uint16_t{1} : std::uint16_t{0}, {{x, y, 0}}});
      const double took = milliseconds([&] { (void)segmentation.answer(strokes, {}, never()); });
      if (i == 0 && round == 0) std::printf("%-52s %8.2f ms\n", "slice, first click (features)", took);
      if (i >= 10) times.push_back(took);
    }
  }
  const Spread all = spread(times);
  print("slice, click 11 to 20, labels and all", all);
  Patch patch{make_picture(noisy_ball({512, 512, 1})), 1, cpu()};
  std::vector<double> features{milliseconds([&] { patch.make_next_slab(); })};
  std::vector<iso::compute::KernelCentre> centres;
  for (const MarkStroke& stroke : strokes) centres.push_back(patch.centre_at(stroke.voxels.front()));
  const std::vector<double> coefficients(20, 0.3);
  std::vector<float> field(512 * 512);
  (void)milliseconds([&] { patch.add_field(0, centres, coefficients, {16, 100, 4, 4, 0}, field); });
  std::vector<double> sums, columns;
  for (int i = 0; i < 21; ++i)
    sums.push_back(milliseconds([&] { patch.add_field(0, centres, coefficients, {16, 100, 4, 4, 0}, field); }));
  for (int i = 0; i < 21; ++i)
    columns.push_back(milliseconds([&] { (void)patch.column(0, centres[0], {16, 100.0 + i, 4, 4, 0}); }));
  print("slice, sum of 20 kept columns", spread(sums));
  print("slice, one new column", spread(columns));
  print("slice, features", spread(features));
  EXPECT_LT(all.middle, 500);
}

TEST(ClickTimes, OfAVolumeOf256CubedWithTwentyClicks) {
  Segmentation segmentation{noisy_ball({256, 256, 256}), {}, cpu()};
  Options options;
  options.extent = Extent::volume;
  std::vector<MarkStroke> strokes;
  for (int i = 0; i < 19; ++i)
    strokes.push_back({static_cast<std::uint16_t>(i % 2), {{i % 2 == 1 ? 128 + 2 * i : 10 * i, 128, 100 + 3 * i}}});
  std::printf("%-52s %8.0f ms\n", "volume, first answer in full (features)",
              milliseconds([&] { (void)segmentation.answer(strokes, options, never()); }));
  std::vector<double> previews, full, previews_of_processor, full_of_processor;
  for (int round = 0; round < 3; ++round) {
    strokes.push_back({1, {{120 + round, 120, 128}}});
    bool shown = false;
    const auto begin = std::chrono::steady_clock::now();
    const double processor = processor_ms();
    double preview = 0;
    Answer given;
    do {  // as the desktop asks: an answer every 75 ms
      const auto asked = std::chrono::steady_clock::now();
      given = segmentation.answer(strokes, options, [&] { return std::chrono::steady_clock::now() - asked > 75ms; });
      if (!shown && std::ranges::count(given.labels, 1) > 100) {
        shown = true;
        preview = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
        previews_of_processor.push_back(processor_ms() - processor);
      }
    } while (given.fraction < 1);
    previews.push_back(preview);
    full_of_processor.push_back(processor_ms() - processor);
    full.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  print("volume 256^3, a further click, preview", spread(previews));
  print("volume 256^3, a further click, in full", spread(full));
  print("the preview, processor time", spread(previews_of_processor));
  print("in full, processor time", spread(full_of_processor));
  EXPECT_LT(full.back(), 60'000);
}

}  // namespace
}  // namespace gp_segmentation
