// Vectors are those of the compiler (vector_size): as wide as the level has registers for.
#include "method/kernels/kernels.h"

namespace spectral_unmixing::ISO_LEVEL {
namespace {

#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX2__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif

template <class T>
struct Vector {
  using Type [[gnu::vector_size(register_bytes)]] = T;
  static constexpr std::int64_t width = register_bytes / static_cast<int>(sizeof(T));
  static inline Type load(const T* from) {
    Type v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
  template <class In>
  static inline Type load_as(const In* from) {
    if constexpr (sizeof(In) == sizeof(T)) {
      return load(from);
    } else {
      Type v;
      for (std::int64_t i = 0; i < width; ++i) v[i] = static_cast<T>(from[i]);
      return v;
    }
  }
  static inline void store(T* to, Type v) { __builtin_memcpy(to, &v, sizeof v); }
  /// Halves are added until one value is left: a few shuffles instead of a chain of sums.
  static inline T sum(Type v) {
    if constexpr (width == 16) {
      v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
      v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
      v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
    } else if constexpr (width == 8) {
      v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
      v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1);
    } else if constexpr (width == 4) {
      v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
    }
    return v[0] + v[1];
  }
};

template <int count>
struct Columns {
  static constexpr int value = count;
};
/// Calls run(first, Columns<n>) for groups of at most six of k columns.
template <class Run>
inline void in_columns(std::int64_t k, const Run& run) {
  std::int64_t c = 0;
  for (; k - c >= 6; c += 6) run(c, Columns<6>{});
  switch (k - c) {
    case 5: run(c, Columns<5>{}); break;
    case 4: run(c, Columns<4>{}); break;
    case 3: run(c, Columns<3>{}); break;
    case 2: run(c, Columns<2>{}); break;
    case 1: run(c, Columns<1>{}); break;
    default: break;
  }
}

/// Adds `bands` bands from l on to b, which lies in the nearest cache: rows of the tile are read along, a few pages at a time.
template <class In, class Out, int columns, int bands>
inline void product_rows(const Tile<In>& tile, std::int64_t l, const Out* ue, std::int64_t k, Out* b,
                         std::int64_t stride) {
  using V = Vector<Out>;
  Out e[bands][columns];
  const In* from[bands];
  for (int r = 0; r < bands; ++r) {
    from[r] = tile.bands[l + r];
    for (int c = 0; c < columns; ++c) e[r][c] = ue[(l + r) * k + c];
  }
  for (std::int64_t n = 0; n < tile.pixels; n += V::width) {
    typename V::Type y[bands];
    for (int r = 0; r < bands; ++r) y[r] = V::load_as(from[r] + n);
    for (int c = 0; c < columns; ++c) {
      typename V::Type sum = V::load(b + c * stride + n);
      for (int r = 0; r < bands; ++r) sum += y[r] * e[r][c];
      V::store(b + c * stride + n, sum);
    }
  }
}

template <class In, class Out>
void products(const Tile<In>& tile, const Out* ue, std::int64_t k, Out* b, std::int64_t stride) {
  constexpr int bands = 4;
  in_columns(k, [&](std::int64_t c, auto number) {
    constexpr int columns = decltype(number)::value;
    Out* const to = b + c * stride;
    for (int i = 0; i < columns; ++i)
      for (std::int64_t n = 0; n < tile.pixels; ++n) to[i * stride + n] = 0;
    std::int64_t l = 0;
    for (; l + bands <= tile.band_count; l += bands)
      product_rows<In, Out, columns, bands>(tile, l, ue + c, k, to, stride);
    for (; l < tile.band_count; ++l) product_rows<In, Out, columns, 1>(tile, l, ue + c, k, to, stride);
  });
}

template <class T, int columns, int rows>
inline void gather_rows(const Tile<T>& tile, std::int64_t l, const T* a, std::int64_t stride, std::int64_t k, T* yat) {
  using V = Vector<T>;
  const T* from[rows];
  for (int r = 0; r < rows; ++r) from[r] = tile.bands[l + r];
  typename V::Type sum[rows][columns]{};
  for (std::int64_t n = 0; n < tile.pixels; n += V::width) {
    typename V::Type y[rows];
    for (int r = 0; r < rows; ++r) y[r] = V::load(from[r] + n);
    for (int c = 0; c < columns; ++c) {
      const typename V::Type x = V::load(a + c * stride + n);
      for (int r = 0; r < rows; ++r) sum[r][c] += y[r] * x;
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) yat[(l + r) * k + c] = V::sum(sum[r][c]);
}

template <class T>
void gather(const Tile<T>& tile, const T* a, std::int64_t stride, std::int64_t k, T* yat) {
  constexpr int rows = 4;
  in_columns(k, [&](std::int64_t c, auto number) {
    constexpr int columns = decltype(number)::value;
    const T* const from = a + c * stride;
    std::int64_t l = 0;
    for (; l + rows <= tile.band_count; l += rows) gather_rows<T, columns, rows>(tile, l, from, stride, k, yat + c);
    for (; l < tile.band_count; ++l) gather_rows<T, columns, 1>(tile, l, from, stride, k, yat + c);
  });
}

/// Natural logarithm of a positive, normal number: exponent and atanh series of the mantissa in [sqrt(1/2), sqrt(2)).
inline float fast_log(float x) {
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const std::int32_t e = (bits - 0x3f3504f3) >> 23;
  bits -= e << 23;
  float m = 0;
  __builtin_memcpy(&m, &bits, sizeof m);
  const float t = (m - 1) / (m + 1), s = t * t;
  const float series = 2 * t * (1 + s * (0.33333333F + s * (0.2F + s * (0.14285714F + s * 0.11111111F))));
  return series + static_cast<float>(e) * 0.69314718F;
}
inline float fast_exp(float x) {
  x = x < -87 ? -87 : x > 88 ? 88 : x;
  const auto n = static_cast<float>(static_cast<std::int32_t>(x * 1.44269504F + (x < 0 ? -0.5F : 0.5F)));
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  const float p =
      1 + r * (1 + r * (0.5F + r * (0.16666667F + r * (0.041666667F + r * (0.0083333333F + r * 0.0013888889F)))));
  const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) << 23;
  float scale = 0;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}
inline double fast_log(double x) { return __builtin_log(x); }
inline double fast_exp(double x) { return __builtin_exp(x); }

template <class T>
void slopes(const AbundanceStep<T>& s, T* q) {
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T* a = s.a + c * s.stride;
    T* to = q + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n)
      to[n] = s.lambda * s.p[n] * fast_exp((s.p[n] - 1) * fast_log(a[n] + s.eta));
  }
}

