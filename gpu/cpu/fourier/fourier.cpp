#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/fourier/transposition.h"
#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

/// One axis of the transform. With c = N/2 the element m' = (m - c) mod N is x[m] and
///     y[k] = sum over m of x[m] exp(-2 pi i (k - c)(m - c)/N) = sum over m' of x'[m'] exp(2 pi i c m'/N) exp(-2 pi i k m'/N),
/// so that elements are read from the centre on, multiplied by exp(2 pi i c m'/N) / sqrt N, and transformed; what comes out
/// lies where it must. For even N these factors are 1 and -1 over sqrt N.
template <class T>
struct Axis {
  std::int64_t length, stride{1}, centre;
  bool real_factors;
  std::array<typename Fftw<T>::Plan, 2> plans;          ///< forward, backward
  std::array<std::vector<std::complex<T>>, 2> factors;  ///< real ones are both parts of a number

  [[nodiscard]] std::int64_t slab() const { return stride * length; }  ///< elements that no line leaves

  Axis(const Shape& shape, std::size_t axis, bool centred)
      : length{shape[axis]}, centre{centred ? length / 2 : 0}, real_factors{centre == 0 || length % 2 == 0} {
    for (std::size_t a = 0; a < axis; ++a) stride *= shape[a];
    plans = {plan_for<T>(Transform::forward, length), plan_for<T>(Transform::backward, length)};
    const double scale = 1 / std::sqrt(static_cast<double>(length));
    for (std::size_t way = 0; way < 2; ++way) {
      const double turn = (way == 0 ? 2 : -2) * std::numbers::pi / static_cast<double>(length);
      for (std::int64_t m = 0; m < length; ++m) {
        const double sign = m % 2 == 0 || centre == 0 ? scale : -scale;
        factors[way].emplace_back(real_factors ? std::complex<double>{sign, sign}
                                               : std::polar(scale, turn * static_cast<double>(centre * m % length)));
      }
    }
  }
};

template <class T>
class CpuFourier final : public LinearOperator {
 public:
  using Complex = std::complex<T>;
  CpuFourier(const Fourier& spec, const Backend& backend)
      : LinearOperator(spec, backend), kernels_{line_kernels<T>(backend)} {
    if (spec.grid.count() == 0) return;
    for (const auto axis : spec.axes) axes_.emplace_back(spec.grid, axis, spec.centred);
  }

 private:
  using Element = typename Fftw<T>::Complex;
  static Element* elements(Complex* values) { return reinterpret_cast<Element*>(values); }

  static T* parts(Complex* values) { return reinterpret_cast<T*>(values); }
  static const T* parts(const Complex* values) { return reinterpret_cast<const T*>(values); }

  /// One line of contiguous elements, from `in` to `out` (which may be the same), through buffers.
  void line(const Axis<T>& axis, std::size_t way, const Complex* in, Complex* out, bool add, Complex* buffer,
            Complex* other) const {
    const Complex* const factors = axis.factors[way].data();
    const std::int64_t centre = axis.centre, behind = axis.length - centre;
    kernels_.multiply(parts(in), parts(factors + behind), axis.real_factors, centre, parts(buffer + behind));
    kernels_.multiply(parts(in + centre), parts(factors), axis.real_factors, behind, parts(buffer));
    const bool at_once = !add && Fftw<T>::aligned(elements(out));
    Complex* const found = at_once ? out : other;
    Fftw<T>::execute(axis.plans[way], elements(buffer), elements(found));
    if (at_once) return;
    for (std::int64_t k = 0; k < axis.length; ++k) out[k] = found[k] + (add ? out[k] : Complex{});
  }

  /// Lines side by side, element k of line j at k * stride + j, through buffers in which each is contiguous.
  void columns(const Axis<T>& axis, std::size_t way, std::int64_t count, const Complex* in, Complex* out, bool add,
               Complex* buffer, Complex* other) const {
    const std::int64_t pitch = line_pitch(axis.length), centre = axis.centre, behind = axis.length - centre;
    const Complex* const factors = axis.factors[way].data();
    kernels_.to_lines(parts(in), axis.stride, centre, count, parts(factors + behind), axis.real_factors,
                      parts(buffer + behind), pitch);
    kernels_.to_lines(parts(in + centre * axis.stride), axis.stride, behind, count, parts(factors), axis.real_factors,
                      parts(buffer), pitch);
    for (std::int64_t j = 0; j < count; ++j)
      Fftw<T>::execute(axis.plans[way], elements(buffer + j * pitch), elements(other + j * pitch));
    kernels_.from_lines(parts(other), pitch, axis.length, count, add, parts(out), axis.stride);
  }

