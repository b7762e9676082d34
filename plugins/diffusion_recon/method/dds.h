#pragma once

#include "method/data_fit.h"
#include "method/sampler.h"

#include <utility>
#include <vector>

namespace diffusion_recon {

struct DdsOptions {
  std::vector<double> levels;  ///< of noise, falling, in the unit of the image
  double eta{0.85};            ///< part of the noise that is drawn anew, in [0, 1]
  double tau{0.3};  ///< deviation of the image about what the prior estimates, for the weight of the data; 0: plain fit
  FitOptions fit{};
  iso::compute::Array start{};  ///< an image that levels[0] of noise is added to: a warm start. Empty: noise alone
};

/// Decomposed diffusion sampling (H. Chung, S. Lee and J. C. Ye, ICLR (2024), arXiv 2303.05754; diffusion-mbir.md, section 6):
///
///     x0 = D(x, s_t);  e = (x - x0) / s_t;  x0h = fit(x0, kappa_t);  x = x0h + s_{t+1} (sqrt(1 - eta²) e + eta z)
///
/// with s = 0 after the last level. Ours: VE form; noise correlated along z (`SliceNoise`); kappa_t = sigma_y² / r_t²,
/// r_t² = s_t² tau² / (s_t² + tau²), where the noise of the readings is known; and the stopping rule: where the fit explains more than noise leaves
/// to explain, |A x0h - y| < 0.8 sigma_y sqrt(m), kappa is doubled from then on, and halved above 1.2, where the prior keeps the image from readings that it could explain.
class Dds : public Sampler {
 public:
  /// Throws invalid_input for no levels, or levels that do not fall.
  Dds(const PosteriorProblem& problem, const DdsOptions& options);
  [[nodiscard]] int steps() const noexcept override { return static_cast<int>(options_.levels.size()); }
  [[nodiscard]] double evaluations() const noexcept override { return steps(); }
  [[nodiscard]] std::string stage(int step) const override;
  /// Of its own arrays, those of the fit included.
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, bool along_z);

 protected:
  void do_begin() override;
  /// The readings that the estimate x0 of the prior at a level is fitted to; those of the problem.
  [[nodiscard]] virtual const DataTerm& readings_for(const iso::compute::Array& x0, double sigma);
  /// Another image that the first level of noise is added to.
  void start_from(iso::compute::Array start) { options_.start = std::move(start); }

 private:
  void do_step(int step, const Report& report) override;
  [[nodiscard]] double kappa(double sigma) const;
  DdsOptions options_;
  DataFit fit_;
  iso::compute::Array x_;
  double stiffness_{1};  ///< by how much kappa was raised
};

}  // namespace diffusion_recon
