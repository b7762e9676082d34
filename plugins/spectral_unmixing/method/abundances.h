#pragma once

#include "method/monitor.h"
#include "method/pixel_matrix.h"

#include <vector>

namespace spectral_unmixing {

struct InversionOptions {
  bool sum_to_one{true};
  double sparsity{0};     ///< lambda |a|_1, in units of the mean diagonal of E^T U E
  Vector band_weights{};  ///< U; empty: 1
};

/// Abundances of known spectra E (L x K): for every pixel the exact minimiser of
///   1/2 |U^(1/2) (y - E a)|^2 + lambda |a|_1   over a >= 0, and over 1^T a = 1 where the sum rule holds.
/// FCLS with the sum rule, NNLS without, and what SUnSAL approaches with a sparsity. Row k of the result (n values) is component k.
/// Errors   shape_mismatch; cancelled.
template <class T>
[[nodiscard]] std::vector<T> invert(const PixelMatrix<T>& data, const Matrix& endmembers,
                                    const InversionOptions& options, const Monitor& monitor, double from, double to);

/// Root mean square of Y - E A over the bands, for every pixel.
template <class T>
[[nodiscard]] std::vector<float> residual_rms(const PixelMatrix<T>& data, const Matrix& endmembers,
                                              const std::vector<T>& abundances);
/// And over the pixels, for every band.
template <class T>
[[nodiscard]] Vector band_rms(const PixelMatrix<T>& data, const Matrix& endmembers, const std::vector<T>& abundances);

}  // namespace spectral_unmixing
