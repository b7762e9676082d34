#include "gpu/kernels/complex_difference.h"
#include "gpu/cuda/axes.h"
#include "gpu/cuda/operators.h"

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelComplexDifference final : public LinearOperator {
 public:
  KernelComplexDifference(const ComplexDifference& spec, const Backend& on) : LinearOperator(spec, on), spec_{spec} {}

 private:
  template <class Arguments>
  Arguments arguments(const Array& in, Array& out, Write write) const {
    Arguments k{data<Complex<T>>(in),
                data<Complex<T>>(out),
                spec_.grid.count(),
                static_cast<std::int64_t>(spec_.axes.size()),
                {},
                spec_.cyclic,
                write == Write::accumulate};
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) k.axis[a] = make_axis(spec_.grid, spec_.axes[a]);
    return k;
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    queue(arguments<ComplexDifferenceForward<Complex<T>>>(x, y, write), element_count(range()), "complex difference",
          stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    queue(arguments<ComplexDifferenceAdjoint<Complex<T>>>(y, x, write), element_count(domain()),
          "adjoint complex difference", stream);
  }
  ComplexDifference spec_;
};

}  // namespace

OperatorPtr make_kernel_operator(const ComplexDifference& spec, const Backend& backend) {
  return make_in_precision<KernelComplexDifference>(spec, backend);
}

OperatorCost kernel_cost(const ComplexDifference& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {0, 0, moved / throughput::bytes_per_s, throughput::measured};
}

}  // namespace iso::gpu
