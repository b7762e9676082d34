#include "gpu/kernels/detector_filter.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/detector_filter.h>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelDetectorFilter final : public LinearOperator {
 public:
  KernelDetectorFilter(const DetectorFilter& spec, const Backend& on)
      : LinearOperator(spec, on), kernel_{constant_table(spatial_kernel(spec.response, spec.sinogram[0]), on)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Array in = apart_from(x, y, stream);
    const auto count = element_count(domain());
    const FilterRows<T> k{data<T>(in), data<T>(y),        data<double>(kernel_),
                          count,       domain().shape[0], write == Write::accumulate};
    queue(k, count, "detector filter", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
  Array kernel_;
};

}  // namespace

OperatorPtr make_kernel_operator(const DetectorFilter& spec, const Backend& backend) {
  return make_in_precision<KernelDetectorFilter>(spec, backend);
}

OperatorCost kernel_cost(const DetectorFilter& spec) {
  const auto row = spec.sinogram[0];
  const double products = samples(spec.domain()) * static_cast<double>(row);
  // A copy is made only where a sinogram is filtered in place.
  return {static_cast<std::size_t>(row) * sizeof(double), spec.domain().bytes(), products / throughput::products_per_s,
          throughput::measured};
}

}  // namespace iso::gpu
