#include "method/red_diff.h"

#include "method/levels.h"

#include <iso/base/error.h>
#include <iso/solvers/conjugate_gradient.h>

#include <algorithm>
#include <utility>

namespace diffusion_recon {

using namespace iso::compute;

RedDiff::RedDiff(const PosteriorProblem& problem, RedDiffOptions options)
    : Sampler{problem}, options_{std::move(options)} {
  check_levels(options_.levels);
  if (!(options_.weight > 0) || !(options_.unit > 0))
    throw iso::Error{iso::Errc::invalid_input, "the weight of the prior must be above 0"};
}

void RedDiff::do_begin() {
  ops().fill(image_, 0, stream());
  if (options_.start)
    ops().copy(options_.start, image_, stream());
  else
    solve(0, problem_.data.back_projection(), options_.first_iterations);
}

void RedDiff::do_step(int step, const Report& report) {
  const double sigma = options_.levels[static_cast<std::size_t>(step)], u2 = options_.unit * options_.unit;
  const double noise2 = problem_.data.noise() * problem_.data.noise();
  const double weight = options_.weight * std::max(noise2, 1e-4 * u2) / std::min(sigma * sigma, 0.01 * u2);
  Array noisy = noise(step, 2);
  ops().axpby(1, image_, sigma, noisy, stream());
  Array b = denoised(noisy, sigma, report);
  ops().axpby(1, problem_.data.back_projection(), weight, b, stream());
  solve(weight, b, options_.iterations);
  mask(image_);
}

void RedDiff::solve(double weight, const Array& b, int iterations) {
  const DataTerm& data = problem_.data;
  const OperatorPtr normal = compose(adjoint(data.operator_ptr()), data.operator_ptr());
  const OperatorPtr all = weight > 0 ? sum({normal, scaled(weight, identity(b.spec(), data.backend()))}) : normal;
  const double enough = 1e-6 * ops().norm2(b, stream());
  iso::solvers::ConjugateGradient solver{*all, stream()};
  solver.start(b, image_);
  for (int i = 0; i < iterations && !solver.exhausted(); ++i)
    if (solver.step().residual <= enough) break;
}

std::string RedDiff::stage(int step) const { return level_stage(step, options_.levels); }

}  // namespace diffusion_recon
