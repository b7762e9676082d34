// Acceptance checks 6 to 10 and 15 of the method, and input that is wrong on purpose.
#include "method/segmentation.h"

#include "gpu/cpu/cpu_backend.h"
#include "plugins/gp_segmentation/click_phantoms.h"

#include <iso/base/threads.h>
#include <iso/io/registry.h>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <map>

namespace gp_segmentation {
namespace {

const iso::compute::Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

MarkStroke click(std::int64_t x, std::int64_t y, std::uint16_t label = 1, std::int64_t z = 0) {
  return {label, {{x, y, z}}};
}

std::vector<std::uint16_t> find_labels(Segmentation& segmentation, const std::vector<MarkStroke>& strokes,
                                       const Options& options = {}) {
  Answer given = segmentation.answer(strokes, options, never());
  EXPECT_EQ(given.fraction, 1);
  return given.labels;
}

std::vector<std::uint16_t> find_labels(const iso::Volume& image, const std::vector<MarkStroke>& strokes,
                                       const Options& options = {}, std::vector<std::uint16_t> existing = {}) {
  Segmentation segmentation{image, std::move(existing), cpu()};
  return find_labels(segmentation, strokes, options);
}

iso::Volume disc(std::int64_t n = 96, double noise = 0.05) {
  const iso::Philox random{5, 0};
  const std::int64_t middle = n / 2, radius = n / 5;
  return volume_from({n, n, 1}, [&, n](auto x, auto y, auto) {
    return (std::hypot(x - middle, y - middle) < static_cast<double>(radius) ? 1 : 0) +
           noise * random.normal(static_cast<std::uint64_t>(x + n * y));
  });
}

std::int64_t count(const std::vector<std::uint16_t>& labels, std::uint16_t label) {
  return std::ranges::count(labels, label);
}

std::size_t disobeyed(const std::vector<std::uint16_t>& labels, const std::vector<MarkStroke>& strokes,
                      const Voxel& size) {
  std::map<Voxel, std::uint16_t> last;
  for (const MarkStroke& stroke : strokes)
    for (const Voxel& at : stroke.voxels) last[at] = stroke.label;
  std::size_t wrong = 0;
  for (const auto& [at, label] : last)
    if (at[0] >= 0 && at[1] >= 0 && at[0] < size[0] && at[1] < size[1] && at[2] >= 0 && at[2] < size[2])
      wrong += labels[static_cast<std::size_t>(at[0] + size[0] * (at[1] + size[1] * at[2]))] != label ? 1 : 0;
  return wrong;
}

// A feature of sd 4 pixels makes the rim of so high a contrast unlike its middle: one click is cautious.
TEST(ClickSegmentation, FindsADiscFromOneClickAndItsRimFromFourMore) {
  double overlap[2] = {0, 0};
  for (const int clicks : {1, 5}) {
    std::vector<MarkStroke> strokes{click(48, 48), click(48, 31), click(65, 48), click(48, 65), click(31, 48)};
    strokes.resize(static_cast<std::size_t>(clicks));
    const auto labels = find_labels(disc(), strokes);
    std::int64_t right = 0, either = 0;
    for (std::int64_t y = 0; y < 96; ++y)
      for (std::int64_t x = 0; x < 96; ++x) {
        const bool in = std::hypot(x - 48, y - 48) < 19, is = labels[static_cast<std::size_t>(x + 96 * y)] == 1;
        right += in && is ? 1 : 0, either += in || is ? 1 : 0;
      }
    overlap[clicks == 1 ? 0 : 1] = static_cast<double>(right) / static_cast<double>(either);
  }
  EXPECT_GT(overlap[0], 0.6);
  EXPECT_GT(overlap[1], 0.85);
}

TEST(ClickSegmentation, WithoutClicksIsEmptyAndWithAMaskIsTheMask) {
  EXPECT_EQ(count(find_labels(disc(), {}), 0), 96 * 96);
  std::vector<std::uint16_t> mask(96 * 96, 0);
  for (std::size_t i = 3000; i < 3050; ++i) mask[i] = 7;
  EXPECT_EQ(find_labels(disc(), {}, {}, mask), mask);
}

TEST(ClickSegmentation, OfOneClickFallsWithTheFeaturesAndIsThePriorFarAway) {
  iso::compute::KernelScales scales{16, 10, 4, 2, 0};
  iso::compute::KernelCentre centre{{0}, {0, 0, 0}};
  double last = 1e9;
  for (double a = 0; a < 5; a += 0.1) {
    const double k = iso::compute::kernel(scales, centre, {{a}, {5, 0, 0}});
    EXPECT_LT(k, last);
    last = k;
  }
  EXPECT_LT(iso::compute::kernel(scales, centre, {{0}, {60, 0, 0}}), 1e-6);
}

// The tumour of the samples: a fifth of the slice is too far for its four clicks.
TEST(ClickSegmentation, ChoosesAReachByTheEvidenceOfTheClicks) {
  const std::string samples{ISO_SOURCE_DIR "/resources/samples/ct_lung_tumour_224x224x17"};
  const auto image = iso::io::read(samples + ".nii.gz"), mask = iso::io::read(samples + "_mask.nii.gz");
  const auto& volume = iso::get<iso::Volume>(image);
  const iso::Pixels truth = iso::to_pixels(*mask)->converted(iso::ScalarType::f64);
  const auto strokes = [](std::size_t count) {
    const std::array<MarkStroke, 4> all{MarkStroke{1, {{130, 139, 9}}}, MarkStroke{0, {{133, 194, 9}}},
                                        MarkStroke{0, {{72, 128, 9}}}, MarkStroke{0, {{121, 172, 9}}}};
    return std::vector<MarkStroke>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  };
  const auto overlap = [&](const std::vector<std::uint16_t>& labels) {
    std::int64_t common = 0, any = 0;
    for (std::size_t i = 9 * 224 * 224; i < 10 * 224 * 224; ++i) {
      const bool found = labels[i] == 1, there = truth.values<double>()[i] > 0;
      common += found && there ? 1 : 0, any += found || there ? 1 : 0;
    }
    return static_cast<double>(common) / static_cast<double>(any);
  };
  Options usual;
  usual.reach_mm = 0.2 * 224 * volume.grid.spacing_mm[0];
  EXPECT_EQ(find_labels(volume, strokes(1)), find_labels(volume, strokes(1), usual)) << "one click says nothing of it";
  EXPECT_LT(overlap(find_labels(volume, strokes(4), usual)), 0.65);
  EXPECT_GT(overlap(find_labels(volume, strokes(4))), 0.69);
}

TEST(ClickSegmentation, MovesWithTheImageAndItsClicks) {
  const auto at = [](std::int64_t shift) {
    const iso::Philox random{3, 1};
    return volume_from({160, 160, 1}, [&random, shift](auto x, auto y, auto) {
      const double u = static_cast<double>(x - shift) - 70, v = static_cast<double>(y) - 70;
      return 0.02 * random.normal(static_cast<std::uint64_t>((x - shift + 200) + 400 * y)) +
             (std::hypot(u, v) < 18 ? 1 : 0);
    });
  };
  Options options;
  options.reach_mm = 12;
  const auto here = find_labels(at(0), {click(70, 70), click(92, 70, 0)}, options);
  const auto there = find_labels(at(16), {click(86, 70), click(108, 70, 0)}, options);
  std::int64_t differ = 0;
  for (std::int64_t y = 40; y < 100; ++y)
    for (std::int64_t x = 40; x < 100; ++x)
      differ +=
          here[static_cast<std::size_t>(x + 160 * y)] != there[static_cast<std::size_t>(x + 16 + 160 * y)] ? 1 : 0;
  EXPECT_LE(differ, 2);  // percentiles of the whole picture move by the columns that came and went
}

// Check 8: random clicks with random labels, neighbours of opposite labels among them. A hundred images of a hundred sets; the
// slow test of the same name has 10,000 sets.
std::size_t disobeyed_in_random_sets(std::uint64_t first, std::uint64_t sets, double smoothing) {
  const std::int64_t n = 48;
  std::size_t wrong = 0;
  for (std::uint64_t image = 0; image < sets / 100; ++image) {
    const iso::Philox random{first + image, 3};
    Segmentation segmentation{volume_from({n, n, 1},
                                          [&](auto x, auto y, auto) {
                                            return (x * y % 37 < 12 ? 1 : 0) +
                                                   0.3 * random.normal(static_cast<std::uint64_t>(x + n * y));
                                          }),
                              {},
                              cpu()};
    Options options;
    options.smoothing = smoothing;
    std::uint64_t draw = 100'000;
    for (int set = 0; set < 100; ++set) {
      const auto clicks = static_cast<int>(1 + 59.99 * random.uniform(draw++));
      std::vector<MarkStroke> strokes;
      for (int i = 0; i < clicks; ++i) {
        auto x = static_cast<std::int64_t>((n - 0.01) * random.uniform(draw++));
        auto y = static_cast<std::int64_t>((n - 0.01) * random.uniform(draw++));
        if (i % 3 == 2) {  // beside the one before, with the other label
          const Voxel& last = strokes.back().voxels.front();
          x = std::min(n - 1, last[0] + 1), y = last[1];
          strokes.push_back(click(x, y, strokes.back().label == 0 ? 1 : 0));
        } else {
          strokes.push_back(click(x, y, random.uniform(draw++) < 0.5 ? 0 : 1));
        }
      }
      wrong += disobeyed(find_labels(segmentation, strokes, options), strokes, {n, n, 1});
    }
  }
  return wrong;
}

TEST(ClickSegmentation, ObeysEveryClickOfRandomSetsWithAndWithoutSmoothing) {
  EXPECT_EQ(disobeyed_in_random_sets(1, 100, 0.7), 0U);
  EXPECT_EQ(disobeyed_in_random_sets(50, 100, 3), 0U);
}

TEST(ClickSegmentation, ObeysSeveralLabelsAndStrokes) {
  const iso::Volume image = disc();
  MarkStroke line{2, {}};
  for (std::int64_t x = 20; x < 70; ++x) line.voxels.push_back({x, 60, 0});
  const std::vector<MarkStroke> strokes{click(48, 48), line, click(49, 48, 3), click(10, 10, 0), click(48, 60, 0)};
  EXPECT_EQ(disobeyed(find_labels(image, strokes), strokes, {96, 96, 1}), 0U);
}

TEST(ClickSegmentation, DependsOnMarksAndOptionsAloneWhateverCameBefore) {
  const iso::Volume image = make_click_phantom(3).image;
  Segmentation used{image, {}, cpu()};
  Options other;
  other.reach_mm = 9, other.smoothing = 0;
  (void)find_labels(used, {click(50, 50), click(80, 80, 0)});
  (void)find_labels(used, {click(50, 50)}, other);
  const std::vector<MarkStroke> three{click(96, 96), click(60, 96, 0), click(96, 120, 2)};
  const auto first = find_labels(used, three);
  (void)find_labels(used, {three[0], three[1], three[2], click(30, 30)});
  EXPECT_EQ(find_labels(used, three), first);  // undo
  EXPECT_EQ(find_labels(image, three), first);
  const int threads = iso::ThreadBudget::threads();
  iso::ThreadBudget::set(1);
  EXPECT_EQ(find_labels(image, three), first);
  iso::ThreadBudget::set(threads);
}

TEST(ClickSegmentation, OfKeptColumnsIsThatOfTheWholeSum) {
  const ClickPhantom phantom = make_click_phantom(4);
  Patch patch{make_picture(phantom.image), 1, cpu()};
  patch.make_next_slab();
  std::vector<iso::compute::KernelCentre> centres;
  std::vector<double> coefficients;
  for (std::int64_t i = 0; i < 20; ++i) {
    centres.push_back(patch.centre_at({9 * i, 100 + 3 * i, 0}));
    coefficients.push_back(i % 2 == 0 ? 0.4 : -0.3);
  }
  const iso::compute::KernelScales scales;
  std::vector<float> kept(192 * 192, 0);
  patch.add_field(0, centres, coefficients, scales, kept);
  for (std::int64_t i = 0; i < 192 * 192; i += 997) {
    const auto here = patch.centre_at({i % 192, i / 192, 0});
    double sum = 0;
    for (std::size_t j = 0; j < centres.size(); ++j)
      sum += coefficients[j] * iso::compute::kernel(scales, here, centres[j]);
    EXPECT_NEAR(static_cast<double>(kept[static_cast<std::size_t>(i)]), sum, 1e-5);
  }
}

TEST(ClickSegmentation, KeepsTheColumnsOfTheNewestClicksAlone) {
  constexpr std::size_t column = sizeof(float) * 96 * 96;
  Patch patch{make_picture(disc()), 1, cpu()};
  patch.make_next_slab();
  const iso::compute::KernelScales scales;
  const auto add = [&](std::int64_t first, std::int64_t count) {
    std::vector<iso::compute::KernelCentre> centres;
    for (std::int64_t i = first; i < first + count; ++i) centres.push_back(patch.centre_at({i % 96, i / 96, 0}));
    std::vector<float> field(96 * 96, 0);
    patch.add_field(0, centres, std::vector<double>(centres.size(), 0.1), scales, field);
    return field;
  };
  const std::vector<float> first = add(0, 20);
  EXPECT_EQ(patch.column_bytes(), 20 * column);
  for (std::int64_t i = 0; i < 200; ++i) (void)add(20 + i, 1);
  EXPECT_EQ(patch.column_bytes(), Patch::most_columns * column) << "of clicks that were taken back";
  (void)add(1000, 90);
  EXPECT_EQ(patch.column_bytes(), 90 * column) << "more than that, where they are all in use";
  EXPECT_EQ(add(0, 20), first);
  patch.drop_columns();
  EXPECT_EQ(add(0, 20), first);
}

TEST(ClickSegmentation, ReplacesAClickOnTheSameVoxelByTheNewest) {
  const auto labels = find_labels(disc(), {click(48, 48, 1), click(48, 48, 0), click(48, 48, 2)});
  EXPECT_EQ(labels[48 + 96 * 48], 2);
  EXPECT_EQ(count(labels, 1), 0);
}

TEST(ClickSegmentation, OfHardImagesIsFiniteAndObeys) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  struct Hard {
    const char* name;
    iso::Volume image;
  };
  const std::vector<Hard> images{
      {"constant", volume_from({40, 30, 1}, [](auto, auto, auto) { return 5; })},
      {"no number anywhere", volume_from({40, 30, 1}, [nan](auto, auto, auto) { return nan; })},
      {"half without numbers", volume_from({40, 30, 1}, [nan](auto x, auto y, auto) { return x < 20 ? nan : x * y; })},
      {"padding", volume_from({40, 30, 1}, [](auto x, auto y, auto) { return x < 8 ? -2000 : 100 + x + y; })},
      {"one voxel", volume_from({1, 1, 1}, [](auto, auto, auto) { return 3; })},
      {"one row", volume_from({40, 1, 1}, [](auto x, auto, auto) { return x; })},
      {"two slices", volume_from({40, 30, 2}, [](auto x, auto y, auto z) { return x + y * z; })},
      {"anisotropic", volume_from({40, 30, 6}, [](auto x, auto y, auto z) { return x + y + 20 * z; }, {0.5, 0.5, 10})}};
  for (const Hard& hard : images)
    for (const Extent extent : {Extent::slice, Extent::volume}) {
      Options options;
      options.extent = extent, options.uncertainty = true;
      const Voxel size = picture_size(hard.image.pixels.spec()).size;
      std::vector<MarkStroke> strokes{click(0, 0),
                                      click(size[0] / 2, 0, 0),
                                      click(size[0] - 1, size[1] - 1, 2, size[2] - 1),
                                      click(size[0] / 2 + 1, 0),
                                      click(-5, 2),
                                      click(1000, 1000, 1, 1000)};
      for (int i = 0; i < 100; ++i) strokes.push_back(click(0, 0, static_cast<std::uint16_t>(i % 2)));
      Segmentation segmentation{hard.image, {}, cpu()};
      const Answer given = segmentation.answer(strokes, options, never());
      EXPECT_EQ(given.fraction, 1) << hard.name;
      EXPECT_EQ(disobeyed(given.labels, strokes, size), 0U) << hard.name;
      for (const float value : given.probability) ASSERT_TRUE(std::isfinite(value)) << hard.name;
      for (const float value : given.deviation) ASSERT_TRUE(std::isfinite(value)) << hard.name;
    }
}

TEST(ClickSegmentation, PaddingDoesNotRuinTheRange) {
  const Picture picture = make_picture(volume_from({100, 100, 1}, [](auto x, auto y, auto) {
    return x < 30 ? -2000 : x < 60 ? -1024 : 40 + (x * y) % 50;
  }));
  const auto body = picture.values[static_cast<std::size_t>(picture.index({80, 50, 0}))];
  const auto other = picture.values[static_cast<std::size_t>(picture.index({81, 37, 0}))];
  EXPECT_GT(std::abs(body - other), 0.05);
}

TEST(ClickSegmentation, EditsAMaskOnlyNearTheClicks) {
  const iso::Volume image = disc(160);
  std::vector<std::uint16_t> mask(160 * 160, 0);
  for (std::int64_t y = 0; y < 160; ++y)
    for (std::int64_t x = 0; x < 160; ++x)
      if (std::hypot(x - 80, y - 80) < 28 || std::hypot(x - 20, y - 20) < 12)
        mask[static_cast<std::size_t>(x + 160 * y)] = 4;
  Options options;
  options.reach_mm = 6;
  const std::vector<MarkStroke> strokes{click(108, 80, 4), click(60, 60, 9)};
  const auto edited = find_labels(image, strokes, options, mask);
  EXPECT_EQ(disobeyed(edited, strokes, {160, 160, 1}), 0U);
  for (std::int64_t y = 0; y < 40; ++y)
    for (std::int64_t x = 0; x < 40; ++x)
      EXPECT_EQ(edited[static_cast<std::size_t>(x + 160 * y)], mask[static_cast<std::size_t>(x + 160 * y)]);
}

TEST(ClickSegmentation, PropagatesThroughSlicesAsFarAsTheObjectGoes) {
  const iso::Philox random{2, 2};
  const iso::Volume image = volume_from({64, 64, 20}, [&](auto x, auto y, auto z) {
    const double r = z >= 4 && z < 15 ? 14 - std::abs(static_cast<double>(z) - 9) : 0;
    return (std::hypot(x - 32, y - 32) < r ? 1 : 0) +
           0.05 * random.normal(static_cast<std::uint64_t>(x + 64 * (y + 64 * z)));
  });
  Options options;
  options.propagate = 20;
  const auto labels = find_labels(image, {click(32, 32, 1, 9), click(50, 32, 0, 9)}, options);
  std::int64_t right = 0, either = 0;
  for (std::int64_t z = 0; z < 20; ++z)
    for (std::int64_t y = 0; y < 64; ++y)
      for (std::int64_t x = 0; x < 64; ++x) {
        const double r = z >= 4 && z < 15 ? 14 - std::abs(static_cast<double>(z) - 9) : 0;
        const bool in = std::hypot(x - 32, y - 32) < r,
                   is = labels[static_cast<std::size_t>(x + 64 * (y + 64 * z))] == 1;
        right += in && is ? 1 : 0, either += in || is ? 1 : 0;
      }
  EXPECT_GT(static_cast<double>(right) / static_cast<double>(either), 0.35);
  options.propagate = 0;
  const auto one_slice = find_labels(image, {click(32, 32, 1, 9)}, options);
  EXPECT_EQ(count(one_slice, 1), std::ranges::count(std::span{one_slice}.subspan(9 * 64 * 64, 64 * 64), 1));
}

TEST(ClickSegmentation, OfAVolumeComesCoarselyFirstAndIsTheSameHoweverOftenItIsAsked) {
  const iso::Philox random{6, 2};
  const iso::Volume image = volume_from({72, 72, 72}, [&](auto x, auto y, auto z) {
    return (std::hypot(std::hypot(x - 36, y - 36), z - 36) < 16 ? 1 : 0) +
           0.1 * random.normal(static_cast<std::uint64_t>(x + 72 * (y + 72 * z)));
  });
  Options options;
  options.extent = Extent::volume;
  const std::vector<MarkStroke> strokes{click(36, 36, 1, 36), click(60, 36, 0, 36)};
  Segmentation segmentation{image, {}, cpu()};
  Answer given = segmentation.answer(strokes, options, [] { return true; });
  int rounds = 0;
  bool preview = false;
  while (given.fraction < 1 && ++rounds < 100) {
    given = segmentation.answer(strokes, options, [] { return true; });
    preview = preview || (given.fraction < 1 && count(given.labels, 1) > 1000);
  }
  EXPECT_TRUE(preview);
  EXPECT_EQ(given.labels, find_labels(image, strokes, options));
  std::int64_t right = 0, either = 0;
  for (std::int64_t z = 0; z < 72; ++z)
    for (std::int64_t y = 0; y < 72; ++y)
      for (std::int64_t x = 0; x < 72; ++x) {
        const bool in = std::hypot(std::hypot(x - 36, y - 36), z - 36) < 16;
        const bool is = given.labels[static_cast<std::size_t>(x + 72 * (y + 72 * z))] == 1;
        right += in && is ? 1 : 0, either += in || is ? 1 : 0;
      }
  EXPECT_GT(static_cast<double>(right) / static_cast<double>(either), 0.4);
}

TEST(ClickSegmentation, ChangesOnlyThePartOfTheClickWhereEditsAreLocal) {
  const iso::Volume image = disc();
  Options options;
  options.local_edits = true;
  Segmentation segmentation{image, {}, cpu()};
  const auto before = find_labels(segmentation, {click(48, 48)}, options);
  // It agrees already: nothing changes.
  EXPECT_EQ(find_labels(segmentation, {click(48, 48), click(46, 46)}, options), before);
  const auto after = find_labels(segmentation, {click(48, 48), click(5, 5)}, options);
  EXPECT_EQ(after[5 + 96 * 5], 1);
  EXPECT_EQ(after[48 + 96 * 48], 1);
}

TEST(ClickSegmentation, TellsWhereItIsUnsure) {
  Options options;
  options.uncertainty = true;
  Segmentation segmentation{disc(), {}, cpu()};
  const Answer given = segmentation.answer(std::vector<MarkStroke>{click(48, 48)}, options, never());
  ASSERT_EQ(given.probability.size(), 96U * 96U);
  EXPECT_GT(given.probability[48 + 96 * 48], 0.6F);
  EXPECT_LT(given.deviation[48 + 96 * 48], given.deviation[2 + 96 * 2]);
  ASSERT_FALSE(given.hints.empty());
  EXPECT_GE(given.hints.front().score, given.hints.back().score);
}

TEST(ClickSegmentation, TakesColours) {
  iso::Volume image;
  image.grid = iso::VoxelGrid::centred({64, 64, 1}, {1, 1, 1});
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({{64, 64, 1, 3}, iso::ScalarType::u8});
  const auto values = pixels.values<std::uint8_t>();
  const auto from_middle = [](std::size_t i) {
    const std::size_t x = i % 64, y = i / 64;
    return std::hypot(static_cast<double>(x) - 32, static_cast<double>(y) - 32);
  };
  for (std::size_t i = 0; i < 64 * 64; ++i) {  // a red disc on green of the same brightness
    const bool in = from_middle(i) < 14;
    values[i] = in ? 180 : 40, values[64 * 64 + i] = in ? 40 : 180, values[2 * 64 * 64 + i] = 90;
  }
  image.pixels = std::move(pixels);
  const auto labels = find_labels(image, {click(32, 32)});
  EXPECT_GT(count(labels, 1), 350);  // of 616: the rim is unlike the middle, as in grey
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (from_middle(i) > 15) {
      ASSERT_EQ(labels[i], 0);
    }
  image.pixels = iso::PixelBuffer::allocate({{8, 8, 1, 5}, iso::ScalarType::f32});
  EXPECT_THROW((void)picture_size(image.pixels.spec()), iso::Error);
}

}  // namespace
}  // namespace gp_segmentation
