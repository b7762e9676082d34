#include "gpu/cpu/fourier/plans.h"

#include <iso/base/error.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace iso::gpu::cpu {
namespace {

std::mutex& planner() {
  static std::mutex mutex;  // guards FFTW's planner, of both precisions, and the lists of plans
  return mutex;
}

/// What FFTW found when it measured lines of common lengths, as it writes it down. Another build of FFTW, or one on a processor for which
/// it has other code, does not take it, and estimates.
constexpr const char* measured_plans[] = {
#include "gpu/cpu/fourier/wisdom.inc"
};

template <class Real>
void learn() {}
template <>
void learn<float>() {
  static const bool once = [] {
    std::string all;
    for (const char* const line : measured_plans) all += line;
    return fftwf_import_wisdom_from_string(all.c_str()) != 0;
  }();
  static_cast<void>(once);
}

template <class Real>
typename Fftw<Real>::Plan make_plan(Transform transform, int length) {
  using F = Fftw<Real>;
  const auto data = fftw_buffer<std::complex<Real>>(length), other = fftw_buffer<std::complex<Real>>(length);
  auto* const complex = reinterpret_cast<typename F::Complex*>(data.get());
  auto* const real = reinterpret_cast<Real*>(other.get());
  switch (transform) {
    case Transform::to_frequencies: return F::plan_to_frequencies(length, real, complex, FFTW_ESTIMATE);
    case Transform::to_samples: return F::plan_to_samples(length, complex, real, FFTW_ESTIMATE);
    case Transform::forward:
    case Transform::backward: break;
  }
  const int sign = transform == Transform::forward ? FFTW_FORWARD : FFTW_BACKWARD;
  auto* const to = reinterpret_cast<typename F::Complex*>(other.get());
  const auto plan = F::plan_complex(length, complex, to, sign, FFTW_WISDOM_ONLY | FFTW_PATIENT);
  return plan != nullptr ? plan : F::plan_complex(length, complex, to, sign, FFTW_ESTIMATE);
}

}  // namespace

template <class T>
FftwBuffer<T> fftw_buffer(std::int64_t count) {
  auto* const memory =
      static_cast<T*>(::operator new(static_cast<std::size_t>(count) * sizeof(T), buffer_alignment, std::nothrow));
  if (memory == nullptr)
    throw Error{Errc::out_of_memory, "there is no memory for lines of " + std::to_string(count) + " elements"};
  return FftwBuffer<T>(memory);
}

namespace {

constexpr std::size_t kept_bytes = std::size_t{1} << 20;

struct Kept {
  FftwBuffer<std::byte> memory;
  bool lent{false};
};
Kept& kept() {
  thread_local Kept of_this_thread;
  return of_this_thread;
}

}  // namespace

ThreadMemory::ThreadMemory(std::size_t bytes) {
  Kept& here = kept();
  if (bytes > kept_bytes || here.lent) {
    own_ = fftw_buffer<std::byte>(static_cast<std::int64_t>(bytes));
    memory_ = own_.get();
    return;
  }
  if (here.memory == nullptr) here.memory = fftw_buffer<std::byte>(kept_bytes);
  here.lent = true;
  memory_ = here.memory.get();
}

ThreadMemory::~ThreadMemory() {
  if (own_ == nullptr) kept().lent = false;
}

template <class Real>
typename Fftw<Real>::Plan plan_for(Transform transform, std::int64_t length) {
  const std::lock_guard lock{planner()};
  static std::map<std::pair<Transform, std::int64_t>, typename Fftw<Real>::Plan> plans;
  auto& plan = plans[{transform, length}];
  if (plan != nullptr) return plan;
  learn<Real>();
  plan = make_plan<Real>(transform, static_cast<int>(length));
  if (plan == nullptr)
    throw Error{Errc::unsupported, "FFTW cannot plan a transform of " + std::to_string(length) + " elements"};
  return plan;
}

template FftwBuffer<std::byte> fftw_buffer<std::byte>(std::int64_t);
template FftwBuffer<float> fftw_buffer<float>(std::int64_t);
template FftwBuffer<double> fftw_buffer<double>(std::int64_t);
template FftwBuffer<std::complex<float>> fftw_buffer<std::complex<float>>(std::int64_t);
template FftwBuffer<std::complex<double>> fftw_buffer<std::complex<double>>(std::int64_t);
template fftwf_plan plan_for<float>(Transform, std::int64_t);
template fftw_plan plan_for<double>(Transform, std::int64_t);

}  // namespace iso::gpu::cpu
