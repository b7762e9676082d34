// The library of Fourier transforms of the host replay: FFTW, in place of cuFFT.
#include "gpu/cuda/fourier_library.h"

#include <fftw3.h>

#include <mutex>

namespace iso::gpu {
namespace {

std::mutex planner;

template <class Element, class PlanMany, class Destroy>
const char* run_plan(const FourierRun& run, Element* elements, PlanMany plan_many, Destroy destroy,
                     auto execute) noexcept {
  int slowest_first[3];
  for (int a = 0; a < run.rank; ++a)
    slowest_first[a] = static_cast<int>(run.extents[static_cast<std::size_t>(run.rank - 1 - a)]);
  const bool side_by_side = run.stride > 1;
  const int stride = static_cast<int>(run.stride), distance = side_by_side ? 1 : static_cast<int>(run.piece());
  const int pieces = static_cast<int>(side_by_side ? run.stride : run.repeats);
  for (std::int64_t slab = 0; slab < (side_by_side ? run.repeats : 1); ++slab) {
    Element* const here = elements + slab * run.stride * run.piece();
    const std::lock_guard lock{planner};
    const auto plan = plan_many(run.rank, slowest_first, pieces, here, nullptr, stride, distance, here, nullptr, stride,
                                distance, run.sign < 0 ? FFTW_FORWARD : FFTW_BACKWARD, FFTW_ESTIMATE);
    if (plan == nullptr) return "FFTW makes no plan";
    execute(plan);
    destroy(plan);
  }
  return nullptr;
}

}  // namespace

const char* launch_transform(const FourierRun& run, void* elements, void*) noexcept {
  if (run.double_precision)
    return run_plan(run, static_cast<fftw_complex*>(elements), fftw_plan_many_dft, fftw_destroy_plan, fftw_execute);
  return run_plan(run, static_cast<fftwf_complex*>(elements), fftwf_plan_many_dft, fftwf_destroy_plan, fftwf_execute);
}

}  // namespace iso::gpu
