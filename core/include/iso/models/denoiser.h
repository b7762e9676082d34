#pragma once

#include "iso/models/network.h"

#include <memory>

namespace iso::models {

struct Card;

/// Estimates clean images from images with Gaussian noise of known deviation: D(x, sigma), the posterior mean under the
/// distribution of the images. Shared by reconstruction with a diffusion prior and by certification.
class Denoiser {
 public:
  virtual ~Denoiser();
  /// Images (W, H, 1, B), f32, and their noise in the same unit. Throws invalid_input unless sigma is positive and finite;
  /// shape_mismatch, type_mismatch, cancelled.
  [[nodiscard]] Pixels denoise(const Pixels& noisy, double sigma, const std::stop_token& stop = {}) const;
  /// -grad log p_sigma(x) = (x - D(x, sigma)) / sigma², by Tweedie's formula (Efron, J. Am. Stat. Assoc. 106 (2011) 1602).
  [[nodiscard]] Pixels negative_score(const Pixels& noisy, double sigma, const std::stop_token& stop = {}) const;

 private:
  [[nodiscard]] virtual Pixels do_denoise(const Pixels& noisy, double sigma, const std::stop_token& stop) const = 0;
};
using DenoiserPtr = std::shared_ptr<const Denoiser>;

/// Whether a card is that of a denoiser: an image and sigma go in. The scan that such a card names says the size of its images alone.
[[nodiscard]] bool is_denoiser(const Card& card);

/// A network with the inputs `image` and `sigma`; images are reflected up to multiples of `multiple`. Throws usage if the network
/// has other inputs.
[[nodiscard]] DenoiserPtr make_denoiser(NetworkPtr network, std::int64_t multiple = 1);

/// The exact denoiser of images whose pixels are independent and normal: D = (s² x + sigma² m) / (s² + sigma²), s the deviation and
/// m the mean. Needs no file. Throws invalid_input unless the deviation is positive.
[[nodiscard]] DenoiserPtr gaussian_denoiser(double mean, double deviation);

}  // namespace iso::models
