#pragma once

#include "method/dds.h"

#include <cstdint>

namespace diffusion_recon {

struct DpmOtOptions {
  DdsOptions dds{};       ///< levels[0] is sigma_M, the noise that an image of the atlas gets; `start` is not used
  iso::Pixels atlas{};    ///< f32 (x, y, n), n images of the size of a slice, in the unit of the image
  std::uint64_t seed{0};  ///< of the choice
};

/// A start from an atlas in place of noise (after Z. Li, S. Li, Z. Wang, N. Lei, Z. Luo and D. Gu, ICCV (2023), arXiv 2307.11308;
/// diffusion-priors.md, section 3), then decomposed diffusion sampling over few levels. Each slice z draws one image p_i with
///
///     weight_i ~ exp(-|A_z p_i - y_z|² / (2 s²)),   s² = sigma_y² + sigma_M² |A|_F² / m
///
/// by the largest of log weight and Gumbel noise, which all slices of a sample share, so that slices with alike readings draw the same image.
/// The misfit of a slice is taken in the image, <p, (A^T A p)_z> - 2 <p, (A^T y)_z>: exact where A takes slices apart.
/// Ours: the draw by the readings. The map of optimal transport that the paper draws without readings by has nothing left to do; the blend of the
/// five best of the specification joins modes that the readings do not tell apart (README), and is not here.
class DpmOt final : public Dds {
 public:
  /// Throws invalid_input for no atlas; shape_mismatch for images of another size.
  DpmOt(const PosteriorProblem& problem, DpmOtOptions options);
  /// "nearest_atlas_distance": the smallest rms difference of a slice of the result from an image of the atlas, over half of sigma_M.
  /// Below 1 a slice may be remembered and not reconstructed.
  [[nodiscard]] std::vector<SamplerFigure> figures() const override;
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, bool along_z) {
    return Dds::bytes(image, along_z) + 3 * image.bytes();
  }

 private:
  void do_begin() override;
  void weigh();
  [[nodiscard]] iso::compute::Array as_volume(std::size_t image) const;
  DpmOtOptions options_;
  std::vector<double> logs_;  ///< of the weights, (image, slice); they do not depend on the sample
};

}  // namespace diffusion_recon
