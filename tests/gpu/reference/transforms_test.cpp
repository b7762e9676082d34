#include "gpu/reference/reference_backend.h"

#include <iso/base/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace iso::compute;
using iso::ScalarType;
using iso::Shape;
using Complex = std::complex<double>;

namespace {

struct Fixture {
  std::unique_ptr<Backend> backend{iso::gpu::make_reference_backend()};
  std::unique_ptr<Stream> stream{backend->make_stream()};

  template <class T>
  std::vector<T> apply(const OperatorSpec& spec, const std::vector<T>& values, bool adjoint = false) const {
    const auto operation = backend->make(spec);
    iso::PixelBuffer block = iso::PixelBuffer::allocate(adjoint ? operation->range() : operation->domain());
    std::copy(values.begin(), values.end(), block.values<T>().begin());
    const auto in = backend->upload(std::move(block), *stream);
    auto out = backend->allocate(adjoint ? operation->domain() : operation->range(), *stream);
    if (adjoint)
      operation->adjoint(in, out, *stream);
    else
      operation->forward(in, out, *stream);
    const auto result = out.host<T>();
    return {result.begin(), result.end()};
  }
};

std::vector<Complex> noise(std::int64_t count, std::uint64_t seed) {
  const iso::Philox random{seed, 0};
  std::vector<Complex> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = {random.normal(2 * i), random.normal(2 * i + 1)};
  return values;
}

double energy(const std::vector<Complex>& values) {
  double sum = 0;
  for (const auto& v : values) sum += std::norm(v);
  return sum;
}

}  // namespace

TEST(Fourier, OfAGaussianIsAGaussian) {
  // exp(-pi (x / s)^2) sampled at unit steps has the unitary transform s / sqrt(N) exp(-pi (s k / N)^2): both tails are
  // below 1e-13 at the borders, so sampling and truncation do not show.
  const Fixture f;
  for (const std::int64_t n : {48, 49}) {
    const double s = std::sqrt(static_cast<double>(n)) * 1.05;
    std::vector<Complex> x(static_cast<std::size_t>(n));
    const std::int64_t middle = n / 2;
    for (std::int64_t i = 0; i < n; ++i)
      x[static_cast<std::size_t>(i)] = std::exp(-std::numbers::pi * std::pow(static_cast<double>(i - middle) / s, 2));
    const auto y = f.apply(Fourier{Shape{n}, {0}, true, ScalarType::c128}, x);
    for (std::int64_t k = 0; k < n; ++k) {
      const double expected =
          s / std::sqrt(static_cast<double>(n)) *
          std::exp(-std::numbers::pi * std::pow(s * static_cast<double>(k - middle) / static_cast<double>(n), 2));
      EXPECT_NEAR(std::abs(y[static_cast<std::size_t>(k)] - expected), 0, 1e-11) << n << " " << k;
    }
  }
}

TEST(Fourier, OfAnImpulseIsAFlatPhaseRampOfTheRightSign) {
  const Fixture f;
  std::vector<Complex> x(8);
  x[1] = 1;
  const auto y = f.apply(Fourier{Shape{8}, {0}, false, ScalarType::c128}, x);
  for (int k = 0; k < 8; ++k) {
    EXPECT_NEAR(
        std::abs(y[static_cast<std::size_t>(k)] - std::polar(1 / std::sqrt(8.0), -2 * std::numbers::pi * k / 8)), 0,
        1e-14);
  }
}

TEST(Fourier, KeepsEnergyAndItsAdjointUndoesIt) {
  const Fixture f;
  for (const bool centred : {false, true}) {
    for (const auto& axes : std::vector<std::vector<std::size_t>>{{0}, {1, 2}, {2, 0, 1}}) {
      const Fourier spec{Shape{5, 6, 7}, axes, centred, ScalarType::c128};
      const auto x = noise(210, 3);
      const auto y = f.apply(spec, x);
      const auto back = f.apply(spec, y, true);
      EXPECT_NEAR(energy(y) / energy(x), 1, 1e-13);
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(std::abs(back[i] - x[i]), 0, 1e-13);
    }
  }
}

TEST(DetectorFilter, EqualsPaddedDiscreteFourierTransforms) {
  // The definition, step by step: zero-pad, transform, multiply by the even response, transform back, crop.
  const Fixture f;
  const std::int64_t row = 7, half = 9, n = 2 * half;
  std::vector<double> response(half + 1);
  for (std::size_t k = 0; k < response.size(); ++k) response[k] = 0.3 + std::sin(1.7 * static_cast<double>(k));
  std::vector<double> x(row * 3);
  const iso::Philox random{5, 0};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = random.normal(i);
  const auto y = f.apply(DetectorFilter{Shape{row, 3, 1}, response, ScalarType::f64}, x);
  const Fourier dft{Shape{n}, {0}, false, ScalarType::c128};
  for (std::size_t r = 0; r < 3; ++r) {
    std::vector<Complex> line(n);
    for (std::size_t i = 0; i < row; ++i) line[i] = x[r * row + i];
    line = f.apply(dft, line);
    for (std::int64_t k = 0; k < n; ++k)
      line[static_cast<std::size_t>(k)] *= response[static_cast<std::size_t>(k <= half ? k : n - k)];
    line = f.apply(dft, line, true);
    for (std::size_t i = 0; i < row; ++i) EXPECT_NEAR(y[r * row + i], line[i].real(), 1e-12);
  }
}

TEST(DetectorFilter, OfAConstantResponseScales) {
  const Fixture f;
  const std::vector<double> x{1, -2, 3, 4, 5, 0.5};
  const auto y = f.apply(DetectorFilter{Shape{3, 1, 2}, std::vector<double>(4, 2.5), ScalarType::f64}, x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], 2.5 * x[i], 1e-13);
}

TEST(FiniteDifference, OfARampIsItsSlopeAndZeroAtTheFarBorder) {
  const Fixture f;
  std::vector<double> x(20);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::size_t column = i % 5, row = i / 5;
    x[i] = 3 * static_cast<double>(column) - 2 * static_cast<double>(row);
  }
  const auto y = f.apply(FiniteDifference{Shape{5, 4}, {1, 0}, ScalarType::f64}, x);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_DOUBLE_EQ(y[i], i / 5 < 3 ? -2 : 0);
    EXPECT_DOUBLE_EQ(y[20 + i], i % 5 < 4 ? 3 : 0);
  }
}

TEST(ReferenceBackend, RefusesTheWrongTypeWithItsReason) {
  const Fixture f;
  const Fourier real{Shape{4}, {0}, true, ScalarType::f32};
  EXPECT_TRUE(f.backend->refusal(real).has_value());
  EXPECT_FALSE(f.backend->refusal(real)->sentence.empty());
  try {
    (void)f.backend->make(real);
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::type_mismatch);
  }
}
