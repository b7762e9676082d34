#pragma once

#include "gpu/kernels/vector.h"

/// Between an image and a finer grid, and between that grid and points that lie on none
/// (iso/compute/operators/non_uniform_fourier.h), a frame at a time. The Fourier transform of the grid lies between.
namespace iso::gpu {

/// Three extents, x fastest.
struct Extents {
  std::int64_t n[3];
  [[nodiscard]] ISO_HOST_DEVICE std::int64_t count() const noexcept { return n[0] * n[1] * n[2]; }
};

/// A point in cells of the grid, each from 0 to less than the extent.
struct NonUniformPoint {
  double at[3];
  std::int64_t sample;
};

/// A window of `width` cells: weight j is sum over d of coefficients[d * width + j] (2 f - 1)^d.
struct NonUniformWindow {
  const Number* coefficients[3];  ///< real
  Extents grid;
  int width, terms, axes;  ///< axes: 2 or 3
};

/// grid[., c] = factors maps[., c] image where the grid holds a voxel, else 0. Voxel r of an axis of n lies at cell r - n / 2.
template <class E>
struct NonUniformPlace {
  const E* image;
  const E* maps;             ///< may be null: 1
  const Number* factors[3];  ///< of the voxels along each axis
  E* grid;
  Extents voxels, cells;
  std::int64_t count;
};
/// image = sum over coils of factors conj(maps[., c]) grid[., c].
template <class E>
struct NonUniformCombine {
  const E* grid;
  const E* maps;
  const Number* factors[3];
  E* image;
  Extents voxels, cells;
  std::int64_t coils;
  bool accumulate;
};
/// samples[m, c] = weights[m] sum over cells of the window of point m.
template <class E>
struct NonUniformRead {
  const NonUniformPoint* points;
  const E* grid;
  const float* weights;  ///< may be null: 1
  E* samples;
  NonUniformWindow window;
  std::int64_t of_a_coil, count;
  bool accumulate;
};
/// grid[., c] = sum over the points whose windows reach the cell: those of the bins around it. Bin b along an axis of G cells and B
/// bins holds the points with floor(at B / G) = b.
template <class E>
struct NonUniformSpread {
  const NonUniformPoint* points;  ///< in the order of their bins
  const std::int64_t* first;      ///< of every bin, and the end
  const E* samples;
  const float* weights;
  E* grid;
  NonUniformWindow window;
  Extents bins;
  double bins_per_cell[3];
  std::int64_t of_a_coil, count;
};

/// i modulo n, for i from -n to less than 2 n and without a division.
ISO_HOST_DEVICE inline std::int64_t wrap_once(std::int64_t i, std::int64_t n) noexcept {
  return i < 0 ? i + n : i >= n ? i - n : i;
}

ISO_HOST_DEVICE inline std::int64_t cell_of_voxel(std::int64_t voxel, std::int64_t extent, std::int64_t grid) noexcept {
  return wrap_once(voxel - extent / 2, grid);
}

/// Where the window of a point begins along an axis, and how far that is from its first cell, from -1 to 1.
struct WindowStart {
  std::int64_t begin;
  double t;
};
ISO_HOST_DEVICE inline WindowStart window_start(int width, double at) noexcept {
  const double start = at - 0.5 * width, begin = ceil(start);
  return {static_cast<std::int64_t>(begin), 2 * (begin - start) - 1};
}
ISO_HOST_DEVICE inline double polynomial(const Number* coefficients, int width, int terms, int j, double t) noexcept {
  double sum = 0;
  for (int d = terms - 1; d >= 0; --d) sum = sum * t + coefficients[d * width + j].re;
  return sum;
}

/// The weight of cell `cell` along an axis for a point; 0 out of its window.
ISO_HOST_DEVICE inline double window_weight(const Number* coefficients, int width, int terms, std::int64_t grid,
                                            double at, std::int64_t cell) noexcept {
  const WindowStart start = window_start(width, at);
  const std::int64_t j = wrap_once(cell - start.begin, grid);
  return j < width ? polynomial(coefficients, width, terms, static_cast<int>(j), start.t) : 0.0;
}

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const NonUniformPlace<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const std::int64_t cell = i % k.cells.count(), coil = i / k.cells.count();
  const std::int64_t place[3] = {cell % k.cells.n[0], cell / k.cells.n[0] % k.cells.n[1],
                                 cell / (k.cells.n[0] * k.cells.n[1])};
  std::int64_t voxel = 0, stride = 1;
  double factor = 1;
  for (int a = 0; a < 3; ++a) {
    const std::int64_t r = wrap_once(place[a] + k.voxels.n[a] / 2, k.cells.n[a]);
    if (r >= k.voxels.n[a]) {
      assign(k.grid[i], {0, 0});
      return;
    }
    voxel += stride * r;
    stride *= k.voxels.n[a];
    factor *= k.factors[a][r].re;
  }
  Number x = number(k.image[voxel]);
  if (k.maps) x = times(number(k.maps[coil * stride + voxel]), x);
  assign(k.grid[i], {factor * x.re, factor * x.im});
}

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const NonUniformCombine<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.voxels.count()) return;
  const std::int64_t voxel[3] = {i % k.voxels.n[0], i / k.voxels.n[0] % k.voxels.n[1],
                                 i / (k.voxels.n[0] * k.voxels.n[1])};
  std::int64_t cell = 0, stride = 1;
  double factor = 1;
  for (int a = 0; a < 3; ++a) {
    cell += stride * cell_of_voxel(voxel[a], k.voxels.n[a], k.cells.n[a]);
    stride *= k.cells.n[a];
    factor *= k.factors[a][voxel[a]].re;
  }
  Number sum{0, 0};
  for (std::int64_t c = 0; c < k.coils; ++c) {
    Number map{1, 0};
    if (k.maps) map = number(k.maps[c * k.voxels.count() + i]);
    sum = plus(sum, times({map.re, -map.im}, number(k.grid[c * stride + cell])));
  }
  sum = {factor * sum.re, factor * sum.im};
  assign(k.image[i], k.accumulate ? plus(number(k.image[i]), sum) : sum);
}

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const NonUniformRead<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const std::int64_t coil = i / k.of_a_coil;
  const NonUniformPoint& point = k.points[i - coil * k.of_a_coil];
  const NonUniformWindow& w = k.window;
  const std::int64_t nx = w.grid.n[0], ny = w.grid.n[1], nz = w.grid.n[2];
  const WindowStart x = window_start(w.width, point.at[0]), y = window_start(w.width, point.at[1]),
                    z = w.axes == 3 ? window_start(w.width, point.at[2]) : WindowStart{0, 0};
  const E* const grid = k.grid + coil * nx * ny * nz;
  Number sum{0, 0};
  for (int jz = 0; jz < (w.axes == 3 ? w.width : 1); ++jz) {
    const double along_z = w.axes == 3 ? polynomial(w.coefficients[2], w.width, w.terms, jz, z.t) : 1.0;
    const E* const plane = grid + wrap_once(z.begin + jz, nz) * nx * ny;
    for (int jy = 0; jy < w.width; ++jy) {
      const double along_y = along_z * polynomial(w.coefficients[1], w.width, w.terms, jy, y.t);
      const E* const row = plane + wrap_once(y.begin + jy, ny) * nx;
      for (int jx = 0; jx < w.width; ++jx) {
        const double weight = along_y * polynomial(w.coefficients[0], w.width, w.terms, jx, x.t);
        const Number cell = number(row[wrap_once(x.begin + jx, nx)]);
        sum = plus(sum, {weight * cell.re, weight * cell.im});
      }
    }
  }
  const double weight = k.weights ? static_cast<double>(k.weights[point.sample]) : 1;
  sum = {weight * sum.re, weight * sum.im};
  E& to = k.samples[coil * k.of_a_coil + point.sample];
  assign(to, k.accumulate ? plus(number(to), sum) : sum);
}

