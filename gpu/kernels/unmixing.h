#pragma once

#include "gpu/kernels/index.h"

/// The two products of spectral unmixing (iso/compute/operators/spectral_products.h) and its steps over the pixels
/// (iso/compute/unmixing_steps.h). Planes of pixels: band l of pixel n is y[l * pixels + n], component k of it a[k * pixels + n].
namespace iso::gpu {

/// Columns that one walk over the bands or pixels works on.
inline constexpr int columns_at_once = 4;

// clang-format off
template <class T> struct SpectralForward { const T* y; const T* x; T* out; std::int64_t pixels, bands, columns, first, count; bool accumulate; };
/// partial[(w * columns + c) * bands + l]: the pixels w, w + width, ... of band l.
template <class T> struct SpectralGather { const T* y; const T* a; double* partial; std::int64_t pixels, bands, columns, width, first, count; };
/// out[i] (+)= sum over w of partial[w * count + i].
template <class T> struct SpectralSums { const double* partial; T* out; std::int64_t width, count; bool accumulate; };
/// partial[l * width + w]: squares of Y - E A of the pixels w, w + width, ...
template <class T> struct BandSquares { const T* y; const T* e; const T* a; double* partial; std::int64_t pixels, bands, columns, width; };
/// One step of A; `next` is `a` for the exact rule and other memory for the multiplicative one.
template <class T> struct AbundanceUpdate { const T* b; const T* h; const T* p; const T* a; T* next; std::int64_t pixels, columns; T mu, lambda, eta, floor; bool exact; };
template <class T> struct ExponentUpdate { const T* a; T* p; std::int64_t pixels, columns; T eta, tau, p_min; int steps; };
/// partial[entry * width + w]: pairs i >= j of A A^T, then powers, exponents, squares of 1^T a - 1.
template <class T> struct PixelSums { const T* a; const T* p; double* partial; std::int64_t pixels, columns, width; T eta; };
/// out[i] = sum over w of partial[i * width + w].
struct RowSums { const double* partial; double* out; std::int64_t width, count; };
// clang-format on

ISO_HOST_DEVICE inline float power(float base, float exponent) noexcept { return expf(exponent * logf(base)); }
ISO_HOST_DEVICE inline double power(double base, double exponent) noexcept { return ::exp(exponent * ::log(base)); }
ISO_HOST_DEVICE inline float logarithm(float x) noexcept { return logf(x); }
ISO_HOST_DEVICE inline double logarithm(double x) noexcept { return ::log(x); }

/// One thread a pixel.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const SpectralForward<T>& k) noexcept {
  const auto n = k.first + at.linear();
  if (at.linear() >= k.count) return;
  for (std::int64_t begin = 0; begin < k.columns; begin += columns_at_once) {
    const T* column[columns_at_once];
    T sum[columns_at_once];
    for (int j = 0; j < columns_at_once; ++j) {
      column[j] = k.x + smaller(begin + j, k.columns - 1) * k.bands;
      sum[j] = 0;
    }
    for (std::int64_t l = 0; l < k.bands; ++l) {
      const T value = k.y[l * k.pixels + n];
      for (int j = 0; j < columns_at_once; ++j) sum[j] = fused(value, column[j][l], sum[j]);
    }
    for (int j = 0; j < columns_at_once; ++j) {
      if (begin + j >= k.columns) continue;
      T& out = k.out[(begin + j) * k.pixels + n];
      out = (k.accumulate ? out : T(0)) + sum[j];
    }
  }
}

/// One thread a band and a part of the pixels; neighbours read neighbouring pixels.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const SpectralGather<T>& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto element = k.first + at.linear();
  const std::int64_t l = element / k.width, w = element % k.width;
  const T* const y = k.y + l * k.pixels;
  for (std::int64_t begin = 0; begin < k.columns; begin += columns_at_once) {
    const T* row[columns_at_once];
    double sum[columns_at_once];
    for (int j = 0; j < columns_at_once; ++j) {
      row[j] = k.a + smaller(begin + j, k.columns - 1) * k.pixels;
      sum[j] = 0;
    }
    for (std::int64_t n = w; n < k.pixels; n += k.width) {
      const auto value = static_cast<double>(y[n]);
      for (int j = 0; j < columns_at_once; ++j) sum[j] = fused(value, static_cast<double>(row[j][n]), sum[j]);
    }
    for (int j = 0; j < columns_at_once; ++j)
      if (begin + j < k.columns) k.partial[(w * k.columns + begin + j) * k.bands + l] = sum[j];
  }
}

template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const SpectralSums<T>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  double sum = k.accumulate ? static_cast<double>(k.out[i]) : 0.0;
  for (std::int64_t w = 0; w < k.width; ++w) sum += k.partial[w * k.count + i];
  k.out[i] = static_cast<T>(sum);
}

/// One thread a band and a part of the pixels.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const BandSquares<T>& k) noexcept {
  const auto element = at.linear();
  if (element >= k.bands * k.width) return;
  const std::int64_t l = element / k.width;
  double sum = 0;
  for (std::int64_t n = element % k.width; n < k.pixels; n += k.width) {
    T r = k.y[l * k.pixels + n];
    for (std::int64_t c = 0; c < k.columns; ++c) r = fused(-k.e[c * k.bands + l], k.a[c * k.pixels + n], r);
    sum = fused(static_cast<double>(r), static_cast<double>(r), sum);
  }
  k.partial[element] = sum;
}

