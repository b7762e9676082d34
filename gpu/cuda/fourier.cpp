#include "gpu/kernels/fourier.h"
#include "gpu/cuda/axes.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/fourier.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace iso::gpu {
namespace {

using namespace compute;

/// Powers of exp(sign 2 pi i / n).
std::vector<Number> roots_of_unity(std::int64_t n, double sign) {
  std::vector<Number> roots(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k) {
    const double angle = sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    roots[static_cast<std::size_t>(k)] = {std::cos(angle), std::sin(angle)};
  }
  return roots;
}

template <class T>
class KernelFourier final : public LinearOperator {
 public:
  KernelFourier(const Fourier& spec, const Backend& on) : LinearOperator(spec, on), spec_{spec} {
    for (const auto axis : spec.axes) {
      forward_roots_.push_back(constant_table(roots_of_unity(spec.grid[axis], -1), on));
      backward_roots_.push_back(constant_table(roots_of_unity(spec.grid[axis], +1), on));
    }
  }

 private:
  void transform(const Array& x, Array& y, const std::vector<Array>& roots, Stream& stream, Write write) const {
    Array in = apart_from(x, y, stream);
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) {
      const bool last = a + 1 == spec_.axes.size();
      Array out = last ? y : backend().allocate(y.spec(), stream);
      const Axis axis = make_axis(spec_.grid, spec_.axes[a]);
      const FourierAxis<Complex<T>> k{data<Complex<T>>(std::as_const(in)),
                                      data<Complex<T>>(out),
                                      data<Number>(roots[a]),
                                      1 / std::sqrt(static_cast<double>(axis.extent)),
                                      element_count(domain()),
                                      axis,
                                      spec_.centred ? axis.extent / 2 : 0,
                                      last && write == Write::accumulate};
      stream.check_stop();
      queue(k, k.count, "Fourier transform", stream);
      in = out;
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    transform(x, y, forward_roots_, stream, write);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    transform(y, x, backward_roots_, stream, write);
  }
  Fourier spec_;
  std::vector<Array> forward_roots_, backward_roots_;
};

constexpr std::int64_t longest_direct_transform = 2048;

}  // namespace

OperatorPtr make_kernel_operator(const Fourier& spec, const Backend& backend) {
  return make_in_precision<KernelFourier>(spec, backend);
}

std::string kernel_refusal(const Fourier& spec) {
  for (const auto axis : spec.axes) {
    if (spec.grid[axis] > longest_direct_transform) {
      return "it is computed by direct sums here, for axes of at most " + std::to_string(longest_direct_transform) +
             " elements, and one has " + std::to_string(spec.grid[axis]);
    }
  }
  return {};
}

OperatorCost kernel_cost(const Fourier& spec) {
  std::size_t roots = 0;
  double products = 0;
  for (const auto axis : spec.axes) {
    roots += 2 * static_cast<std::size_t>(spec.grid[axis]) * sizeof(Number);
    products += 4 * samples(spec.domain()) * static_cast<double>(spec.grid[axis]);
  }
  // Between two axes lie the array that is read and the one that is written.
  const std::size_t between = std::min<std::size_t>(2, spec.axes.size()) * spec.domain().bytes();
  return {roots, between, products / throughput::products_per_s, throughput::measured};
}

}  // namespace iso::gpu
