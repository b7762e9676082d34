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
  static inline void store(T* to, Type v) { __builtin_memcpy(to, &v, sizeof v); }
  static inline T sum(Type v) {
    T total = 0;
    for (std::int64_t i = 0; i < width; ++i) total += v[i];
    return total;
  }
};

/// b of `columns` spectra for two registers of pixels at a time.
template <class In, class Out, int columns>
void product_block(const Tile<In>& tile, const Out* ue, std::int64_t k, Out* b, std::int64_t stride) {
  using V = Vector<Out>;
  constexpr int registers = 2;
  for (std::int64_t n = 0; n < tile.pixels; n += registers * V::width) {
    typename V::Type sum[columns][registers]{};
    for (std::int64_t l = 0; l < tile.band_count; ++l) {
      const In* from = tile.bands[l] + n;
      typename V::Type y[registers];
      for (int r = 0; r < registers; ++r) {
        if constexpr (sizeof(In) == sizeof(Out)) {
          y[r] = V::load(from + r * V::width);
        } else {
          for (int i = 0; i < V::width; ++i) y[r][i] = static_cast<Out>(from[r * V::width + i]);
        }
      }
      for (int c = 0; c < columns; ++c)
        for (int r = 0; r < registers; ++r) sum[c][r] += y[r] * ue[l * k + c];
    }
    for (int c = 0; c < columns; ++c)
      for (int r = 0; r < registers; ++r) V::store(b + c * stride + n + r * V::width, sum[c][r]);
  }
}

template <class In, class Out>
void products(const Tile<In>& tile, const Out* ue, std::int64_t k, Out* b, std::int64_t stride) {
  for (std::int64_t c = 0; c < k;) {
    const Out* e = ue + c;
    Out* to = b + c * stride;
    const std::int64_t left = k - c;
    if (left >= 6 || left == 5) {
      const bool six = left >= 6;
      if (six)
        product_block<In, Out, 6>(tile, e, k, to, stride);
      else
        product_block<In, Out, 5>(tile, e, k, to, stride);
      c += six ? 6 : 5;
    } else if (left == 4) {
      product_block<In, Out, 4>(tile, e, k, to, stride);
      c += 4;
    } else if (left == 3) {
      product_block<In, Out, 3>(tile, e, k, to, stride);
      c += 3;
    } else if (left == 2) {
      product_block<In, Out, 2>(tile, e, k, to, stride);
      c += 2;
    } else {
      product_block<In, Out, 1>(tile, e, k, to, stride);
      c += 1;
    }
  }
}

template <class T, int columns>
void gather_block(const Tile<T>& tile, const T* a, std::int64_t stride, std::int64_t k, T* yat) {
  using V = Vector<T>;
  constexpr int rows = 2;
  for (std::int64_t l = 0; l < tile.band_count; l += rows) {
    const T* from[rows] = {tile.bands[l], tile.bands[l + 1 < tile.band_count ? l + 1 : l]};
    typename V::Type sum[rows][columns]{};
    for (std::int64_t n = 0; n < tile.pixels; n += V::width) {
      typename V::Type y[rows];
      for (int r = 0; r < rows; ++r) y[r] = V::load(from[r] + n);
      for (int c = 0; c < columns; ++c) {
        const typename V::Type x = V::load(a + c * stride + n);
        for (int r = 0; r < rows; ++r) sum[r][c] += y[r] * x;
      }
    }
    for (int r = 0; r < rows && l + r < tile.band_count; ++r)
      for (int c = 0; c < columns; ++c) yat[(l + r) * k + c] = V::sum(sum[r][c]);
  }
}

template <class T>
void gather(const Tile<T>& tile, const T* a, std::int64_t stride, std::int64_t k, T* yat) {
  for (std::int64_t c = 0; c < k;) {
    const T* from = a + c * stride;
    const std::int64_t left = k - c;
    if (left >= 6) {
      gather_block<T, 6>(tile, from, stride, k, yat + c);
      c += 6;
    } else if (left == 5) {
      gather_block<T, 5>(tile, from, stride, k, yat + c);
      c += 5;
    } else if (left == 4) {
      gather_block<T, 4>(tile, from, stride, k, yat + c);
      c += 4;
    } else if (left == 3) {
      gather_block<T, 3>(tile, from, stride, k, yat + c);
      c += 3;
    } else if (left == 2) {
      gather_block<T, 2>(tile, from, stride, k, yat + c);
      c += 2;
    } else {
      gather_block<T, 1>(tile, from, stride, k, yat + c);
      c += 1;
    }
  }
}

/// Natural logarithm of a positive, normal number: exponent and atanh series of the mantissa in [sqrt(1/2), sqrt(2)).
inline float fast_log(float x) {
  std::int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const std::int32_t e = (bits - 0x3f3504f3) >> 23;
  bits -= e << 23;
  float m;
  __builtin_memcpy(&m, &bits, sizeof m);
  const float t = (m - 1) / (m + 1), s = t * t;
  const float series = 2 * t * (1 + s * (0.33333333F + s * (0.2F + s * (0.14285714F + s * 0.11111111F))));
  return series + static_cast<float>(e) * 0.69314718F;
}
inline float fast_exp(float x) {
  x = x < -87 ? -87 : x > 88 ? 88 : x;
  const float n = static_cast<float>(static_cast<std::int32_t>(x * 1.44269504F + (x < 0 ? -0.5F : 0.5F)));
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  const float p =
      1 + r * (1 + r * (0.5F + r * (0.16666667F + r * (0.041666667F + r * (0.0083333333F + r * 0.0013888889F)))));
  const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) << 23;
  float scale;
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

