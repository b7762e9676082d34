#include "gpu/kernels/kernel_expansion.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/operators/kernel_expansion.h>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelKernelExpansion final : public LinearOperator {
 public:
  KernelKernelExpansion(const KernelExpansion& spec, const Backend& on)
      : LinearOperator(spec, on), spec_{spec}, features_{spec.resident}, centres_{constant_table(table(spec), on)} {
    if (features_) return;
    const auto stream = on.make_stream();
    features_ = on.upload(spec.features, *stream);
    stream->synchronize();
  }

 private:
  static std::vector<T> table(const KernelExpansion& spec) {
    std::vector<T> numbers;
    for (const KernelCentre& centre : spec.centres) {
      for (const double place : centre.place_mm) numbers.push_back(static_cast<T>(place));
      for (const double feature : centre.features) numbers.push_back(static_cast<T>(feature));
    }
    return numbers;
  }
  [[nodiscard]] ExpansionTerms<T> terms() const {
    const KernelScales& s = spec_.scales;
    const double reach = KernelScales::cut * s.reach_mm, width = KernelScales::cut * s.width_mm;
    return {data<T>(features_),
            data<T>(centres_),
            {spec_.grid[0], spec_.grid[1], spec_.grid[2]},
            spec_.planes,
            static_cast<std::int64_t>(spec_.centres.size()),
            {spec_.spacing_mm[0], spec_.spacing_mm[1], spec_.spacing_mm[2]},
            reach * reach,
            width * width,
            0.5 / (s.reach_mm * s.reach_mm),
            0.5 / (s.width_mm * s.width_mm),
            s.product,
            s.footprint,
            s.everywhere};
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const ExpansionForward<T> k{terms(), data<T>(x), data<T>(y), write == Write::accumulate};
    queue(k, element_count(range()), "kernel expansion", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const ExpansionAdjoint<T> k{terms(), data<T>(y), data<T>(x), write == Write::accumulate};
    queue(k, element_count(domain()), "adjoint kernel expansion", stream);
  }
  KernelExpansion spec_;
  Array features_;
  Array centres_;
};

}  // namespace

OperatorPtr make_kernel_operator(const KernelExpansion& spec, const Backend& backend) {
  spec.expect_features();
  return make_in_precision<KernelKernelExpansion>(spec, backend);
}

OperatorCost kernel_cost(const KernelExpansion& spec) {
  const double terms = samples(spec.range()) * static_cast<double>(spec.centres.size());
  const std::size_t kept = spec.resident ? 0 : spec.feature_spec().bytes();
  // The products of a term, an exponential counted as eight.
  return {kept, 0, terms * static_cast<double>(spec.planes + 16) / throughput::products_per_s, throughput::measured};
}

}  // namespace iso::gpu
