#include "iso/evaluation/metrics.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <limits>

namespace iso::evaluation {
namespace {

using Value = std::function<double(double, double)>;

Pixels make_image(std::int64_t width, std::int64_t height, const Value& value, ScalarType type = ScalarType::f64) {
  PixelBuffer out = PixelBuffer::allocate({Shape{width, height}, ScalarType::f64});
  const auto pixels = out.values<double>();
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      pixels[static_cast<std::size_t>(y * width + x)] = value(static_cast<double>(x), static_cast<double>(y));
  return Pixels{std::move(out)}.converted(type);
}

double wave(double i, double j) { return std::sin(.3 * i) + std::cos(.2 * j); }
double disturbed(double i, double j) { return wave(i, j) + .05 * std::sin(1.7 * i * j + .4); }

TEST(ImageMetrics, OfComplexImagesAreThoseOfTheModuliButForTheComplexError) {
  const auto turned = [](double phase, double size) {
    PixelBuffer out = PixelBuffer::allocate({Shape{16, 12}, ScalarType::c64});
    const Pixels real = make_image(16, 12, [](double i, double j) { return 2 + wave(i, j); });
    for (std::size_t i = 0; i < out.values<std::complex<float>>().size(); ++i)
      out.values<std::complex<float>>()[i] =
          std::complex<float>{std::polar(size * std::abs(real.values<double>()[i]), phase)};
    return Pixels{std::move(out)};
  };
  // A phase of a quarter turn is seen by the complex error alone: |1 - i| = sqrt 2.
  const auto quarter = compare(turned(std::acos(0.0), 1), turned(0, 1));
  EXPECT_NEAR(quarter.nrmse, std::sqrt(2.0), 1e-6);
  EXPECT_GT(quarter.psnr_db, 100);
  EXPECT_NEAR(quarter.ssim.value(), 1, 1e-6);
  const auto smaller = compare(turned(0.3, 0.9), turned(0.3, 1));
  EXPECT_NEAR(smaller.nrmse, 0.1, 1e-6);
  EXPECT_NEAR(smaller.hfen.value(), 0.1, 1e-6);
  EXPECT_THROW((void)compare(turned(0, 1), make_image(16, 12, wave)), Error);
}

// Expected values: scikit-image 0.26.0 (structural_similarity with gaussian_weights, sigma 1.5, population covariance) and
// direct sums in NumPy over the same formulas.
TEST(ImageMetrics, AgreeWithIndependentImplementations) {
  const auto m = compare(make_image(23, 19, disturbed), make_image(23, 19, wave));
  EXPECT_NEAR(m.data_range, 3.991954371234648, 1e-12);
  EXPECT_NEAR(m.psnr_db, 41.16937615022223, 1e-9);
  EXPECT_NEAR(m.nrmse, 0.034394624602231805, 1e-12);
  EXPECT_NEAR(m.ssim.value(), 0.9940154811658248, 1e-9);
  EXPECT_NEAR(m.hfen.value(), 0.0675166979528088, 1e-9);
  EXPECT_NEAR(m.mean_absolute, 0.031409598870536584, 1e-12);
  EXPECT_NEAR(m.max_absolute, 0.04999557297170032, 1e-12);
  EXPECT_NEAR(m.bias, 0.0001995989068209498, 1e-12);
  EXPECT_EQ(m.elements, 23 * 19);
}

TEST(ImageMetrics, SsimWithZeroBorderAgreesWithADirectSum) {
  CompareOptions options;
  options.border = SsimBorder::zero;
  const auto m = compare(make_image(23, 19, disturbed), make_image(23, 19, wave), options);
  EXPECT_NEAR(m.ssim.value(), 0.9942292926786453, 1e-9);
}

TEST(ImageMetrics, EqualImagesArePerfect) {
  const auto m = compare(make_image(16, 16, wave), make_image(16, 16, wave));
  EXPECT_TRUE(std::isinf(m.psnr_db));
  EXPECT_DOUBLE_EQ(m.ssim.value(), 1);
  EXPECT_DOUBLE_EQ(m.hfen.value(), 0);
  EXPECT_EQ(m.max_absolute, 0);
  EXPECT_NE(to_json(m).find("\"psnr_db\":null"), std::string::npos);
}

TEST(ImageMetrics, MaskHidesEvenNotANumber) {
  auto image = make_image(20, 20, [](double x, double y) { return x == 3 && y == 4 ? std::nan("") : x; });
  const auto reference = make_image(20, 20, [](double x, double) { return x + 1; });
  EXPECT_THROW((void)compare(image, reference), Error);
  CompareOptions options;
  PixelBuffer mask = PixelBuffer::allocate({Shape{20, 20}, ScalarType::u8});
  for (auto& m : mask.values<std::uint8_t>()) m = 1;
  mask.values<std::uint8_t>()[4 * 20 + 3] = 0;
  options.mask = std::move(mask);
  const auto m = compare(image, reference, options);
  EXPECT_DOUBLE_EQ(m.rmse, 1);
  EXPECT_DOUBLE_EQ(m.bias, -1);
  EXPECT_EQ(m.elements, 399);
}

TEST(ImageMetrics, ImageSmallerThanTheWindowHasNoSsim) {
  const auto m = compare(make_image(8, 8, disturbed), make_image(8, 8, wave));
  EXPECT_FALSE(m.ssim.has_value());
  EXPECT_NE(to_json(m).find("\"ssim\":null"), std::string::npos);
}

TEST(ImageMetrics, FlatReferenceNeedsADataRange) {
  const auto flat = make_image(12, 12, [](double, double) { return 5.0; });
  EXPECT_THROW((void)compare(make_image(12, 12, wave), flat), Error);
  CompareOptions options;
  options.data_range = 2;
  EXPECT_FALSE(compare(make_image(12, 12, wave), flat, options).hfen.has_value());
}

TEST(ImageMetrics, RefuseShapesThatDiffer) {
  try {
    (void)compare(make_image(8, 9, wave), make_image(9, 8, wave));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::shape_mismatch);
  }
}

TEST(ImageMetrics, DoNotDependOnTheNumberOfThreads) {
  const auto x = make_image(33, 30, disturbed, ScalarType::f32).reshaped(Shape{33, 6, 5});
  const auto r = make_image(33, 30, wave, ScalarType::f32).reshaped(Shape{33, 6, 5});
  CompareOptions options;
  options.border = SsimBorder::zero;
  ThreadBudget::set(1);
  const auto one = compare(x, r, options);
  ThreadBudget::set(3);
  const auto three = compare(x, r, options);
  EXPECT_EQ(one.ssim.value(), three.ssim.value());
  EXPECT_EQ(one.hfen.value(), three.hfen.value());
}

TEST(WindowMetrics, ClipsToTheWindowBeforeComparing) {
  // Both images lie above a (500, 50) window, which ends at 300 HU: nothing to see there.
  const auto bright = make_image(12, 12, [](double x, double) { return 400 + x; });
  const auto brighter = make_image(12, 12, [](double x, double) { return 900 + x; });
  EXPECT_EQ(compare_hounsfield(bright, brighter, {500, 50}).rmse_hu, 0);
  EXPECT_NEAR(compare_hounsfield(bright, brighter, {3000, 500}).rmse_hu, 500, 1e-9);
  EXPECT_NEAR(compare_hounsfield(bright, brighter, {3000, 500}).mapped.psnr_db, 20 * std::log10(6.0), 1e-9);
}

TEST(Hounsfield, TurnsIntoAttenuationAndBack) {
  const auto hu = make_image(
      4, 4, [](double x, double y) { return -1000 + 300 * x + 50 * y; }, ScalarType::f32);
  const auto mu = to_attenuation(hu);
  EXPECT_EQ(mu.values<float>()[0], 0);
  const auto back = to_hounsfield(mu);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(back.values<float>()[i], hu.values<float>()[i], 1e-3);
}

}  // namespace
}  // namespace iso::evaluation
