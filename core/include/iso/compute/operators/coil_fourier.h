#pragma once

#include "iso/compute/operator_spec.h"
#include "iso/data/pixels.h"

#include <cstdint>

namespace iso::compute {

/// What the coils of a scanner measure of a series of images, on the lines that were acquired:
///
///     y[., c, t] = m[., t] F (s[., c] x[., t]),
///
/// F being the unitary, centred Fourier transform along y and z (index N/2 is the origin in both domains), with the exponent
/// `sign` 2 pi i k n / N. The readout is not transformed: a mask of lines never cuts it, so whoever reads k-space transforms
/// it once, and what is left are transforms along the phases (the hybrid space). Composed with `Fourier` along axis 0 it is
/// the whole encoding. A mask x, y, z, frame cuts lines: then F is along x, y and z, and y are the samples of k-space. If the squares of the maps sum to 1 or 0 in every voxel the norm is at most 1.
/// Source: K. Pruessmann et al., Magn. Reson. Med. 42 (1999) 952 (encoding with coil sensitivities).
struct CoilFourier {
  static constexpr std::string_view name = "coil Fourier transform";
  static constexpr Values values = Values::complex;
  Shape image;  ///< x, y, z
  std::int64_t coils{1};
  std::int64_t frames{1};
  Pixels sensitivities{};  ///< x, y, z, coil; of `type`. Empty: 1 in every voxel
  Pixels mask{};           ///< u8; y, z, frame, or x, y, z, frame; 0 where nothing was measured. Empty: all was
  int sign{-1};
  ScalarType type{ScalarType::c64};

  [[nodiscard]] bool cuts_lines() const { return !mask.empty() && mask.spec().shape.rank() == 4; }
  [[nodiscard]] ArraySpec map_spec() const { return {{image[0], image[1], image[2], coils}, type}; }
  [[nodiscard]] ArraySpec domain() const { return {{image[0], image[1], image[2], frames}, type}; }
  [[nodiscard]] ArraySpec range() const { return {{image[0], image[1], image[2], coils, frames}, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  /// Throws invalid_input: an image that is not x, y, z, no coil, no frame, another sign than -1 and 1; shape_mismatch: maps or
  /// a mask of another shape or type.
  void check() const;
};

}  // namespace iso::compute
