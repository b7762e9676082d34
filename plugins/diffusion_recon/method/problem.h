#pragma once

#include <iso/compute/backend.h>
#include <iso/models/denoiser.h>

#include <cstdint>
#include <functional>
#include <stop_token>

namespace diffusion_recon {

/// The data of a reconstruction: y = A x + n with |A| = 1, so that one choice of weights serves every geometry. A is any linear
/// operator on images (x, y, z) of f32; `of_complex` makes one of an operator on complex images.
///
/// A and y are divided by |A|, the largest singular value by at most 100 power iterations (diffusion-mbir.md, section 3; its 15 leave 10 % for a cone). The adjoint is the
/// exact one, as the contract of operators promises.
class DataTerm {
 public:
  /// `noise`: standard deviation of n in the unit of y; 0: none, or not known. Throws shape_mismatch where y is not of the range,
  /// invalid_input for an operator without effect.
  DataTerm(iso::compute::OperatorPtr a, const iso::compute::Array& y, double noise, iso::compute::Stream& stream);

  /// The same operator with other readings, in the unit of `y()`. Throws shape_mismatch.
  [[nodiscard]] DataTerm with_readings(const iso::compute::Array& y) const;

  [[nodiscard]] const iso::compute::LinearOperator& a() const noexcept { return *a_; }
  [[nodiscard]] const iso::compute::OperatorPtr& operator_ptr() const noexcept { return a_; }
  [[nodiscard]] const iso::compute::Array& y() const noexcept { return y_; }
  [[nodiscard]] const iso::compute::Array& back_projection() const noexcept { return back_; }  ///< A^T y
  [[nodiscard]] double norm() const noexcept { return norm_; }    ///< what both were divided by
  [[nodiscard]] double noise() const noexcept { return noise_; }  ///< of y as it is here
  [[nodiscard]] iso::compute::Stream& stream() const noexcept { return stream_; }
  [[nodiscard]] const iso::compute::Backend& backend() const noexcept { return a_->backend(); }
  [[nodiscard]] double residual(const iso::compute::Array& x) const;  ///< |A x - y|
  /// residual / (noise sqrt(m)), m the number of readings: about 1 where the noise alone is left. 0 without noise.
  [[nodiscard]] double normalised_residual(const iso::compute::Array& x) const;
  /// Four arrays of the range and of the domain at most, while it is made.
  [[nodiscard]] static std::size_t bytes(const iso::ArraySpec& domain, const iso::ArraySpec& range);

 private:
  iso::compute::OperatorPtr a_;
  iso::compute::Stream& stream_;
  double norm_{1}, noise_{0};
  iso::compute::Array y_, back_;
};

/// An operator on complex images (x, y, z, 1) of c64 as one on (2 x, y, z) of f32: real and imaginary part side by side, in the same
/// memory. The inner product is the real part of the complex one, so that the adjoint stays exact. Its range is likewise of f32.
[[nodiscard]] iso::compute::OperatorPtr of_complex(iso::compute::OperatorPtr a);
/// The same memory as complex values, or complex values as pairs.
[[nodiscard]] iso::compute::Array as_complex(const iso::compute::Array& pairs, const iso::Shape& shape);
[[nodiscard]] iso::compute::Array as_pairs(const iso::compute::Array& complex);

/// Called with the part that is done, 0 to 1, of what is asked for.
using Report = std::function<void(double)>;

/// The prior of a volume: a denoiser of images D(x, sigma), slice by slice along z (axial slices), in parts of `batch` images, so
/// that a run says how far it is and can be stopped between them. The result does not depend on `batch`.
class SlicePrior {
 public:
  /// `components`: 1, or 2 for complex images as pairs, whose parts are two images.
  SlicePrior(iso::models::DenoiserPtr denoiser, std::int64_t batch = 8, std::int64_t components = 1);
  /// E[x0 | x0 + sigma z = x], new pixels of the shape of x. Errors as Denoiser::denoise; invalid_result where it is not finite.
  [[nodiscard]] iso::Pixels denoise(const iso::Pixels& x, double sigma, const std::stop_token& stop = {},
                                    const Report& report = {}) const;
  [[nodiscard]] std::int64_t components() const noexcept { return components_; }

 private:
  iso::models::DenoiserPtr denoiser_;
  std::int64_t batch_, components_;
};

}  // namespace diffusion_recon
