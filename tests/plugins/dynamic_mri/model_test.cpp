// The objective and its engine in double precision, where a minimum can be told from a number that is only small.
#include "series_fixture.h"

#include "gpu/reference/reference_backend.h"

#include <gtest/gtest.h>
#include <iso/base/random.h>
#include <iso/solvers/low_rank.h>
#include <iso/solvers/power_iteration.h>

using namespace dynamic_mri;
using namespace iso::compute;
using iso::ScalarType;
using iso::Shape;

namespace {

using Complex = std::complex<double>;

/// Sixteen by sixteen voxels, six frames, three coils, a third of the lines.
CoilFourier small_encoding(std::int64_t coils = 3) {
  CoilFourier encoding{.image = {16, 16, 1}, .coils = coils, .frames = 6, .type = ScalarType::c128};
  const iso::Pixels maps = iso::mri::simulated_maps(encoding.image, coils);
  iso::PixelBuffer wide = iso::PixelBuffer::allocate(encoding.map_spec());
  const auto from = maps.values<std::complex<float>>();
  for (std::size_t i = 0; i < from.size(); ++i) wide.values<Complex>()[i] = from[i];
  encoding.sensitivities = std::move(wide);
  encoding.mask = iso::mri::make_mask(16, 1, 6, {.acceleration = 3, .centre_lines = 2, .seed = 5});
  return encoding;
}

Array make_data(const OperatorPtr& a, Stream& stream) {
  const iso::Volume truth = iso::mri::heart_phantom(16, 6);
  Array x = a->backend().allocate(a->domain(), stream), b = a->backend().allocate(a->range(), stream);
  const auto from = truth.pixels.values<std::complex<float>>();
  std::copy(from.begin(), from.end(), x.host<Complex>().begin());
  a->forward(x, b, stream);
  const iso::Philox random{3, 1};
  std::uint64_t i = 0;
  for (Complex& value : b.host<Complex>()) {
    if (value != Complex{}) value += 0.01 * Complex{random.normal(2 * i), random.normal(2 * i + 1)};
    ++i;
  }
  return b;
}

double distance(const Array& x, const Array& y, Stream& stream) {
  const auto& ops = x.backend().vector();
  Array d = x.backend().allocate(x.spec(), stream);
  ops.copy(x, d, stream);
  ops.axpy(-1, y, d, stream);
  return ops.norm2(d, stream) / ops.norm2(y, stream);
}

Model full_model() {
  Model model;
  model.spatial = 0.01, model.temporal = 0.03, model.low_rank = 0.1;
  model.second_rank = 0.02, model.second = SecondRank::patches, model.patch = 8;
  return model;
}

}  // namespace

TEST(DynamicModel, ReachesOptimalityInDoublePrecisionAndTheObjectiveOfAnotherSolver) {
  const auto stream = cpu().make_stream();
  const auto a = cpu().make(small_encoding());
  const Array b = make_data(a, *stream);
  const Model model = full_model();
  iso::solvers::Progress silent;
  const Solution found =
      minimise(model, a, b, {.iterations = 5000, .dual_step = 0.15, .tolerance = 0}, *stream, silent);
  EXPECT_LT(found.measured.back().primal, 1e-6);
  EXPECT_LT(found.measured.back().dual, 1e-6);
  // Chambolle and Pock's solver, the data a term like the others.
  Objective objective = make_objective(model, a);
  std::vector<iso::solvers::Term> terms{{a, iso::solvers::squared_distance(b)}};
  for (auto& term : objective.terms) terms.push_back(term);
  Array x = cpu().allocate(a->domain(), *stream);
  const auto other =
      iso::solvers::primal_dual(terms, x, {.g = objective.g, .ratio = 10}, *stream, {.iterations = 4000});
  EXPECT_NEAR(other.history.back().objective, found.measured.back().objective, 1e-5 * found.measured.back().objective);
  EXPECT_LT(distance(x, found.series, *stream), 1e-3);
  // Two hundred iterations are near.
  const Solution early = minimise(model, a, b, {.iterations = 200, .tolerance = 0}, *stream, silent);
  EXPECT_LT(early.measured.back().objective, 1.02 * found.measured.back().objective);
}

TEST(DynamicModel, WithoutWeightsAndWithAllLinesGivesTheImageBack) {
  const auto stream = cpu().make_stream();
  CoilFourier encoding = small_encoding();
  encoding.mask = {};
  const auto a = cpu().make(encoding);
  const Array b = make_data(a, *stream);
  Array expected = cpu().allocate(a->domain(), *stream);
  a->adjoint(b, expected, *stream);
  iso::solvers::Progress silent;
  const Solution found = minimise({}, a, b, {.iterations = 60, .tolerance = 0}, *stream, silent);
  EXPECT_LT(distance(found.series, expected, *stream), 1e-6);
}