// A_k <- max(floor, A_k + (B_k - H_k A - Q_k) / H_kk), one row after the other with the freshest values.
template <class T>
void coordinate_step(const AbundanceStep<T>& s, const T* q) {
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T diagonal = s.h[c * s.k + c];
    if (!(diagonal > 0)) continue;
    T* own = s.a + c * s.stride;
    const T* b = s.b + c * s.stride;
    const T* slope = q == nullptr ? nullptr : q + c * s.stride;
    T* rest = s.scratch;
    if (slope == nullptr) {
      for (std::int64_t n = 0; n < s.pixels; ++n) rest[n] = b[n];
    } else {
      for (std::int64_t n = 0; n < s.pixels; ++n) rest[n] = b[n] - slope[n];
    }
    for (std::int64_t j = 0; j < s.k; ++j) {
      const T h = s.h[c * s.k + j];
      const T* a = s.a + j * s.stride;
      for (std::int64_t n = 0; n < s.pixels; ++n) rest[n] -= h * a[n];
    }
    const T inverse = 1 / diagonal;
    for (std::int64_t n = 0; n < s.pixels; ++n) {
      const T value = own[n] + rest[n] * inverse;
      own[n] = value > s.floor ? value : s.floor;
    }
  }
}

// A <- A o B+ / (H A + B- + Q), with B = (E^T U Y) + mu split after the sum.
template <class T>
void multiplicative_step(const AbundanceStep<T>& s, const T* q) {
  T* product = s.scratch;
  for (std::int64_t c = 0; c < s.k; ++c) {
    T* to = product + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) to[n] = q == nullptr ? T{0} : q[c * s.stride + n];
    for (std::int64_t j = 0; j < s.k; ++j) {
      const T h = s.h[c * s.k + j];
      const T* a = s.a + j * s.stride;
      for (std::int64_t n = 0; n < s.pixels; ++n) to[n] += h * a[n];
    }
  }
  for (std::int64_t c = 0; c < s.k; ++c) {
    T* a = s.a + c * s.stride;
    const T* b = s.b + c * s.stride;
    const T* below = product + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) {
      const T up = b[n] > 0 ? b[n] : 0, down = below[n] + (b[n] < 0 ? -b[n] : 0);
      const T value = down > 0 ? a[n] * up / down : a[n];
      a[n] = value > s.floor ? value : s.floor;
    }
  }
}

