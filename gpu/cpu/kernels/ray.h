#pragma once

#include "gpu/cpu/kernels/kernels.h"

namespace iso::gpu::cpu {
namespace {

inline std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t most(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

/// A coordinate of a ray on the planes of one run: start + k * step, start >= 0 counted from `cell`.
template <class T, std::int64_t planes>
struct Walk {
  std::int64_t cell;
  T start, step;
  Walk(double at_0, double by, std::int64_t run) {
    const double here = at_0 + static_cast<double>(run) * by, there = here + static_cast<double>(planes - 1) * by;
    const double lowest = __builtin_floor(here < there ? here : there);
    cell = static_cast<std::int64_t>(lowest);
    start = static_cast<T>(here - lowest);
    step = static_cast<T>(by);
  }
};

/// The cells that a ray crosses on the planes of one run, and where in them it does.
template <class T, std::int64_t planes>
struct Crossings {
  int at[planes];
  T fast[planes], slow[planes];

  void set(const Walk<T, planes>& a, int plane_stride) {
    for (int k = 0; k < planes; ++k) {
      const T pa = a.start + static_cast<T>(k) * a.step;
      const int ia = static_cast<int>(pa);
      fast[k] = pa - static_cast<T>(ia);
      at[k] = k * plane_stride + ia;
    }
  }
  void set(const Walk<T, planes>& a, const Walk<T, planes>& b, int plane_stride, int slow_stride) {
    for (int k = 0; k < planes; ++k) {
      const T pa = a.start + static_cast<T>(k) * a.step, pb = b.start + static_cast<T>(k) * b.step;
      const int ia = static_cast<int>(pa), ib = static_cast<int>(pb);
      fast[k] = pa - static_cast<T>(ia), slow[k] = pb - static_cast<T>(ib);
      at[k] = k * plane_stride + ib * slow_stride + ia;
    }
  }
};

/// Calls visit(first plane of the run, k from, k to) for the runs of a ray within a block. Most runs are whole: for them the
/// bounds are constants, which `visit`, being inlined twice, makes straight code of.
template <std::int64_t planes, class Block, class Visit>
inline __attribute__((always_inline)) void each_run(const RayEntry& ray, const Block& block, Visit&& visit) {
  const std::int64_t begin = most(ray.first, block.first),
                     end = least(ray.last + std::int64_t{1}, block.first + block.planes);
  for (std::int64_t run = begin / planes * planes; run < end; run += planes) {
    const int from = static_cast<int>(most(begin - run, 0)), to = static_cast<int>(least(end - run, planes));
    if (from == 0 && to == planes)
      visit(run, 0, static_cast<int>(planes));
    else
      visit(run, from, to);
  }
}

template <class T>
inline void add_pair(T* at, T here, T next) {
  at[0] += here, at[1] += next;
}

template <class T>
void gather(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings) {
  constexpr auto planes = volume_run;
  const int row = static_cast<int>(block.slow_stride), plane = static_cast<int>(block.plane_stride);
  Crossings<T, planes> cross;
  Pair<T> low[planes], high[planes];
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    T sum = 0;
    each_run<planes>(
        *ray, block, [&](std::int64_t run, int from, int to) __attribute__((always_inline)) {
          const Walk<T, planes> a(ray->fast_at_0, ray->fast_step, run), b(ray->slow_at_0, ray->slow_step, run);
          const T* const origin =
              block.origin + (run - block.first) * block.plane_stride + b.cell * block.slow_stride + a.cell;
          cross.set(a, b, plane, row);
          load_pairs(origin, cross.at, from, to, low);
          load_pairs(origin + row, cross.at, from, to, high);
#pragma omp simd reduction(+ : sum)
          for (int k = from; k < to; ++k) {
            const T here = low[k].here + cross.slow[k] * (high[k].here - low[k].here);
            const T next = low[k].next + cross.slow[k] * (high[k].next - low[k].next);
            sum += here + cross.fast[k] * (next - here);
          }
        });
    readings[ray->reading] += static_cast<T>(ray->length_mm) * sum;
  }
}

template <class T>
void scatter(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings) {
  constexpr auto planes = volume_run;
  const int row = static_cast<int>(block.slow_stride), plane = static_cast<int>(block.plane_stride);
  Crossings<T, planes> cross;
  T low0[planes], low1[planes], high0[planes], high1[planes];
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    const T value = static_cast<T>(ray->length_mm) * readings[ray->reading];
    each_run<planes>(
        *ray, block, [&](std::int64_t run, int from, int to) __attribute__((always_inline)) {
          const Walk<T, planes> a(ray->fast_at_0, ray->fast_step, run), b(ray->slow_at_0, ray->slow_step, run);
          T* const origin =
              block.origin + (run - block.first) * block.plane_stride + b.cell * block.slow_stride + a.cell;
          cross.set(a, b, plane, row);
          for (int k = 0; k < planes; ++k) {
            const T high = value * cross.slow[k], low = value - high;
            low1[k] = low * cross.fast[k], low0[k] = low - low1[k];
            high1[k] = high * cross.fast[k], high0[k] = high - high1[k];
          }
          for (int k = from; k < to; ++k) {
            T* const p = origin + cross.at[k];
            add_pair(p, low0[k], low1[k]);
            add_pair(p + row, high0[k], high1[k]);
          }
        });
  }
}

template <class T>
void gather_slice(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings) {
  constexpr auto planes = slice_run;
  const int plane = static_cast<int>(block.plane_stride);
  Crossings<T, planes> cross;
  Pair<T> pairs[planes];
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    T sum = 0;
    each_run<planes>(
        *ray, block, [&](std::int64_t run, int from, int to) __attribute__((always_inline)) {
          const Walk<T, planes> a(ray->fast_at_0, ray->fast_step, run);
          cross.set(a, plane);
          load_pairs(block.origin + (run - block.first) * block.plane_stride + a.cell, cross.at, from, to, pairs);
#pragma omp simd reduction(+ : sum)
          for (int k = from; k < to; ++k) sum += pairs[k].here + cross.fast[k] * (pairs[k].next - pairs[k].here);
        });
    readings[ray->reading] += static_cast<T>(ray->length_mm) * sum;
  }
}

template <class T>
void scatter_slice(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings) {
  constexpr auto planes = slice_run;
  const int plane = static_cast<int>(block.plane_stride);
  Crossings<T, planes> cross;
  for (const RayEntry* ray = rays; ray != rays + count; ++ray) {
    const T value = static_cast<T>(ray->length_mm) * readings[ray->reading];
    each_run<planes>(
        *ray, block, [&](std::int64_t run, int from, int to) __attribute__((always_inline)) {
          const Walk<T, planes> a(ray->fast_at_0, ray->fast_step, run);
          T* const origin = block.origin + (run - block.first) * block.plane_stride + a.cell;
          cross.set(a, plane);
          for (int k = from; k < to; ++k) {
            const T next = value * cross.fast[k];
            add_pair(origin + cross.at[k], value - next, next);
          }
        });
  }
}

}  // namespace
}  // namespace iso::gpu::cpu
