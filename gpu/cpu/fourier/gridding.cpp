#include "gpu/cpu/fourier/gridding.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>

namespace iso::gpu::cpu {
namespace {

template <class R>
constexpr int widest = sizeof(R) == sizeof(float) ? 8 : 16;

/// Cells of a tile along each axis, at least: what windows reach beyond is less than that.
constexpr std::array<std::int64_t, 3> slice_tile{32, 32, 1}, volume_tile{32, 16, 16};

PaddedFourier<float>::Extents make_grid(const compute::GriddingWindow& window) {
  return {window.axes[0].grid, window.axes[1].grid, window.axes[2].grid};
}

}  // namespace

template <class R>
Gridding<R>::Gridding(const Kernels<R>& kernels, const LineKernels<R>& lines, const Extents& image, std::int64_t points,
                      double accuracy, int sign, double scale)
    : kernels_{kernels},
      window_{compute::choose_window(image, points, accuracy, widest<R>)},
      fourier_{lines, image, make_grid(window_), sign},
      reach_{(window_.width + 1) / 2},
      lanes_{window_.width <= 8 ? 8 : 16} {
  const auto& wanted = window_.axes_in_use == 3 ? volume_tile : slice_tile;
  std::array<std::vector<R>, 3> factors;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (const double value : window_.correction(axis))
      factors[axis].push_back(static_cast<R>(axis == 0 ? scale * value : value));
    if (axis >= static_cast<std::size_t>(window_.axes_in_use)) continue;
    const std::int64_t fit_in = window_.axes[axis].grid / wanted[axis];
    tiles_[axis] = fit_in < 2 ? 1 : fit_in / 2 * 2;
    for (std::int64_t i = 0; i < tiles_[axis]; ++i)
      largest_[axis] = std::max(largest_[axis], tile_begin(axis, i + 1) - tile_begin(axis, i) + 2 * reach_);
  }
  fourier_.set_factors(std::move(factors));
  make_coefficients();
}

template <class R>
void Gridding<R>::make_coefficients() {
  const compute::WindowPolynomials found =
      compute::window_polynomials(window_, sizeof(R) == sizeof(float) ? 2e-8 : 2e-16);
  degree_ = found.terms - 1;
  const auto terms = static_cast<std::size_t>(found.terms), width = static_cast<std::size_t>(window_.width),
             lanes = static_cast<std::size_t>(lanes_);
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(window_.axes_in_use); ++axis) {
    coefficients_[axis].assign(terms * lanes, R{0});
    for (std::size_t d = 0; d < terms; ++d)
      for (std::size_t j = 0; j < width; ++j)
        coefficients_[axis][d * lanes + j] = static_cast<R>(found.coefficients[axis][d * width + j]);
  }
}

template <class R>
GridWindow<R> Gridding<R>::kernel_window() const {
  const std::int64_t row = largest_[0] + lanes_;
  return {{coefficients_[0].data(), coefficients_[1].data(), coefficients_[2].data()},
          window_.width,
          degree_,
          lanes_,
          window_.axes_in_use == 3,
          row,
          row * largest_[1]};
}

template <class R>
typename Gridding<R>::Tile Gridding<R>::tile(std::int64_t index) const {
  const Extents at{index % tiles_[0], index / tiles_[0] % tiles_[1], index / (tiles_[0] * tiles_[1])};
  Tile out{{0, 0, 0}, {1, 1, 1}};
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(window_.axes_in_use); ++axis) {
    out.begin[axis] = tile_begin(axis, at[axis]) - reach_;
    out.size[axis] = tile_begin(axis, at[axis] + 1) + reach_ - out.begin[axis];
  }
  return out;
}

