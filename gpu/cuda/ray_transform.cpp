#include "gpu/kernels/ray_transform.h"
#include "gpu/cuda/operators.h"
#include "gpu/cuda/scan_source.h"

#include <iso/compute/operators/ray_transform.h>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelRayTransform final : public LinearOperator {
 public:
  KernelRayTransform(const RayTransform& spec, const Backend& on)
      : LinearOperator(spec, on),
        scan_{make_scan<T>(scan_source(spec.geometry, spec.grid))},
        views_{constant_table(scan_views<T>(spec.geometry, spec.grid), on)},
        steps_{4 * longest_side(spec.grid)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const RayForward<T> k{scan_, data<ScanView<T>>(views_), data<T>(x), data<T>(y), 0, 0, write == Write::accumulate};
    queue_in_pieces(k, element_count(range()), steps_, "ray transform", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const RayAdjoint<T> k{scan_, data<ScanView<T>>(views_), data<T>(y), data<T>(x), 0, 0, write == Write::accumulate};
    queue_in_pieces(k, element_count(domain()), 64.0 * static_cast<double>(scan_.views), "adjoint ray transform",
                    stream);
  }
  Scan<T> scan_;
  Array views_;
  double steps_;
};

}  // namespace

OperatorPtr make_kernel_operator(const RayTransform& spec, const Backend& backend) {
  return make_in_precision<KernelRayTransform>(spec, backend);
}

OperatorCost kernel_cost(const RayTransform& spec) {
  const double steps = samples(spec.range()) * longest_side(spec.grid);
  return {views_bytes(spec.geometry, spec.type), 0, steps / throughput::ray_steps_per_s, throughput::measured};
}

}  // namespace iso::gpu
