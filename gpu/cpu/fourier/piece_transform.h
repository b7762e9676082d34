#pragma once

#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/fourier/transposition.h"
#include "gpu/cpu/kernels/kernels.h"

#include <algorithm>
#include <array>
#include <vector>

namespace iso::gpu::cpu {

/// The plain Fourier transform of a contiguous piece of up to three axes, on the thread that asks. (FFTW's own estimated plan for more
/// than one axis goes down columns whose elements meet in one set of the cache: 256 x 256 take it thirteen times as long.)
template <class R>
class PieceTransform {
 public:
  using Value = std::complex<R>;
  PieceTransform() = default;
  /// Extents fastest first; those of 1 are not transformed.
  PieceTransform(const LineKernels<R>& kernels, Transform transform, const std::array<std::int64_t, 3>& extents)
      : kernels_{&kernels} {
    for (const auto n : extents) {
      if (n > 1) axes_.push_back({n, count_, plan_for<R>(transform, n)});
      count_ *= n;
    }
  }
  /// Elements that `run` works in.
  [[nodiscard]] std::int64_t scratch() const {
    std::int64_t pitch = 0;
    for (const auto& axis : axes_) pitch = std::max(pitch, line_pitch(axis.length));
    return 2 * columns_at_once * pitch;
  }
  /// Memory as FFTW wants it aligned; `from` is overwritten.
  void run(Value* from, Value* to, Value* scratch) const {
    if (axes_.empty()) std::copy_n(from, count_, to);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      if (a == 0)
        lines(from, to, scratch);
      else
        columns(axes_[a], to, scratch);
    }
  }

 private:
  using Element = typename Fftw<R>::Complex;
  struct Axis {
    std::int64_t length, stride;
    typename Fftw<R>::Plan plan;
  };
  static Element* elements(Value* values) { return reinterpret_cast<Element*>(values); }
  static R* parts(Value* values) { return reinterpret_cast<R*>(values); }
  /// The first axis, whose lines follow each other.
  void lines(Value* from, Value* to, Value* scratch) const {
    const auto& axis = axes_.front();
    const std::int64_t n = axis.length;
    for (std::int64_t first = 0; first < count_; first += n) {
      Value *in = from + first, *out = to + first;
      if (Fftw<R>::aligned(elements(in)) && Fftw<R>::aligned(elements(out))) {
        Fftw<R>::execute(axis.plan, elements(in), elements(out));
        continue;
      }
      Value* const other = scratch + line_pitch(n);
      std::copy_n(in, n, scratch);
      Fftw<R>::execute(axis.plan, elements(scratch), elements(other));
      std::copy_n(other, n, out);
    }
  }
  void columns(const Axis& axis, Value* piece, Value* scratch) const {
    const std::int64_t pitch = line_pitch(axis.length), slab = axis.stride * axis.length;
    Value* const other = scratch + columns_at_once * pitch;
    for (std::int64_t start = 0; start < count_; start += slab)
      for (std::int64_t column = 0; column < axis.stride; column += columns_at_once) {
        const std::int64_t count = std::min(columns_at_once, axis.stride - column);
        Value* const first = piece + start + column;
        kernels_->to_lines(parts(first), axis.stride, axis.length, count, nullptr, false, parts(scratch), pitch);
        for (std::int64_t j = 0; j < count; ++j)
          Fftw<R>::execute(axis.plan, elements(scratch + j * pitch), elements(other + j * pitch));
        kernels_->from_lines(parts(other), pitch, axis.length, count, false, parts(first), axis.stride);
      }
  }
  const LineKernels<R>* kernels_{nullptr};
  std::vector<Axis> axes_;
  std::int64_t count_{1};
};

}  // namespace iso::gpu::cpu
