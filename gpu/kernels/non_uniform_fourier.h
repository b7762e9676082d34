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
  std::int64_t of_a_coil, count;
};

ISO_HOST_DEVICE inline std::int64_t wrap(std::int64_t i, std::int64_t n) noexcept {
  const std::int64_t rest = i % n;
  return rest < 0 ? rest + n : rest;
}
ISO_HOST_DEVICE inline std::int64_t cell_of_voxel(std::int64_t voxel, std::int64_t extent, std::int64_t grid) noexcept {
  return wrap(voxel - extent / 2, grid);
}

/// The weight of cell `cell` along an axis for a point; 0 out of its window.
ISO_HOST_DEVICE inline double window_weight(const NonUniformWindow& w, int axis, double at,
                                            std::int64_t cell) noexcept {
  const double start = at - 0.5 * w.width, begin = ceil(start);
  const std::int64_t j = wrap(cell - static_cast<std::int64_t>(begin), w.grid.n[axis]);
  if (j >= w.width) return 0;
  const double t = 2 * (begin - start) - 1;
  double sum = 0;
  for (int d = w.terms - 1; d >= 0; --d) sum = sum * t + w.coefficients[axis][d * w.width + j].re;
  return sum;
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
    const std::int64_t r = wrap(place[a] + k.voxels.n[a] / 2, k.cells.n[a]);
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
  const NonUniformPoint& point = k.points[i % k.of_a_coil];
  const std::int64_t coil = i / k.of_a_coil;
  const NonUniformWindow& w = k.window;
  std::int64_t begin[3] = {0, 0, 0};
  for (int a = 0; a < w.axes; ++a) begin[a] = static_cast<std::int64_t>(ceil(point.at[a] - 0.5 * w.width));
  const E* const grid = k.grid + coil * w.grid.count();
  Number sum{0, 0};
  for (int jz = 0; jz < (w.axes == 3 ? w.width : 1); ++jz) {
    const std::int64_t z = wrap(begin[2] + jz, w.grid.n[2]);
    const double along_z = w.axes == 3 ? window_weight(w, 2, point.at[2], z) : 1;
    for (int jy = 0; jy < w.width; ++jy) {
      const std::int64_t y = wrap(begin[1] + jy, w.grid.n[1]);
      const double along_y = along_z * window_weight(w, 1, point.at[1], y);
      for (int jx = 0; jx < w.width; ++jx) {
        const std::int64_t x = wrap(begin[0] + jx, w.grid.n[0]);
        const double weight = along_y * window_weight(w, 0, point.at[0], x);
        const Number cell = number(grid[(z * w.grid.n[1] + y) * w.grid.n[0] + x]);
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
ISO_HOST_DEVICE inline BinRange bins_around(const NonUniformWindow& w, const Extents& bins, int axis,
                                            std::int64_t cell) noexcept {
  if (axis >= w.axes) return {0, 1};
  const double part = static_cast<double>(bins.n[axis]) / static_cast<double>(w.grid.n[axis]);
  const auto low = static_cast<std::int64_t>(floor((static_cast<double>(cell) - 0.5 * w.width) * part - 1e-9));
  const auto high = static_cast<std::int64_t>(floor((static_cast<double>(cell) + 0.5 * w.width) * part + 1e-9));
  return {low, smaller(high - low + 1, bins.n[axis])};
}

template <class E>
ISO_HOST_DEVICE Number sum_of_bin(const NonUniformSpread<E>& k, std::int64_t bin, std::int64_t coil,
                                  const std::int64_t* cell) noexcept {
  const NonUniformWindow& w = k.window;
  Number sum{0, 0};
  for (std::int64_t m = k.first[bin]; m < k.first[bin + 1]; ++m) {
    const NonUniformPoint& point = k.points[m];
    double weight = window_weight(w, 0, point.at[0], cell[0]);
    for (int a = 1; a < w.axes && weight != 0; ++a) weight *= window_weight(w, a, point.at[a], cell[a]);
    if (weight == 0) continue;
    if (k.weights) weight *= static_cast<double>(k.weights[point.sample]);
    const Number sample = number(k.samples[coil * k.of_a_coil + point.sample]);
    sum = plus(sum, {weight * sample.re, weight * sample.im});
  }
  return sum;
}

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const NonUniformSpread<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const Extents& n = k.window.grid;
  const std::int64_t in_coil = i % n.count(), coil = i / n.count();
  const std::int64_t cell[3] = {in_coil % n.n[0], in_coil / n.n[0] % n.n[1], in_coil / (n.n[0] * n.n[1])};
  const BinRange x = bins_around(k.window, k.bins, 0, cell[0]), y = bins_around(k.window, k.bins, 1, cell[1]),
                 z = bins_around(k.window, k.bins, 2, cell[2]);
  Number sum{0, 0};
  for (std::int64_t bz = 0; bz < z.count; ++bz)
    for (std::int64_t by = 0; by < y.count; ++by)
      for (std::int64_t bx = 0; bx < x.count; ++bx) {
        const std::int64_t bin =
            (wrap(z.begin + bz, k.bins.n[2]) * k.bins.n[1] + wrap(y.begin + by, k.bins.n[1])) * k.bins.n[0] +
            wrap(x.begin + bx, k.bins.n[0]);
        sum = plus(sum, sum_of_bin(k, bin, coil, cell));
      }
  assign(k.grid[i], sum);
}

#define ISO_NON_UNIFORM_FOURIER_KERNELS(X, T) \
  X(NonUniformPlace<Complex<T>>)              \
  X(NonUniformCombine<Complex<T>>) X(NonUniformRead<Complex<T>>) X(NonUniformSpread<Complex<T>>)

}  // namespace iso::gpu
