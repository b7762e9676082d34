#pragma once

#include "method/pixel_matrix.h"

#include <iso/compute/backend.h>
#include <iso/compute/unmixing_steps.h>

#include <memory>
#include <vector>

namespace spectral_unmixing {

/// What the model knows of every pixel.
template <class T>
struct PixelState {
  std::vector<T> a;  ///< K rows of N abundances
  std::vector<T> p;  ///< N exponents
};

/// The pass over the pixels on a device with steps of unmixing: Y, A and p stay there, E and the sums come and go. Two products with Y
/// and one fused step between them (section 10 of the method).
template <class T>
class DevicePass {
 public:
  /// Copies Y to the device. Throws unsupported where it has no steps of unmixing.
  DevicePass(const PixelMatrix<T>& data, std::int64_t components, const iso::compute::Backend& device);

  void upload(const PixelState<T>& state);
  void download(PixelState<T>& state) const;

  struct Sums {
    Matrix yat;  ///< Y A^T, L x K
    iso::compute::AbundanceSums pixels;
  };
  [[nodiscard]] Sums pass(const Matrix& weighted_endmembers, const iso::compute::AbundanceRule& rule);
  /// The sum of squares of Y - E A of each band.
  [[nodiscard]] Vector band_squares(const Matrix& endmembers) const;

 private:
  [[nodiscard]] iso::compute::Array to_device(const Matrix& by_bands) const;
  const iso::compute::Backend& device_;
  const iso::compute::UnmixingSteps& steps_;
  std::int64_t pixels_, bands_, k_;
  std::unique_ptr<iso::compute::Stream> stream_;
  iso::compute::Array y_, a_, p_;
  iso::compute::OperatorPtr products_;
};

}  // namespace spectral_unmixing
