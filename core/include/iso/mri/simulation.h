#pragma once

#include "iso/compute/backend.h"
#include "iso/data/k_space.h"
#include "iso/data/volume.h"
#include "iso/mri/sampling_mask.h"

#include <cstdint>

namespace iso::mri {

struct SimulationOptions {
  MaskOptions mask{};
  Pixels given_mask{};  ///< taken in place of `mask`: u8; y, z, frame, or x, y, z, frame where lines are cut
  std::int64_t coils{1};
  double noise{0};        ///< standard deviation of real and imaginary part of a sample, as a part of the largest value
  std::uint64_t seed{0};  ///< of the noise
};

/// Sensitivities of coils around the image: Gaussian profiles of a standard deviation of 0.45 of the larger field of view about
/// points on a circle of 0.55 of it, each with a phase of its own that varies slowly; squares sum to 1. For simulations only.
[[nodiscard]] Pixels simulated_maps(const Shape& image, std::int64_t coils);

/// What a scanner with these coils measures of a series x, y, z, t on the lines of a mask. Lines that are not measured are 0. The
/// scan holds its maps (of more than one coil), its mask and the grid of the series. Real pixels are taken as they are, and the
/// metadata say so: without a phase of its own an image is easier than what a scanner sees.
/// Errors  invalid_input (options, values that are not finite), shape_mismatch (a given mask), as make_mask.
[[nodiscard]] KSpace simulate(const Volume& series, const SimulationOptions& options, const compute::Backend& backend,
                              compute::Stream& stream);

/// A heart-like series with a known truth: body, two lungs, a ring of myocardium of outer radius 0.17 + 0.05 cos (as a part of the
/// field of view), a blood pool, a vessel that moves, a texture of amplitude 0.08 and a smooth phase. Peaks near 1. One beat.
/// Every voxel is the mean of 3 x 3 points. A table of our own after section 8 of the specification of RDLEDM.
[[nodiscard]] Volume heart_phantom(std::int64_t size, std::int64_t frames);

}  // namespace iso::mri