template <class T>
void update_abundances(const AbundanceStep<T>& s) {
  T* q = nullptr;
  if (s.lambda > 0) {
    q = s.scratch + s.k * s.stride;
    slopes(s, q);
  }
  if (s.exact)
    coordinate_step(s, q);
  else
    multiplicative_step(s, q);
}

/// Pixels that are worked on at once, value beside value, so that the loops over them become vectors.
template <class T>
struct Chunk {
  static constexpr std::int64_t size = pixel_multiple;
  T at[size];
};

/// phi'(x) of each pixel of a chunk, and with it phi''(x).
template <class T>
inline void slope_of_phi(const ExponentStep<T>& s, const T* logs, const Chunk<T>& x, Chunk<T>& slope, Chunk<T>& curve) {
  for (std::int64_t i = 0; i < Chunk<T>::size; ++i) {
    slope.at[i] = s.tau;
    curve.at[i] = 0;
  }
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T* const g = logs + c * s.stride;
    for (std::int64_t i = 0; i < Chunk<T>::size; ++i) {
      const T term = fast_exp(x.at[i] * g[i]) * g[i];
      slope.at[i] += term;
      curve.at[i] += term * g[i];
    }
  }
}

// phi'(p) = sum_k x^p ln x + tau rises with p and is concave where no x exceeds 1, so that Newton from the left of the root stays
// left of it; halving where it does not. What does not lower phi is not taken.
template <class T>
void exponents_of_chunk(const ExponentStep<T>& s, const T* logs, T* p) {
  constexpr std::int64_t size = Chunk<T>::size;
  Chunk<T> at_low, at_one, slope, curve, before, x, low, high;
  for (std::int64_t i = 0; i < size; ++i) {
    before.at[i] = p[i];
    low.at[i] = s.p_min;
    high.at[i] = 1;
  }
  slope_of_phi<T>(s, logs, low, at_low, curve);
  slope_of_phi<T>(s, logs, high, at_one, curve);
  slope_of_phi<T>(s, logs, before, slope, curve);
  for (std::int64_t i = 0; i < size; ++i) x.at[i] = slope.at[i] < 0 ? before.at[i] : s.p_min;
  for (int step = 0; step < s.newton_steps; ++step) {
    slope_of_phi<T>(s, logs, x, slope, curve);
    for (std::int64_t i = 0; i < size; ++i) {
      const T here = x.at[i], f = slope.at[i], steep = curve.at[i];
      const T below = f < 0 ? here : low.at[i], above = f < 0 ? high.at[i] : here;
      const T next = here - f / (steep > static_cast<T>(1e-20) ? steep : static_cast<T>(1e-20));
      const T middle = (below + above) / 2, from_low = next > below ? next : middle;
      x.at[i] = next < above ? from_low : middle;
      low.at[i] = below;
      high.at[i] = above;
    }
  }
  Chunk<T> gain;
  for (std::int64_t i = 0; i < size; ++i) {
    const T inside = at_one.at[i] <= 0 ? 1 : x.at[i];
    x.at[i] = at_low.at[i] >= 0 ? s.p_min : inside;
    gain.at[i] = s.tau * (before.at[i] - x.at[i]);
  }
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T* const g = logs + c * s.stride;
    for (std::int64_t i = 0; i < size; ++i) gain.at[i] += fast_exp(before.at[i] * g[i]) - fast_exp(x.at[i] * g[i]);
  }
  for (std::int64_t i = 0; i < size; ++i) p[i] = gain.at[i] >= 0 ? x.at[i] : before.at[i];
}

