#include "gpu/kernels/backprojection.h"
#include "gpu/cuda/operators.h"
#include "gpu/cuda/scan_source.h"

#include <iso/compute/operators/backprojection.h>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelBackprojection final : public LinearOperator {
 public:
  KernelBackprojection(const Backprojection& spec, const Backend& on)
      : LinearOperator(spec, on),
        scan_{make_scan<T>(scan_source(spec.geometry, spec.grid))},
        views_{constant_table(scan_views<T>(spec.geometry, spec.grid), on)},
        steps_{64 * longest_side(spec.grid)},
        fdk_{spec.weighting == Weighting::fdk} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const BackprojectionForward<T> k{scan_, data<ScanView<T>>(views_), data<T>(x), data<T>(y), 0, 0,
                                     fdk_,  write == Write::accumulate};
    queue_in_pieces(k, element_count(range()), 4.0 * static_cast<double>(scan_.views), "back-projection", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const BackprojectionAdjoint<T> k{scan_, data<ScanView<T>>(views_), data<T>(y), data<T>(x), 0, 0,
                                     fdk_,  write == Write::accumulate};
    queue_in_pieces(k, element_count(domain()), steps_, "adjoint back-projection", stream);
  }
  Scan<T> scan_;
  Array views_;
  double steps_;
  bool fdk_;
};

}  // namespace

OperatorPtr make_kernel_operator(const Backprojection& spec, const Backend& backend) {
  return make_in_precision<KernelBackprojection>(spec, backend);
}

OperatorCost kernel_cost(const Backprojection& spec) {
  const double shadows = samples(spec.range()) * static_cast<double>(spec.geometry.views().size());
  return {views_bytes(spec.geometry, spec.type), 0, shadows / throughput::shadows_per_s, throughput::measured};
}

}  // namespace iso::gpu
