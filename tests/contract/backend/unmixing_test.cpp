#include "contract/backend/fixture.h"

#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/unmixing_steps.h>

#include <cmath>

// Steps of unmixing on every back end that has them, beside the reference in double. `cpu` has none: there the plugin has a pass of
// its own, which does everything while a tile of pixels is in the cache.

using namespace iso::compute;
using iso::ArraySpec;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;
using iso::test::BackendContract;

namespace {

struct UpdateCase {
  std::int64_t pixels, columns;
  AbundanceRule rule;
};

std::vector<UpdateCase> update_cases() {
  std::vector<UpdateCase> out;
  for (const auto& [pixels, columns] : std::vector<std::array<std::int64_t, 2>>{{1, 1}, {130, 2}, {1000, 4}, {257, 7}})
    for (const bool exact : {true, false})
      for (const double lambda : {0.0, 0.1}) {
        AbundanceRule rule;
        rule.exact = exact;
        rule.lambda = lambda;
        rule.mu = 0.5;
        rule.tau = 0.5 * std::log(2.0 + static_cast<double>(columns));
        rule.floor = exact ? 0 : 1e-12;
        rule.exponents = lambda > 0;
        rule.eta = 1e-3;
        for (std::int64_t i = 0; i < columns; ++i)
          for (std::int64_t j = 0; j < columns; ++j)
            rule.curvature.push_back(0.5 + (i == j ? 1.0 : 0.3 / static_cast<double>(1 + std::abs(i - j))));
        out.push_back({pixels, columns, rule});
      }
  return out;
}

template <class T>
Pixels positive(const Pixels& noise, T scale) {
  iso::PixelBuffer out = iso::PixelBuffer::allocate(noise.spec());
  for (std::size_t i = 0; i < noise.values<T>().size(); ++i)
    out.values<T>()[i] = scale * std::abs(noise.values<T>()[i]);
  return out;
}

struct Updated {
  AbundanceSums sums;
  Pixels a, p;
};

/// Two steps, so that the second begins with exponents that differ.
template <class T>
Updated run(const Backend& backend, const UpdateCase& problem, const Pixels& products, const Pixels& abundances) {
  const auto* const steps = find_unmixing_steps(backend);
  const auto stream = backend.make_stream();
  const Array b = backend.upload(products, *stream);
  Array a = backend.upload(abundances, *stream);
  Array p = backend.allocate({Shape{problem.pixels}, iso::scalar_type_of<T>}, *stream);
  backend.vector().fill(p, 1, *stream);
  Updated out;
  for (int i = 0; i < 2; ++i) out.sums = steps->update(problem.rule, b, a, p, *stream);
  out.a = backend.download(a, *stream);
  out.p = backend.download(p, *stream);
  return out;
}

double gap(double a, double b) { return std::abs(a - b) / std::max(std::abs(b), 1e-12); }

double largest_gap(const AbundanceSums& a, const AbundanceSums& b) {
  double out = std::max({gap(a.powers, b.powers), gap(a.exponents, b.exponents), gap(a.defect, b.defect)});
  for (std::size_t i = 0; i < b.gram.size(); ++i) out = std::max(out, gap(a.gram[i], b.gram[i]));
  return out;
}

/// Of the entries i, j, in the size of row i times that of row j.
double gram_gap(const std::vector<double>& a, const std::vector<double>& b) {
  const auto k = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(b.size()))));
  double out = 0;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      out = std::max(out, std::abs(a[i * k + j] - b[i * k + j]) / std::sqrt(b[i * k + i] * b[j * k + j]));
  return out;
}

}  // namespace

