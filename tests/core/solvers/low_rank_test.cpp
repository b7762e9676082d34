#include "support/dense_operator.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>
#include <iso/solvers/low_rank.h>
#include <iso/solvers/separable.h>

#include <cmath>
#include <complex>
#include <numbers>

using namespace iso::solvers;
using namespace iso::testing;

namespace {

using Complex = std::complex<double>;
using iso::compute::Array;

Array noise(const iso::Shape& shape, std::uint64_t seed) {
  const auto stream = reference().make_stream();
  Array x = reference().allocate({shape, iso::ScalarType::c128}, *stream);
  const iso::Philox random{seed, 4};
  std::uint64_t i = 0;
  for (Complex& value : x.host<Complex>()) {
    value = {random.normal(2 * i), random.normal(2 * i + 1)};
    ++i;
  }
  return x;
}

Array copy(const Array& x) {
  const auto stream = reference().make_stream();
  Array y = reference().allocate(x.spec(), *stream);
  reference().vector().copy(x, y, *stream);
  return y;
}

double distance(const Array& x, const Array& y) {
  const auto stream = reference().make_stream();
  Array d = copy(x);
  reference().vector().axpy(-1, y, d, *stream);
  return reference().vector().norm2(d, *stream);
}

double norm(const Array& x) { return reference().vector().norm2(x, *reference().make_stream()); }

/// Orthonormal columns of a discrete Fourier basis, so that sum_k s_k u_k v_kᴴ has the singular values s.
Array with_singular_values(std::int64_t rows, const std::vector<double>& s) {
  const auto stream = reference().make_stream();
  const auto columns = static_cast<std::int64_t>(s.size());
  Array x = reference().allocate({iso::Shape{rows, columns}, iso::ScalarType::c128}, *stream);
  const auto wave = [](std::int64_t n, std::int64_t k, std::int64_t m) {
    return std::polar(1 / std::sqrt(static_cast<double>(n)),
                      2 * std::numbers::pi * static_cast<double>(k * m % n) / static_cast<double>(n));
  };
  const auto values = x.host<Complex>();
  for (std::int64_t c = 0; c < columns; ++c)
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < columns; ++k)
        values[static_cast<std::size_t>(c * rows + r)] +=
            s[static_cast<std::size_t>(k)] * wave(rows, 3 * k + 1, r) * wave(columns, k, c);
  return x;
}

}  // namespace

TEST(NuclearNorm, FindsTheSingularValuesOfAMatrixThatHasKnownOnes) {
  const auto stream = reference().make_stream();
  const Array x = with_singular_values(40, {5, 2, 1e-3, 0});
  const auto s = singular_values(x, Matrices::whole, *stream);
  ASSERT_EQ(s.size(), 4u);
  EXPECT_NEAR(s[0], 5, 1e-12);
  EXPECT_NEAR(s[1], 2, 1e-12);
  EXPECT_NEAR(s[2], 1e-3, 1e-11);
  EXPECT_NEAR(s[3], 0, 1e-7);  // the root of a rounding
  EXPECT_NEAR(nuclear_norm(3)->value(x, *stream), 3 * 7.001, 1e-6);
}

TEST(NuclearNorm, ProximalMapLowersEverySingularValueByTheStepTimesTheWeight) {
  const auto stream = reference().make_stream();
  Array x = with_singular_values(40, {5, 2, 0.4, 0.1});
  nuclear_norm(0.5)->prox(2, x, *stream);
  EXPECT_LT(distance(x, with_singular_values(40, {4, 1, 0, 0})), 1e-11);
}

TEST(NuclearNorm, ProximalMapOfTheConjugateCutsSingularValuesAtTheWeight) {
  const auto stream = reference().make_stream();
  Array x = with_singular_values(40, {5, 2, 0.4, 0.1});
  nuclear_norm(1.5)->prox_conjugate(0.7, x, *stream);
  EXPECT_LT(distance(x, with_singular_values(40, {1.5, 1.5, 0.4, 0.1})), 1e-11);
  const Array once = copy(x);
  nuclear_norm(1.5)->prox_conjugate(0.7, x, *stream);
  EXPECT_LT(distance(x, once), 1e-11);
}

