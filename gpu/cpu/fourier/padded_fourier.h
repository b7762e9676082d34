#pragma once

#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/kernels/kernels.h"

#include <iso/compute/array.h>

#include <array>
#include <complex>
#include <cstdint>
#include <vector>

namespace iso::gpu::cpu {

/// Fourier transforms of an image within a larger grid, whose origin is cell 0: voxel r of an axis of n lies at cell r - n / 2, from
/// behind where that is negative. Lines that hold no voxel are never transformed. Steps of all threads have a fixed order.
template <class R>
class PaddedFourier {
 public:
  using Value = std::complex<R>;
  using Extents = std::array<std::int64_t, 3>;
  /// `image` and `grid` along x, y, z; an axis of one cell is not transformed. `sign` is that of the exponent from image to grid.
  PaddedFourier(const LineKernels<R>& kernels, const Extents& image, const Extents& grid, int sign);
  [[nodiscard]] std::int64_t cells() const noexcept { return grid_[0] * grid_[1] * grid_[2]; }
  [[nodiscard]] const Extents& grid() const noexcept { return grid_; }
  /// Factors of the voxels along each axis, in both directions.
  void set_factors(std::array<std::vector<R>, 3> factors) { factors_ = std::move(factors); }

  /// grid = F(factors map image); map may be null.
  void to_grid(const Value* image, const Value* map, Value* grid, compute::Stream& stream) const;
  /// image = or += factors conj(map) Fᴴ(grid), F not scaled. Overwrites the grid.
  void to_image(Value* grid, const Value* map, bool add, Value* image, compute::Stream& stream) const;
  /// image = or += factors conj(map) Fᴴ(filter F(factors map image)), the last axis being transformed there and back at once. The filter is
  /// ordered by `filter_order`.
  void filter(const Value* image, const Value* map, const R* filter, Value* grid, bool add, Value* out,
              compute::Stream& stream) const;
  /// Real parts of a grid as `filter` goes through them: along the last axis first.
  void filter_order(const Value* grid, R* filter) const;

 private:
  enum class Way : std::uint8_t { to_grid, to_image };
  using Element = typename Fftw<R>::Complex;
  static Element* elements(Value* values) { return reinterpret_cast<Element*>(values); }
  static R* parts(Value* values) { return reinterpret_cast<R*>(values); }
  static const R* parts(const Value* values) { return reinterpret_cast<const R*>(values); }
  [[nodiscard]] std::int64_t cell(std::size_t axis, std::int64_t voxel) const noexcept {
    const std::int64_t from_origin = voxel - image_[axis] / 2;
    return from_origin < 0 ? from_origin + grid_[axis] : from_origin;
  }
  void rows_to_grid(const Value* image, const Value* map, Value* grid, compute::Stream& stream) const;
  void rows_to_image(Value* grid, const Value* map, bool add, Value* image, compute::Stream& stream) const;
  /// Lines along y (axis 1) in planes that hold voxels, or along z (axis 2) in all rows. With a filter both ways at once.
  void lines(std::size_t axis, Way way, Value* grid, const R* filter, compute::Stream& stream) const;
  /// Of a block of lines: `filter` is that of the first.
  struct Block {
    Value *first, *lines, *transformed;  ///< cell 0 of the first line in the grid; buffers
    std::int64_t columns;
    const R* filter;
  };
  void line_block(std::size_t axis, Way way, const Block& block) const;
  [[nodiscard]] std::int64_t stride(std::size_t axis) const noexcept {
    return axis == 1 ? grid_[0] : grid_[0] * grid_[1];
  }
  const LineKernels<R>& kernels_;
  Extents image_, grid_;
  std::array<std::vector<R>, 3> factors_;
  std::array<std::array<typename Fftw<R>::Plan, 2>, 3> plans_{};  ///< of every axis: to the grid, to the image
};

}  // namespace iso::gpu::cpu
