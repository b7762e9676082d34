#include "gpu/cpu/fourier/padded_fourier.h"

#include <iso/base/threads.h>

#include <algorithm>

namespace iso::gpu::cpu {
namespace {

template <class R>
std::complex<R> product(std::complex<R> a, std::complex<R> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// Lines of a block, so that a row of it is a whole number of cache lines.
constexpr std::int64_t block_columns = lines_at_once;

}  // namespace

template <class R>
PaddedFourier<R>::PaddedFourier(const Extents& image, const Extents& grid, int sign) : image_{image}, grid_{grid} {
  const auto there = sign < 0 ? Transform::forward : Transform::backward,
             back = sign < 0 ? Transform::backward : Transform::forward;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    factors_[axis].assign(static_cast<std::size_t>(image[axis]), R{1});
    const int together = axis == 0 ? 1 : static_cast<int>(block_columns);
    plans_[axis] = {plan_for<R>(there, grid[axis], together), plan_for<R>(back, grid[axis], together)};
  }
}

template <class R>
void PaddedFourier<R>::rows_to_grid(const Value* image, const Value* map, Value* grid, compute::Stream& stream) const {
  const std::int64_t nx = image_[0], gx = grid_[0], half = nx / 2;
  parallel_for(image_[1] * image_[2], std::max<std::int64_t>(1, 8192 / gx), [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    for (auto row = from; row < to; ++row) {
      const std::int64_t y = row % image_[1], z = row / image_[1];
      const R factor = factors_[1][static_cast<std::size_t>(y)] * factors_[2][static_cast<std::size_t>(z)];
      Value* const line = grid + (cell(2, z) * grid_[1] + cell(1, y)) * gx;
      const Value *const in = image + row * nx, *const by = map ? map + row * nx : nullptr;
      const auto voxel = [&](std::int64_t x) {
        const R f = factor * factors_[0][static_cast<std::size_t>(x)];
        return by ? f * product(by[x], in[x]) : f * in[x];
      };
      for (std::int64_t x = half; x < nx; ++x) line[x - half] = voxel(x);
      std::fill(line + (nx - half), line + (gx - half), Value{});
      for (std::int64_t x = 0; x < half; ++x) line[gx - half + x] = voxel(x);
      Fftw<R>::execute(plans_[0][0], reinterpret_cast<typename Fftw<R>::Complex*>(line));
    }
  });
}

template <class R>
void PaddedFourier<R>::rows_to_image(Value* grid, const Value* map, bool add, Value* image,
                                     compute::Stream& stream) const {
  const std::int64_t nx = image_[0], gx = grid_[0], half = nx / 2;
  parallel_for(image_[1] * image_[2], std::max<std::int64_t>(1, 8192 / gx), [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    for (auto row = from; row < to; ++row) {
      const std::int64_t y = row % image_[1], z = row / image_[1];
      const R factor = factors_[1][static_cast<std::size_t>(y)] * factors_[2][static_cast<std::size_t>(z)];
      Value* const line = grid + (cell(2, z) * grid_[1] + cell(1, y)) * gx;
      Fftw<R>::execute(plans_[0][1], reinterpret_cast<typename Fftw<R>::Complex*>(line));
      Value* const out = image + row * nx;
      const Value* const by = map ? map + row * nx : nullptr;
      const auto put = [&](std::int64_t x, const Value& found) {
        const R f = factor * factors_[0][static_cast<std::size_t>(x)];
        const Value seen = by ? f * product(std::conj(by[x]), found) : f * found;
        out[x] = add ? out[x] + seen : seen;
      };
      for (std::int64_t x = half; x < nx; ++x) put(x, line[x - half]);
      for (std::int64_t x = 0; x < half; ++x) put(x, line[gx - half + x]);
    }
  });
}

template <class R>
void PaddedFourier<R>::line_block(std::size_t axis, Way way, Value* first, const R* filter, std::int64_t columns,
                                  Value* block) const {
  using Element = typename Fftw<R>::Complex;
  const std::int64_t cells = grid_[axis], voxels = image_[axis], step = stride(axis);
  // Without the cells that hold no voxel: [0, ahead) and [behind, cells).
  const std::int64_t ahead = voxels - voxels / 2, behind = cells - voxels / 2;
  const bool comes_from_image = way == Way::to_grid || filter != nullptr;
  const bool goes_to_image = way == Way::to_image || filter != nullptr;
  const auto skipped = [&](std::int64_t k) { return k >= ahead && k < behind; };
  for (std::int64_t k = 0; k < cells; ++k) {
    Value* const row = block + k * block_columns;
    if (comes_from_image && skipped(k)) {
      std::fill(row, row + block_columns, Value{});
      continue;
    }
    std::copy_n(first + k * step, columns, row);
    std::fill(row + columns, row + block_columns, Value{});
  }
  if (comes_from_image) Fftw<R>::execute(plans_[axis][0], reinterpret_cast<Element*>(block));
  if (filter != nullptr)
    for (std::int64_t k = 0; k < cells; ++k)
      for (std::int64_t j = 0; j < columns; ++j) block[k * block_columns + j] *= filter[k * step + j];
  if (goes_to_image) Fftw<R>::execute(plans_[axis][1], reinterpret_cast<Element*>(block));
  for (std::int64_t k = 0; k < cells; ++k)
    if (!goes_to_image || !skipped(k)) std::copy_n(block + k * block_columns, columns, first + k * step);
}

template <class R>
void PaddedFourier<R>::lines(std::size_t axis, Way way, Value* grid, const R* filter, compute::Stream& stream) const {
  const std::int64_t blocks = (grid_[0] + block_columns - 1) / block_columns;
  const std::int64_t others = axis == 1 ? image_[2] : grid_[1];
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / (grid_[axis] * block_columns));
  parallel_for(others * blocks, grain, [&](std::int64_t from, std::int64_t to) {
    const auto block = fftw_buffer<Value>(grid_[axis] * block_columns);
    for (auto i = from; i < to; ++i) {
      stream.check_stop();
      const std::int64_t other = i / blocks, column = i % blocks * block_columns;
      const std::int64_t first = (axis == 1 ? cell(2, other) * grid_[1] : other) * grid_[0] + column;
      line_block(axis, way, grid + first, filter ? filter + first : nullptr, std::min(block_columns, grid_[0] - column),
                 block.get());
    }
  });
}

