#pragma once

#include "gpu/kernels/vector.h"

/// Moving a series into matrices and back (iso/compute/operators/unfolding.h).
namespace iso::gpu {

/// Which element of the series an element of the matrices is.
struct UnfoldingPlan {
  int kind;  ///< 0 patches, 1 readout, 2 phase
  std::int64_t size[3];
  std::int64_t frames;
  std::int64_t patch[3], shift[3], blocks[3];
};

/// -1 where the matrix holds a 0 that belongs to no voxel.
ISO_HOST_DEVICE inline std::int64_t unfolding_source(const UnfoldingPlan& plan, std::int64_t element) noexcept {
  const std::int64_t nx = plan.size[0], ny = plan.size[1], nz = plan.size[2];
  if (plan.kind == 1) {
    const auto others = ny * nz * plan.frames;
    return element % others * nx + element / others;
  }
  if (plan.kind == 2) {
    const auto others = nx * nz * plan.frames, row = element % others;
    return (row / nx * ny + element / others) * nx + row % nx;
  }
  const auto rows = plan.patch[0] * plan.patch[1] * plan.patch[2];
  const auto row = element % rows, frame = element / rows % plan.frames, block = element / rows / plan.frames;
  const auto x = block % plan.blocks[0] * plan.patch[0] + row % plan.patch[0] - plan.shift[0];
  const auto y =
      block / plan.blocks[0] % plan.blocks[1] * plan.patch[1] + row / plan.patch[0] % plan.patch[1] - plan.shift[1];
  const auto z =
      block / (plan.blocks[0] * plan.blocks[1]) * plan.patch[2] + row / (plan.patch[0] * plan.patch[1]) - plan.shift[2];
  if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) return -1;
  return x + nx * (y + ny * (z + nz * frame));
}

/// One thread an element of the matrices: read from the series, or written to it (each voxel is in one matrix once).
template <class E>
struct Unfold {
  UnfoldingPlan plan;
  const E* in;
  E* out;
  std::int64_t count;
  bool back, accumulate;
};
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const Unfold<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const auto source = unfolding_source(k.plan, i);
  if (source < 0 && (k.back || k.accumulate)) return;
  const Number value = source < 0 ? Number{0, 0} : number(k.in[k.back ? i : source]);
  E& target = k.out[k.back ? source : i];
  assign(target, k.accumulate ? plus(number(target), value) : value);
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): T is a type
#define ISO_UNFOLDING_KERNELS(X, T) X(Unfold<Complex<T>>)

}  // namespace iso::gpu