// phi'(p) = sum_k x^p ln x + tau rises with p and is concave where no x exceeds 1, so that Newton from the left of the root stays
// left of it; halving where it does not. What does not lower phi is not taken.
template <class T>
void exponents(const ExponentStep<T>& s, const T* logs) {
  for (std::int64_t n = 0; n < s.pixels; ++n) {
    T at_low = s.tau, at_one = s.tau;
    for (std::int64_t c = 0; c < s.k; ++c) {
      const T g = logs[c * s.stride + n];
      at_low += fast_exp(s.p_min * g) * g;
      at_one += fast_exp(g) * g;
    }
    const T before = s.p[n];
    T slope_before = s.tau;
    for (std::int64_t c = 0; c < s.k; ++c) {
      const T g = logs[c * s.stride + n];
      slope_before += fast_exp(before * g) * g;
    }
    T low = s.p_min, high = 1, x = slope_before < 0 ? before : s.p_min;
    for (int step = 0; step < s.newton_steps; ++step) {
      T slope = s.tau, curve = 0;
      for (std::int64_t c = 0; c < s.k; ++c) {
        const T g = logs[c * s.stride + n], e = fast_exp(x * g) * g;
        slope += e;
        curve += e * g;
      }
      low = slope < 0 ? x : low;
      high = slope < 0 ? high : x;
      const T next = x - slope / (curve > static_cast<T>(1e-20) ? curve : static_cast<T>(1e-20));
      x = next > low && next < high ? next : (low + high) / 2;
    }
    x = at_low >= 0 ? s.p_min : at_one <= 0 ? 1 : x;
    T gain = s.tau * (before - x);
    for (std::int64_t c = 0; c < s.k; ++c) {
      const T g = logs[c * s.stride + n];
      gain += fast_exp(before * g) - fast_exp(x * g);
    }
    s.p[n] = gain >= 0 ? x : before;
  }
}

template <class T>
void update_exponents(const ExponentStep<T>& s, std::int64_t counted, double* penalty) {
  T* logs = s.scratch;
  for (std::int64_t c = 0; c < s.k; ++c) {
    const T* a = s.a + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) logs[c * s.stride + n] = fast_log(a[n] + s.eta);
  }
  if (s.update) exponents(s, logs);
  double powers = 0, exponent_sum = 0;
  for (std::int64_t c = 0; c < s.k; ++c) {
    T* g = logs + c * s.stride;
    for (std::int64_t n = 0; n < s.pixels; ++n) g[n] = fast_exp(s.p[n] * g[n]);
    for (std::int64_t n = 0; n < counted; ++n) powers += static_cast<double>(g[n]);
  }
  for (std::int64_t n = 0; n < counted; ++n) exponent_sum += static_cast<double>(s.p[n]);
  penalty[0] += powers;
  penalty[1] += exponent_sum;
}

template <class T>
void residual(const Tile<T>& tile, const T* e, std::int64_t k, const T* a, std::int64_t stride, std::int64_t counted,
              const T* band_weight, double* band_squares, T* pixel_squares) {
  constexpr std::int64_t chunk = pixel_multiple;
  for (std::int64_t l = 0; l < tile.band_count; ++l) {
    const T* y = tile.bands[l];
    const T weight = band_weight == nullptr ? 1 : band_weight[l];
    double total = 0;
    for (std::int64_t n = 0; n < tile.pixels; n += chunk) {
      T r[chunk];
      for (std::int64_t i = 0; i < chunk; ++i) r[i] = y[n + i];
      for (std::int64_t c = 0; c < k; ++c) {
        const T factor = e[l * k + c];
        const T* from = a + c * stride + n;
        for (std::int64_t i = 0; i < chunk; ++i) r[i] -= factor * from[i];
      }
      const std::int64_t inside = counted - n < chunk ? counted - n : chunk;
      if (pixel_squares != nullptr)
        for (std::int64_t i = 0; i < inside; ++i) pixel_squares[n + i] += weight * r[i] * r[i];
      double lanes[8]{};
      for (std::int64_t i = 0; i < inside; ++i) lanes[i & 7] += static_cast<double>(r[i]) * static_cast<double>(r[i]);
      for (const double lane : lanes) total += lane;
    }
    if (band_squares != nullptr) band_squares[l] += total;
  }
}

template <class T>
constexpr Kernels<T> all{products<T, T>,       products<T, double>, gather<T>,
                         update_abundances<T>, update_exponents<T>, residual<T>};

}  // namespace

extern const Level level;
const Level level{all<float>, all<double>};

}  // namespace spectral_unmixing::ISO_LEVEL
