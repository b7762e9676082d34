#pragma once

#include "method/problem.h"

namespace diffusion_recon {

struct FitOptions {
  int iterations{
      5};  ///< M, conjugate gradients; few of them are part of the method: with many, the prior is left in the null space alone
  double penalty{0.0257};  ///< rho
  double z_weight{0};      ///< lambda, of the sum of |x[z + 1] - x[z]|; 0: no coupling along z
};

/// The data fit of DDS and DiffusionMBIR on an image x0 that the prior estimated, with |A| = 1 (diffusion-mbir.md, sections 5 and 6):
///
///     (A^T A + kappa I + rho Dz^T Dz) v = A^T y + kappa x0 + rho Dz^T (d - w)      M conjugate gradients from v = x0
///     d = soft(Dz v + w, lambda / rho);   w = w + Dz v - d
///
/// d and w go on from call to call, one step of ADMM each. kappa 0, lambda 0: plain; kappa > 0: proximal. The normal equation is solved
/// until its residual is 1e-6 of the right side at most (pitfall 6).
class DataFit {
 public:
  DataFit(const DataTerm& data, const FitOptions& options);
  void operator()(iso::compute::Array& x0, double kappa) { (*this)(x0, kappa, data_); }
  /// To other readings of the same operator.
  void operator()(iso::compute::Array& x0, double kappa, const DataTerm& data);

  /// The variables that go on: null without coupling along z.
  [[nodiscard]] iso::compute::Array& split() noexcept { return d_; }
  [[nodiscard]] iso::compute::Array& dual() noexcept { return w_; }
  /// Ends with the variables as at the beginning.
  void reset();
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& image, bool along_z) {
    return (along_z ? 9 : 6) * image.bytes();
  }

 private:
  const DataTerm& data_;
  FitOptions options_;
  iso::compute::OperatorPtr dz_;
  iso::compute::Array d_, w_;
};

/// What of an image the data measure: the image of least norm that has the same readings, A^+ A x, by `iterations` of conjugate gradients from
/// zero; components whose singular values are too small for so many are counted as not measured.
[[nodiscard]] iso::compute::Array measured_part(const DataTerm& data, const iso::compute::Array& x,
                                                int iterations = 30);

}  // namespace diffusion_recon
