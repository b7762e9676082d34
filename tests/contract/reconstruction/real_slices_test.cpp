// Filtered back-projection of real CT slices from few views, in the scan and by the protocol of the sparse-view literature:
// no noise, both images clipped to [-1000, 2000] HU and shown in three windows, FBP of 720 views for reference.
#include "real_slices.h"

#include "gpu/cpu/cpu_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace iso;
using namespace iso::testing;

namespace {

constexpr std::array<std::int64_t, 4> views{18, 36, 72, 144};
constexpr std::array<evaluation::Window, 3> windows{{{3000, 500}, {500, 50}, {800, -600}}};
using Decibels = std::array<std::array<double, 3>, 4>;  ///< by views, then by window

/// PSNR of FBP as tabulated for this scan, with one body slice of 256 x 256 that is not named.
constexpr Decibels table{{{24.70, 14.54, 15.71}, {28.24, 18.54, 18.43}, {33.98, 24.05, 24.02}, {41.51, 31.69, 31.43}}};

struct Figures {
  double largest_reading{0}, against_source_hu{0};
  Decibels db{};
};

void print(const char* name, const Figures& figures) {
  std::printf("[ measured ] %s: largest reading %.2f, 720 views against the source %.1f HU\n", name,
              figures.largest_reading, figures.against_source_hu);
  for (std::size_t i = 0; i < views.size(); ++i)
    std::printf("[ measured ]   %3d views | %.2f | %.2f | %.2f dB\n", static_cast<int>(views[i]), figures.db[i][0],
                figures.db[i][1], figures.db[i][2]);
}

Figures measure_figures(const char* name, const Pixels& hu, double pixel_mm) {
  const auto backend = gpu::make_cpu_backend();
  Figures out;
  const auto full = fbp_of_slice(*backend, hu, 720, pixel_mm, {}, &out.largest_reading);
  out.against_source_hu = evaluation::compare_hounsfield(full, hu).rmse_hu;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto few = fbp_of_slice(*backend, hu, views[i], pixel_mm);
    for (std::size_t w = 0; w < windows.size(); ++w)
      out.db[i][w] = evaluation::compare_hounsfield(few, full, windows[w]).mapped.psnr_db;
  }
  print(name, out);
  return out;
}

constexpr auto chests = "ct/tcga-luad-slices/tcga-luad-shared.nii.gz";  // 75 slices of 41 patients
constexpr auto volume = "ct/lung-pet-ct-dx-A0001-kernelB.nii.gz";       // one patient; its last slice is 63

Pixels read_slice(const char* file, std::int64_t index, std::int64_t shrink) {
  return slice_hu(*read_stack(shared_data() / file), index, shrink);
}

}  // namespace

// 316 slices of the CT volumes of the shared data were searched in this scan: all of those with thick slices, every third to
// sixth of the others, FBP on 256 x 256, means of 2 x 2 pixels where there are 512. One has the tabulated figures of the widest
// window at all four numbers of views within 0.3 dB. None has all twelve figures: the nearest are tcga-luad slice 22, with its
// padding clipped to -1000 HU, within 0.8 dB, and slice 34 within 1.2 dB. The narrow windows depend on how much soft tissue and
// lung a slice shows. Other weights of the back-projection (1/U, no cosine), another start angle and single pixels for means
// move a figure by 0.1 to 0.6 dB and bring none nearer.
TEST(RealSlices, OneOfThemHasTheTabulatedFiguresAtEveryNumberOfViews) {
  if (const auto why = why_without(volume)) GTEST_SKIP() << *why;
  const auto figures = measure_figures("lung-pet-ct-dx slice 63", read_slice(volume, 63, 2), 1.6);
  for (std::size_t i = 0; i < views.size(); ++i) EXPECT_NEAR(figures.db[i][0], table[i][0], 0.3) << views[i];
  EXPECT_NEAR(figures.against_source_hu, 18.5, 1.5);  // tabulated: 18 to 19
}

