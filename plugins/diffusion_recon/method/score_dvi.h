#pragma once

#include "method/sampler.h"

#include <vector>

namespace diffusion_recon {

struct ScoreDviOptions {
  double noise{0};   ///< deviation of the noise to begin from, in the unit of the image; 0: estimated
  int levels{8};     ///< the prior is asked at, 1/4 to 4 times that
  int rounds{100};   ///< of expectation and maximisation
  double smooth{8};  ///< pixels, deviation of the Gaussian that the map of noise is smoothed with
};

/// Removes noise of unknown deviation that changes over the image, and says how large it was (after J. Cheng, T. Liu and S. Tan, ICCV (2023), arXiv
/// 2308.04682; the form without networks trained on the image is diffusion-priors.md, section 5). On an image y, A = identity:
///
///     D_j = D(y, s_j),  g_j = blur(b (D(y + e b, s_j) - D_j) / e)           b = +-1 at random, e = s_j / 20; slope of D
///     P = v g(sqrt v)                                                       Tweedie's variance of the truth about D
///     v <- blur((y - D(y, sqrt v))² + P)                                    expectation and maximisation
///
/// with D and g interpolated between the levels in log s: P itself rises with s² and would come out a thirteenth too large between two of them. No
/// evaluation of the prior in the rounds. They converge slowly, and that every one of them smooths the map anew is part of the method: the exact
/// fixed point at every pixel follows the noise of its few hundred neighbours.
class ScoreDvi final : public Sampler {
 public:
  /// `problem`: its operator is the identity, its readings are the image. Throws invalid_input otherwise, or for an image without noise.
  ScoreDvi(const PosteriorProblem& problem, const ScoreDviOptions& options);
  [[nodiscard]] int steps() const noexcept override { return options_.levels + 1; }
  [[nodiscard]] double evaluations() const noexcept override { return 2.0 * options_.levels; }
  [[nodiscard]] std::string stage(int step) const override;
  [[nodiscard]] iso::Pixels noise_map() const;  ///< sqrt v
  [[nodiscard]] iso::Pixels deviation_map()
      const;  ///< sqrt P, of the result about the truth under the prior; approximate
  [[nodiscard]] std::vector<SamplerFigure> figures() const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, int levels) {
    return (2 * static_cast<std::size_t>(levels) + 10) * image.bytes();
  }

 private:
  void do_begin() override;
  void do_step(int step, const Report& report) override;
  void ask(int level, const Report& report);
  void fit(const Report& report);
  [[nodiscard]] double level(int j) const;
  ScoreDviOptions options_;
  std::vector<iso::compute::Array> estimates_, slopes_;
  iso::compute::Array noise_, deviation_;
};

/// Standard deviation of the noise of images (x, y, z) whose noise may be correlated over up to three pixels: the median of `noise_level` over the
/// 4 x 4 images of every fourth pixel.
[[nodiscard]] double image_noise(const iso::Pixels& image);

}  // namespace diffusion_recon
