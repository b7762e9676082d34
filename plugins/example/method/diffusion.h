#pragma once

#include "method/image.h"

#include <functional>

namespace example {

struct Diffusion {
  double sigma_mm{1};  ///< of the Gaussian it amounts to where nothing is an edge
  double edge{1};      ///< differences between neighbours well above this stay; above 0
  std::array<double, 3> spacing_mm{1, 1, 1};
};

/// Smooths, but not across edges: explicit steps of the nonlinear diffusion equation
///
///     du/dt = sum over axes a of  [ g(d+) d+ - g(d-) d- ] / h_a^2,      g(d) = exp(-(d / edge)^2),
///
/// with d+ and d- the differences to the two neighbours along a, none at the border, h_a the spacing, until t = sigma^2 / 2.
/// The mean does not change, and no value leaves the range of its neighbours, as the step is at most
/// 0.9 / (2 sum 1 / h_a^2). With g = 1 an impulse becomes a spot of variance 2 t = sigma^2 along each axis.
///
/// `after_step(fraction, values)` is called after every step; false ends early with what there is.
/// Source   Perona and Malik, IEEE Trans. PAMI 12 (1990) 629, doi:10.1109/34.56205.
[[nodiscard]] iso::Pixels diffuse(
    const Image& image, const Diffusion& options,
    const std::function<bool(double fraction, const iso::PixelBuffer& values)>& after_step);

/// The number of steps `diffuse` will take for an image of that size.
[[nodiscard]] std::int64_t make_steps(const std::array<std::int64_t, 3>& size, const Diffusion& options);

}  // namespace example