// Single precision: some ten roundings of numbers near 1 a step. Where the price of an exponent hardly depends on it, rounding
// decides which one is taken; what they cost is the same, so that the price is compared.
TEST_P(BackendContract, UpdatesAbundancesAsTheReferenceInSinglePrecision) {
  if (find_unmixing_steps(under_test()) == nullptr) GTEST_SKIP() << "the back end has no steps of unmixing";
  for (const UpdateCase& problem : update_cases()) {
    const ArraySpec spec{{problem.pixels, problem.columns}, ScalarType::f32};
    const auto b = noise(spec, 5), a = positive<float>(noise(spec, 6), 0.4F);
    const Updated mine = run<float>(under_test(), problem, b, a), right = run<float>(reference(), problem, b, a);
    const std::string what = std::to_string(problem.pixels) + " x " + std::to_string(problem.columns) +
                             (problem.rule.exact ? ", exact" : ", multiplicative") +
                             (problem.rule.lambda > 0 ? ", sparse" : "");
    EXPECT_LT(difference(mine.a, right.a).relative, 1e-4) << what;
    const auto price = [&](const AbundanceSums& sums) { return sums.powers + problem.rule.tau * sums.exponents; };
    EXPECT_LT(gap(price(mine.sums), price(right.sums)), 1e-5) << what;
    EXPECT_LT(gap(mine.sums.defect, right.sums.defect), 1e-4) << what;
    EXPECT_LT(gram_gap(mine.sums.gram, right.sums.gram), 1e-4) << what;
  }
}

TEST_P(BackendContract, UpdatesAbundancesAsTheReferenceInDoublePrecision) {
  if (find_unmixing_steps(under_test()) == nullptr) GTEST_SKIP() << "the back end has no steps of unmixing";
  for (const UpdateCase& problem : update_cases()) {
    const ArraySpec spec{{problem.pixels, problem.columns}, ScalarType::f64};
    const auto b = noise(spec, 5), a = positive<double>(noise(spec, 6), 0.4);
    const Updated mine = run<double>(under_test(), problem, b, a), right = run<double>(reference(), problem, b, a);
    EXPECT_LT(difference(mine.a, right.a).relative, 1e-10);
    EXPECT_LT(difference(mine.p, right.p).relative, 1e-8);
    EXPECT_LT(largest_gap(mine.sums, right.sums), 1e-9);
  }
}

TEST_P(BackendContract, SumsSquaresOfTheResidualAsTheReference) {
  if (find_unmixing_steps(under_test()) == nullptr) GTEST_SKIP() << "the back end has no steps of unmixing";
  for (const auto& [pixels, bands, columns] :
       std::vector<std::array<std::int64_t, 3>>{{1, 1, 1}, {1000, 9, 3}, {63, 21, 5}}) {
    const auto squares = [&](const Backend& backend) {
      const auto stream = backend.make_stream();
      const Array y = backend.upload(noise({{pixels, bands}, ScalarType::f32}, 1), *stream),
                  e = backend.upload(noise({{bands, columns}, ScalarType::f32}, 2), *stream),
                  a = backend.upload(noise({{pixels, columns}, ScalarType::f32}, 3), *stream);
      return find_unmixing_steps(backend)->band_squares(y, e, a, *stream);
    };
    const auto mine = squares(under_test()), right = squares(reference());
    ASSERT_EQ(mine.size(), right.size());
    for (std::size_t l = 0; l < mine.size(); ++l) EXPECT_LT(gap(mine[l], right[l]), 1e-4);
  }
}

TEST_P(BackendContract, RefusesArraysOfUnmixingThatDoNotFit) {
  const auto* const steps = find_unmixing_steps(under_test());
  if (steps == nullptr) GTEST_SKIP() << "the back end has no steps of unmixing";
  const auto stream = under_test().make_stream();
  const auto array = [&](const Shape& shape) { return under_test().allocate({shape, ScalarType::f32}, *stream); };
  AbundanceRule rule;
  rule.curvature = {1, 0, 0, 1};
  Array a = array({6, 2}), p = array(Shape{6}), other = array(Shape{5});
  EXPECT_NO_THROW((void)steps->update(rule, array({6, 2}), a, p, *stream));
  EXPECT_THROW((void)steps->update(rule, array({5, 2}), a, p, *stream), iso::Error);
  EXPECT_THROW((void)steps->update(rule, array({6, 2}), a, other, *stream), iso::Error);
  EXPECT_THROW((void)steps->band_squares(array({6, 4}), array({3, 2}), a, *stream), iso::Error);
  rule.curvature.pop_back();
  EXPECT_THROW((void)steps->update(rule, array({6, 2}), a, p, *stream), iso::Error);
}
