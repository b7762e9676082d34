#include "gpu/cuda/operators.h"

#include <array>

namespace iso::gpu {

std::span<const compute::OperatorEntry> kernel_operators() noexcept {
  using namespace compute;
  static constexpr std::array table{operator_entry<RayTransform, make_kernel_operator, kernel_cost>(),
                                    operator_entry<Backprojection, make_kernel_operator, kernel_cost>(),
                                    operator_entry<DetectorFilter, make_kernel_operator, kernel_cost>(),
                                    operator_entry<Fourier, make_kernel_operator, kernel_cost>(),
                                    operator_entry<FiniteDifference, make_kernel_operator, kernel_cost>(),
                                    operator_entry<KernelExpansion, make_kernel_operator, kernel_cost>(),
                                    operator_entry<SpectralProducts, make_kernel_operator, kernel_cost>(),
                                    operator_entry<CoilFourier, make_kernel_operator, kernel_cost>(),
                                    operator_entry<ComplexDifference, make_kernel_operator, kernel_cost>(),
                                    operator_entry<TallMatrix, make_kernel_operator, kernel_cost>(),
                                    operator_entry<Unfolding, make_kernel_operator, kernel_cost>(),
                                    operator_entry<NonUniformFourier, make_kernel_operator, kernel_cost>()};
  return table;
}

}  // namespace iso::gpu
