#pragma once

#include "gpu/cpu/fourier/padded_fourier.h"
#include "gpu/cpu/kernels/kernels.h"

#include <iso/compute/backend.h>
#include <iso/compute/gridding_window.h>

#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace iso::gpu::cpu {

/// Points of k-space in the order of the tiles of a grid.
template <class R>
struct SortedPoints {
  std::vector<GridPoint<R>> points;
  std::vector<std::int64_t> first;  ///< of every tile, and the end
};

/// One image and points on no grid: interpolation between the points and a finer grid, tile by tile, and the transforms
/// between grid and image. A tile with what windows reach around it is gone through in the cache, its real and its
/// imaginary parts apart. Tiles add to the grid in four (a slice) or eight (a volume) rounds, in none of which two meet: the order of
/// every sum is fixed whatever the number of threads, and nothing is added atomically.
template <class R>
class Gridding {
 public:
  using Value = std::complex<R>;
  using Extents = std::array<std::int64_t, 3>;
  /// Cycles per field of view of one point along one axis.
  using Coordinate = std::function<double(std::size_t axis, std::int64_t point)>;

  /// `scale` multiplies both directions.
  Gridding(const Kernels<R>& kernels, const LineKernels<R>& lines, const Extents& image, std::int64_t points,
           double accuracy, int sign, double scale);
  [[nodiscard]] SortedPoints<R> sort(std::int64_t points, const Coordinate& coordinate) const;
  [[nodiscard]] std::int64_t cells() const noexcept { return fourier_.cells(); }

  /// samples = or += weights A(map image). `weights` and `map` may be null; `grid` has `cells()` elements, aligned for FFTW.
  void to_samples(const SortedPoints<R>& points, const Value* image, const Value* map, const R* weights, Value* grid,
                  bool add, Value* samples, compute::Stream& stream) const;
  /// image = or += conj(map) Aᴴ(weights samples).
  void to_image(const SortedPoints<R>& points, const Value* samples, const R* weights, const Value* map, Value* grid,
                bool add, Value* image, compute::Stream& stream) const;

 private:
  struct Tile {
    Extents begin, size;  ///< with the reach of windows
  };
  [[nodiscard]] std::int64_t tile_begin(std::size_t axis, std::int64_t tile) const noexcept {
    return tile * window_.axes[axis].grid / tiles_[axis];
  }
  [[nodiscard]] Tile tile(std::int64_t index) const;
  [[nodiscard]] GridWindow<R> kernel_window() const;
  void make_coefficients();
  void load(const Tile& tile, const Value* grid, R* re, R* im) const;
  void add(const Tile& tile, const R* re, const R* im, Value* grid) const;
  void read(const SortedPoints<R>& points, const Value* grid, const R* weights, bool add, Value* samples,
            compute::Stream& stream) const;
  void spread(const SortedPoints<R>& points, const Value* samples, const R* weights, Value* grid,
              compute::Stream& stream) const;

  const Kernels<R>& kernels_;
  compute::GriddingWindow window_;
  PaddedFourier<R> fourier_;
  Extents tiles_{1, 1, 1}, largest_{1, 1, 1};
  std::int64_t reach_{0};  ///< of a window beyond its tile
  int lanes_{8}, degree_{0};
  std::array<std::vector<R>, 3> coefficients_;
};

}  // namespace iso::gpu::cpu
