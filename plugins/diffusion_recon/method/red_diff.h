#pragma once

#include "method/sampler.h"

#include <vector>

namespace diffusion_recon {

struct RedDiffOptions {
  std::vector<double> levels;   ///< of noise, falling, in the unit of the image
  double weight{1};             ///< lambda_0, of the prior
  double unit{1};               ///< range of the image: the bounds below are parts of it
  int iterations{5};            ///< conjugate gradients a level
  int first_iterations{20};     ///< of the least-squares start, where there is none
  iso::compute::Array start{};  ///< empty: least squares from 0
};

/// Regularisation by denoising with noise in front of the denoiser (M. Mardani, J. Song, J. Kautz and A. Vahdat, ICLR (2024), arXiv
/// 2305.04391), with the implicit step of diffusion-priors.md, section 1, which has no rate to choose:
///
///     (A^T A + lambda_t) mu = A^T y + lambda_t D(mu + s_t z, s_t),   lambda_t = lambda_0 max(sigma_y², 1e-4 u²) / min(s_t², 0.01 u²)
///
/// by few conjugate gradients from mu, |A| = 1, u the range of the image. One estimate that seeks a mode, and no sample: runs differ by
/// their noise alone.
class RedDiff final : public Sampler {
 public:
  /// Throws invalid_input for levels that do not fall, or a weight that is not positive.
  RedDiff(const PosteriorProblem& problem, RedDiffOptions options);
  [[nodiscard]] int steps() const noexcept override { return static_cast<int>(options_.levels.size()); }
  [[nodiscard]] double evaluations() const noexcept override { return steps(); }
  [[nodiscard]] std::string stage(int step) const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image) { return 8 * image.bytes(); }

 private:
  void do_begin() override;
  void do_step(int step, const Report& report) override;
  void solve(double weight, const iso::compute::Array& b, int iterations);
  RedDiffOptions options_;
};

}  // namespace diffusion_recon
