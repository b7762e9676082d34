#pragma once

#include "iso/compute/backend.h"
#include "iso/compute/operators/non_uniform_fourier.h"
#include "iso/data/k_space.h"
#include "iso/data/volume.h"

#include <array>
#include <cstdint>
#include <string_view>

/// Scans along spokes and other free trajectories: their frames, density, mean, and simulation.
namespace iso::mri {

/// How spokes turn.
///   golden       by 180 / 1.618 = 111.246 degrees from spoke to spoke, through all frames
///   tiny-golden  by the seventh tiny golden angle of 23.628 degrees, likewise: neighbours lie closer, so gradients switch less
///   uniform      by 180 / spokes degrees within a frame, the frames by parts of that, bit-reversed, against each other
/// Source   S. Winkelmann et al., IEEE Trans. Med. Imaging 26 (2007) 68; S. Wundrak et al., Magn. Reson. Med. 75 (2016) 2372.
enum class SpokeAngle : std::uint8_t { golden, tiny_golden, uniform };
inline constexpr auto choice_names(SpokeAngle) {
  return std::array<std::string_view, 3>{"golden", "tiny-golden", "uniform"};
}

struct RadialOptions {
  std::int64_t spokes{21};  ///< of a frame
  SpokeAngle angle{SpokeAngle::golden};
  std::int64_t coils{1};
  double noise{
      0};  ///< standard deviation of real and imaginary part of a sample, as a part of the largest value of the series
  std::uint64_t seed{0};  ///< of the first angle and of the noise
};

/// What a scanner with these coils measures of a series x, y, 1, t along spokes through the centre of k-space, two samples a
/// cell of it (two-fold oversampled readouts). The scan holds its maps (of more than one coil), coordinates and grid.
/// Errors  invalid_input: no spoke or coil, noise that is not 0 or more, values that are not finite; unsupported: a volume.
[[nodiscard]] KSpace simulate_radial(const Volume& series, const RadialOptions& options,
                                     const compute::Backend& backend, compute::Stream& stream);

/// The same spokes in frames of `spokes` each, in the order of the file; an incomplete last frame is dropped. Throws
/// invalid_input: fewer spokes in the scan, or a Cartesian scan; unsupported: a scan that has frames already.
[[nodiscard]] KSpace in_frames(const KSpace& scan, std::int64_t spokes);

/// The part of k-space that each sample of a frame stands for, in cells of (cycles per field of view)^axes: |k|^(axes - 1) times the
/// step along the readout, the centre a quarter of the first ring, scaled so that a frame adds up to the ellipse (ellipsoid) that
/// it reaches. The density compensation of the scan is taken instead where it has one, scaled alike.
/// Then Aᴴ W A is about the identity for a scan with enough spokes, and Aᴴ W b the image by gridding.
/// Returns f32; sample, frame of coordinates. Errors as `expect_spokes`.
[[nodiscard]] Pixels density(const KSpace& scan);

/// The encoding of the scan without maps and weights; samples are readout times phase. `image` is the grid of the scan, or what the
/// coordinates reach where it has none.
[[nodiscard]] compute::NonUniformFourier radial_encoding(const KSpace& scan);

/// K-space on the grid of the image, of one frame: the mean over the frames, gridded with their density. Coil maps are made of it as of a
/// Cartesian scan. The mask is empty.
[[nodiscard]] KSpace gridded_mean(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream);

}  // namespace iso::mri
