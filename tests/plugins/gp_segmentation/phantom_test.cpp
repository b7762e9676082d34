// Acceptance checks 8, 8b, 12 and 14: ten thousand random sets of clicks, and a simulated user on forty phantoms.
#include "method/segmentation.h"

#include "gpu/cpu/cpu_backend.h"
#include "plugins/gp_segmentation/click_phantoms.h"

#include <iso/evaluation/clicks.h>

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>

namespace gp_segmentation {
namespace {

const iso::compute::Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

struct ClickCount {
  double noc85{0}, noc90{0};
  int failures85{0}, failures90{0};
  std::size_t disobeyed{0}, violated{0}, wrong_after{0}, clicks{0};
  double margin_error{0};
  std::map<std::size_t, double> iou;  ///< mean after so many clicks
};

using Ask = std::function<std::vector<std::uint8_t>(const std::vector<MarkStroke>&, ClickCount&)>;

ClickCount click_on_phantoms(int first, int phantoms, bool jittered,
                             const std::function<Ask(const ClickPhantom&)>& make) {
  ClickCount run;
  for (int p = 0; p < phantoms; ++p) {
    const ClickPhantom phantom = make_click_phantom(static_cast<std::uint64_t>(first + p));
    const iso::evaluation::MaskGrid grid{{192, 192, 1}, {1, 1, 1}};
    const Ask ask = make(phantom);
    std::vector<std::uint8_t> mask(phantom.truth.size(), 0), clicked = mask;
    std::vector<MarkStroke> strokes;
    double at85 = 20, at90 = 20, last = 0;
    bool reached85 = false, reached90 = false;
    for (std::size_t k = 1; k <= 20; ++k) {
      auto next = iso::evaluation::next_click(mask, phantom.truth, clicked, grid);
      if (next) {
        if (jittered)
          next = iso::evaluation::jitter(*next, mask, phantom.truth, clicked, grid, 5,
                                         100 * static_cast<std::uint64_t>(p) + k);
        const auto at = static_cast<std::size_t>(next->voxel[0] + 192 * next->voxel[1]);
        clicked[at] = 1;
        strokes.push_back(
            {next->positive ? std::uint16_t{1} : std::uint16_t{0}, {{next->voxel[0], next->voxel[1], 0}}});
        mask = ask(strokes, run);
        run.clicks += strokes.size();
        for (const MarkStroke& stroke : strokes) {
          const Voxel& v = stroke.voxels.front();
          run.disobeyed += mask[static_cast<std::size_t>(v[0] + 192 * v[1])] != stroke.label ? 1 : 0;
        }
        last = iso::evaluation::overlap(mask, phantom.truth).iou;
      }
      run.iou[k] += last / phantoms;
      if (!reached85 && last >= 0.85) reached85 = true, at85 = static_cast<double>(k);
      if (!reached90 && last >= 0.90) reached90 = true, at90 = static_cast<double>(k);
    }
    run.noc85 += at85 / phantoms, run.noc90 += at90 / phantoms;
    run.failures85 += reached85 ? 0 : 1, run.failures90 += reached90 ? 0 : 1;
  }
  return run;
}

Ask make_segmentation(const ClickPhantom& phantom) {
  const auto segmentation = std::make_shared<Segmentation>(phantom.image, std::vector<std::uint16_t>{}, cpu());
  return [segmentation](const std::vector<MarkStroke>& strokes, ClickCount& run) {
    const Answer given = segmentation->answer(strokes, {}, never());
    run.violated += static_cast<std::size_t>(given.told.violated),
        run.wrong_after += static_cast<std::size_t>(given.told.wrong);
    run.margin_error = std::max(run.margin_error, given.told.margin_error);
    std::vector<std::uint8_t> mask;
    for (const std::uint16_t label : given.labels) mask.push_back(label == 1 ? 1 : 0);
    return mask;
  };
}

/// The label of the click that is nearest in the same features, places divided by 24 pixels.
Ask nearest_click(const ClickPhantom& phantom) {
  const auto patch = std::make_shared<Patch>(make_picture(phantom.image), 1, cpu());
  patch->make_next_slab();
  return [patch](const std::vector<MarkStroke>& strokes, ClickCount&) {
    std::vector<iso::compute::KernelCentre> centres;
    for (const MarkStroke& stroke : strokes) centres.push_back(patch->centre_at(stroke.voxels.front()));
    std::vector<std::uint8_t> mask(192 * 192, 0);
    for (std::int64_t i = 0; i < 192 * 192; ++i) {
      const auto here = patch->centre_at({i % 192, i / 192, 0});
      double best = 1e300;
      for (std::size_t j = 0; j < centres.size(); ++j) {
        const double d = iso::norm(iso::subtract(here.place_mm, centres[j].place_mm)) / 24;
        double sum = d * d;
        for (std::size_t f = 0; f < here.features.size(); ++f)
          sum += (here.features[f] - centres[j].features[f]) * (here.features[f] - centres[j].features[f]);
        if (sum < best) best = sum, mask[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(strokes[j].label);
      }
    }
    return mask;
  };
}

void print(const char* what, const ClickCount& run) {
  std::printf(
      "%s: NoC@85 %.2f NoC@90 %.2f failures %d, %d IoU&1/3/5/10/20 %.3f %.3f %.3f %.3f %.3f violated %zu wrong after "
      "%zu of %zu margin error %.1e NoIC %zu\n",
      what, run.noc85, run.noc90, run.failures85, run.failures90, run.iou.at(1), run.iou.at(3), run.iou.at(5),
      run.iou.at(10), run.iou.at(20), run.violated, run.wrong_after, run.clicks, run.margin_error, run.disobeyed);
}

TEST(ClickPhantoms, TakeFewClicksFewerThanTheNearestClickAndObeyAll) {
  const ClickCount run = click_on_phantoms(1000, 40, false, make_segmentation);
  const ClickCount nearest = click_on_phantoms(1000, 40, false, nearest_click);
  const ClickCount jittered = click_on_phantoms(1000, 40, true, make_segmentation);
  print("Gaussian process", run), print("nearest click", nearest), print("jittered", jittered);
  EXPECT_LE(run.noc85, 4.0);
  EXPECT_LE(run.noc90, 6.0);
  EXPECT_LE(run.failures85, 1);
  EXPECT_LE(run.noc90, 0.75 * nearest.noc90);
  EXPECT_EQ(run.disobeyed, 0U);
  EXPECT_EQ(run.wrong_after, 0U);
  EXPECT_LE(run.margin_error, 1e-3);
  EXPECT_LE(jittered.noc90, 1.35 * run.noc90);
  EXPECT_EQ(jittered.disobeyed, 0U);
}

TEST(ClickPhantoms, TenThousandRandomSetsOfClicksAreObeyed) {
  constexpr std::int64_t n = 64;
  std::size_t disobeyed = 0, clicks = 0;
  for (std::uint64_t image = 0; image < 100; ++image) {
    const iso::Philox random{image, 9};
    Segmentation segmentation{
        volume_from({n, n, 1},
                    [&](auto x, auto y, auto) {
                      return std::sin(0.1 * static_cast<double>(image) + 0.2 * static_cast<double>(x)) *
                                 std::cos(0.15 * static_cast<double>(y)) +
                             0.2 * random.normal(static_cast<std::uint64_t>(x + n * y));
                    }),
        {},
        cpu()};
    std::uint64_t draw = 1'000'000;
    for (int set = 0; set < 100; ++set) {
      Options options;
      options.smoothing = set % 3 == 0 ? 0 : set % 3 == 1 ? 0.7 : 2.5;
      std::vector<MarkStroke> strokes;
      std::map<Voxel, std::uint16_t> last;
      const auto count = static_cast<int>(1 + 59.99 * random.uniform(draw++));
      for (int i = 0; i < count; ++i) {
        Voxel at{static_cast<std::int64_t>(n * random.uniform(draw++)),
                 static_cast<std::int64_t>(n * random.uniform(draw++)), 0};
        std::uint16_t label = random.uniform(draw++) < 0.5 ? 0 : 1;
        if (i > 0 && random.uniform(draw++) < 0.3) {  // beside the one before, with the other label
          at = strokes.back().voxels.front();
          at[i % 2 == 0 ? 0 : 1] = std::min<std::int64_t>(n - 1, at[i % 2 == 0 ? 0 : 1] + 1);
          label = strokes.back().label == 0 ? 1 : 0;
        }
        strokes.push_back({label, {at}});
        last[at] = label;
      }
      const Answer given = segmentation.answer(strokes, options, never());
      clicks += last.size();
      for (const auto& [at, label] : last)
        disobeyed += given.labels[static_cast<std::size_t>(at[0] + n * at[1])] != label ? 1 : 0;
    }
  }
  std::printf("10000 sets, %zu clicks, %zu disobeyed\n", clicks, disobeyed);
  EXPECT_EQ(disobeyed, 0U);
}

}  // namespace
}  // namespace gp_segmentation