/// In double, in eight sums beside each other.
template <class T>
inline double wide_sum(const T* values, std::int64_t count) {
  double lanes[8]{};
  std::int64_t n = 0;
  for (; n + 8 <= count; n += 8)
    for (int i = 0; i < 8; ++i) lanes[i] += static_cast<double>(values[n + i]);
  for (; n < count; ++n) lanes[0] += static_cast<double>(values[n]);
  double total = 0;
  for (const double lane : lanes) total += lane;
  return total;
}

template <class T>
void update_exponents(const ExponentStep<T>& s, std::int64_t counted, double* penalty) {
  T* logs = s.scratch;
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T* a = s.a + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) logs[c * s.stride + n] = fast_log(a[n] + s.eta);
  }
  if (s.update)
    for (std::int64_t n = 0; n < s.pixels; n += Chunk<T>::size) exponents_of_chunk(s, logs + n, s.p + n);
  for (std::int64_t c = 0; c < s.k; ++c) {
    T* g = logs + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) g[n] = fast_exp(s.p[n] * g[n]);
    penalty[0] += wide_sum(g, counted);
  }
  penalty[1] += wide_sum(s.p, counted);
}

/// Residuals of `rows` bands from l on. Missing pixels are 0 in Y and in A and add nothing.
template <class T, int rows>
inline void residual_rows(const Tile<T>& tile, std::int64_t l, const T* e, std::int64_t k, const T* a,
                          std::int64_t stride, std::int64_t counted, const T* band_weight, double* band_squares,
                          T* pixel_squares) {
  using V = Vector<T>;
  double lanes[rows][V::width]{};
  for (std::int64_t n = 0; n < tile.pixels; n += V::width) {
    typename V::Type r[rows];
    for (int i = 0; i < rows; ++i) r[i] = V::load(tile.bands[l + i] + n);
    for (std::int64_t c = 0; c < k; ++c) {
      const typename V::Type x = V::load(a + c * stride + n);
      for (int i = 0; i < rows; ++i) r[i] -= x * e[(l + i) * k + c];
    }
    T values[rows][V::width];
    for (int i = 0; i < rows; ++i) V::store(values[i], r[i]);
    for (int i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < V::width; ++j)
        lanes[i][j] += static_cast<double>(values[i][j]) * static_cast<double>(values[i][j]);
    if (pixel_squares == nullptr) continue;
    const std::int64_t inside = counted - n < V::width ? counted - n : V::width;
    for (int i = 0; i < rows; ++i) {
      const T weight = band_weight == nullptr ? 1 : band_weight[l + i];
      for (std::int64_t j = 0; j < inside; ++j) pixel_squares[n + j] += weight * values[i][j] * values[i][j];
    }
  }
  if (band_squares == nullptr) return;
  for (int i = 0; i < rows; ++i)
    for (const double lane : lanes[i]) band_squares[l + i] += lane;
}

template <class T>
void residual(const Tile<T>& tile, const T* e, std::int64_t k, const T* a, std::int64_t stride, std::int64_t counted,
              const T* band_weight, double* band_squares, T* pixel_squares) {
  std::int64_t l = 0;
  for (; l + 2 <= tile.band_count; l += 2)
    residual_rows<T, 2>(tile, l, e, k, a, stride, counted, band_weight, band_squares, pixel_squares);
  if (l < tile.band_count)
    residual_rows<T, 1>(tile, l, e, k, a, stride, counted, band_weight, band_squares, pixel_squares);
}

template <class T>
constexpr Kernels<T> all{products<T, T>,       products<T, double>, gather<T>,
                         update_abundances<T>, update_exponents<T>, residual<T>};

}  // namespace

extern const Level level;
const Level level{all<float>, all<double>};

}  // namespace spectral_unmixing::ISO_LEVEL
