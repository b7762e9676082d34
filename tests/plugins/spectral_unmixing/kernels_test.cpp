// The loops over a tile beside plain sums in double, for every group of columns and for bands that do not fill one.
#include "method/kernels/kernels.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>

#include <cmath>
#include <tuple>
#include <vector>

namespace spectral_unmixing {
namespace {

class KernelsOfAPass : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  static constexpr std::int64_t pixels = 96;
  std::int64_t columns_{std::get<0>(GetParam())}, bands_{std::get<1>(GetParam())};
  std::vector<float> y_{values(bands_ * pixels, 1)}, e_{values(bands_ * columns_, 2)}, a_{values(columns_ * pixels, 3)};

  static std::vector<float> values(std::int64_t count, std::uint64_t seed) {
    const iso::Philox random{seed, 11};
    std::vector<float> out;
    for (std::int64_t i = 0; i < count; ++i)
      out.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(i))));
    return out;
  }
  std::vector<const float*> rows() const {
    std::vector<const float*> out;
    for (std::int64_t l = 0; l < bands_; ++l) out.push_back(y_.data() + l * pixels);
    return out;
  }
  double y(std::int64_t l, std::int64_t n) const {
    return static_cast<double>(y_[static_cast<std::size_t>(l * pixels + n)]);
  }
  double e(std::int64_t l, std::int64_t k) const {
    return static_cast<double>(e_[static_cast<std::size_t>(l * columns_ + k)]);
  }
  double a(std::int64_t k, std::int64_t n) const {
    return static_cast<double>(a_[static_cast<std::size_t>(k * pixels + n)]);
  }
};

TEST_P(KernelsOfAPass, GivePlainSums) {
  const auto pointers = rows();
  const Tile<float> tile{pointers.data(), bands_, pixels};
  const auto& kernel = kernels<float>();
  std::vector<float> b(static_cast<std::size_t>(columns_ * pixels)), yat(static_cast<std::size_t>(bands_ * columns_));
  std::vector<double> wide(b.size());
  const std::vector<double> wide_e(e_.begin(), e_.end());
  kernel.products(tile, e_.data(), columns_, b.data(), pixels);
  kernel.products_wide(tile, wide_e.data(), columns_, wide.data(), pixels);
  kernel.gather(tile, a_.data(), pixels, columns_, yat.data());
  for (std::int64_t k = 0; k < columns_; ++k) {
    for (std::int64_t n = 0; n < pixels; ++n) {
      double sum = 0;
      for (std::int64_t l = 0; l < bands_; ++l) sum += y(l, n) * e(l, k);
      EXPECT_NEAR(static_cast<double>(b[static_cast<std::size_t>(k * pixels + n)]), sum, 1e-4);
      EXPECT_NEAR(wide[static_cast<std::size_t>(k * pixels + n)], sum, 1e-12);
    }
    for (std::int64_t l = 0; l < bands_; ++l) {
      double sum = 0;
      for (std::int64_t n = 0; n < pixels; ++n) sum += y(l, n) * a(k, n);
      EXPECT_NEAR(static_cast<double>(yat[static_cast<std::size_t>(l * columns_ + k)]), sum, 1e-4);
    }
  }
}

TEST_P(KernelsOfAPass, GiveTheSquaresOfTheResidual) {
  const auto pointers = rows();
  const Tile<float> tile{pointers.data(), bands_, pixels};
  std::vector<double> of_bands(static_cast<std::size_t>(bands_), 0), expected(static_cast<std::size_t>(pixels), 0);
  std::vector<float> of_pixels(static_cast<std::size_t>(pixels), 0);
  std::vector<float> weights(static_cast<std::size_t>(bands_), 2);
  kernels<float>().residual(tile, e_.data(), columns_, a_.data(), pixels, pixels - 5, weights.data(), of_bands.data(),
                            of_pixels.data());
  for (std::int64_t l = 0; l < bands_; ++l) {
    double band = 0;
    for (std::int64_t n = 0; n < pixels; ++n) {
      double r = y(l, n);
      for (std::int64_t k = 0; k < columns_; ++k) r -= e(l, k) * a(k, n);
      band += r * r;
      if (n < pixels - 5) expected[static_cast<std::size_t>(n)] += 2 * r * r;
    }
    EXPECT_NEAR(of_bands[static_cast<std::size_t>(l)] / band, 1, 1e-5);
  }
  for (std::size_t n = 0; n < expected.size(); ++n)
    EXPECT_NEAR(static_cast<double>(of_pixels[n]), expected[n], 1e-5 * (1 + expected[n]));
}

INSTANTIATE_TEST_SUITE_P(Sizes, KernelsOfAPass,
                         ::testing::Combine(::testing::Range(1, 14), ::testing::Values(1, 2, 3, 4, 5, 9)));

}  // namespace
}  // namespace spectral_unmixing