TEST(NuclearNorm, ProximalMapsAddUpAsMoreauSaysForEveryMatrixOfABatch) {
  const auto stream = reference().make_stream();
  for (const auto matrices : {Matrices::whole, Matrices::each}) {
    const Array x = noise({9, 4, 5}, 3);
    const double step = 0.6;
    Array primal = copy(x), dual = copy(x);
    const auto f = nuclear_norm(2.5, matrices);
    f->prox(step, primal, *stream);
    reference().vector().scale(1 / step, dual, *stream);
    f->prox_conjugate(1 / step, dual, *stream);
    reference().vector().axpy(step, dual, primal, *stream);
    EXPECT_LT(distance(primal, x), 1e-12 * norm(x));
  }
}

TEST(NuclearNorm, ProximalMapTurnsWithThePhaseOfItsArgument) {
  const auto stream = reference().make_stream();
  const Array x = noise({12, 5}, 8);
  const Complex turn = std::polar(1.0, 0.9);
  Array a = copy(x), b = copy(x);
  const auto f = nuclear_norm(1.2);
  f->prox(1, a, *stream);
  reference().vector().scale(turn, a, *stream);
  reference().vector().scale(turn, b, *stream);
  f->prox(1, b, *stream);
  EXPECT_LT(distance(a, b), 1e-12 * norm(x));
}

TEST(NuclearNorm, ReweightingSparesLargeSingularValues) {
  const auto stream = reference().make_stream();
  Array x = with_singular_values(40, {10, 1});
  nuclear_norm(0.5, Matrices::whole, 0.05)->prox(1, x, *stream);
  const auto s = singular_values(x, Matrices::whole, *stream);
  EXPECT_NEAR(s[0], 10 - 0.5 * 0.5 / 10.5, 1e-11);
  EXPECT_NEAR(s[1], 1 - 0.5 * 0.5 / 1.5, 1e-11);
}

TEST(NuclearNorm, SurvivesMoreColumnsThanRowsOneColumnAndZeros) {
  const auto stream = reference().make_stream();
  Array wide = noise({3, 8}, 1), thin = noise({9, 1}, 2),
        empty = reference().allocate({iso::Shape{6, 3}, iso::ScalarType::c128}, *stream);
  const double length = norm(thin);
  nuclear_norm(1)->prox(1, wide, *stream);
  nuclear_norm(1)->prox(1, thin, *stream);
  nuclear_norm(1)->prox(1, empty, *stream);
  EXPECT_TRUE(reference().vector().all_finite(wide, *stream));
  EXPECT_NEAR(norm(thin), length - 1, 1e-12);
  EXPECT_EQ(norm(empty), 0);
}

TEST(NuclearNorm, RefusesNegativeWeightsOtherShapesAndValuesThatAreNotFinite) {
  const auto stream = reference().make_stream();
  EXPECT_THROW((void)nuclear_norm(-1), iso::Error);
  EXPECT_THROW((void)singular_values(noise({3, 8}, 1), Matrices::each, *stream), iso::Error);
  Array x = noise({4, 2}, 1);
  x.host<Complex>()[3] = std::nan("");
  EXPECT_THROW(nuclear_norm(1)->prox(1, x, *stream), iso::Error);
}

TEST(SeparableSum, TreatsEveryPartByItself) {
  const auto stream = reference().make_stream();
  const iso::compute::Space space{
      {{"a", {iso::Shape{3}, iso::ScalarType::f64}}, {"b", {iso::Shape{2}, iso::ScalarType::f64}}}};
  const auto f = separable_sum(space, {l1_norm(1), nullptr});
  Array x = vector({3, -0.5, 1, 7, -7});
  EXPECT_DOUBLE_EQ(f->value(x, *stream), 4.5);
  f->prox(1, x, *stream);
  EXPECT_EQ(values(x), (std::vector<double>{2, 0, 0, 7, -7}));
  Array y = vector({3, -0.5, 1, 7, -7});
  f->prox_conjugate(1, y, *stream);
  EXPECT_EQ(values(y), (std::vector<double>{1, -0.5, 1, 0, 0}));
  EXPECT_THROW((void)separable_sum(space, {l1_norm(1)}), iso::Error);
}

TEST(AfterUnitary, ShrinksInTheOtherDomain) {
  const auto stream = reference().make_stream();
  const double c = std::sqrt(0.5);
  const auto turn = dense(2, 2, {c, c, -c, c});
  const auto f = after_unitary(l1_norm(1), turn);
  Array x = vector({3 * c, 3 * c});  // (3, 0) in the other domain
  EXPECT_NEAR(f->value(x, *stream), 3, 1e-15);
  f->prox(1, x, *stream);
  EXPECT_NEAR(values(x)[0], 2 * c, 1e-15);
  EXPECT_NEAR(values(x)[1], 2 * c, 1e-15);
}
