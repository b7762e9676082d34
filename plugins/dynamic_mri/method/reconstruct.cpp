#include "method/reconstruct.h"

#include <iso/base/threads.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/tall_matrix.h>
#include <iso/compute/operators/unfolding.h>
#include <iso/data/stack.h>
#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/low_rank.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>

namespace dynamic_mri {

double start_rank(const iso::mri::SeriesProblem& problem) {
  iso::compute::Array start = problem.backend.allocate(problem.series(), problem.stream);
  problem.a->adjoint(problem.data, start, problem.stream);
  return iso::solvers::singular_values(start, iso::solvers::Matrices::whole, problem.stream).front();
}

namespace {

/// Singular values of all matrices of an unfolding: their Gram matrices, decomposed on the host, and the products back.
void add_unfolded(Work& work, const iso::compute::Unfolding& grid, double iterations) {
  constexpr double decomposition_s = 4e-9;  // an n³ of a Hermitian matrix; measured for n = 24
  const iso::Shape shape = grid.range().shape;
  iso::compute::TallMatrix matrices;
  matrices.type = grid.type;
  matrices.rows = shape[0], matrices.columns = matrices.products = shape[1], matrices.batch = shape[2];
  work.operators.emplace_back(matrices, 2 * iterations);
  work.seconds += iterations * decomposition_s * static_cast<double>(shape[2]) * std::pow(shape[1], 3) /
                  iso::ThreadBudget::threads();
}

}  // namespace

void plan_iterations(Work& work, const Model& model, const iso::compute::OperatorSpec& encoding, double iterations) {
  using namespace iso::compute;
  const iso::ArraySpec series = encoding.domain();
  const iso::Shape& shape = series.shape;
  const double parts = model.has_error() ? 2 : 1;
  work.operators.emplace_back(encoding, 2 * iterations);
  double passes =
      13 * parts;  // over arrays as large as the series, between the operators of an iteration; fitted to four series
  for (auto& spec : term_operators(model, shape)) {
    passes += 2 * static_cast<double>(spec.range().bytes()) / static_cast<double>(series.bytes());
    if (const auto* const grid = spec.as<Unfolding>()) add_unfolded(work, *grid, iterations);
    work.operators.emplace_back(std::move(spec), 2 * iterations);
  }
  // A difference reads and writes one such array: it stands for whatever is as fast as the memory.
  work.operators.emplace_back(ComplexDifference{shape, {0}, false, series.type}, passes / 2 * iterations);
  if (!(model.low_rank > 0)) return;
  TallMatrix matrix;
  matrix.type = series.type;
  matrix.columns = matrix.products = shape[3];
  matrix.rows = shape.count() / std::max<std::int64_t>(1, shape[3]);
  work.operators.emplace_back(std::move(matrix), 2 * iterations);
}

iso::Volume layer_increments(const iso::mri::SeriesProblem& problem, const Solution& solution) {
  using Complex = std::complex<float>;
  iso::Volume out = problem.finish(solution.series);
  const iso::Shape& one = out.pixels.spec().shape;
  const auto layers = static_cast<std::int64_t>(solution.after_layers.size()) + 1;
  if (layers == 1) return out;
  iso::PixelBuffer all =
      iso::PixelBuffer::allocate({iso::Shape{one[0], one[1], one[2] * layers, one[3]}, iso::ScalarType::c64});
  const auto slices = one[0] * one[1] * one[2];
  iso::Pixels before;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const iso::Pixels after = layer + 1 == layers
                                  ? out.pixels
                                  : problem.finish(solution.after_layers[static_cast<std::size_t>(layer)]).pixels;
    for (std::int64_t t = 0; t < one[3]; ++t) {
      const auto to = all.values<Complex>().begin() + (t * layers + layer) * slices;
      std::copy_n(after.values<Complex>().begin() + t * slices, slices, to);
      if (before.empty()) continue;
      std::transform(to, to + slices, before.values<Complex>().begin() + t * slices, to, std::minus<>{});
    }
    before = after;
  }
  out.pixels = std::move(all);
  out.grid.size[2] *= layers;
  iso::set_stack(out, {"layer", layers});
  return out;
}

Work plan_work(const iso::compute::OperatorSpec& encoding, const CgSenseOptions& options) {
  Work out;
  out.operators.emplace_back(encoding, 2.0 * options.iterations);
  out.bytes = encoding.domain().bytes() + iso::solvers::Cgls::bytes(encoding.domain(), encoding.range());
  return out;
}

Work plan_work(const iso::compute::OperatorSpec& encoding, const ZeroFilledOptions& options) {
  Work out;
  out.operators.emplace_back(encoding, 1);
  out.bytes = encoding.domain().bytes() + (options.share_views ? encoding.range().bytes() : 0);
  return out;
}

}  // namespace dynamic_mri
