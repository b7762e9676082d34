#include "gpu/cpu/cpu_backend.h"

#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"

#include <iso/base/memory.h>

#include <array>
#include <cstdlib>

namespace iso::gpu {
namespace {

using namespace compute;

class CpuBackend final : public HostBackend, public OffersSmoothingNoise {
 public:
  explicit CpuBackend(const cpu::Level& level) : level_{level} {}
  [[nodiscard]] DeviceInfo info() const override {
    const auto memory = machine_memory();
    return {"cpu", cpu::processor(), cpu::level_name(level_), memory.total, memory.available, cpu_levels()};
  }
  [[nodiscard]] std::span<const OperatorEntry> operators() const noexcept override {
    static constexpr std::array table{operator_entry<RayTransform, cpu::make_operator, cpu::cost, cpu::refusal>(),
                                      operator_entry<Backprojection, cpu::make_operator, cpu::cost>(),
                                      operator_entry<DetectorFilter, cpu::make_operator, cpu::cost>(),
                                      operator_entry<Fourier, cpu::make_operator, cpu::cost>(),
                                      operator_entry<FiniteDifference, cpu::make_operator, cpu::cost>(),
                                      operator_entry<KernelExpansion, cpu::make_operator, cpu::cost>(),
                                      operator_entry<SpectralProducts, cpu::make_operator, cpu::cost>(),
                                      operator_entry<CoilFourier, cpu::make_operator, cpu::cost>(),
                                      operator_entry<ComplexDifference, cpu::make_operator, cpu::cost>(),
                                      operator_entry<TallMatrix, cpu::make_operator, cpu::cost>(),
                                      operator_entry<Unfolding, cpu::make_operator, cpu::cost>(),
                                      operator_entry<NonUniformFourier, cpu::make_operator, cpu::cost>()};
    return table;
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return cpu::vector_ops(); }
  [[nodiscard]] const SmoothingNoise& smoothing_noise() const noexcept override { return cpu::smoothing_noise(); }
  [[nodiscard]] const cpu::Level& level() const noexcept { return level_; }

 private:
  const cpu::Level& level_;
};

}  // namespace

const cpu::Level& cpu::level(const Backend& backend) noexcept {
  return static_cast<const CpuBackend&>(backend).level();
}

std::unique_ptr<Backend> make_cpu_backend(std::string_view level) {
  const char* const wanted = std::getenv("ISOCENTER_CPU_LEVEL");
  if (level.empty() && wanted != nullptr) level = wanted;
  return std::make_unique<CpuBackend>(cpu::find_level(level));
}

std::vector<std::string> cpu_levels() {
  std::vector<std::string> names;
  for (const cpu::Level* const each : cpu::levels()) names.push_back(cpu::level_name(*each));
  return names;
}

}  // namespace iso::gpu
