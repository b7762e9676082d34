#pragma once

#include "gpu/cpu/kernels/kernels.h"

namespace iso::gpu::cpu {
namespace {

inline std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t most(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

/// A coordinate of a ray on the planes of one run: start + k * step, start >= 0 counted from `cell`.
template <class T>
struct Walk {
  std::int64_t cell;
  T start, step;
  Walk(double at_0, double by, std::int64_t run) {
    const double here = at_0 + static_cast<double>(run) * by, there = here + static_cast<double>(plane_run - 1) * by;
    const double lowest = __builtin_floor(here < there ? here : there);
    cell = static_cast<std::int64_t>(lowest);
    start = static_cast<T>(here - lowest);
    step = static_cast<T>(by);
  }
};

/// Calls visit(first plane of the run, k from, k to) for the runs of a ray within a block.
template <class Block, class Visit>
inline void each_run(const RayEntry& ray, const Block& block, Visit&& visit) {
  const std::int64_t begin = most(ray.first, block.first), end = least(ray.last + std::int64_t{1}, block.first + block.planes);
  for (std::int64_t run = begin / plane_run * plane_run; run < end; run += plane_run) {
    visit(run, static_cast<int>(most(begin - run, 0)), static_cast<int>(least(end - run, plane_run)));
  }
}

template <class T>
void gather(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings) {
  const int row = static_cast<int>(block.slow_stride), plane = static_cast<int>(block.plane_stride);
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    T sum = 0;
    each_run(*ray, block, [&](std::int64_t run, int from, int to) {
      const Walk<T> a(ray->fast_at_0, ray->fast_step, run), b(ray->slow_at_0, ray->slow_step, run);
      const T* const origin = block.origin + (run - block.first) * block.plane_stride + b.cell * block.slow_stride + a.cell;
#pragma omp simd reduction(+ : sum)
      for (int k = from; k < to; ++k) {
        const T pa = a.start + static_cast<T>(k) * a.step, pb = b.start + static_cast<T>(k) * b.step;
        const int ia = static_cast<int>(pa), ib = static_cast<int>(pb);
        const T fa = pa - static_cast<T>(ia), fb = pb - static_cast<T>(ib);
        const int at = k * plane + ib * row + ia;
        const T low = origin[at] + fa * (origin[at + 1] - origin[at]);
        const T high = origin[at + row] + fa * (origin[at + row + 1] - origin[at + row]);
        sum += low + fb * (high - low);
      }
    });
    readings[ray->reading] += static_cast<T>(ray->length_mm) * sum;
  }
}

template <class T>
void scatter(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings) {
  const int row = static_cast<int>(block.slow_stride), plane = static_cast<int>(block.plane_stride);
  int at[plane_run];
  T low0[plane_run], low1[plane_run], high0[plane_run], high1[plane_run];
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    const T value = static_cast<T>(ray->length_mm) * readings[ray->reading];
    each_run(*ray, block, [&](std::int64_t run, int from, int to) {
      const Walk<T> a(ray->fast_at_0, ray->fast_step, run), b(ray->slow_at_0, ray->slow_step, run);
      T* const origin = block.origin + (run - block.first) * block.plane_stride + b.cell * block.slow_stride + a.cell;
      for (int k = from; k < to; ++k) {
        const T pa = a.start + static_cast<T>(k) * a.step, pb = b.start + static_cast<T>(k) * b.step;
        const int ia = static_cast<int>(pa), ib = static_cast<int>(pb);
        const T fa = pa - static_cast<T>(ia), fb = pb - static_cast<T>(ib);
        at[k] = k * plane + ib * row + ia;
        const T high = value * fb, low = value - high;
        low1[k] = low * fa, low0[k] = low - low1[k];
        high1[k] = high * fa, high0[k] = high - high1[k];
      }
      for (int k = from; k < to; ++k) {
        T* const p = origin + at[k];
        p[0] += low0[k], p[1] += low1[k];
        p[row] += high0[k], p[row + 1] += high1[k];
      }
    });
  }
}

template <class T>
void gather_slice(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings) {
  const int plane = static_cast<int>(block.plane_stride);
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    T sum = 0;
    each_run(*ray, block, [&](std::int64_t run, int from, int to) {
      const Walk<T> a(ray->fast_at_0, ray->fast_step, run);
      const T* const origin = block.origin + (run - block.first) * block.plane_stride + a.cell;
#pragma omp simd reduction(+ : sum)
      for (int k = from; k < to; ++k) {
        const T pa = a.start + static_cast<T>(k) * a.step;
        const int ia = static_cast<int>(pa), at = k * plane + ia;
        sum += origin[at] + (pa - static_cast<T>(ia)) * (origin[at + 1] - origin[at]);
      }
    });
    readings[ray->reading] += static_cast<T>(ray->length_mm) * sum;
  }
}

template <class T>
void scatter_slice(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings) {
  const int plane = static_cast<int>(block.plane_stride);
  int at[plane_run];
  T low[plane_run], high[plane_run];
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    const T value = static_cast<T>(ray->length_mm) * readings[ray->reading];
    each_run(*ray, block, [&](std::int64_t run, int from, int to) {
      const Walk<T> a(ray->fast_at_0, ray->fast_step, run);
      T* const origin = block.origin + (run - block.first) * block.plane_stride + a.cell;
      for (int k = from; k < to; ++k) {
        const T pa = a.start + static_cast<T>(k) * a.step;
        const int ia = static_cast<int>(pa);
        at[k] = k * plane + ia;
        high[k] = value * (pa - static_cast<T>(ia)), low[k] = value - high[k];
      }
      for (int k = from; k < to; ++k) origin[at[k]] += low[k], origin[at[k] + 1] += high[k];
    });
  }
}

}  // namespace
}  // namespace iso::gpu::cpu
