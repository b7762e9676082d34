#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/fourier/transposition.h"
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
  std::array<typename Fftw<T>::Plan, 2> plans;  ///< forward, backward
  std::array<std::vector<std::complex<T>>, 2> factors;

  [[nodiscard]] std::int64_t slab() const { return stride * length; }  ///< elements that no line leaves

  Axis(const Shape& shape, std::size_t axis, bool centred)
      : length{shape[axis]}, centre{centred ? length / 2 : 0}, real_factors{centre == 0 || length % 2 == 0} {
    for (std::size_t a = 0; a < axis; ++a) stride *= shape[a];
    plans = {plan_for_line<T>(Transform::forward, length), plan_for_line<T>(Transform::backward, length)};
    const double scale = 1 / std::sqrt(static_cast<double>(length));
    for (std::size_t way = 0; way < 2; ++way) {
      const double turn = (way == 0 ? 2 : -2) * std::numbers::pi / static_cast<double>(length);
      for (std::int64_t m = 0; m < length; ++m) {
        const double sign = m % 2 == 0 || centre == 0 ? scale : -scale;
        factors[way].emplace_back(real_factors ? std::complex<double>{sign}
                                               : std::polar(scale, turn * static_cast<double>(centre * m % length)));
      }
    }
  }
};

template <class T>
std::complex<T> product(std::complex<T> a, std::complex<T> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

template <class T>
class CpuFourier final : public LinearOperator {
 public:
  using Complex = std::complex<T>;
  CpuFourier(const Fourier& spec, const Backend& backend) : LinearOperator(spec, backend) {
    if (spec.grid.count() == 0) return;
    for (const auto axis : spec.axes) axes_.emplace_back(spec.grid, axis, spec.centred);
  }

 private:
  using Element = typename Fftw<T>::Complex;
  static Element* elements(Complex* values) { return reinterpret_cast<Element*>(values); }

  /// to[m'] = factors[m'] from[m], contiguous elements.
  static void load_line(const Axis<T>& axis, std::size_t way, const Complex* from, Complex* to) {
    const Complex* const factors = axis.factors[way].data();
    const std::int64_t n = axis.length, c = axis.centre, behind = n - c;
    if (axis.real_factors) {
      for (std::int64_t k = 0; k < behind; ++k) to[k] = from[k + c] * factors[k].real();
      for (std::int64_t k = behind; k < n; ++k) to[k] = from[k - behind] * factors[k].real();
    } else {
      for (std::int64_t k = 0; k < behind; ++k) to[k] = product(factors[k], from[k + c]);
      for (std::int64_t k = behind; k < n; ++k) to[k] = product(factors[k], from[k - behind]);
    }
  }

  /// One line of contiguous elements, from `in` to `out` (which may be the same), through buffers.
  void line(const Axis<T>& axis, std::size_t way, const Complex* in, Complex* out, bool add, Complex* buffer,
            Complex* other) const {
    load_line(axis, way, in, buffer);
    const bool at_once = !add && Fftw<T>::aligned(elements(out));
    Complex* const found = at_once ? out : other;
    Fftw<T>::execute(axis.plans[way], elements(buffer), elements(found));
    if (at_once) return;
    for (std::int64_t k = 0; k < axis.length; ++k) out[k] = found[k] + (add ? out[k] : Complex{});
  }

  /// Lines side by side, element k of line j at k * stride + j, through buffers in which each is contiguous.
  void columns(const Axis<T>& axis, std::size_t way, std::int64_t count, const Complex* in, Complex* out, bool add,
               Complex* buffer, Complex* other) const {
    const std::int64_t pitch = line_pitch(axis.length);
    std::array<std::array<Complex, columns_at_once>, 2> rows;
    const Complex* const factors = axis.factors[way].data();
    to_lines(axis.length, count, buffer, pitch, [&](std::int64_t k, std::size_t slot) {
      const std::int64_t from_start = k + axis.centre,
                         m = from_start < axis.length ? from_start : from_start - axis.length;
      const Complex* const from = in + m * axis.stride;
      Complex* const row = rows[slot].data();
      if (axis.real_factors)
        for (std::int64_t j = 0; j < count; ++j) row[j] = from[j] * factors[k].real();
      else
        for (std::int64_t j = 0; j < count; ++j) row[j] = product(factors[k], from[j]);
      return row;
    });
    for (std::int64_t j = 0; j < count; ++j)
      Fftw<T>::execute(axis.plans[way], elements(buffer + j * pitch), elements(other + j * pitch));
    if (!add) {
      from_lines(
          axis.length, count, other, pitch, [&](std::int64_t k, std::size_t) { return out + k * axis.stride; },
          [](std::int64_t, const Complex*) {});
      return;
    }
    from_lines(
        axis.length, count, other, pitch, [&](std::int64_t, std::size_t slot) { return rows[slot].data(); },
        [&](std::int64_t k, const Complex* row) {
          for (std::int64_t j = 0; j < count; ++j) out[k * axis.stride + j] += row[j];
        });
  }

  /// One axis of `count` elements.
  void apply(const Axis<T>& axis, std::size_t way, std::int64_t count, const Complex* in, Complex* out, bool add,
             Stream& stream) const {
    const auto all = count / axis.length;
    // Blocks of lines that follow each other, or of columns of one slab.
    const bool contiguous = axis.stride == 1;
    const auto of_a_slab = (axis.stride + columns_at_once - 1) / columns_at_once;
    const auto blocks = contiguous ? (all + columns_at_once - 1) / columns_at_once : all / axis.stride * of_a_slab;
    const auto grain = std::max<std::int64_t>(1, 4096 / axis.length);
    const auto size = (contiguous ? 1 : columns_at_once) * line_pitch(axis.length);
    parallel_for(blocks, grain, [&](std::int64_t from, std::int64_t to) {
      const auto buffer = fftw_buffer<Complex>(size), other = fftw_buffer<Complex>(size);
      for (auto block = from; block < to; ++block) {
        stream.check_stop();
        if (contiguous) {
          const auto last = std::min(all, (block + 1) * columns_at_once);
          for (auto i = block * columns_at_once; i < last; ++i)
            line(axis, way, in + i * axis.length, out + i * axis.length, add, buffer.get(), other.get());
          continue;
        }
        const auto column = block % of_a_slab * columns_at_once,
                   first = block / of_a_slab * axis.stride * axis.length + column;
        columns(axis, way, std::min(columns_at_once, axis.stride - column), in + first, out + first, add, buffer.get(),
                other.get());
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
  std::vector<Axis<T>> axes_;
};

}  // namespace

OperatorCost cost(const Fourier& spec) {
  std::size_t line = 0, phases = 0;
  double seconds = 0;
  for (const auto axis : spec.axes) {
    const auto length = static_cast<std::size_t>(spec.grid[axis]);
    line = std::max(line, length);
    phases += 2 * length;
    seconds += throughput::line_seconds(static_cast<double>(spec.grid.count()), spec.grid[axis]);
  }
  // One array only when the result of several axes is added to the output; counted, because a solver may.
  const std::size_t added = spec.axes.size() > 1 ? spec.domain().bytes() : 0;
  const std::size_t element = iso::byte_count(spec.type);
  const auto buffers = 2 * static_cast<std::size_t>(columns_at_once * line_pitch(static_cast<std::int64_t>(line)));
  return {phases * element, added + buffers * throughput::threads() * element,
          std::max(seconds, throughput::moving_seconds(spec.domain().bytes())), true};
}

OperatorPtr make_operator(const Fourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuFourier<double>>(spec, backend);
  return std::make_shared<CpuFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
