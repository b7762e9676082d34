#include "gpu/kernels/finite_difference.h"
#include "gpu/cuda/axes.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/finite_difference.h>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelFiniteDifference final : public LinearOperator {
 public:
  KernelFiniteDifference(const FiniteDifference& spec, const Backend& on) : LinearOperator(spec, on), spec_{spec} {}

 private:
  template <class Arguments>
  Arguments arguments(const Array& in, Array& out, Write write) const {
    Arguments k{data<T>(in),
                data<T>(out),
                spec_.grid.count(),
                static_cast<std::int64_t>(spec_.axes.size()),
                {},
                write == Write::accumulate};
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) k.axis[a] = make_axis(spec_.grid, spec_.axes[a]);
    return k;
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    queue(arguments<DifferenceForward<T>>(x, y, write), element_count(range()), "finite difference", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    queue(arguments<DifferenceAdjoint<T>>(y, x, write), element_count(domain()), "adjoint finite difference", stream);
  }
  FiniteDifference spec_;
};

}  // namespace

OperatorPtr make_kernel_operator(const FiniteDifference& spec, const Backend& backend) {
  return make_in_precision<KernelFiniteDifference>(spec, backend);
}

OperatorCost kernel_cost(const FiniteDifference& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {0, 0, moved / throughput::bytes_per_s, throughput::measured};
}

}  // namespace iso::gpu
