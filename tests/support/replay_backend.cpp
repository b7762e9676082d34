#include "support/replay_backend.h"

#include "gpu/cuda/kernel_backend.h"
#include "gpu/kernels/backprojection.h"
#include "gpu/kernels/coil_fourier.h"
#include "gpu/kernels/complex_difference.h"
#include "gpu/kernels/detector_filter.h"
#include "gpu/kernels/finite_difference.h"
#include "gpu/kernels/fourier.h"
#include "gpu/kernels/kernel_expansion.h"
#include "gpu/kernels/non_uniform_fourier.h"
#include "gpu/kernels/ray_transform.h"
#include "gpu/kernels/smoothing_noise.h"
#include "gpu/kernels/tall_matrix.h"
#include "gpu/kernels/unfolding.h"
#include "gpu/kernels/unmixing.h"
#include "gpu/kernels/vector.h"

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
#define ISO_DEFINE_LAUNCHES(T)                          \
  ISO_BACKPROJECTION_KERNELS(ISO_DEFINE_LAUNCH, T)      \
  ISO_COIL_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, T)        \
  ISO_COMPLEX_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, T)  \
  ISO_DETECTOR_FILTER_KERNELS(ISO_DEFINE_LAUNCH, T)     \
  ISO_FINITE_DIFFERENCE_KERNELS(ISO_DEFINE_LAUNCH, T)   \
  ISO_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, T)             \
  ISO_KERNEL_EXPANSION_KERNELS(ISO_DEFINE_LAUNCH, T)    \
  ISO_NON_UNIFORM_FOURIER_KERNELS(ISO_DEFINE_LAUNCH, T) \
  ISO_RAY_TRANSFORM_KERNELS(ISO_DEFINE_LAUNCH, T)       \
  ISO_TALL_MATRIX_KERNELS(ISO_DEFINE_LAUNCH, T)         \
  ISO_UNFOLDING_KERNELS(ISO_DEFINE_LAUNCH, T)           \
  ISO_UNMIXING_KERNELS(ISO_DEFINE_LAUNCH, T)
ISO_DEFINE_LAUNCHES(float)
ISO_DEFINE_LAUNCHES(double)
ISO_UNMIXING_SUMS(ISO_DEFINE_LAUNCH)
ISO_SMOOTHING_NOISE_KERNELS(ISO_DEFINE_LAUNCH)

}  // namespace iso::gpu

namespace iso::test {
namespace {

using namespace compute;

class ReplayBackend final : public HostBackend, public OffersUnmixingSteps, public OffersSmoothingNoise {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    return {"replay", "kernel bodies in loops on the host", "", std::size_t{1} << 40, std::size_t{1} << 40, {}};
  }
  [[nodiscard]] std::span<const OperatorEntry> operators() const noexcept override { return gpu::kernel_operators(); }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return *vector_; }
  [[nodiscard]] const UnmixingSteps& unmixing_steps() const noexcept override { return gpu::kernel_unmixing_steps(); }
  [[nodiscard]] const SmoothingNoise& smoothing_noise() const noexcept override {
    return gpu::kernel_smoothing_noise();
  }

 private:
  std::unique_ptr<const VectorOps> vector_{gpu::make_kernel_vector_ops()};
};

}  // namespace

std::unique_ptr<Backend> make_replay_backend() { return std::make_unique<ReplayBackend>(); }
std::int64_t replayed_elements() noexcept { return gpu::elements_run; }

}  // namespace iso::test
