#include "method/unmix.h"
#include "method/counts.h"
#include "method/cube_pixels.h"
#include "method/scores.h"

#include "scenes.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <cmath>
#include <limits>

namespace spectral_unmixing {
namespace {

Unmixing run(const Matrix& y, const UnmixOptions& options, const KnownSpectra& known = {}) {
  iso::solvers::Progress silent;
  return unmix(make_pixel_matrix<float>(y), known, options, Monitor{silent});
}

UnmixOptions for_components(std::int64_t k) {
  UnmixOptions out;
  out.components = k;
  out.robust.iterations = 200;
  return out;
}

TEST(Unmixing, RecoversPurePixelsWithoutNoise) {
  const auto scene = test::make_scene({});
  UnmixOptions options = for_components(3);
  options.start = Extraction::vca;
  options.fit = false;
  const auto found = run(scene.y, options);
  const auto score = test::score(scene, found.endmembers, found.abundances);
  EXPECT_LT(score.mean_angle, 1e-3);
  EXPECT_LT(score.rmse, 1e-3);
}

TEST(Unmixing, KeepsTheOrderOfComponentsWhateverTheSeed) {
  const auto scene = test::make_scene({.noise = 0.005});
  UnmixOptions options = for_components(3);
  const auto first = run(scene.y, options);
  for (const std::uint64_t seed : {11U, 23U}) {
    options.seed = seed;
    const auto again = run(scene.y, options);
    for (Eigen::Index k = 0; k < 3; ++k)
      EXPECT_LT(spectral_angle(first.endmembers.col(k), again.endmembers.col(k)), 0.1) << k;
  }
}

TEST(Unmixing, KeepsFrozenSpectraAndFindsTheFreeOne) {
  const auto scene = test::make_scene({.noise = 0.002});
  const KnownSpectra known{scene.endmembers.leftCols(2), true, {"first", "second"}};
  const auto found = run(scene.y, for_components(3), known);
  EXPECT_EQ(found.names, (std::vector<std::string>{"first", "second", "endmember 3"}));
  EXPECT_EQ((found.endmembers.leftCols(2) - scene.endmembers.leftCols(2)).norm(), 0);
  EXPECT_LT(spectral_angle(found.endmembers.col(2), scene.endmembers.col(2)), 0.1);
}

class UnmixingOfBadBands : public ::testing::TestWithParam<int> {};

TEST_P(UnmixingOfBadBands, StaysWithinTwoHundredthsOfTheCleanRun) {
  auto scene = test::make_scene({.bands = 80, .noise = 0.005});
  const auto clean = run(scene.y, for_components(3));
  const double before = test::score(scene, clean.endmembers, clean.abundances).rmse;
  const iso::Philox random{5, 5};
  std::vector<std::int64_t> good;
  for (Eigen::Index l = 0; l < 80; ++l) {
    const bool bad = GetParam() == 3 ? l == 33 : l % 10 == 4;
    if (!bad) good.push_back(l);
    for (Eigen::Index n = 0; bad && n < scene.y.cols(); ++n) {
      double& y = scene.y(l, n);
      switch (GetParam()) {
        case 0: y = random.uniform(static_cast<std::uint64_t>(l * 10'000 + n)); break;
        case 1: y += n % 5 == 0 ? 1 : 0; break;
        case 2: y = 0; break;
        default: y *= 100;
      }
    }
  }
  const auto found = run(scene.y, for_components(3));
  const auto score = test::score(scene, found.endmembers, found.abundances, good);
  EXPECT_LT(score.rmse, before + 0.02);
}

INSTANTIATE_TEST_SUITE_P(NoiseStripesZerosScale, UnmixingOfBadBands, ::testing::Range(0, 4));

TEST(Unmixing, TakesOneComponentMoreOrFewer) {
  const auto scene = test::make_scene({.noise = 0.005});
  for (const std::int64_t k : {1, 2, 4, 5}) {
    const auto found = run(scene.y, for_components(k));
    EXPECT_EQ(found.endmembers.cols(), k);
    EXPECT_TRUE(found.endmembers.allFinite());
  }
}

TEST(Unmixing, RefusesWhatCannotBeUnmixedInOneSentence) {
  const auto refuses = [](const Matrix& y, std::int64_t k) {
    try {
      (void)run(y, for_components(k));
      ADD_FAILURE() << y.rows() << " x " << y.cols();
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::invalid_input) << error.what();
    }
  };
  refuses(Matrix::Constant(10, 50, 0.4), 3);     // constant
  refuses(Matrix::Random(10, 2).cwiseAbs(), 3);  // fewer pixels than components
  refuses(Matrix::Ones(10, 1), 1);               // one pixel does not vary
  refuses(Matrix::Zero(10, 30), 2);
}

TEST(Unmixing, StopsWhenAsked) {
  struct Stopping final : iso::solvers::Progress {
    std::stop_source source;
    void report(double fraction, std::string_view) override {
      if (fraction > 0.3) source.request_stop();
    }
  } progress;
  const auto scene = test::make_scene({});
  try {
    (void)unmix(make_pixel_matrix<float>(scene.y), {}, for_components(3),
                Monitor{progress, progress.source.get_token()});
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::cancelled);
  }
}

TEST(CountUnmixing, FindsTheFreeSpectrumBesideKnownDyes) {
  auto scene = test::make_scene({.bands = 12, .pixels = 3000});
  const iso::Philox random{8, 8};
  scene.y *= 200;
  for (Eigen::Index i = 0; i < scene.y.size(); ++i)
    scene.y.data()[i] = random.poisson(static_cast<std::uint64_t>(i), scene.y.data()[i]);
  iso::solvers::Progress silent;
  UnmixOptions options = for_components(3);
  options.robust.lambda = options.robust.mu = options.robust.anchor = 0;
  options.robust.loss = Loss::frobenius;
  options.screening = 0;
  const KnownSpectra known{scene.endmembers.leftCols(2), true, {}};
  const auto found = unmix_counts(make_pixel_matrix<float>(scene.y), known, options, Monitor{silent});
  EXPECT_LT(spectral_angle(found.endmembers.col(2), scene.endmembers.col(2)), 0.15);
  EXPECT_NEAR(found.endmembers.col(2).sum(), 1, 1e-9);
  scene.y(3, 5) = -1;
  EXPECT_THROW((void)unmix_counts(make_pixel_matrix<float>(scene.y), known, options, Monitor{silent}), iso::Error);
}

iso::SpectralCube make_cube(const Matrix& y, std::int64_t width) {
  iso::SpectralCube cube;
  iso::PixelBuffer buffer =
      iso::PixelBuffer::allocate({iso::Shape{width, y.cols() / width, y.rows()}, iso::ScalarType::f32});
  for (Eigen::Index l = 0; l < y.rows(); ++l)
    for (Eigen::Index n = 0; n < y.cols(); ++n)
      buffer.values<float>()[static_cast<std::size_t>(l * y.cols() + n)] = static_cast<float>(y(l, n));
  cube.pixels = std::move(buffer);
  return cube;
}

TEST(CubePixels, LeaveOutMaskedAndMissingPixelsAndPutTheRestBack) {
  auto scene = test::make_scene({.bands = 6, .pixels = 20});
  scene.y(2, 7) = std::numeric_limits<double>::quiet_NaN();
  auto cube = make_cube(scene.y, 5);
  iso::PixelBuffer mask = iso::PixelBuffer::allocate({iso::Shape{5, 4}, iso::ScalarType::u8});
  std::ranges::fill(mask.values<std::uint8_t>(), std::uint8_t{1});
  mask.values<std::uint8_t>()[3] = 0;
  cube.mask = std::move(mask);
  iso::PixelBuffer bands = iso::PixelBuffer::allocate({iso::Shape{6}, iso::ScalarType::u8});
  std::ranges::fill(bands.values<std::uint8_t>(), std::uint8_t{1});
  bands.values<std::uint8_t>()[5] = 0;
  cube.band_mask = std::move(bands);
  const auto pixels = make_cube_pixels(cube);
  EXPECT_EQ(pixels.data.pixels, 18);
  EXPECT_EQ(pixels.bands, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  const std::vector<float> ones(18, 1);
  const auto maps = to_maps(pixels, ones, 1);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(std::isnan(maps.values<float>()[i]), i == 3 || i == 7) << i;
  EXPECT_EQ(to_mask(pixels).values<std::uint8_t>()[7], 0);
}

TEST(CubePixels, ShareTheMemoryOfACubeThatIsWhole) {
  const auto cube = make_cube(test::make_scene({.bands = 6, .pixels = 20}).y, 5);
  EXPECT_EQ(make_cube_pixels(cube).data.bands[2], cube.pixels.values<float>().data() + 40);
}

TEST(CubePixels, RefuseACubeWithoutAnyBandOrPixel) {
  auto cube = make_cube(Matrix::Constant(4, 6, std::numeric_limits<double>::quiet_NaN()), 3);
  EXPECT_THROW((void)make_cube_pixels(cube), iso::Error);
  EXPECT_THROW((void)make_cube_pixels(iso::SpectralCube{}), iso::Error);
}

}  // namespace
}  // namespace spectral_unmixing
