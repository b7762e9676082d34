#include "gpu/cpu/fourier/padded_fourier.h"

#include "gpu/cpu/fourier/transposition.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <utility>

namespace iso::gpu::cpu {
namespace {

template <class R>
std::complex<R> product(std::complex<R> a, std::complex<R> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

template <class R>
PaddedFourier<R>::PaddedFourier(const LineKernels<R>& kernels, const Extents& image, const Extents& grid, int sign)
    : kernels_{kernels}, image_{image}, grid_{grid} {
  const auto there = sign < 0 ? Transform::forward : Transform::backward,
             back = sign < 0 ? Transform::backward : Transform::forward;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    factors_[axis].assign(static_cast<std::size_t>(image[axis]), R{1});
    plans_[axis] = {plan_for<R>(there, grid[axis]), plan_for<R>(back, grid[axis])};
  }
}

template <class R>
void PaddedFourier<R>::rows_to_grid(const Value* image, const Value* map, Value* grid, compute::Stream& stream) const {
  const std::int64_t nx = image_[0], gx = grid_[0], half = nx / 2;
  parallel_for(image_[1] * image_[2], std::max<std::int64_t>(1, 8192 / gx), [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    const ScratchMemory<Value> memory{2 * line_pitch(gx)};
    Value *const padded = memory.get(), *const other = padded + line_pitch(gx);
    for (auto row = from; row < to; ++row) {
      const std::int64_t y = row % image_[1], z = row / image_[1];
      const R factor = factors_[1][static_cast<std::size_t>(y)] * factors_[2][static_cast<std::size_t>(z)];
      Value* const cells = grid + (cell(2, z) * grid_[1] + cell(1, y)) * gx;
      const Value *const in = image + row * nx, *const by = map ? map + row * nx : nullptr;
      const auto voxel = [&](std::int64_t x) {
        const R f = factor * factors_[0][static_cast<std::size_t>(x)];
        return by ? f * product(by[x], in[x]) : f * in[x];
      };
      for (std::int64_t x = 0; x < half; ++x) padded[gx - half + x] = voxel(x);
      for (std::int64_t x = half; x < nx; ++x) padded[x - half] = voxel(x);
      std::fill(padded + (nx - half), padded + (gx - half), Value{});
      const bool at_once = Fftw<R>::aligned(elements(cells));
      Fftw<R>::execute(plans_[0][0], elements(padded), elements(at_once ? cells : other));
      if (!at_once) std::copy_n(other, gx, cells);
    }
  });
}

template <class R>
void PaddedFourier<R>::rows_to_image(Value* grid, const Value* map, bool add, Value* image,
                                     compute::Stream& stream) const {
  const std::int64_t nx = image_[0], gx = grid_[0], half = nx / 2;
  parallel_for(image_[1] * image_[2], std::max<std::int64_t>(1, 8192 / gx), [&](std::int64_t from, std::int64_t to) {
    stream.check_stop();
    const ScratchMemory<Value> memory{2 * line_pitch(gx)};
    Value *const line = memory.get(), *const copy = line + line_pitch(gx);
    for (auto row = from; row < to; ++row) {
      const std::int64_t y = row % image_[1], z = row / image_[1];
      const R factor = factors_[1][static_cast<std::size_t>(y)] * factors_[2][static_cast<std::size_t>(z)];
      Value* cells = grid + (cell(2, z) * grid_[1] + cell(1, y)) * gx;
      if (!Fftw<R>::aligned(elements(cells))) cells = std::copy_n(cells, gx, copy) - gx;
      Fftw<R>::execute(plans_[0][1], elements(cells), elements(line));
      Value* const out = image + row * nx;
      const Value* const by = map ? map + row * nx : nullptr;
      const auto put = [&](std::int64_t x, const Value& found) {
        const R f = factor * factors_[0][static_cast<std::size_t>(x)];
        const Value seen = by ? f * product(std::conj(by[x]), found) : f * found;
        out[x] = add ? out[x] + seen : seen;
      };
      for (std::int64_t x = 0; x < half; ++x) put(x, line[gx - half + x]);
      for (std::int64_t x = half; x < nx; ++x) put(x, line[x - half]);
    }
  });
}

template <class R>
void PaddedFourier<R>::line_block(std::size_t axis, Way way, const Block& block) const {
  const std::int64_t cells = grid_[axis], voxels = image_[axis], step = stride(axis), pitch = line_pitch(cells);
  // Cells that hold a voxel: [0, ahead) and [behind, cells).
  const std::int64_t ahead = voxels - voxels / 2, behind = cells - voxels / 2, columns = block.columns;
  const bool comes_from_image = way == Way::to_grid || block.filter != nullptr;
  const bool goes_to_image = way == Way::to_image || block.filter != nullptr;
  const auto load = [&](std::int64_t from, std::int64_t to) {
    kernels_.to_lines(parts(block.first + from * step), step, to - from, columns, nullptr, false,
                      parts(block.lines + from), pitch);
  };
  load(0, comes_from_image ? ahead : cells);
  if (comes_from_image) load(behind, cells);
  for (std::int64_t j = 0; j < columns; ++j) {
    Value *line = block.lines + j * pitch, *other = block.transformed + j * pitch;
    if (comes_from_image) {
      std::fill(line + ahead, line + behind, Value{});
      Fftw<R>::execute(plans_[axis][0], elements(line), elements(other));
      std::swap(line, other);
    }
    if (block.filter != nullptr) kernels_.weigh(block.filter + j * cells, cells, parts(line));
    if (goes_to_image) Fftw<R>::execute(plans_[axis][1], elements(line), elements(other));
  }
  const Value* const done = comes_from_image && goes_to_image ? block.lines : block.transformed;
  const auto store = [&](std::int64_t from, std::int64_t to) {
    kernels_.from_lines(parts(done + from), pitch, to - from, columns, false, parts(block.first + from * step), step);
  };
  store(0, goes_to_image ? ahead : cells);
  if (goes_to_image) store(behind, cells);
}

template <class R>
void PaddedFourier<R>::lines(std::size_t axis, Way way, Value* grid, const R* filter, compute::Stream& stream) const {
  const std::int64_t together = columns_together(grid_[axis]), blocks = (grid_[0] + together - 1) / together;
  const std::int64_t others = axis == 1 ? image_[2] : grid_[1];
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / (grid_[axis] * together));
  const std::int64_t size = together * line_pitch(grid_[axis]);
  parallel_for(others * blocks, grain, [&](std::int64_t from, std::int64_t to) {
    const ScratchMemory<Value> buffer{2 * size};
    for (auto i = from; i < to; ++i) {
      stream.check_stop();
      const std::int64_t other = i / blocks, column = i % blocks * together;
      const std::int64_t first = (axis == 1 ? cell(2, other) * grid_[1] : other) * grid_[0] + column;
      const R* const here = filter ? filter + (other * grid_[0] + column) * grid_[axis] : nullptr;
      line_block(axis, way,
                 {grid + first, buffer.get(), buffer.get() + size, std::min(together, grid_[0] - column), here});
    }
  });
}

template <class R>
void PaddedFourier<R>::filter_order(const Value* grid, R* filter) const {
  const std::int64_t last = grid_[2] > 1 ? grid_[2] : grid_[1], lines = cells() / last;
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t k = 0; k < last; ++k) filter[line * last + k] = grid[k * lines + line].real();
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
