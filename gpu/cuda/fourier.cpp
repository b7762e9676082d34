#include "gpu/kernels/fourier.h"
#include "gpu/cuda/axes.h"
#include "gpu/cuda/fourier_runs.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/fourier.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace iso::gpu {
namespace {

using namespace compute;

/// exp(sign 2 pi i centre m / n) / sqrt n: what the elements of one axis are multiplied by before the transform, whose exponent has
/// the other sign.
std::vector<Number> factors(std::int64_t n, std::int64_t centre, double sign) {
  std::vector<Number> out;
  const double scale = 1 / std::sqrt(static_cast<double>(n));
  for (std::int64_t m = 0; m < n; ++m) {
    const double angle = sign * 2 * std::numbers::pi * static_cast<double>(centre * m % n) / static_cast<double>(n);
    out.push_back({scale * std::cos(angle), scale * std::sin(angle)});
  }
  return out;
}

template <class T>
class KernelFourier final : public LinearOperator {
 public:
  using Value = Complex<T>;
  KernelFourier(const Fourier& spec, const Backend& on)
      : LinearOperator(spec, on), spec_{spec}, runs_{fourier_runs(spec.grid, spec.axes, is_double(spec.type))} {
    for (const auto axis : spec.axes)
      for (const double sign : {1.0, -1.0})
        factors_.push_back(constant_table(factors(spec.grid[axis], centre(axis), sign), on));
  }

 private:
  [[nodiscard]] std::int64_t centre(std::size_t axis) const { return spec_.centred ? spec_.grid[axis] / 2 : 0; }
  void apply(const Array& x, Array& y, int sign, Stream& stream, Write write) const {
    const Array in = apart_from(x, y, stream);
    Array work = write == Write::accumulate ? backend().allocate(y.spec(), stream) : y;
    FourierPlace<Value> placed{data<Value>(in), data<Value>(work), element_count(domain()), 0, {}, {}, {}};
    for (const auto axis : spec_.axes) {
      const auto a = static_cast<std::size_t>(placed.axes);
      placed.axis[a] = make_axis(spec_.grid, axis);
      placed.centre[a] = centre(axis);
      placed.factors[a] = data<Number>(factors_[2 * a + (sign < 0 ? 0 : 1)]);
      ++placed.axes;
    }
    stream.check_stop();
    queue(placed, placed.count, "placing of elements for a Fourier transform", stream);
    for (FourierRun run : runs_) {
      run.sign = sign;
      queue_transform(run, data<Value>(work), stream);
    }
    if (write == Write::accumulate) backend().vector().axpy(1, work, y, stream);
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    apply(x, y, -1, stream, write);
  }
  // Unitary: the adjoint is the inverse.
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    apply(y, x, 1, stream, write);
  }
  Fourier spec_;
  std::vector<FourierRun> runs_;
  std::vector<Array> factors_;  ///< of every axis: forward, backward
};

}  // namespace

std::vector<FourierRun> fourier_runs(const Shape& grid, std::vector<std::size_t> axes, bool double_precision) {
  std::ranges::sort(axes);
  std::vector<FourierRun> runs;
  for (std::size_t i = 0; i < axes.size();) {
    FourierRun run;
    run.double_precision = double_precision;
    run.stride = make_axis(grid, axes[i]).stride;
    run.rank = 0;
    for (std::size_t next = axes[i]; i < axes.size() && axes[i] == next && run.rank < 3; ++i, ++next)
      run.extents[static_cast<std::size_t>(run.rank++)] = grid[axes[i]];
    run.repeats = grid.count() / (run.stride * run.piece());
    runs.push_back(run);
  }
  return runs;
}

void queue_transform(const FourierRun& run, void* elements, Stream& stream) {
  if (run.piece() == 1) return;
  if (auto* noting = dynamic_cast<NotingStream*>(&stream)) noting->note("Fourier transform");
  if (const char* failure = launch_transform(run, elements, stream.native_handle()))
    throw Error{Errc::device_failed, std::string{"a Fourier transform could not be started on the device: "} + failure};
}

OperatorPtr make_kernel_operator(const Fourier& spec, const Backend& backend) {
  return make_in_precision<KernelFourier>(spec, backend);
}

OperatorCost kernel_cost(const Fourier& spec) {
  std::size_t tables = 0;
  double passes = 2;  // the placing; each transform reads and writes once for some 256 elements of its length
  for (const auto axis : spec.axes) {
    tables += 2 * static_cast<std::size_t>(spec.grid[axis]) * sizeof(Number);
    passes += 2 * std::ceil(std::log2(std::max(2.0, static_cast<double>(spec.grid[axis]))) / 8);
  }
  const auto bytes = static_cast<double>(spec.domain().bytes());
  // A copy where it is done in place or added, and what the library works in.
  return {tables, 2 * spec.domain().bytes(), passes * bytes / throughput::bytes_per_s, throughput::measured};
}

}  // namespace iso::gpu
