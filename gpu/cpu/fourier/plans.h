#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
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
  static void* allocate(std::size_t bytes) { return fftwf_malloc(bytes); }
  static void release(void* memory) { fftwf_free(memory); }
  static void execute(Plan plan, Complex* data) { fftwf_execute_dft(plan, data, data); }
  static void execute(Plan plan, Complex* from, Complex* to) { fftwf_execute_dft(plan, from, to); }
  static bool aligned(const Complex* data) { return fftwf_alignment_of(const_cast<float*>(&(*data)[0])) == 0; }
  static void to_frequencies(Plan plan, float* in, Complex* out) { fftwf_execute_dft_r2c(plan, in, out); }
  static void to_samples(Plan plan, Complex* in, float* out) { fftwf_execute_dft_c2r(plan, in, out); }
  static constexpr auto plan_complex = fftwf_plan_many_dft;
  static constexpr auto plan_to_frequencies = fftwf_plan_dft_r2c_1d;
  static constexpr auto plan_to_samples = fftwf_plan_dft_c2r_1d;
};

template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  using Complex = fftw_complex;
  static void* allocate(std::size_t bytes) { return fftw_malloc(bytes); }
  static void release(void* memory) { fftw_free(memory); }
  static void execute(Plan plan, Complex* data) { fftw_execute_dft(plan, data, data); }
  static void execute(Plan plan, Complex* from, Complex* to) { fftw_execute_dft(plan, from, to); }
  static bool aligned(const Complex* data) { return fftw_alignment_of(const_cast<double*>(&(*data)[0])) == 0; }
  static void to_frequencies(Plan plan, double* in, Complex* out) { fftw_execute_dft_r2c(plan, in, out); }
  static void to_samples(Plan plan, Complex* in, double* out) { fftw_execute_dft_c2r(plan, in, out); }
  static constexpr auto plan_complex = fftw_plan_many_dft;
  static constexpr auto plan_to_frequencies = fftw_plan_dft_r2c_1d;
  static constexpr auto plan_to_samples = fftw_plan_dft_c2r_1d;
};

/// Memory as FFTW wants it aligned, so that one plan serves every buffer.
template <class T>
struct FftwFree {
  void operator()(T* memory) const { Fftw<float>::release(memory); }
};
template <class T>
using FftwBuffer = std::unique_ptr<T[], FftwFree<T>>;
template <class T>
[[nodiscard]] FftwBuffer<T> fftw_buffer(std::int64_t count);  ///< throws out_of_memory

enum class Transform : std::uint8_t { forward, backward, to_frequencies, to_samples };

/// Lines that are transformed together, one element of each beside another.
inline constexpr int lines_at_once = 16;

/// The plan for lines of `length`: complex in place over `lines` interleaved lines (element k of line j at k * lines + j), or
/// real to complex and back for one line. Plans are estimated, so that the same plan is made every time; they are kept for
/// the life of the program, under one lock, as FFTW's planner needs.
template <class Real>
[[nodiscard]] typename Fftw<Real>::Plan plan_for(Transform transform, std::int64_t length, int lines);
/// Likewise for one contiguous line, complex, from one place to another; what it reads is overwritten.
template <class Real>
[[nodiscard]] typename Fftw<Real>::Plan plan_for_line(Transform transform, std::int64_t length);

}  // namespace iso::gpu::cpu
