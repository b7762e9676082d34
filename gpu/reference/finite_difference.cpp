#include "gpu/reference/difference.h"

namespace iso::gpu {

using namespace compute;

OperatorPtr make_reference_operator(const FiniteDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64)
    return std::make_shared<ReferenceDifference<FiniteDifference, double>>(spec, backend);
  return std::make_shared<ReferenceDifference<FiniteDifference, float>>(spec, backend);
}

OperatorCost reference_cost(const FiniteDifference& spec) {
  return estimated(0, 0, static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
