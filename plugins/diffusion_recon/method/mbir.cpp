#include "method/mbir.h"

#include "method/levels.h"

#include <iso/base/error.h>

#include <cmath>

namespace diffusion_recon {

using iso::compute::Array;

Mbir::Mbir(const PosteriorProblem& problem, const MbirOptions& options)
    : Sampler{problem}, options_{options}, fit_{problem.data, options.fit} {
  if (options_.levels.empty()) throw iso::Error{iso::Errc::invalid_input, "there is no noise level to begin at"};
  if (fit_.split()) {
    carry("split", fit_.split());
    carry("dual", fit_.dual());
  }
}

void Mbir::do_begin() {
  fit_.reset();
  ops().copy(noise(0, 1), image_, stream());
  ops().scale(options_.levels.front(), image_, stream());
}

void Mbir::do_step(int step, const Report& report) {
  const auto at = static_cast<std::size_t>(step);
  const double s0 = options_.levels[at], s1 = at + 1 < options_.levels.size() ? options_.levels[at + 1] : 0;
  const double fall = s0 * s0 - s1 * s1;
  // score = (D - x) / s0²
  const Array d = denoised(image_, s0, [&](double part) { report(part / 2); });
  ops().axpby(fall / (s0 * s0), d, 1 - fall / (s0 * s0), image_, stream());
  ops().axpy(std::sqrt(fall), noise(step, 2), image_, stream());
  correct(step, s0, report);
  fit_(image_, 0);
  mask(image_);
}

void Mbir::correct(int step, double sigma, const Report& report) {
  const auto& backend = problem_.data.backend();
  const Array d = denoised(image_, sigma, [&](double part) { report(0.5 + part / 2); });
  iso::PixelBuffer x = iso::PixelBuffer::make_copy(backend.download(image_, stream()));
  const iso::Pixels mean = backend.download(d, stream()),
                    z = problem_.noise.make(problem_.data.a().domain().shape, field(step, 3), stream().stop());
  const iso::Shape& shape = x.spec().shape;
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
  const auto to = x.values<float>();
  for (std::size_t first = 0; first < to.size(); first += area) {
    double gradient = 0, random = 0;
    for (std::size_t i = first; i < first + area; ++i) {
      gradient += std::pow((double{mean.values<float>()[i]} - double{to[i]}) / (sigma * sigma), 2);
      random += std::pow(double{z.values<float>()[i]}, 2);
    }
    if (!(gradient > 0)) continue;
    const double eps = 2 * options_.ratio * options_.ratio * random / gradient;
    for (std::size_t i = first; i < first + area; ++i)
      to[i] = static_cast<float>(to[i] + eps * (double{mean.values<float>()[i]} - double{to[i]}) / (sigma * sigma) +
                                 std::sqrt(2 * eps) * double{z.values<float>()[i]});
  }
  ops().copy(backend.upload(iso::Pixels{std::move(x)}, stream()), image_, stream());
}

std::string Mbir::stage(int step) const { return level_stage(step, options_.levels); }

}  // namespace diffusion_recon
