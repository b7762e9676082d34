#include "method/dds.h"

#include "method/levels.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>

namespace diffusion_recon {

using iso::compute::Array;

Dds::Dds(const PosteriorProblem& problem, const DdsOptions& options)
    : Sampler{problem}, options_{options}, fit_{problem.data, options.fit}, x_{new_image()} {
  check_levels(options_.levels);
  if (!(options_.eta >= 0) || options_.eta > 1)
    throw iso::Error{iso::Errc::invalid_input, "the part of new noise (eta) must lie in 0 to 1"};
  carry("x", x_);
  carry("stiffness", stiffness_);
  if (fit_.split()) {
    carry("split", fit_.split());
    carry("dual", fit_.dual());
  }
}

void Dds::do_begin() {
  fit_.reset();
  stiffness_ = 1;
  ops().copy(noise(0, 1), x_, stream());
  ops().scale(options_.levels.front(), x_, stream());
  if (options_.start) ops().axpy(1, options_.start, x_, stream());
}

const DataTerm& Dds::readings_for(const Array&, double) { return problem_.data; }

double Dds::kappa(double sigma) const {
  if (!(problem_.data.noise() > 0) || !(options_.tau > 0)) return 0;
  const double s2 = sigma * sigma, t2 = options_.tau * options_.tau;
  return stiffness_ * problem_.data.noise() * problem_.data.noise() * (s2 + t2) / (s2 * t2);
}

void Dds::do_step(int step, const Report& report) {
  const auto at = static_cast<std::size_t>(step);
  const double sigma = options_.levels[at], next = at + 1 < options_.levels.size() ? options_.levels[at + 1] : 0;
  Array x0 = denoised(x_, sigma, report);
  // x becomes e = (x - x0) / sigma
  ops().axpby(-1 / sigma, x0, 1 / sigma, x_, stream());
  const DataTerm& data = readings_for(x0, sigma);
  fit_(x0, kappa(sigma), data);
  mask(x0);
  image_ = x0;
  if (kappa(sigma) > 0) {
    const double left = data.normalised_residual(image_);
    if (left < 0.8) stiffness_ = std::min(2 * stiffness_, 1e6);
    if (left > 1.2) stiffness_ = std::max(stiffness_ / 2, 1e-3);
  }
  if (next == 0) return;
  ops().axpby(1, x0, next * std::sqrt(1 - options_.eta * options_.eta), x_, stream());
  if (options_.eta > 0) ops().axpy(next * options_.eta, noise(step, 2), x_, stream());
}

std::string Dds::stage(int step) const { return level_stage(step, options_.levels); }

std::size_t Dds::bytes(const iso::ArraySpec& image, bool along_z) {
  return 4 * image.bytes() + DataFit::bytes(image, along_z);
}

}  // namespace diffusion_recon