TEST(RealSlices, EncloseTheTabulatedFiguresInEveryWindow) {
  for (const char* file : {chests, volume})
    if (const auto why = why_without(file)) GTEST_SKIP() << *why;
  const std::array<Figures, 3> all{measure_figures("tcga-luad slice 40", read_slice(chests, 40, 2), 1.6),
                                   measure_figures("tcga-luad slice 22", read_slice(chests, 22, 2), 1.6),
                                   measure_figures("lung-pet-ct-dx slice 63", read_slice(volume, 63, 2), 1.6)};
  for (std::size_t i = 0; i < views.size(); ++i) {
    for (std::size_t w = 0; w < windows.size(); ++w) {
      const auto [least, most] = std::ranges::minmax({all[0].db[i][w], all[1].db[i][w], all[2].db[i][w]});
      EXPECT_LT(least, table[i][w]) << views[i] << " views, window " << windows[w].width;
      EXPECT_GT(most, table[i][w]) << views[i] << " views, window " << windows[w].width;
      for (const auto& figures : all) {
        if (i > 0) {
          EXPECT_GT(figures.db[i][w], figures.db[i - 1][w] + 2) << views[i];
        }
      }
    }
  }
}

TEST(RealSlices, LoseAsMuchToNoiseAsTabulated) {
  if (const auto why = why_without(volume)) GTEST_SKIP() << *why;
  const auto hu = read_slice(volume, 63, 2);
  const auto backend = gpu::make_cpu_backend();
  const auto full = fbp_of_slice(*backend, hu, 720);
  const auto db = [&](const Dose& dose) {
    return evaluation::compare_hounsfield(fbp_of_slice(*backend, hu, 36, 1.6, dose), full).mapped.psnr_db;
  };
  const double clean = db({}), weak = db({1e6, true}), strong = db({1e5, true}), real = db({1e5, false});
  std::printf(
      "[ measured ] 36 views lose %.2f dB to 1e6 photons and %.2f dB to 1e5, %.2f dB if these are not relative\n",
      clean - weak, clean - strong, clean - real);
  EXPECT_NEAR(clean - weak, 28.24 - 27.93, 0.4);
  EXPECT_NEAR(clean - strong, 28.24 - 25.91, 0.4);
  EXPECT_GT(clean - real, clean - strong);  // how much more depends on the longest rays, and so on the slice
}

TEST(RealSlices, WithWeakNoiseAreAsHardAsThoseThatOthersPublish) {
  if (const auto why = why_without(chests)) GTEST_SKIP() << *why;
  const auto stack = read_stack(shared_data() / chests);
  const auto backend = gpu::make_cpu_backend();
  constexpr std::array<std::int64_t, 5> indices{0, 15, 30, 45, 60};
  double few = 0, more = 0;
  for (const auto index : indices) {
    const auto hu = slice_hu(*stack, index, 2);
    const auto full = fbp_of_slice(*backend, hu, 720);
    const auto db = [&](std::int64_t count) {
      return evaluation::compare_hounsfield(fbp_of_slice(*backend, hu, count, 1.6, {1e6, true}), full).mapped.psnr_db /
             static_cast<double>(indices.size());
    };
    few += db(36), more += db(72);
  }
  std::printf("[ measured ] mean of five slices: 36 views %.2f dB, 72 views %.2f dB\n", few, more);
  EXPECT_NEAR(few, 26.80, 2);
  EXPECT_NEAR(more, 31.37, 2);
}

// The tabulated figures are those of 256 x 256 pixels. On pixels half as large, as many views leave more streaks: of the nine
// slices that are best at 256 none reaches the tabulated figure of 144 views at 512, the nearest lacks 2.9 dB.
TEST(RealSlices, Of512PixelsHaveTheFiguresOfTheReadme) {
  if (const auto why = why_without(volume)) GTEST_SKIP() << *why;
  constexpr Decibels readme{
      {{22.27, 14.55, 13.25}, {26.77, 17.96, 16.91}, {31.52, 22.42, 21.29}, {37.00, 28.57, 26.56}}};
  const auto figures = measure_figures("lung-pet-ct-dx slice 63, 512 x 512", read_slice(volume, 63, 1), 0.8);
  for (std::size_t i = 0; i < views.size(); ++i) {
    for (std::size_t w = 0; w < windows.size(); ++w) EXPECT_NEAR(figures.db[i][w], readme[i][w], 0.05) << views[i];
  }
}