template <class R>
SortedPoints<R> Gridding<R>::sort(std::int64_t count, const Coordinate& coordinate) const {
  const auto axes = static_cast<std::size_t>(window_.axes_in_use);
  std::array<std::vector<std::int64_t>, 3> tile_of;  // of every cell
  for (std::size_t axis = 0; axis < axes; ++axis)
    for (std::int64_t i = 0; i < tiles_[axis]; ++i)
      tile_of[axis].resize(static_cast<std::size_t>(tile_begin(axis, i + 1)), i);
  const GridWindow<R> window = kernel_window();
  const std::array<std::int64_t, 3> strides{1, window.row_stride, window.plane_stride},
      tile_strides{1, tiles_[0], tiles_[0] * tiles_[1]};
  std::vector<GridPoint<R>> found(static_cast<std::size_t>(count));
  std::vector<std::uint32_t> tiles(static_cast<std::size_t>(count));
  parallel_for(count, 16384, [&](std::int64_t from, std::int64_t to) {
    for (auto i = from; i < to; ++i) {
      GridPoint<R> point{static_cast<std::uint32_t>(i), 0, {0, 0, 0}};
      std::int64_t tile = 0, place = 0;
      for (std::size_t axis = 0; axis < axes; ++axis) {
        const auto& a = window_.axes[axis];
        const double grid = static_cast<double>(a.grid), turns = coordinate(axis, i) / static_cast<double>(a.extent);
        const double u = grid * (turns - std::floor(turns));
        const auto cell = std::min(static_cast<std::int64_t>(u), a.grid - 1);
        const auto here = tile_of[axis][static_cast<std::size_t>(cell)];
        const double start = u - 0.5 * window_.width, first = std::ceil(start);
        point.at[axis] = static_cast<R>(first - start);
        tile += tile_strides[axis] * here;
        place += strides[axis] * (static_cast<std::int64_t>(first) - tile_begin(axis, here) + reach_);
      }
      point.place = static_cast<std::int32_t>(place);
      found[static_cast<std::size_t>(i)] = point;
      tiles[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(tile);
    }
  });
  SortedPoints<R> out;
  out.first.assign(static_cast<std::size_t>(tiles_[0] * tiles_[1] * tiles_[2] + 1), 0);
  for (const auto tile : tiles) ++out.first[tile + 1];
  for (std::size_t i = 1; i < out.first.size(); ++i) out.first[i] += out.first[i - 1];
  out.points.resize(found.size());
  auto next = out.first;
  for (std::size_t i = 0; i < found.size(); ++i) out.points[static_cast<std::size_t>(next[tiles[i]]++)] = found[i];
  return out;
}

namespace {

/// Calls visit(first cell of the grid, cells, first cell of the tile) for the runs of a row that begins at `begin` and may wrap.
template <class Visit>
void each_run(std::int64_t begin, std::int64_t size, std::int64_t grid, Visit&& visit) {
  for (std::int64_t done = 0; done < size;) {
    const std::int64_t cell = ((begin + done) % grid + grid) % grid, run = std::min(size - done, grid - cell);
    visit(cell, run, done);
    done += run;
  }
}

std::int64_t wrapped(std::int64_t cell, std::int64_t grid) { return (cell % grid + grid) % grid; }

}  // namespace

template <class R>
void Gridding<R>::load(const Tile& tile, const Value* grid, R* re, R* im) const {
  const GridWindow<R> window = kernel_window();
  const Extents& n = fourier_.grid();
  for (std::int64_t z = 0; z < tile.size[2]; ++z)
    for (std::int64_t y = 0; y < tile.size[1]; ++y) {
      const Value* const row =
          grid + (wrapped(tile.begin[2] + z, n[2]) * n[1] + wrapped(tile.begin[1] + y, n[1])) * n[0];
      const std::int64_t to = z * window.plane_stride + y * window.row_stride;
      each_run(tile.begin[0], tile.size[0], n[0], [&](std::int64_t cell, std::int64_t run, std::int64_t x) {
        for (std::int64_t i = 0; i < run; ++i) {
          re[to + x + i] = row[cell + i].real();
          im[to + x + i] = row[cell + i].imag();
        }
      });
      // Windows of fewer cells than lanes read these with a weight of 0.
      std::fill_n(re + to + tile.size[0], window.row_stride - tile.size[0], R{0});
      std::fill_n(im + to + tile.size[0], window.row_stride - tile.size[0], R{0});
    }
}

template <class R>
void Gridding<R>::add(const Tile& tile, const R* re, const R* im, Value* grid) const {
  const GridWindow<R> window = kernel_window();
  const Extents& n = fourier_.grid();
  for (std::int64_t z = 0; z < tile.size[2]; ++z)
    for (std::int64_t y = 0; y < tile.size[1]; ++y) {
      Value* const row = grid + (wrapped(tile.begin[2] + z, n[2]) * n[1] + wrapped(tile.begin[1] + y, n[1])) * n[0];
      const std::int64_t from = z * window.plane_stride + y * window.row_stride;
      each_run(tile.begin[0], tile.size[0], n[0], [&](std::int64_t cell, std::int64_t run, std::int64_t x) {
        for (std::int64_t i = 0; i < run; ++i) row[cell + i] += Value{re[from + x + i], im[from + x + i]};
      });
    }
}

template <class R>
void Gridding<R>::read(const SortedPoints<R>& points, const Value* grid, const R* weights, bool add, Value* samples,
                       compute::Stream& stream) const {
  const GridWindow<R> window = kernel_window();
  const std::int64_t size = window.plane_stride * largest_[2] + lanes_;
  parallel_for(static_cast<std::int64_t>(points.first.size()) - 1, 1, [&](std::int64_t from, std::int64_t to) {
    std::vector<R> parts;
    for (auto i = from; i < to; ++i) {
      const std::int64_t first = points.first[static_cast<std::size_t>(i)],
                         count = points.first[static_cast<std::size_t>(i) + 1] - first;
      if (count == 0) continue;
      stream.check_stop();
      parts.resize(static_cast<std::size_t>(2 * size));
      load(tile(i), grid, parts.data(), parts.data() + size);
      kernels_.read_points(points.points.data() + first, count, window, parts.data(), parts.data() + size, weights, add,
                           reinterpret_cast<R*>(samples));
    }
  });
}

template <class R>
void Gridding<R>::spread(const SortedPoints<R>& points, const Value* samples, const R* weights, Value* grid,
                         compute::Stream& stream) const {
  const GridWindow<R> window = kernel_window();
  const std::int64_t size = window.plane_stride * largest_[2] + lanes_;
  const Extents steps{tiles_[0] > 1 ? 2 : 1, tiles_[1] > 1 ? 2 : 1, tiles_[2] > 1 ? 2 : 1};
  const Extents apart{tiles_[0] / steps[0], tiles_[1] / steps[1], tiles_[2] / steps[2]};
  parallel_for(cells(), 65536, [&](std::int64_t from, std::int64_t to) { std::fill(grid + from, grid + to, Value{}); });
  for (std::int64_t round = 0; round < steps[0] * steps[1] * steps[2]; ++round) {
    const Extents first{round % steps[0], round / steps[0] % steps[1], round / (steps[0] * steps[1])};
    parallel_for(apart[0] * apart[1] * apart[2], 1, [&](std::int64_t from, std::int64_t to) {
      std::vector<R> parts;
      for (auto i = from; i < to; ++i) {
        const Extents at{i % apart[0] * steps[0] + first[0], i / apart[0] % apart[1] * steps[1] + first[1],
                         i / (apart[0] * apart[1]) * steps[2] + first[2]};
        const std::int64_t index = (at[2] * tiles_[1] + at[1]) * tiles_[0] + at[0];
        const std::int64_t begin = points.first[static_cast<std::size_t>(index)],
                           count = points.first[static_cast<std::size_t>(index) + 1] - begin;
        if (count == 0) continue;
        stream.check_stop();
        parts.assign(static_cast<std::size_t>(2 * size), R{0});
        kernels_.spread_points(points.points.data() + begin, count, window, reinterpret_cast<const R*>(samples),
                               weights, parts.data(), parts.data() + size);
        add(tile(index), parts.data(), parts.data() + size, grid);
      }
    });
  }
}

template <class R>
void Gridding<R>::to_samples(const SortedPoints<R>& points, const Value* image, const Value* map, const R* weights,
                             Value* grid, bool add, Value* samples, compute::Stream& stream) const {
  fourier_.to_grid(image, map, grid, stream);
  read(points, grid, weights, add, samples, stream);
}

template <class R>
void Gridding<R>::to_image(const SortedPoints<R>& points, const Value* samples, const R* weights, const Value* map,
                           Value* grid, bool add, Value* image, compute::Stream& stream) const {
  spread(points, samples, weights, grid, stream);
  fourier_.to_image(grid, map, add, image, stream);
}

template class Gridding<float>;
template class Gridding<double>;

}  // namespace iso::gpu::cpu
