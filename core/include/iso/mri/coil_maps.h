#pragma once

#include "iso/compute/backend.h"
#include "iso/data/k_space.h"

#include <cstdint>

namespace iso::mri {

/// The mean over frames of every line (where the mask cuts lines, of every sample) that was measured, 0 where none was: k-space of one
/// frame (readout, phase, partition, coil, 1). `mask` of the result is that of the lines or samples.
[[nodiscard]] KSpace time_average(const KSpace& scan);

/// Lines about the centre, along y and z, that were measured in at least one frame without a gap: what maps are made from. At
/// most `most`. Along an axis of one line it is 1. Where the mask cuts lines: the largest box about the centre without a gap.
[[nodiscard]] std::array<std::int64_t, 2> calibration_extent(const KSpace& averaged, std::int64_t most = 32);

struct AdaptiveOptions {
  std::int64_t lines{24};  ///< of the centre, along each axis
  std::int64_t block{5};   ///< edge of the neighbourhood in voxels, odd
};

/// Coil maps by adaptive combination: in a neighbourhood of every voxel the coil images of low resolution (a Hann window on the
/// central lines) have the covariance R = sum v vᴴ; the map is its dominant eigenvector, its phase such that
/// the combination of coils with the most energy of the whole image is real (a virtual body coil: the phase has no jumps). The squares sum to 1 where the image has at least `support` of its largest root sum of squares, and to 0
/// elsewhere.
/// Source   D. Walsh, A. Gmitro and M. Marcellin, Magn. Reson. Med. 43 (2000) 682. Ours: the window, the phase, the support.
/// Returns  x, y, z, coil; c64.
/// Errors   unsupported: a free trajectory; invalid_input: no measured line about the centre.
[[nodiscard]] Pixels adaptive_maps(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream,
                                   const AdaptiveOptions& options = {}, double support = 0.02);

struct EigenOptions {
  std::int64_t lines{24};  ///< of the calibration region, along each axis
  std::int64_t kernel{6};  ///< edge of the kernels, in samples
  double threshold{0.03};  ///< singular values of the calibration matrix below this part of the largest are noise
  double crop{0.8};  ///< voxels whose largest eigenvalue is below hold no signal that the kernels explain: 0 there
};

/// Coil maps by the eigenvector method: kernels that k-space about the centre is made of (the row space of the matrix of its
/// patches) act in image space as a matrix a voxel, whose eigenvector of eigenvalue 1 is the map. The phase is that of the virtual
/// coil of adaptive_maps, and the squares sum to 1 or 0. Along an axis of one line the kernel is 1.
/// Source   M. Uecker et al., Magn. Reson. Med. 71 (2014) 990 (ESPIRiT); one set of maps.
/// Returns  x, y, z, coil; c64.
/// Errors   as adaptive_maps; unsupported: more than 32 coils (compress them first); invalid_input: a calibration region that is
///          smaller than the kernel.
[[nodiscard]] Pixels eigenvector_maps(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream,
                                      const EigenOptions& options = {});

/// Maps scaled so that their squares sum to 1 wherever the sum exceeds `least` of its largest value, and 0 elsewhere.
[[nodiscard]] Pixels normalised(const Pixels& maps, double least = 1e-3);

}  // namespace iso::mri
