#include "gpu/reference/difference.h"

namespace iso::gpu {

using namespace compute;

OperatorPtr make_reference_operator(const ComplexDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128)
    return std::make_shared<ReferenceDifference<ComplexDifference, std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceDifference<ComplexDifference, std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const ComplexDifference& spec) {
  return estimated(0, 0, 2 * static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
