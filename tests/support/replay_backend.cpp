#include "support/replay_backend.h"

#include "gpu/cuda/kernel_backend.h"

#include <atomic>

namespace iso::gpu {
namespace {
std::atomic<std::int64_t> elements_run{0};
}

template <class Arguments>
const char* launch(const Arguments& arguments, std::int64_t elements, void*) noexcept {
  // Past the end too, as the last block of a kernel does.
  host_replay(arguments, elements + 3);
  elements_run += elements;
  return nullptr;
}

#define ISO_DEFINE_LAUNCH(...) template const char* launch(const __VA_ARGS__&, std::int64_t, void*) noexcept;
ISO_VECTOR_KERNELS(ISO_DEFINE_LAUNCH)
ISO_OPERATOR_KERNELS(ISO_DEFINE_LAUNCH)

}  // namespace iso::gpu

namespace iso::test {
namespace {

using namespace compute;

class ReplayBackend final : public HostBackend {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    return {"replay", "kernel bodies in loops on the host", "", std::size_t{1} << 40, std::size_t{1} << 40};
  }
  [[nodiscard]] Support supports(const OperatorSpec& spec) const override { return gpu::kernels_support(spec); }
  [[nodiscard]] OperatorPtr make(const OperatorSpec& spec) const override {
    return gpu::make_kernel_operator(spec, *this);
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return *vector_; }

 private:
  std::unique_ptr<const VectorOps> vector_{gpu::make_kernel_vector_ops()};
};

}  // namespace

std::unique_ptr<Backend> make_replay_backend() { return std::make_unique<ReplayBackend>(); }
std::int64_t replayed_elements() noexcept { return gpu::elements_run; }

}  // namespace iso::test
