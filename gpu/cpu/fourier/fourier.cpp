#include "gpu/cpu/fourier/plans.h"
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

/// One axis of the transform: plans, and the phases by which the elements of a line are multiplied before and after.
/// With c = N/2, exp(-2 pi i (k-c)(m-c)/N) = exp(-2 pi i k m/N) p[k] p[m] q, p[m] = exp(2 pi i c m/N), q = exp(-2 pi i c c/N).
template <class T>
struct Axis {
  std::int64_t length, stride{1};
  std::array<typename Fftw<T>::Plan, 2> plans;  ///< forward, backward
  std::array<std::vector<std::complex<T>>, 2> before, after;

  Axis(const Shape& shape, std::size_t axis, bool centred) : length{shape[axis]} {
    for (std::size_t a = 0; a < axis; ++a) stride *= shape[a];
    // Lines that are contiguous go one by one: side by side they would meet in the same sets of the cache.
    const int together = stride == 1 ? 1 : lines_at_once;
    plans = {plan_for<T>(Transform::forward, length, together), plan_for<T>(Transform::backward, length, together)};
    const double scale = 1 / std::sqrt(static_cast<double>(length));
    const auto centre = centred ? length / 2 : 0;
    for (std::size_t way = 0; way < 2; ++way) {
      const double turn = (way == 0 ? 2 : -2) * std::numbers::pi / static_cast<double>(length);
      for (std::int64_t m = 0; m < length; ++m) {
        const auto phase = [&](std::int64_t steps) {
          return std::polar(1.0, turn * static_cast<double>((steps % length + length) % length));
        };
        before[way].emplace_back(phase(centre * m));
        after[way].emplace_back(scale * phase(centre * m - centre * centre));
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
  /// One line of contiguous elements, from `in` to `out` (which may be the same), through a buffer.
  void line(const Axis<T>& axis, std::size_t way, const Complex* in, Complex* out, bool add, Complex* buffer) const {
    const Complex* const before = axis.before[way].data();
    const Complex* const after = axis.after[way].data();
    for (std::int64_t k = 0; k < axis.length; ++k) buffer[k] = product(before[k], in[k]);
    Fftw<T>::execute(axis.plans[way], reinterpret_cast<typename Fftw<T>::Complex*>(buffer));
    if (add)
      for (std::int64_t k = 0; k < axis.length; ++k) out[k] += product(after[k], buffer[k]);
    else
      for (std::int64_t k = 0; k < axis.length; ++k) out[k] = product(after[k], buffer[k]);
  }

  /// Lines [first, last) of one axis, from `in` to `out` (which may be the same), through one buffer.
  void lines(const Axis<T>& axis, std::size_t way, std::int64_t first, std::int64_t last, const Complex* in,
             Complex* out, bool add, Complex* buffer) const {
    const auto count = static_cast<std::size_t>(last - first);
    std::array<std::int64_t, lines_at_once> starts{};
    for (std::size_t j = 0; j < count; ++j) {
      const auto line = first + static_cast<std::int64_t>(j);
      starts[j] = line / axis.stride * axis.stride * axis.length + line % axis.stride;
    }
    // Lines side by side in memory are loops of one length without a table.
    const bool beside = count == lines_at_once && starts[count - 1] == starts[0] + lines_at_once - 1;
    for (std::int64_t k = 0; k < axis.length; ++k) {
      Complex* const at = buffer + k * lines_at_once;
      const Complex phase = axis.before[way][static_cast<std::size_t>(k)];
      if (beside) {
        const Complex* const from = in + starts[0] + k * axis.stride;
        for (std::size_t j = 0; j < lines_at_once; ++j) at[j] = product(phase, from[j]);
        continue;
      }
      for (std::size_t j = 0; j < count; ++j) at[j] = product(phase, in[starts[j] + k * axis.stride]);
      for (std::size_t j = count; j < lines_at_once; ++j) at[j] = 0;
    }
    Fftw<T>::execute(axis.plans[way], reinterpret_cast<typename Fftw<T>::Complex*>(buffer));
    for (std::int64_t k = 0; k < axis.length; ++k) {
      const Complex* const at = buffer + k * lines_at_once;
      const Complex phase = axis.after[way][static_cast<std::size_t>(k)];
      if (beside && !add) {
        Complex* const to = out + starts[0] + k * axis.stride;
        for (std::size_t j = 0; j < lines_at_once; ++j) to[j] = product(phase, at[j]);
        continue;
      }
      for (std::size_t j = 0; j < count; ++j) {
        Complex& result = out[starts[j] + k * axis.stride];
        result = product(phase, at[j]) + (add ? result : Complex{});
      }
    }
  }

  void apply(const Axis<T>& axis, std::size_t way, const Complex* in, Complex* out, bool add, Stream& stream) const {
    const auto all = domain().shape.count() / axis.length;
    const auto blocks = (all + lines_at_once - 1) / lines_at_once;
    const auto grain = std::max<std::int64_t>(1, 4096 / axis.length);
    parallel_for(blocks, grain, [&](std::int64_t from, std::int64_t to) {
      const auto buffer = fftw_buffer<Complex>(axis.length * lines_at_once);
      for (auto block = from; block < to; ++block) {
        stream.check_stop();
        const auto last = std::min(all, (block + 1) * lines_at_once);
        if (axis.stride == 1)
          for (auto i = block * lines_at_once; i < last; ++i)
            line(axis, way, in + i * axis.length, out + i * axis.length, add, buffer.get());
        else
          lines(axis, way, block * lines_at_once, last, in, out, add, buffer.get());
      }
    });
  }

  void transform(const Array& x, Array& y, std::size_t way, Stream& stream, Write write) const {
    if (axes_.empty()) return;
    const bool add = write == Write::accumulate;
    const Complex* const in = x.host<const Complex>().data();
    Complex* const out = y.host<Complex>().data();
    std::vector<Complex> between(add && axes_.size() > 1 ? static_cast<std::size_t>(domain().shape.count()) : 0);
    Complex* const work = between.empty() ? out : between.data();
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const bool last = i + 1 == axes_.size();
      apply(axes_[i], way, i == 0 ? in : work, last ? out : work, last && add, stream);
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
  double flops = 0;
  for (const auto axis : spec.axes) {
    const auto length = static_cast<std::size_t>(spec.grid[axis]);
    line = std::max(line, length);
    phases += 4 * length;
    flops += 5 * static_cast<double>(spec.grid.count()) * std::log2(std::max(2.0, static_cast<double>(length)));
  }
  // One array only when the result of several axes is added to the output; counted, because a solver may.
  const std::size_t added = spec.axes.size() > 1 ? spec.domain().bytes() : 0;
  const std::size_t element = iso::byte_count(spec.type);
  return {phases * element, added + lines_at_once * line * throughput::threads() * element,
          throughput::seconds(flops, throughput::fourier_flops_per_s), true};
}

OperatorPtr make_operator(const Fourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuFourier<double>>(spec, backend);
  return std::make_shared<CpuFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
