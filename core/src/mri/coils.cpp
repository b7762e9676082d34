#include "iso/mri/coils.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace iso::mri {
namespace {

using Complex = std::complex<float>;
using Matrix = Eigen::MatrixXcd;

/// The coil axis lies between `inner` elements and `outer` repetitions.
Pixels mixed(const Pixels& pixels, const Shape& shape, std::int64_t inner, std::int64_t outer,
             const CoilMatrix& matrix) {
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::c64});
  const auto from = pixels.values<Complex>();
  const auto to = out.values<Complex>();
  parallel_for(outer * matrix.rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto target = to.subspan(static_cast<std::size_t>(i * inner), static_cast<std::size_t>(inner));
      for (std::int64_t coil = 0; coil < matrix.columns; ++coil) {
        const Complex factor{matrix.at(i % matrix.rows, coil)};
        const auto source = from.subspan(static_cast<std::size_t>((i / matrix.rows * matrix.columns + coil) * inner),
                                         static_cast<std::size_t>(inner));
        for (std::size_t k = 0; k < target.size(); ++k) target[k] += factor * source[k];
      }
    }
  });
  return out;
}

Matrix to_eigen(const CoilMatrix& matrix) {
  Matrix out(matrix.rows, matrix.columns);
  for (std::int64_t r = 0; r < matrix.rows; ++r)
    for (std::int64_t c = 0; c < matrix.columns; ++c) out(r, c) = matrix.at(r, c);
  return out;
}

CoilMatrix from_eigen(const Matrix& matrix) {
  CoilMatrix out{matrix.rows(), matrix.cols(), {}};
  for (Eigen::Index r = 0; r < matrix.rows(); ++r)
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) out.values.push_back(matrix(r, c));
  return out;
}

Matrix noise_matrix(const KSpace& scan) {
  const std::int64_t coils = scan.samples.spec().shape[3];
  const auto values = scan.noise_covariance.values<Complex>();
  Matrix out(coils, coils);
  for (std::int64_t j = 0; j < coils; ++j)
    for (std::int64_t i = 0; i < coils; ++i)
      out(i, j) = std::complex<double>{values[static_cast<std::size_t>(j * coils + i)]};
  return out;
}

}  // namespace

KSpace with_coils(const KSpace& scan, const CoilMatrix& matrix) {
  const Shape& shape = scan.samples.spec().shape;
  if (matrix.columns != shape[3] || matrix.rows < 1)
    throw Error{Errc::shape_mismatch, "a change of " + std::to_string(matrix.columns) +
                                          " coils was asked for, the scan has " + std::to_string(shape[3])};
  KSpace out = scan;
  const std::int64_t voxels = shape[0] * shape[1] * shape[2];
  out.samples = mixed(scan.samples, {shape[0], shape[1], shape[2], matrix.rows, shape[4]}, voxels, shape[4], matrix);
  if (!scan.coil_sensitivities.empty()) {
    const Shape& maps = scan.coil_sensitivities.spec().shape;
    out.coil_sensitivities = mixed(scan.coil_sensitivities, {maps[0], maps[1], maps[2], matrix.rows},
                                   maps[0] * maps[1] * maps[2], 1, matrix);
  }
  if (!scan.noise_covariance.empty()) {
    const Matrix m = to_eigen(matrix), covariance = m * noise_matrix(scan) * m.adjoint();
    PixelBuffer values = PixelBuffer::allocate({Shape{matrix.rows, matrix.rows}, ScalarType::c64});
    for (std::int64_t j = 0; j < matrix.rows; ++j)
      for (std::int64_t i = 0; i < matrix.rows; ++i)
        values.values<Complex>()[static_cast<std::size_t>(j * matrix.rows + i)] = Complex{covariance(i, j)};
    out.noise_covariance = std::move(values);
  }
  return out;
}

CoilMatrix whitening(const KSpace& scan) {
  if (scan.noise_covariance.empty())
    throw Error{Errc::invalid_input, "the scan holds no noise covariance", "it has no noise scan; leave whitening out"};
  const std::int64_t coils = scan.samples.spec().shape[3];
  // A coil without any noise is dead: it is left out, and the others are whitened without it.
  Matrix covariance = noise_matrix(scan), wanted = Matrix::Identity(coils, coils);
  for (std::int64_t i = 0; i < coils; ++i) {
    if (covariance(i, i) != 0.0) continue;
    covariance.row(i).setZero();
    covariance.col(i).setZero();
    covariance(i, i) = 1;
    wanted(i, i) = 0;
  }
  const Eigen::LLT<Matrix> factor{covariance};
  const bool sound = factor.info() == Eigen::Success && Matrix{factor.matrixL()}.allFinite();
  if (!sound || wanted.isZero())
    throw Error{Errc::invalid_input, "the noise covariance of the coils is not positive definite",
                "the noise scan is too short or holds zeros; reconstruct with --no-whiten"};
  return from_eigen(factor.matrixL().solve(wanted));
}

Compression compression(const KSpace& scan, std::int64_t coils) {
  const Shape& shape = scan.samples.spec().shape;
  if (coils < 1) throw Error{Errc::invalid_input, "a scan was to be compressed to no coil"};
  const std::int64_t all = shape[3], voxels = shape[0] * shape[1] * shape[2];
  const auto values = scan.samples.values<Complex>();
  Matrix covariance = Matrix::Zero(all, all);
  for (std::int64_t t = 0; t < shape[4]; ++t)
    for (std::int64_t a = 0; a < all; ++a)
      for (std::int64_t b = 0; b <= a; ++b) {
        std::complex<double> sum{};
        const auto *x = values.data() + (t * all + a) * voxels, *y = values.data() + (t * all + b) * voxels;
        for (std::int64_t i = 0; i < voxels; ++i)
          sum += std::complex<double>{x[i]} * std::conj(std::complex<double>{y[i]});
        covariance(a, b) += sum;
        if (a != b) covariance(b, a) += std::conj(sum);
      }
  const Eigen::SelfAdjointEigenSolver<Matrix> parts{covariance};
  const std::int64_t kept = std::min(coils, all);
  Matrix rows(kept, all);
  double energy = 0;
  for (std::int64_t i = 0; i < kept; ++i) {
    rows.row(i) = parts.eigenvectors().col(all - 1 - i).adjoint();
    energy += parts.eigenvalues()[all - 1 - i];
  }
  const double whole = parts.eigenvalues().sum();
  return {from_eigen(rows), whole > 0 ? energy / whole : 1.0};
}

}  // namespace iso::mri
