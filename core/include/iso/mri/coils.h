#pragma once

#include "iso/data/k_space.h"

#include <complex>
#include <cstdint>
#include <vector>

namespace iso::mri {

/// A change of coils: row i, column j is the part that coil j has in the new coil i.
struct CoilMatrix {
  std::int64_t rows{0}, columns{0};
  std::vector<std::complex<double>> values;  ///< row by row
  [[nodiscard]] std::complex<double> at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

/// Samples, maps and noise covariance of the new coils. Throws shape_mismatch for a matrix of another number of coils.
[[nodiscard]] KSpace with_coils(const KSpace& scan, const CoilMatrix& matrix);

/// The inverse of L of the noise covariance L Lᴴ: after it the noise of every coil has the same size (1 / sqrt 2 of real and imaginary
/// part) and those of two coils are independent. A coil without noise is dead: its row is 0. Throws invalid_input: no covariance, or
/// one that is not positive definite.
/// Source   K. Pruessmann et al., Magn. Reson. Med. 46 (2001) 638, appendix.
[[nodiscard]] CoilMatrix whitening(const KSpace& scan);

struct Compression {
  CoilMatrix matrix;      ///< the principal components, the strongest first; orthonormal rows
  double energy_kept{1};  ///< of the samples
};
/// The `coils` combinations that hold most of the energy of the samples, by the eigenvectors of their covariance over all lines.
/// Source   M. Buehrer et al., Magn. Reson. Med. 57 (2007) 1131. Throws invalid_input for no coil.
[[nodiscard]] Compression compression(const KSpace& scan, std::int64_t coils);

}  // namespace iso::mri
