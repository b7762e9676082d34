#include "gpu/cpu/vector/difference.h"

#include <complex>

namespace iso::gpu::cpu {

using namespace compute;

OperatorCost cost(const ComplexDifference& spec) { return difference_cost(spec); }

OperatorPtr make_operator(const ComplexDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128)
    return std::make_shared<CpuDifference<ComplexDifference, std::complex<double>>>(spec, backend);
  return std::make_shared<CpuDifference<ComplexDifference, std::complex<float>>>(spec, backend);
}

}  // namespace iso::gpu::cpu
