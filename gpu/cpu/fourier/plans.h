#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include <fftw3.h>

namespace iso::gpu::cpu {

/// The names of FFTW in single and double precision.
template <class Real>
struct Fftw;

template <>
struct Fftw<float> {
  using Plan = fftwf_plan;
  using Complex = fftwf_complex;
  static void execute(Plan plan, Complex* from, Complex* to) { fftwf_execute_dft(plan, from, to); }
  static bool aligned(const Complex* data) { return fftwf_alignment_of(const_cast<float*>(&(*data)[0])) == 0; }
  static void to_frequencies(Plan plan, float* in, Complex* out) { fftwf_execute_dft_r2c(plan, in, out); }
  static void to_samples(Plan plan, Complex* in, float* out) { fftwf_execute_dft_c2r(plan, in, out); }
  static constexpr auto plan_complex = fftwf_plan_dft_1d;
  static constexpr auto plan_to_frequencies = fftwf_plan_dft_r2c_1d;
  static constexpr auto plan_to_samples = fftwf_plan_dft_c2r_1d;
};

template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  using Complex = fftw_complex;
  static void execute(Plan plan, Complex* from, Complex* to) { fftw_execute_dft(plan, from, to); }
  static bool aligned(const Complex* data) { return fftw_alignment_of(const_cast<double*>(&(*data)[0])) == 0; }
  static void to_frequencies(Plan plan, double* in, Complex* out) { fftw_execute_dft_r2c(plan, in, out); }
  static void to_samples(Plan plan, Complex* in, double* out) { fftw_execute_dft_c2r(plan, in, out); }
  static constexpr auto plan_complex = fftw_plan_dft_1d;
  static constexpr auto plan_to_frequencies = fftw_plan_dft_r2c_1d;
  static constexpr auto plan_to_samples = fftw_plan_dft_c2r_1d;
};

/// Memory aligned to cache lines, which is more than FFTW wants, so that one plan serves every buffer.
inline constexpr std::align_val_t buffer_alignment{64};
template <class T>
struct FftwFree {
  void operator()(T* memory) const { ::operator delete(memory, buffer_alignment); }
};
template <class T>
using FftwBuffer = std::unique_ptr<T[], FftwFree<T>>;
template <class T>
[[nodiscard]] FftwBuffer<T> fftw_buffer(std::int64_t count);  ///< throws out_of_memory

/// A buffer for as long as the object lives. What fits into a megabyte is memory that the thread keeps, since the system takes longer
/// to give pages than a short line takes to be transformed; an object within the life of another has its own.
class ThreadMemory {
 public:
  explicit ThreadMemory(std::size_t bytes);
  ThreadMemory(const ThreadMemory&) = delete;
  ThreadMemory& operator=(const ThreadMemory&) = delete;
  ~ThreadMemory();
  [[nodiscard]] std::byte* get() const noexcept { return memory_; }

 private:
  FftwBuffer<std::byte> own_;
  std::byte* memory_;
};
template <class T>
class ScratchMemory {
 public:
  explicit ScratchMemory(std::int64_t count) : memory_{static_cast<std::size_t>(count) * sizeof(T)} {}
  [[nodiscard]] T* get() const noexcept { return reinterpret_cast<T*>(memory_.get()); }

 private:
  ThreadMemory memory_;
};

enum class Transform : std::uint8_t { forward, backward, to_frequencies, to_samples };

/// The plan for one contiguous line of `length`, from one place to another, both aligned as buffers are: complex, or real to complex and
/// back; what complex lines and `to_frequencies` read is kept. For common lengths in single precision the plan is one that was chosen by
/// measurement once and for all (wisdom.inc, decision 0085); others are estimated. The same plan is made every time; plans are kept for
/// the life of the program, under one lock, as FFTW's planner needs.
template <class Real>
[[nodiscard]] typename Fftw<Real>::Plan plan_for(Transform transform, std::int64_t length);

}  // namespace iso::gpu::cpu
