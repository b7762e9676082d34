#include "gpu/cpu/cpu_backend.h"

#include "gpu/cpu/level.h"
#include "gpu/cpu/ray/operators.h"

#include <iso/base/memory.h>

namespace iso::gpu {
namespace {

using namespace compute;

/// Why a grid cannot be used, or nothing.
std::string too_large(const VoxelGrid& grid) {
  constexpr std::int64_t border = 4;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = grid.size[axis] + border, b = grid.size[(axis + 1) % 3] + border;
    if (a > cpu::largest_plane / b) {
      return "planes of the grid may have " + std::to_string(cpu::largest_plane) + " voxels at most, one has " +
             std::to_string(grid.size[axis]) + " x " + std::to_string(grid.size[(axis + 1) % 3]);
    }
  }
  return {};
}

class CpuBackend final : public HostBackend {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    const auto memory = machine_memory();
    return {"cpu", cpu::processor(), cpu::level_name(), memory.total, memory.available};
  }
  [[nodiscard]] Support supports(const OperatorSpec& spec) const override {
    const bool complex = is_complex(domain_of(spec).type);
    if (complex != std::holds_alternative<Fourier>(spec))
      return {false, complex ? "it works on real values" : "it works on complex values"};
    if (const auto* ray = std::get_if<RayTransform>(&spec)) {
      if (auto reason = too_large(ray->grid); !reason.empty()) return {false, std::move(reason)};
    }
    return {true, {}};
  }
  [[nodiscard]] OperatorPtr make(const OperatorSpec& spec) const override {
    check_spec(spec);
    if (const auto support = supports(spec); !support.available) {
      throw Error{Errc::unsupported, "cpu cannot compute the " + name_of(spec) + ": " + support.reason};
    }
    return std::visit([this](const auto& s) { return make_of(s); }, spec);
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return cpu::vector_ops(); }

 private:
  [[nodiscard]] OperatorPtr make_of(const RayTransform& s) const { return cpu::make_ray_transform(s, *this); }
  [[nodiscard]] OperatorPtr make_of(const Backprojection& s) const { return cpu::make_backprojection(s, *this); }
  [[nodiscard]] OperatorPtr make_of(const DetectorFilter& s) const { return cpu::make_detector_filter(s, *this); }
  [[nodiscard]] OperatorPtr make_of(const Fourier& s) const { return cpu::make_fourier(s, *this); }
  [[nodiscard]] OperatorPtr make_of(const FiniteDifference& s) const { return cpu::make_finite_difference(s, *this); }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<CpuBackend>(); }

}  // namespace iso::gpu
