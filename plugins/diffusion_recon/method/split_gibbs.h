#pragma once

#include "method/sampler.h"

namespace diffusion_recon {

struct SplitGibbsOptions {
  int sweeps{60};
  double unit{1};               ///< range of the image: coupling and levels are parts of it
  double least{0.03};           ///< smallest coupling, a part of `unit`
  double decay{0.9};            ///< coupling in sweep k: max(least, decay^k)
  int levels{10};               ///< of the reverse diffusion in each sweep
  int iterations{50};           ///< conjugate gradients of the likelihood step, at most
  iso::compute::Array start{};  ///< where the chain begins; empty: 0
};

/// Samples of the posterior by splitting x = z (diffusion-mbir.md, section 12, 2): in turn
///
///     z:  (A^T A + sigma_y² / rho²) z = A^T (y + sigma_y n1) + sigma_y² / rho² (x + rho n2)        perturb and solve, exact
///     x:  reverse diffusion of z from the level rho to 0
///
/// The second: levels s_j from rho to 0.02 rho, equally spaced in the cube root; from s_j a Heun step of the ordinary differential equation down to
/// s_{j+1}² / s_j, then noise of variance s_{j+1}² - (s_{j+1}² / s_j)²; D at the end. Correct as rho goes to 0. Needs noise in the data.
class SplitGibbs final : public Sampler {
 public:
  /// Throws invalid_input for data without noise.
  SplitGibbs(const PosteriorProblem& problem, SplitGibbsOptions options);
  [[nodiscard]] int steps() const noexcept override { return options_.sweeps; }
  [[nodiscard]] double evaluations() const noexcept override { return options_.sweeps * (2.0 * options_.levels - 1); }
  [[nodiscard]] std::string stage(int step) const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, const iso::ArraySpec& readings) {
    return 9 * image.bytes() + 2 * readings.bytes();
  }

 private:
  void do_begin() override;
  void do_step(int step, const Report& report) override;
  [[nodiscard]] double coupling(int step) const;
  [[nodiscard]] iso::compute::Array likelihood_step(int step, double rho);
  void prior_step(int step, double rho, iso::compute::Array& z, const Report& report);
  SplitGibbsOptions options_;
};

}  // namespace diffusion_recon
