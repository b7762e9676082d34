#pragma once

#include "iso/data/k_space.h"

#include <array>
#include <complex>
#include <cstdint>
#include <vector>

/// What both ways to coil maps share.
namespace iso::mri::detail {

struct Extents {
  std::int64_t nx, ny, nz, coils;
  [[nodiscard]] std::int64_t voxels() const { return nx * ny * nz; }
};
[[nodiscard]] Extents extents(const KSpace& scan);

/// The mean over the frames and the extent of its centre. Throws unsupported: a free trajectory; invalid_input: no line there.
struct Calibration {
  KSpace averaged;
  std::array<std::int64_t, 2> lines;
  std::int64_t readout;  ///< samples of their middle
};
[[nodiscard]] Calibration calibrate(const KSpace& scan, std::int64_t most);

/// The dominant eigenvector of a Hermitian matrix, row by row, by power iteration from its largest column.
void dominant(const std::vector<std::complex<double>>& matrix, std::int64_t size,
              std::vector<std::complex<double>>& vector);

/// The combination of the coils that has the most energy: of samples or images, coil by coil.
[[nodiscard]] std::vector<std::complex<double>> virtual_coil(const std::complex<float>* values, std::size_t count,
                                                             std::size_t coils);
/// A vector turned so that its part in the virtual coil is real.
[[nodiscard]] std::complex<double> turn_to(const std::vector<std::complex<double>>& virtual_coil,
                                           const std::vector<std::complex<double>>& vector);

}  // namespace iso::mri::detail