  /// One axis of `count` elements.
  void apply(const Axis<T>& axis, std::size_t way, std::int64_t count, const Complex* in, Complex* out, bool add,
             Stream& stream) const {
    const auto all = count / axis.length;
    // Blocks of lines that follow each other, or of columns of one slab.
    const bool contiguous = axis.stride == 1;
    const auto together = contiguous ? columns_at_once : columns_together(axis.length);
    const auto of_a_slab = (axis.stride + together - 1) / together;
    const auto blocks = contiguous ? (all + together - 1) / together : all / axis.stride * of_a_slab;
    const auto grain = std::max<std::int64_t>(1, 4096 / axis.length);
    const auto size = (contiguous ? 1 : together) * line_pitch(axis.length);
    parallel_for(blocks, grain, [&](std::int64_t from, std::int64_t to) {
      const ScratchMemory<Complex> memory{2 * size};
      Complex *const buffer = memory.get(), *const other = buffer + size;
      for (auto block = from; block < to; ++block) {
        stream.check_stop();
        if (contiguous) {
          const auto last = std::min(all, (block + 1) * together);
          for (auto i = block * together; i < last; ++i)
            line(axis, way, in + i * axis.length, out + i * axis.length, add, buffer, other);
          continue;
        }
        const auto column = block % of_a_slab * together,
                   first = block / of_a_slab * axis.stride * axis.length + column;
        columns(axis, way, std::min(together, axis.stride - column), in + first, out + first, add, buffer, other);
      }
    });
  }

  void transform(const Array& x, Array& y, std::size_t way, Stream& stream, Write write) const {
    if (axes_.empty()) return;
    const bool add = write == Write::accumulate;
    const Complex* const in = x.host<const Complex>().data();
    Complex* const out = y.host<Complex>().data();
    const std::int64_t all = domain().shape.count();
    std::vector<Complex> between(add && axes_.size() > 1 ? static_cast<std::size_t>(all) : 0);
    Complex* const work = between.empty() ? out : between.data();
    for (std::size_t first = 0; first < axes_.size();) {
      // Axes go together through slab after slab, which stays in the cache, as long as there are slabs for all threads. A line is
      // transformed alike in either way.
      const auto enough = 2 * static_cast<std::int64_t>(ThreadBudget::threads());
      std::int64_t slab = axes_[first].slab();
      std::size_t last = first + 1;
      while (last < axes_.size() && all / std::max(slab, axes_[last].slab()) >= enough)
        slab = std::max(slab, axes_[last++].slab());
      const bool by_slabs = last > first + 1;
      const std::int64_t count = by_slabs ? slab : all;
      parallel_for(all / count, 1, [&](std::int64_t from, std::int64_t to) {
        for (auto i = from * count; i < to * count; i += count)
          for (std::size_t a = first; a < last; ++a) {
            const bool ends = a + 1 == axes_.size();
            apply(axes_[a], way, count, (a == 0 ? in : work) + i, (ends ? out : work) + i, ends && add, stream);
          }
      });
      first = last;
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    transform(x, y, 0, stream, write);
  }
  // Unitary: the adjoint is the inverse.
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    transform(y, x, 1, stream, write);
  }
  const LineKernels<T>& kernels_;
  std::vector<Axis<T>> axes_;
};

}  // namespace

OperatorCost cost(const Fourier& spec) {
  std::size_t block = 0, phases = 0;
  double seconds = 0;
  for (const auto axis : spec.axes) {
    const auto length = static_cast<std::size_t>(spec.grid[axis]);
    const auto n = static_cast<std::int64_t>(length);
    block = std::max(block, static_cast<std::size_t>(columns_together(n) * line_pitch(n)));
    phases += 2 * length;
    seconds += throughput::line_seconds(static_cast<double>(spec.grid.count()), spec.grid[axis]);
  }
  // One array only when the result of several axes is added to the output; counted, because a solver may.
  const std::size_t added = spec.axes.size() > 1 ? spec.domain().bytes() : 0;
  const std::size_t element = iso::byte_count(spec.type);
  return {phases * element, added + 2 * block * throughput::threads() * element,
          std::max(seconds, throughput::moving_seconds(spec.domain().bytes())), true};
}

OperatorPtr make_operator(const Fourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuFourier<double>>(spec, backend);
  return std::make_shared<CpuFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
