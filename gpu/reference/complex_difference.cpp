#include "gpu/reference/reference_backend.h"

#include <algorithm>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class ReferenceComplexDifference final : public LinearOperator {
 public:
  ReferenceComplexDifference(const ComplexDifference& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec} {}

 private:
  // visit(element, the next one along the axis, place of the difference); without a next one they are the same
  template <class Visit>
  void each_pair(Visit&& visit) const {
    const auto count = spec_.grid.count();
    for (std::size_t k = 0; k < spec_.axes.size(); ++k) {
      std::int64_t stride = 1;
      for (std::size_t axis = 0; axis < spec_.axes[k]; ++axis) stride *= spec_.grid[axis];
      const auto extent = spec_.grid[spec_.axes[k]];
      for (std::int64_t i = 0; i < count; ++i) {
        const bool border = (i / stride) % extent == extent - 1;
        const auto next = !border ? i + stride : spec_.cyclic ? i - (extent - 1) * stride : i;
        visit(static_cast<std::size_t>(i), static_cast<std::size_t>(next),
              k * static_cast<std::size_t>(count) + static_cast<std::size_t>(i));
      }
    }
  }
  void do_forward(const Array& x, Array& y, Stream&, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    each_pair([&](std::size_t i, std::size_t next, std::size_t at) {
      out[at] = in[next] - in[i] + (write == Write::accumulate ? out[at] : T{});
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream&, Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<T>();
    if (write == Write::replace) std::fill(out.begin(), out.end(), T{});
    each_pair([&](std::size_t i, std::size_t next, std::size_t at) {
      out[next] += in[at];
      out[i] -= in[at];
    });
  }
  ComplexDifference spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const ComplexDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128)
    return std::make_shared<ReferenceComplexDifference<std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceComplexDifference<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const ComplexDifference& spec) {
  return estimated(0, 0, 2 * static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