template <class R>
void PaddedFourier<R>::to_grid(const Value* image, const Value* map, Value* grid, compute::Stream& stream) const {
  rows_to_grid(image, map, grid, stream);
  lines(1, Way::to_grid, grid, nullptr, stream);
  if (grid_[2] > 1) lines(2, Way::to_grid, grid, nullptr, stream);
}

template <class R>
void PaddedFourier<R>::to_image(Value* grid, const Value* map, bool add, Value* image, compute::Stream& stream) const {
  if (grid_[2] > 1) lines(2, Way::to_image, grid, nullptr, stream);
  lines(1, Way::to_image, grid, nullptr, stream);
  rows_to_image(grid, map, add, image, stream);
}

template <class R>
void PaddedFourier<R>::filter(const Value* image, const Value* map, const R* filter, Value* grid, bool add, Value* out,
                              compute::Stream& stream) const {
  const bool volume = grid_[2] > 1;
  rows_to_grid(image, map, grid, stream);
  if (volume) lines(1, Way::to_grid, grid, nullptr, stream);
  lines(volume ? 2 : 1, Way::to_grid, grid, filter, stream);
  if (volume) lines(1, Way::to_image, grid, nullptr, stream);
  rows_to_image(grid, map, add, out, stream);
}

template class PaddedFourier<float>;
template class PaddedFourier<double>;

}  // namespace iso::gpu::cpu
