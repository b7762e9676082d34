#include "gpu/cpu/vector/difference.h"

namespace iso::gpu::cpu {

using namespace compute;

OperatorCost cost(const FiniteDifference& spec) { return difference_cost(spec); }

OperatorPtr make_operator(const FiniteDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<CpuDifference<FiniteDifference, double>>(spec, backend);
  return std::make_shared<CpuDifference<FiniteDifference, float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
