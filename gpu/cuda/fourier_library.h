#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The seam to the library of Fourier transforms: cuFFT in the module (fourier_library.cpp), FFTW in the host replay of the tests.
namespace iso::gpu {

/// Transforms along up to three axes that follow each other, in place, without a factor: as many side by side as `stride` says,
/// `repeats` of these slabs one behind another.
struct FourierRun {
  std::array<std::int64_t, 3> extents{1, 1, 1};  ///< fastest first, `rank` of them
  int rank{1};
  std::int64_t stride{1};  ///< elements from one to the next along the fastest of the axes
  std::int64_t repeats{1};
  bool double_precision{false};
  int sign{-1};  ///< of the exponent
  [[nodiscard]] std::int64_t piece() const noexcept { return extents[0] * extents[1] * extents[2]; }
};

/// Queues the transforms of complex elements on a cudaStream_t. Returns null, or what went wrong.
[[nodiscard]] const char* launch_transform(const FourierRun& run, void* elements, void* stream) noexcept;

}  // namespace iso::gpu
