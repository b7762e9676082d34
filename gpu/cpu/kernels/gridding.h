#pragma once

#include "gpu/cpu/kernels/kernels.h"

namespace iso::gpu::cpu {
namespace {

/// So many elements that are computed with together: one or more registers.
template <class T, int lanes>
struct Lanes {
  // NOLINTNEXTLINE(modernize-use-using): g++ takes the attribute of a dependent type in a typedef alone
  typedef T Vector __attribute__((vector_size(lanes * sizeof(T))));
  static inline __attribute__((always_inline)) void load(const T* from, Vector& to) {
    __builtin_memcpy(&to, from, sizeof to);
  }
  static inline __attribute__((always_inline)) void store(const Vector& from, T* to) {
    __builtin_memcpy(to, &from, sizeof from);
  }
};

/// The weights of a point along one axis.
template <class T, int lanes>
inline __attribute__((always_inline)) void window_weights(const GridWindow<T>& window, int axis, T at,
                                                          typename Lanes<T, lanes>::Vector& sum) {
  using L = Lanes<T, lanes>;
  const T* const rows = window.coefficients[axis];
  const T t = 2 * at - 1;
  L::load(rows + window.degree * lanes, sum);
  for (int d = window.degree - 1; d >= 0; --d) {
    typename L::Vector row;
    L::load(rows + d * lanes, row);
    sum = sum * t + row;
  }
}

inline constexpr std::int64_t points_ahead = 12;  ///< whose samples are asked for

template <class T, int lanes>
void spread_in_lanes(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* samples,
                     const T* weights, T* re, T* im) {
  using L = Lanes<T, lanes>;
  typename L::Vector along_x, part, cells;
  T along_y[lanes], along_z[lanes];
  along_z[0] = 1;
  const int depth = window.volume ? window.width : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i + points_ahead < count)
      __builtin_prefetch(samples + 2 * static_cast<std::int64_t>(points[i + points_ahead].sample));
    const GridPoint<T>& point = points[i];
    window_weights<T, lanes>(window, 0, point.at[0], along_x);
    window_weights<T, lanes>(window, 1, point.at[1], part);
    L::store(part, along_y);
    if (window.volume) {
      window_weights<T, lanes>(window, 2, point.at[2], part);
      L::store(part, along_z);
    }
    const T weight = weights ? weights[point.sample] : T(1);
    const T* const sample = samples + 2 * static_cast<std::int64_t>(point.sample);
    const typename L::Vector real = along_x * (weight * sample[0]), imaginary = along_x * (weight * sample[1]);
    for (int z = 0; z < depth; ++z) {
      const std::int64_t first = point.place + z * window.plane_stride;
      for (int y = 0; y < window.width; ++y) {
        const T factor = along_z[z] * along_y[y];
        T *const re_row = re + first + y * window.row_stride, *const im_row = im + first + y * window.row_stride;
        L::load(re_row, cells);
        cells += real * factor;
        L::store(cells, re_row);
        L::load(im_row, cells);
        cells += imaginary * factor;
        L::store(cells, im_row);
      }
    }
  }
}

template <class T, int lanes>
void read_in_lanes(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* re,
                   const T* im, const T* weights, bool add, T* samples) {
  using L = Lanes<T, lanes>;
  typename L::Vector along_x, part, cells;
  T along_y[lanes], along_z[lanes], real[lanes], imaginary[lanes];
  along_z[0] = 1;
  const int depth = window.volume ? window.width : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const GridPoint<T>& point = points[i];
    window_weights<T, lanes>(window, 0, point.at[0], along_x);
    window_weights<T, lanes>(window, 1, point.at[1], part);
    L::store(part, along_y);
    if (window.volume) {
      window_weights<T, lanes>(window, 2, point.at[2], part);
      L::store(part, along_z);
    }
    typename L::Vector sum_re = {}, sum_im = {};
    for (int z = 0; z < depth; ++z) {
      const std::int64_t first = point.place + z * window.plane_stride;
      for (int y = 0; y < window.width; ++y) {
        const T factor = along_z[z] * along_y[y];
        L::load(re + first + y * window.row_stride, cells);
        sum_re += cells * factor;
        L::load(im + first + y * window.row_stride, cells);
        sum_im += cells * factor;
      }
    }
    L::store(sum_re * along_x, real);
    L::store(sum_im * along_x, imaginary);
    for (int half = lanes / 2; half > 0; half /= 2)
      for (int j = 0; j < half; ++j) real[j] += real[j + half], imaginary[j] += imaginary[j + half];
    const T weight = weights ? weights[point.sample] : T(1);
    T* const sample = samples + 2 * static_cast<std::int64_t>(point.sample);
    sample[0] = weight * real[0] + (add ? sample[0] : T(0));
    sample[1] = weight * imaginary[0] + (add ? sample[1] : T(0));
  }
}

template <class T>
void spread_points(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* samples,
                   const T* weights, T* re, T* im) {
  if (window.lanes == 8)
    spread_in_lanes<T, 8>(points, count, window, samples, weights, re, im);
  else
    spread_in_lanes<T, 16>(points, count, window, samples, weights, re, im);
}

template <class T>
void read_points(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* re, const T* im,
                 const T* weights, bool add, T* samples) {
  if (window.lanes == 8)
    read_in_lanes<T, 8>(points, count, window, re, im, weights, add, samples);
  else
    read_in_lanes<T, 16>(points, count, window, re, im, weights, add, samples);
}

}  // namespace
}  // namespace iso::gpu::cpu
