#pragma once

#include "method/data_fit.h"
#include "method/sampler.h"

#include <vector>

namespace diffusion_recon {

struct MbirOptions {
  std::vector<double> levels;    ///< of noise, falling: 2000 in the paper
  double ratio{0.16};            ///< signal to noise of the corrector, r
  FitOptions fit{1, 0.0257, 0};  ///< one iteration a level
};

/// DiffusionMBIR (H. Chung, D. Ryu, M. McCann, M. Klasky and J. C. Ye, CVPR (2023), arXiv 2211.10655; diffusion-mbir.md, section 5): predictor
/// and corrector of the reverse diffusion slice by slice, then one step of ADMM with one conjugate gradient on the whole volume, whose variables go
/// on from level to level. Two evaluations of the prior a level.
///
///     x += (s0² - s1²) score(x, s0) + sqrt(s0² - s1²) z;   g = score(x, s0);   eps = 2 (r |z| / |g|)²;   x += eps g + sqrt(2 eps) z
///
/// Ours: the step eps is that of each slice and not the mean of a batch (pitfall 9); the last difference along z is zero.
class Mbir final : public Sampler {
 public:
  Mbir(const PosteriorProblem& problem, const MbirOptions& options);
  [[nodiscard]] int steps() const noexcept override { return static_cast<int>(options_.levels.size()); }
  [[nodiscard]] double evaluations() const noexcept override { return 2.0 * steps(); }
  [[nodiscard]] std::string stage(int step) const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, bool along_z) {
    return 5 * image.bytes() + DataFit::bytes(image, along_z);
  }

 private:
  void do_begin() override;
  void do_step(int step, const Report& report) override;
  void correct(int step, double sigma, const Report& report);
  MbirOptions options_;
  DataFit fit_;
};

}  // namespace diffusion_recon