TEST(DynamicModel, ShrinksAStaticSeriesByItsWeightWhateverTheStep) {
  const auto stream = cpu().make_stream();
  CoilFourier encoding{.image = {16, 16, 1}, .frames = 6, .type = ScalarType::c128};
  const auto a = cpu().make(encoding);
  Array x = cpu().allocate(a->domain(), *stream), b = cpu().allocate(a->range(), *stream);
  const iso::Volume heart = iso::mri::heart_phantom(16, 1);
  const auto still = heart.pixels.values<std::complex<float>>();
  for (std::size_t i = 0; i < 6 * 256; ++i) x.host<Complex>()[i] = still[i % 256];
  a->forward(x, b, *stream);
  const double s1 = iso::solvers::singular_values(x, iso::solvers::Matrices::whole, *stream)[0];
  iso::solvers::Progress silent;
  for (const double dual_step : {1.0 / 32, 0.5}) {
    Model model;
    model.low_rank = 0.7;
    model.temporal = 0.1;  // is 0 of a still series
    const Solution found =
        minimise(model, a, b, {.iterations = 600, .dual_step = dual_step, .tolerance = 0}, *stream, silent);
    const auto s = iso::solvers::singular_values(found.series, iso::solvers::Matrices::whole, *stream);
    EXPECT_NEAR(s[0], s1 - 0.7, 1e-8);
    EXPECT_LT(s[1], 1e-6);
  }
}

TEST(DynamicModel, NormsOfItsOperatorsAreAtMostWhatTheStepsAssume) {
  const auto stream = cpu().make_stream();
  const auto a = cpu().make(small_encoding());
  EXPECT_LT(iso::solvers::operator_norm(*a, *stream, 100), 1 + 1e-4);
  Model model = full_model();
  model.error = 0.1;
  for (const auto second : {SecondRank::patches, SecondRank::readout, SecondRank::phase}) {
    model.second = second;
    const Objective objective = make_objective(model, a);
    ASSERT_EQ(objective.terms.size(), 3u);
    EXPECT_LT(std::pow(iso::solvers::operator_norm(*objective.encoding, *stream, 100), 2), 2 + 1e-4);
    for (std::size_t i = 0; i < objective.terms.size(); ++i)
      EXPECT_LT(std::pow(iso::solvers::operator_norm(*objective.terms[i].k, *stream, 200), 2),
                objective.squared_norms[i] * (1 + 1e-9));
  }
}

TEST(DynamicModel, KeepsAnErrorThatIsSparseApart) {
  const auto stream = cpu().make_stream();
  CoilFourier encoding{.image = {16, 16, 1}, .frames = 4, .type = ScalarType::c128};
  const auto a = cpu().make(encoding);
  Array x = cpu().allocate(a->domain(), *stream), b = cpu().allocate(a->range(), *stream);
  for (Complex& value : x.host<Complex>()) value = 1;
  x.host<Complex>()[100] += Complex{0, 3};
  a->forward(x, b, *stream);
  Model model;
  model.spatial = 0.5, model.temporal = 0.5, model.error = 0.05;
  iso::solvers::Progress silent;
  const Solution found = minimise(model, a, b, {.iterations = 3000, .dual_step = 0.1, .tolerance = 0}, *stream, silent);
  const auto image = std::as_const(found.series).host<Complex>(), error = std::as_const(found.error).host<Complex>();
  EXPECT_NEAR(std::abs(error[100]), 3, 0.2);
  EXPECT_NEAR(std::abs(image[100] - image[99]), 0, 1e-3);
}

TEST(DynamicModel, HasFigureOfASeparationIntoBackgroundAndMotion) {
  const auto stream = cpu().make_stream();
  const auto a = cpu().make(small_encoding());
  const Array b = make_data(a, *stream);
  Model model;
  model.low_rank = 0.3, model.error = 0.02, model.sparse_in = SparseIn::spectrum;
  iso::solvers::Progress silent;
  const Solution found = minimise(model, a, b, {.iterations = 3000, .tolerance = 0}, *stream, silent);
  EXPECT_LT(found.measured.back().primal, 1e-6);
  // The background has fewer ranks than the series has frames.
  const auto s = iso::solvers::singular_values(found.series, iso::solvers::Matrices::whole, *stream);
  EXPECT_LT(s[5], 1e-6 * s[0]);
}
