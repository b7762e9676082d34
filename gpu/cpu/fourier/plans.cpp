#include "gpu/cpu/fourier/plans.h"

#include <iso/base/error.h>

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace iso::gpu::cpu {
namespace {

std::mutex& planner() {
  static std::mutex mutex;  // guards FFTW's planner, of both precisions, and the lists of plans
  return mutex;
}

template <class Real>
typename Fftw<Real>::Plan make_plan(Transform transform, int length, int lines) {
  using F = Fftw<Real>;
  const auto count = static_cast<std::int64_t>(length) * lines;
  const auto data = fftw_buffer<std::complex<Real>>(count), other = fftw_buffer<std::complex<Real>>(count);
  auto* const complex = reinterpret_cast<typename F::Complex*>(data.get());
  auto* const real = reinterpret_cast<Real*>(other.get());
  switch (transform) {
    case Transform::to_frequencies: return F::plan_to_frequencies(length, real, complex, FFTW_ESTIMATE);
    case Transform::to_samples: return F::plan_to_samples(length, complex, real, FFTW_ESTIMATE);
    case Transform::forward:
    case Transform::backward: break;
  }
  const int sign = transform == Transform::forward ? FFTW_FORWARD : FFTW_BACKWARD;
  return F::plan_complex(1, &length, lines, complex, nullptr, lines, 1, complex, nullptr, lines, 1, sign,
                         FFTW_ESTIMATE);
}

}  // namespace

template <class T>
FftwBuffer<T> fftw_buffer(std::int64_t count) {
  auto* const memory = static_cast<T*>(Fftw<float>::allocate(static_cast<std::size_t>(count) * sizeof(T)));
  if (memory == nullptr)
    throw Error{Errc::out_of_memory, "there is no memory for lines of " + std::to_string(count) + " elements"};
  return FftwBuffer<T>(memory);
}

template <class Real>
typename Fftw<Real>::Plan plan_for(Transform transform, std::int64_t length, int lines) {
  const std::lock_guard lock{planner()};
  static std::map<std::tuple<Transform, std::int64_t, int>, typename Fftw<Real>::Plan> plans;
  auto& plan = plans[{transform, length, lines}];
  if (plan == nullptr) plan = make_plan<Real>(transform, static_cast<int>(length), lines);
  if (plan == nullptr)
    throw Error{Errc::unsupported, "FFTW cannot plan a transform of " + std::to_string(length) + " elements"};
  return plan;
}

template <class Real>
typename Fftw<Real>::Plan plan_for_line(Transform transform, std::int64_t length) {
  using F = Fftw<Real>;
  const std::lock_guard lock{planner()};
  static std::map<std::pair<Transform, std::int64_t>, typename F::Plan> plans;
  auto& plan = plans[{transform, length}];
  if (plan != nullptr) return plan;
  const auto data = fftw_buffer<std::complex<Real>>(length), other = fftw_buffer<std::complex<Real>>(length);
  const int n = static_cast<int>(length);
  plan = F::plan_complex(1, &n, 1, reinterpret_cast<typename F::Complex*>(data.get()), nullptr, 1, 0,
                         reinterpret_cast<typename F::Complex*>(other.get()), nullptr, 1, 0,
                         transform == Transform::forward ? FFTW_FORWARD : FFTW_BACKWARD,
                         FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
  if (plan == nullptr)
    throw Error{Errc::unsupported, "FFTW cannot plan a transform of " + std::to_string(length) + " elements"};
  return plan;
}

template FftwBuffer<float> fftw_buffer<float>(std::int64_t);
template FftwBuffer<double> fftw_buffer<double>(std::int64_t);
template FftwBuffer<std::complex<float>> fftw_buffer<std::complex<float>>(std::int64_t);
template FftwBuffer<std::complex<double>> fftw_buffer<std::complex<double>>(std::int64_t);
template fftwf_plan plan_for<float>(Transform, std::int64_t, int);
template fftw_plan plan_for<double>(Transform, std::int64_t, int);
template fftwf_plan plan_for_line<float>(Transform, std::int64_t);
template fftw_plan plan_for_line<double>(Transform, std::int64_t);

}  // namespace iso::gpu::cpu
