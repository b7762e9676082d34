#pragma once

#include <iso/data/pixels.h>

#include <cstdint>
#include <stop_token>
#include <vector>

namespace diffusion_recon {

/// White noise within slices, N(0, 1) in every voxel, correlated from slice to slice as exp(-k² / (2 L²)) at a distance of k slices:
/// a white field, longer at both ends, through a Gaussian of deviation L / sqrt 2 along z, over the root of the sum of squares of its weights
/// (diffusion-mbir.md, section 6.1, ours there). Every number follows from (seed, field, x, y, z) alone.
///
/// With `degrees` D above 0 the law is that of PFGM++ (Y. Xu et al., ICML (2023), arXiv 2302.04265): its kernel of radius sigma sqrt(D) is
/// the multivariate Student law, a normal one times sqrt(D / chi²_D) with one chi² for the whole image (diffusion-priors.md, section 2).
class SliceNoise {
 public:
  /// `length`: L in slices, 0: white. `degrees`: D, 0: normal. Throws invalid_input for a negative length, and for 1 or 2 degrees, which have
  /// no variance.
  SliceNoise(std::uint64_t seed, double length, int degrees = 0);
  /// New pixels (x, y, z) of f32; another `field`, another noise. Throws cancelled soon after a stop, before the field
  /// is whole.
  [[nodiscard]] iso::Pixels make(const iso::Shape& shape, std::uint64_t field, const std::stop_token& stop = {}) const;
  /// Likewise without the correlation: for readings, and where an exact sampler needs it.
  [[nodiscard]] iso::Pixels white(const iso::Shape& shape, std::uint64_t field, const std::stop_token& stop = {}) const;
  /// sqrt(D / chi²_D) of a sample: one number for all its noise, so that at every level it is of the law. 1 for normal noise.
  [[nodiscard]] double tail(std::uint64_t sample) const;

 private:
  std::uint64_t seed_;
  int degrees_;
  std::vector<double> weights_;  ///< odd number, squares sum to 1
};

}  // namespace diffusion_recon
