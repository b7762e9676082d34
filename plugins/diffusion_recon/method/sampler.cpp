#include "method/sampler.h"

namespace diffusion_recon {

using iso::compute::Array;

Sampler::Sampler(const PosteriorProblem& problem) : problem_{problem}, image_{new_image()} { carry("image", image_); }
Sampler::~Sampler() = default;

void Sampler::begin(std::uint64_t sample) {
  sample_ = sample;
  do_begin();
}

void Sampler::step(int step, const Report& report) {
  stream().check_stop();
  do_step(step, report);
}

double Sampler::misfit() const {
  if (problem_.data.noise() > 0) return problem_.data.normalised_residual(image_);
  const double size = ops().norm2(problem_.data.y(), stream());
  return size > 0 ? problem_.data.residual(image_) / size : 0;
}

Array Sampler::denoised(const Array& x, double sigma, const Report& report) const {
  const auto& backend = problem_.data.backend();
  return backend.upload(problem_.prior.denoise(backend.download(x, stream()), sigma, stream().stop(), report),
                        stream());
}

std::uint64_t Sampler::field(int step, int use) const noexcept {
  return (sample_ << 32U) | (static_cast<std::uint64_t>(step) << 6U) | static_cast<std::uint64_t>(use);
}

Array Sampler::noise(int step, int use) const {
  Array out = problem_.data.backend().upload(
      problem_.noise.make(problem_.data.a().domain().shape, field(step, use), stream().stop()), stream());
  const double tail = problem_.noise.tail(sample_);
  if (tail != 1) ops().scale(tail, out, stream());
  return out;
}

void Sampler::mask(Array& x) const {
  if (problem_.support) ops().multiply(x, problem_.support, x, stream());
}

Array Sampler::new_image() const { return problem_.data.backend().allocate(problem_.data.a().domain(), stream()); }

}  // namespace diffusion_recon
