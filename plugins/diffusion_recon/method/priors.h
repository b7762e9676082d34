#pragma once

#include <iso/models/denoiser.h>

#include <vector>

namespace diffusion_recon {

/// Denoisers that need no file, beside `iso::models::gaussian_denoiser`.

/// A mode of a mixture: images m + s z, z white.
struct MixtureMode {
  double weight{1};
  iso::Pixels mean;  ///< f32 (x, y)
  double deviation{1};
};
/// The exact posterior mean under a mixture of normal distributions of images:
///
///     D(x) = sum_k r_k (s_k² x + sigma² m_k) / (s_k² + sigma²),   r_k ~ w_k N(x; m_k, (s_k² + sigma²) I)
///
/// Throws invalid_input for no mode, a weight or a deviation that is not positive; shape_mismatch for other images.
[[nodiscard]] iso::models::DenoiserPtr mixture_denoiser(std::vector<MixtureMode> modes);

/// Total variation of strength sigma: argmin_u 1/2 |u - x|² + sigma TV(u), by `iterations` of the projected dual (A. Chambolle, J. Math.
/// Imaging Vis. 20 (2004) 89, accelerated as A. Beck and M. Teboulle, IEEE Trans. Image Process. 18 (2009) 2419). It is no posterior mean:
/// what it makes is labelled as total variation and not as an estimate of a network.
[[nodiscard]] iso::models::DenoiserPtr total_variation_denoiser(int iterations = 20);

}  // namespace diffusion_recon
