#include "method/split_gibbs.h"

#include <iso/base/error.h>
#include <iso/solvers/conjugate_gradient.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace diffusion_recon {

using namespace iso::compute;

SplitGibbs::SplitGibbs(const PosteriorProblem& problem, SplitGibbsOptions options)
    : Sampler{problem}, options_{std::move(options)} {
  if (!(problem.data.noise() > 0))
    throw iso::Error{iso::Errc::invalid_input,
                     "samples of the posterior need the noise of the readings, which is 0 here",
                     "give --noise, or use dds"};
  if (options_.sweeps < 1 || options_.levels < 2 || options_.levels > 20 || !(options_.least > 0))
    throw iso::Error{iso::Errc::invalid_input, "split Gibbs needs a sweep, 2 to 20 levels and a positive coupling"};
}

void SplitGibbs::do_begin() {
  ops().fill(image_, 0, stream());
  if (options_.start) ops().copy(options_.start, image_, stream());
}

double SplitGibbs::coupling(int step) const {
  return options_.unit * std::max(options_.least, std::pow(options_.decay, step));
}

void SplitGibbs::do_step(int step, const Report& report) {
  const double rho = coupling(step);
  Array z = likelihood_step(step, rho);
  prior_step(step, rho, z, report);
  mask(z);
  image_ = z;
}

Array SplitGibbs::likelihood_step(int step, double rho) {
  const DataTerm& data = problem_.data;
  const double kappa = data.noise() * data.noise() / (rho * rho);
  // y + sigma_y n1: the noise of readings is white
  Array y =
      data.backend().upload(problem_.noise.white(data.a().range().shape, field(step, 4), stream().stop()), stream());
  ops().axpby(1, data.y(), data.noise(), y, stream());
  Array b = new_image();
  data.a().adjoint(y, b, stream());
  ops().axpy(kappa, image_, b, stream());
  ops().axpy(
      kappa * rho,
      data.backend().upload(problem_.noise.white(image_.spec().shape, field(step, 5), stream().stop()), stream()), b,
      stream());
  const OperatorPtr normal = sum({compose(adjoint(data.operator_ptr()), data.operator_ptr()),
                                  scaled(kappa, identity(image_.spec(), data.backend()))});
  Array z = new_image();
  ops().copy(image_, z, stream());
  const double enough = 1e-5 * ops().norm2(b, stream());
  iso::solvers::ConjugateGradient solver{*normal, stream()};
  solver.start(b, z);
  for (int i = 0; i < options_.iterations && !solver.exhausted(); ++i)
    if (solver.step().residual <= enough) break;
  return z;
}

void SplitGibbs::prior_step(int step, double rho, Array& z, const Report& report) {
  const int count = options_.levels;
  const double most = std::cbrt(rho), least = std::cbrt(0.02 * rho);
  const auto level = [&](int j) { return std::pow(most + (least - most) * j / (count - 1), 3); };
  const double all = 2.0 * count - 1;
  double done = 0;
  const auto part = [&](double of_one) { report((done + of_one) / all); };
  for (int j = 0; j + 1 < count; ++j) {
    const double from = level(j), to = level(j + 1), down = to * to / from;
    // dx / ds = (x - D(x, s)) / s, Heun from `from` to `down`
    Array slope = denoised(z, from, part);
    ++done;
    ops().axpby(1 / from, z, -1 / from, slope, stream());
    Array ahead = new_image();
    ops().copy(z, ahead, stream());
    ops().axpy(down - from, slope, ahead, stream());
    Array second = denoised(ahead, down, part);
    ++done;
    ops().axpby(1 / down, ahead, -1 / down, second, stream());
    ops().axpy((down - from) / 2, slope, z, stream());
    ops().axpy((down - from) / 2, second, z, stream());
    ops().axpy(std::sqrt(to * to - down * down),
               problem_.data.backend().upload(problem_.noise.white(z.spec().shape, field(step, 6 + j), stream().stop()),
                                              stream()),
               z, stream());
  }
  z = denoised(z, level(count - 1), part);
}

std::string SplitGibbs::stage(int step) const {
  char text[80];
  std::snprintf(text, sizeof text, "sweep %d of %d, coupling %.3g", step + 1, steps(), coupling(step));
  return text;
}

}  // namespace diffusion_recon
