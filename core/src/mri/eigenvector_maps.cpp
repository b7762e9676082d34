#include "iso/base/threads.h"
#include "iso/mri/coil_maps.h"
#include "mri/coil_maps_impl.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <array>
#include <cmath>

namespace iso::mri {
namespace {

using namespace detail;
using Complex = std::complex<float>;
using Number = std::complex<double>;
using Matrix = Eigen::MatrixXcd;
using Triple = std::array<std::int64_t, 3>;

constexpr std::int64_t most_coils = 32;

std::int64_t product(const Triple& sides) { return sides[0] * sides[1] * sides[2]; }
Triple unravel(std::int64_t index, const Triple& sides) {
  return {index % sides[0], index / sides[0] % sides[1], index / (sides[0] * sides[1])};
}

/// Calibration samples: a block about the centre, coil by coil.
struct Block {
  Triple sides;
  std::vector<Number> values;
};
Block cut(const KSpace& averaged, const Triple& sides) {
  const Extents n = extents(averaged);
  const Triple extent{n.nx, n.ny, n.nz};
  Block out{sides, {}};
  const auto samples = averaged.samples.values<Complex>();
  for (std::int64_t c = 0; c < n.coils; ++c)
    for (std::int64_t i = 0; i < product(sides); ++i) {
      Triple at = unravel(i, sides);
      for (std::size_t axis = 0; axis < 3; ++axis) at[axis] += extent[axis] / 2 - sides[axis] / 2;
      out.values.emplace_back(samples[static_cast<std::size_t>(((c * n.nz + at[2]) * n.ny + at[1]) * n.nx + at[0])]);
    }
  return out;
}

/// The projection on the row space of the matrix whose rows are the patches of the block: coil by coil, place by place.
Matrix row_space(const Block& block, const Triple& kernel, std::int64_t coils, double threshold) {
  const std::int64_t taps = product(kernel), size = taps * coils;
  const Triple places{block.sides[0] - kernel[0] + 1, block.sides[1] - kernel[1] + 1, block.sides[2] - kernel[2] + 1};
  Matrix patches(size, product(places));
  for (std::int64_t p = 0; p < product(places); ++p) {
    const Triple start = unravel(p, places);
    for (std::int64_t k = 0; k < size; ++k) {
      const Triple tap = unravel(k % taps, kernel);
      const auto at =
          ((k / taps * block.sides[2] + start[2] + tap[2]) * block.sides[1] + start[1] + tap[1]) * block.sides[0] +
          start[0] + tap[0];
      patches(k, p) = block.values[static_cast<std::size_t>(at)];
    }
  }
  const Eigen::SelfAdjointEigenSolver<Matrix> parts{patches * patches.adjoint()};
  const double limit = threshold * threshold * parts.eigenvalues()[size - 1];
  std::int64_t first = 0;
  while (first < size && !(parts.eigenvalues()[first] > limit)) ++first;
  const Matrix kept = parts.eigenvectors().rightCols(size - first);
  return kept * kept.adjoint();
}

/// Of the projection P the sums over pairs of taps that lie equally far apart: what acts in image space. coil, coil, x, y, z,
/// about the centre of an image; over the number of taps, so that eigenvalues are at most 1.
Pixels lag_kernels(const Matrix& projection, const Triple& kernel, const Extents& n) {
  const std::int64_t taps = product(kernel);
  PixelBuffer out = PixelBuffer::allocate({Shape{n.nx, n.ny, n.nz, n.coils * n.coils}, ScalarType::c64});
  const auto values = out.values<Complex>();
  const Triple extent{n.nx, n.ny, n.nz};
  for (std::int64_t a = 0; a < n.coils; ++a)
    for (std::int64_t b = 0; b < n.coils; ++b)
      for (std::int64_t i = 0; i < taps; ++i)
        for (std::int64_t j = 0; j < taps; ++j) {
          const Triple one = unravel(i, kernel), other = unravel(j, kernel);
          Triple at{};
          for (std::size_t axis = 0; axis < 3; ++axis)
            at[axis] = ((extent[axis] / 2 + one[axis] - other[axis]) % extent[axis] + extent[axis]) % extent[axis];
          values[static_cast<std::size_t>((((a * n.coils + b) * n.nz + at[2]) * n.ny + at[1]) * n.nx + at[0])] +=
              Complex{projection(a * taps + i, b * taps + j) / static_cast<double>(taps)};
        }
  return out;
}

Pixels to_images(const Pixels& kernels, const KSpace& scan, const compute::Backend& backend, compute::Stream& stream) {
  const auto fourier = backend.make(compute::Fourier{kernels.spec().shape, {0, 1, 2}});
  const compute::Array samples = backend.upload(kernels, stream);
  compute::Array images = backend.allocate(fourier->domain(), stream);
  if (scan.fourier_sign < 0)
    fourier->adjoint(samples, images, stream);
  else
    fourier->forward(samples, images, stream);
  // A sum over lags is wanted, the transform is unitary.
  const std::int64_t lags = kernels.spec().shape.count() / kernels.spec().shape[3];
  backend.vector().scale(std::sqrt(static_cast<double>(lags)), images, stream);
  return backend.download(images, stream);
}

}  // namespace

Pixels eigenvector_maps(const KSpace& scan, const compute::Backend& backend, compute::Stream& stream,
                        const EigenOptions& options) {
  const auto [averaged, lines, readout] = calibrate(scan, options.lines);
  const Extents n = extents(averaged);
  if (n.coils > most_coils)
    throw Error{Errc::unsupported,
                "maps by the eigenvector method take at most 32 coils, the scan has " + std::to_string(n.coils),
                "compress the coils first"};
  const Triple sides{readout, lines[0], lines[1]};
  Triple kernel{};
  for (std::size_t axis = 0; axis < 3; ++axis) kernel[axis] = Triple{n.nx, n.ny, n.nz}[axis] == 1 ? 1 : options.kernel;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (sides[axis] < kernel[axis])
      throw Error{Errc::invalid_input,
                  "the calibration region has " + std::to_string(sides[axis]) + " lines, the kernel " +
                      std::to_string(kernel[axis]),
                  "measure more of the centre, or take adaptive maps"};
  const Block block = cut(averaged, sides);
  const Pixels images = to_images(lag_kernels(row_space(block, kernel, n.coils, options.threshold), kernel, n),
                                  averaged, backend, stream);
  const auto values = images.values<Complex>();
  const auto voxels = static_cast<std::size_t>(n.voxels()), coils = static_cast<std::size_t>(n.coils);
  std::vector<Complex> centre(block.values.begin(), block.values.end());
  const std::vector<Number> whole = virtual_coil(centre.data(), centre.size() / coils, coils);
  PixelBuffer maps = PixelBuffer::allocate({Shape{n.nx, n.ny, n.nz, n.coils}, ScalarType::c64});
  const auto out = maps.values<Complex>();
  parallel_for(n.voxels(), 256, [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    Matrix here(n.coils, n.coils);
    std::vector<Number> vector(coils);
    for (auto voxel = static_cast<std::size_t>(from); voxel < static_cast<std::size_t>(to); ++voxel) {
      for (std::int64_t a = 0; a < n.coils; ++a)
        for (std::int64_t b = 0; b < n.coils; ++b)
          here(a, b) = Number{values[static_cast<std::size_t>(a * n.coils + b) * voxels + voxel]};
      const Eigen::SelfAdjointEigenSolver<Matrix> parts{here};
      if (!(parts.eigenvalues()[n.coils - 1] >= options.crop)) continue;
      for (std::size_t c = 0; c < coils; ++c)
        vector[c] = parts.eigenvectors()(static_cast<Eigen::Index>(c), n.coils - 1);
      const Number turn = turn_to(whole, vector);
      for (std::size_t c = 0; c < coils; ++c) out[c * voxels + voxel] = Complex{turn * vector[c]};
    }
  });
  return maps;
}

}  // namespace iso::mri