/// Bins along an axis that hold points whose windows reach the cell: `count` from `begin` on, wrapped.
struct BinRange {
  std::int64_t begin, count;
};
ISO_HOST_DEVICE inline BinRange bins_around(int width, double bins_per_cell, std::int64_t bins,
                                            std::int64_t cell) noexcept {
  const double reach = 0.5 * width;
  const auto low = static_cast<std::int64_t>(floor((static_cast<double>(cell) - reach) * bins_per_cell - 1e-9));
  const auto high = static_cast<std::int64_t>(floor((static_cast<double>(cell) + reach) * bins_per_cell + 1e-9));
  return {low, smaller(high - low + 1, bins)};
}

/// One thread a cell and coil.
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const NonUniformSpread<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const NonUniformWindow& w = k.window;
  const std::int64_t nx = w.grid.n[0], ny = w.grid.n[1], nz = w.grid.n[2];
  const std::int64_t line = i / nx, plane = line / ny, coil = plane / nz;
  const std::int64_t cx = i - line * nx, cy = line - plane * ny, cz = plane - coil * nz;
  const BinRange x = bins_around(w.width, k.bins_per_cell[0], k.bins.n[0], cx),
                 y = bins_around(w.width, k.bins_per_cell[1], k.bins.n[1], cy),
                 z = w.axes == 3 ? bins_around(w.width, k.bins_per_cell[2], k.bins.n[2], cz) : BinRange{0, 1};
  const E* const samples = k.samples + coil * k.of_a_coil;
  Number sum{0, 0};
  for (std::int64_t bz = z.begin; bz < z.begin + z.count; ++bz)
    for (std::int64_t by = y.begin; by < y.begin + y.count; ++by)
      for (std::int64_t bx = x.begin; bx < x.begin + x.count; ++bx) {
        const std::int64_t bin = (wrap_once(bz, k.bins.n[2]) * k.bins.n[1] + wrap_once(by, k.bins.n[1])) * k.bins.n[0] +
                                 wrap_once(bx, k.bins.n[0]);
        for (std::int64_t m = k.first[bin]; m < k.first[bin + 1]; ++m) {
          const NonUniformPoint& point = k.points[m];
          double weight = window_weight(w.coefficients[0], w.width, w.terms, nx, point.at[0], cx);
          if (weight != 0) weight *= window_weight(w.coefficients[1], w.width, w.terms, ny, point.at[1], cy);
          if (weight != 0 && w.axes == 3)
            weight *= window_weight(w.coefficients[2], w.width, w.terms, nz, point.at[2], cz);
          if (weight == 0) continue;
          if (k.weights) weight *= static_cast<double>(k.weights[point.sample]);
          const Number sample = number(samples[point.sample]);
          sum = plus(sum, {weight * sample.re, weight * sample.im});
        }
      }
  assign(k.grid[i], sum);
}

// NOLINTBEGIN(bugprone-macro-parentheses): T is a type
#define ISO_NON_UNIFORM_FOURIER_KERNELS(X, T) \
  X(NonUniformPlace<Complex<T>>)              \
  X(NonUniformCombine<Complex<T>>) X(NonUniformRead<Complex<T>>) X(NonUniformSpread<Complex<T>>)
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace iso::gpu
