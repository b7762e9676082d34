#pragma once

#include "method/clicks.h"
#include "method/options.h"
#include "method/patch.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace gp_segmentation {

/// Everything the Gaussian process hears in one patch, the same for every label.
struct Heard {
  std::vector<Click> clicks;                        ///< in voxels of the patch
  std::vector<iso::compute::KernelCentre> centres;  ///< of the clicks, then of what was not clicked here
  std::vector<Click> further;  ///< pseudo-clicks of the patch, and clicks of another slice (their place in it)
  std::vector<double> further_weight;
};

/// Lengths and scales from the options: 0 stands for a fifth of `side_mm` and for four pixels.
[[nodiscard]] iso::compute::KernelScales make_scales(const Options& options, double side_mm, double pixel_mm);

/// What the latent function of one label was found to be.
struct LabelPosterior {
  std::uint16_t label{0};
  Posterior posterior;
  std::vector<double> y;  ///< of the clicks and the further ones
};

/// One label against the rest. `mu` are the prior means at all centres. Without centres the posterior is empty.
[[nodiscard]] LabelPosterior find_posterior(const Heard& heard, std::uint16_t label, const std::vector<double>& mu,
                                            const Matrix& kernels, Inference inference);

/// The prior mean of an existing mask, 2 tanh(d / scale_mm) of its signed distance d.
[[nodiscard]] std::vector<float> mask_mean(std::span<const std::uint8_t> mask, const Voxel& size,
                                           const iso::Vec3& spacing_mm, double scale_mm);

/// How well clicks were obeyed by a field before their voxels were set.
struct Obedience {
  int violated{0};         ///< clicks with y F < 0 before the step
  double margin_error{0};  ///< largest amount by which y F stays below the margin after it
  int wrong{0};            ///< clicks with y F <= 0 after it
};
inline constexpr double margin = 1;

/// Where a click has y F < 1, adds the footprint part of the kernel so that F = y there and stays what it was at all other clicks:
/// F += k_c (K_c + 1e-8 I)^-1 r, K_c over *all* clicks. Summed in double.
Obedience obey(std::vector<float>& field, const Voxel& size, const iso::Vec3& spacing_mm, std::span<const Voxel> clicks,
               std::span<const double> y, const iso::compute::KernelScales& scales);

/// Latent functions of several labels to labels: the largest F above 0, or 0; then components and holes of every label, then the
/// voxels of the clicks outright.
struct LabelField {
  std::uint16_t label{0};
  std::vector<float> field;
  std::vector<std::uint8_t> before;  ///< the mask before; empty: none
  bool kept{false};  ///< labels of an existing mask that nobody clicks: where they win, `kept_labels` count
};
[[nodiscard]] std::vector<std::uint16_t> to_labels(const std::vector<LabelField>& fields,
                                                   std::span<const std::uint16_t> kept_labels,
                                                   const std::vector<Click>& marked, const Voxel& size,
                                                   const iso::Vec3& spacing_mm, const Options& options);

}  // namespace gp_segmentation
