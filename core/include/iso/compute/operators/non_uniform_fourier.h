#pragma once

#include "iso/compute/operator_spec.h"
#include "iso/data/pixels.h"

#include <cstdint>

namespace iso::compute {

/// What the coils of a scanner measure of a series of images at points of k-space that lie on no grid (spokes, spirals):
///
///     y[m, c, t] = w[m, t] / sqrt(N)  sum over voxels r of  s[r, c] x[r, t] exp(sign 2 pi i sum over axes a of k_a[m, t] (r_a - n_a / 2) / n_a),
///
/// n_a / 2 rounded down, N the number of voxels. With whole coordinates from -n/2 to (n - 1)/2 it is the unitary, centred
/// `Fourier`. An axis of one voxel has no coordinate that matters. A back end may approximate: the norm of what the result is
/// wrong by is `accuracy` of the norm of the result for values without structure. Forward and adjoint are approximated
/// alike, so that they match to rounding.
/// Source: L. Greengard and J. Lee, SIAM Review 46 (2004) 443; weights w are roots of the density (K. Pruessmann et al., Magn.
/// Reson. Med. 46 (2001) 638).
struct NonUniformFourier {
  static constexpr std::string_view name = "non-uniform Fourier transform";
  static constexpr Values values = Values::complex;
  Shape image;  ///< x, y, z
  std::int64_t samples{0};
  std::int64_t coils{1};
  std::int64_t frames{1};
  Pixels coordinates{};    ///< f32 or f64; 3, sample, frame: cycles per field of view. One frame: it is that of all
  Pixels weights{};        ///< f32; sample, frame, with as many frames as the coordinates. Empty: 1
  Pixels sensitivities{};  ///< x, y, z, coil; of `type`. Empty: 1 in every voxel
  double accuracy{1e-6};   ///< not below 1e-6 in single and 1e-14 in double precision, at most 0.1
  int sign{-1};
  ScalarType type{ScalarType::c64};

  [[nodiscard]] ArraySpec map_spec() const { return {{image[0], image[1], image[2], coils}, type}; }
  [[nodiscard]] ArraySpec domain() const { return {{image[0], image[1], image[2], frames}, type}; }
  [[nodiscard]] ArraySpec range() const { return {{samples, coils, frames}, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  /// Frames whose coordinates differ: 1 or `frames`. Without coordinates (a cost is asked) it is `frames`.
  [[nodiscard]] std::int64_t trajectories() const;
  /// Throws invalid_input: an image that is not x, y, z, no sample, coil or frame, another sign than -1 and 1, an accuracy out of
  /// range, coordinates or weights that are not finite; shape_mismatch: coordinates, weights or maps of another shape or type.
  void check() const;
  /// What a back end asks before it makes one. Throws invalid_input: no coordinates.
  void expect_coordinates() const;
  /// One coordinate.
  [[nodiscard]] double coordinate(std::int64_t axis, std::int64_t sample, std::int64_t trajectory) const;
};

}  // namespace iso::compute
