#include "gpu/reference/reference_backend.h"

#include <array>
#include <limits>

namespace iso::gpu {
namespace {

using namespace compute;

class ReferenceBackend final : public HostBackend, public OffersUnmixingSteps, public OffersSmoothingNoise {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    constexpr auto unbounded = std::numeric_limits<std::size_t>::max();
    return {"reference", "plain loops on one thread", "", unbounded, unbounded, {}};
  }
  [[nodiscard]] std::span<const OperatorEntry> operators() const noexcept override {
    static constexpr std::array table{operator_entry<RayTransform, make_reference_operator, reference_cost>(),
                                      operator_entry<Backprojection, make_reference_operator, reference_cost>(),
                                      operator_entry<DetectorFilter, make_reference_operator, reference_cost>(),
                                      operator_entry<Fourier, make_reference_operator, reference_cost>(),
                                      operator_entry<FiniteDifference, make_reference_operator, reference_cost>(),
                                      operator_entry<KernelExpansion, make_reference_operator, reference_cost>(),
                                      operator_entry<SpectralProducts, make_reference_operator, reference_cost>(),
                                      operator_entry<CoilFourier, make_reference_operator, reference_cost>(),
                                      operator_entry<ComplexDifference, make_reference_operator, reference_cost>(),
                                      operator_entry<TallMatrix, make_reference_operator, reference_cost>(),
                                      operator_entry<Unfolding, make_reference_operator, reference_cost>(),
                                      operator_entry<NonUniformFourier, make_reference_operator, reference_cost>()};
    return table;
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return reference_vector_ops(); }
  [[nodiscard]] const UnmixingSteps& unmixing_steps() const noexcept override { return reference_unmixing_steps(); }
  [[nodiscard]] const SmoothingNoise& smoothing_noise() const noexcept override { return reference_smoothing_noise(); }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace iso::gpu