/// One thread a pixel. The tangent of row c needs that row alone, so that nothing is kept beside A.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const AbundanceUpdate<T>& k) noexcept {
  const auto n = at.linear();
  if (n >= k.pixels) return;
  const T p = k.p[n];
  for (std::int64_t c = 0; c < k.columns; ++c) {
    const T own = k.a[c * k.pixels + n], b = k.b[c * k.pixels + n] + k.mu, diagonal = k.h[c * k.columns + c];
    const T slope = k.lambda > 0 ? k.lambda * p * power(own + k.eta, p - T(1)) : T(0);
    T product = 0;
    for (std::int64_t j = 0; j < k.columns; ++j)
      product = fused(k.h[c * k.columns + j], k.a[j * k.pixels + n], product);
    T value = own;
    if (k.exact) {
      if (diagonal > 0) value = own + (b - product - slope) / diagonal;
    } else {
      const T up = larger(b, T(0)), down = product + larger(-b, T(0)) + slope;
      if (down > 0) value = own * up / down;
    }
    k.next[c * k.pixels + n] = larger(value, k.floor);
  }
}

/// sum_k x^p + tau p at one exponent, and its derivatives.
template <class T>
struct PriceOfExponent {
  T value, slope, curve;
};
template <class T>
ISO_HOST_DEVICE PriceOfExponent<T> price(const ExponentUpdate<T>& k, std::int64_t n, T exponent) noexcept {
  PriceOfExponent<T> out{k.tau * exponent, k.tau, 0};
  for (std::int64_t c = 0; c < k.columns; ++c) {
    const T base = k.a[c * k.pixels + n] + k.eta, g = logarithm(base), x = power(base, exponent);
    out.value += x;
    out.slope += x * g;
    out.curve += x * g * g;
  }
  return out;
}

/// One thread a pixel: Newton within brackets, from the left of the root where phi' is concave. What does not lower phi is not taken.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const ExponentUpdate<T>& k) noexcept {
  const auto n = at.linear();
  if (n >= k.pixels) return;
  const T before = k.p[n];
  const PriceOfExponent<T> now = price(k, n, before);
  T found;
  if (price(k, n, k.p_min).slope >= 0) {
    found = k.p_min;
  } else if (price(k, n, T(1)).slope <= 0) {
    found = 1;
  } else {
    T low = k.p_min, high = 1;
    found = now.slope < 0 ? before : k.p_min;
    for (int step = 0; step < k.steps; ++step) {
      const PriceOfExponent<T> here = price(k, n, found);
      if (here.slope < 0)
        low = found;
      else
        high = found;
      const T next = here.curve > 0 ? found - here.slope / here.curve : low;
      found = next >= low && next <= high ? next : (low + high) / 2;
    }
  }
  if (price(k, n, found).value <= now.value) k.p[n] = found;
}

/// One thread an entry and a part of the pixels.
template <class Index, class T>
ISO_HOST_DEVICE void body(const Index& at, const PixelSums<T>& k) noexcept {
  const std::int64_t pairs = k.columns * (k.columns + 1) / 2;
  if (at.linear() >= (pairs + 3) * k.width) return;
  const std::int64_t entry = at.linear() / k.width, first = at.linear() % k.width;
  double sum = 0;
  if (entry < pairs) {
    std::int64_t i = 0, j = entry;
    while (j > i) j -= ++i;
    for (std::int64_t n = first; n < k.pixels; n += k.width)
      sum = fused(static_cast<double>(k.a[i * k.pixels + n]), static_cast<double>(k.a[j * k.pixels + n]), sum);
  } else {
    for (std::int64_t n = first; n < k.pixels; n += k.width) {
      if (entry == pairs) {
        for (std::int64_t c = 0; c < k.columns; ++c)
          sum += static_cast<double>(power(k.a[c * k.pixels + n] + k.eta, k.p[n]));
      } else if (entry == pairs + 1) {
        sum += static_cast<double>(k.p[n]);
      } else {
        double total = -1;
        for (std::int64_t c = 0; c < k.columns; ++c) total += static_cast<double>(k.a[c * k.pixels + n]);
        sum = fused(total, total, sum);
      }
    }
  }
  k.partial[at.linear()] = sum;
}

template <class Index>
ISO_HOST_DEVICE void body(const Index& at, const RowSums& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  double sum = 0;
  for (std::int64_t w = 0; w < k.width; ++w) sum += k.partial[i * k.width + w];
  k.out[i] = sum;
}

// clang-format off
// NOLINTBEGIN(bugprone-macro-parentheses): X takes a type
#define ISO_UNMIXING_KERNELS(X, T) \
  X(SpectralForward<T>) X(SpectralGather<T>) X(SpectralSums<T>) X(BandSquares<T>) X(AbundanceUpdate<T>) X(ExponentUpdate<T>) X(PixelSums<T>)
#define ISO_UNMIXING_SUMS(X) X(RowSums)
// NOLINTEND(bugprone-macro-parentheses)
// clang-format on

}  // namespace iso::gpu
