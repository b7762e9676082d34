#pragma once

#include <iso/data/pixels.h>

#include <cstdint>
#include <vector>

namespace diffusion_recon {

/// White noise within slices, N(0, 1) in every voxel, correlated from slice to slice as exp(-k² / (2 L²)) at a distance of k slices:
/// a white field, longer at both ends, through a Gaussian of deviation L / sqrt 2 along z, over the root of the sum of squares of its weights
/// (diffusion-mbir.md, section 6.1, ours there). Every number follows from (seed, field, x, y, z) alone.
class SliceNoise {
 public:
  /// `length`: L in slices, 0: white. Throws invalid_input for a negative one.
  SliceNoise(std::uint64_t seed, double length);
  /// New pixels (x, y, z) of f32; another `field`, another noise.
  [[nodiscard]] iso::Pixels make(const iso::Shape& shape, std::uint64_t field) const;
  /// Likewise without the correlation: for readings, and where an exact sampler needs it.
  [[nodiscard]] iso::Pixels white(const iso::Shape& shape, std::uint64_t field) const;

 private:
  std::uint64_t seed_;
  std::vector<double> weights_;  ///< odd number, squares sum to 1
};

}  // namespace diffusion_recon
