#pragma once

#include "gpu/kernels/index.h"

#include <cstring>

/// Noisy copies of an image for randomized smoothing (iso/compute/smoothing_noise.h). A product is rounded before it is added, on the
/// device too, so that host and device give the same bits.
namespace iso::gpu {

#ifdef __CUDA_ARCH__
ISO_HOST_DEVICE inline double rounded_product(double a, double b) noexcept { return __dmul_rn(a, b); }
ISO_HOST_DEVICE inline double rounded_sum(double a, double b) noexcept { return __dadd_rn(a, b); }
#else
ISO_HOST_DEVICE inline double rounded_product(double a, double b) noexcept { return a * b; }
ISO_HOST_DEVICE inline double rounded_sum(double a, double b) noexcept { return a + b; }
#endif
ISO_HOST_DEVICE inline double step(double p, double x, double c) noexcept {
  return rounded_sum(rounded_product(p, x), c);
}

struct Words {
  std::uint32_t w[4];
};
struct Normals {
  double z[4];
};

/// Philox 4x32-10.
ISO_HOST_DEVICE inline Words philox(Words c, std::uint32_t k0, std::uint32_t k1) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c.w[0], p1 = std::uint64_t{0xCD9E8D57U} * c.w[2];
    c = {{static_cast<std::uint32_t>(p1 >> 32) ^ c.w[1] ^ k0, static_cast<std::uint32_t>(p1),
          static_cast<std::uint32_t>(p0 >> 32) ^ c.w[3] ^ k1, static_cast<std::uint32_t>(p0)}};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return c;
}

/// Natural logarithm of (w + 1/2) 2^-32: m 2^k with m in [sqrt(1/2), sqrt(2)), ln m = 2 artanh((m - 1) / (m + 1)) to s^21.
ISO_HOST_DEVICE inline double log_of_word(std::uint32_t w) noexcept {
  const double x = rounded_product(rounded_sum(static_cast<double>(w), 0.5), 0x1.0p-32);
  std::uint64_t bits = 0;
  memcpy(&bits, &x, sizeof bits);
  bits += 0x00095f619980c433ULL;  // so that the exponent rises at sqrt(2)
  const double k = rounded_sum(static_cast<double>(static_cast<std::int64_t>(bits >> 52)), -1023.0);
  bits = (bits & 0x000fffffffffffffULL) + 0x3fe6a09e667f3bcdULL;
  double m = 0;
  memcpy(&m, &bits, sizeof m);
  const double s = rounded_sum(m, -1.0) / rounded_sum(m, 1.0), s2 = rounded_product(s, s);
  double p = step(1.0 / 21, s2, 1.0 / 19);
  p = step(p, s2, 1.0 / 17);
  p = step(p, s2, 1.0 / 15);
  p = step(p, s2, 1.0 / 13);
  p = step(p, s2, 1.0 / 11);
  p = step(p, s2, 1.0 / 9);
  p = step(p, s2, 1.0 / 7);
  p = step(p, s2, 1.0 / 5);
  p = step(p, s2, 1.0 / 3);
  p = step(p, s2, 1.0);
  return rounded_sum(rounded_product(rounded_product(2.0, s), p), rounded_product(k, 0.69314718055994530942));
}

/// Cosine and sine of 2 pi (w + 1/2) 2^-32: the quarter turn from the two highest bits, half an eighth around its middle by series.
ISO_HOST_DEVICE inline void turn_of_word(std::uint32_t w, double& cosine, double& sine) noexcept {
  const double f = rounded_product(rounded_sum(static_cast<double>(w & 0x3fffffffU), 0.5), 0x1.0p-30);
  const double t = rounded_product(rounded_sum(f, -0.5), 1.57079632679489661923), t2 = rounded_product(t, t);
  double s = step(-1.0 / 1307674368000.0, t2, 1.0 / 6227020800.0);
  s = step(s, t2, -1.0 / 39916800.0);
  s = step(s, t2, 1.0 / 362880.0);
  s = step(s, t2, -1.0 / 5040.0);
  s = step(s, t2, 1.0 / 120.0);
  s = step(s, t2, -1.0 / 6.0);
  s = step(rounded_product(s, t2), t, t);
  double c = step(1.0 / 20922789888000.0, t2, -1.0 / 87178291200.0);
  c = step(c, t2, 1.0 / 479001600.0);
  c = step(c, t2, -1.0 / 3628800.0);
  c = step(c, t2, 1.0 / 40320.0);
  c = step(c, t2, -1.0 / 720.0);
  c = step(c, t2, 1.0 / 24.0);
  c = step(c, t2, -0.5);
  c = step(c, t2, 1.0);
  const double a = rounded_product(rounded_sum(c, -s), 0.70710678118654752440);
  const double b = rounded_product(rounded_sum(c, s), 0.70710678118654752440);
  const std::uint32_t quarter = w >> 30;
  const double x = (quarter & 1) != 0 ? b : a, y = (quarter & 1) != 0 ? a : b;
  cosine = quarter == 1 || quarter == 2 ? -x : x;
  sine = quarter >= 2 ? -y : y;
}

/// Box and Muller on two pairs of words.
ISO_HOST_DEVICE inline Normals normals(const Words& words) noexcept {
  Normals out{};
  for (int pair = 0; pair < 2; ++pair) {
    double cosine = 0, sine = 0;
    turn_of_word(words.w[2 * pair + 1], cosine, sine);
    const double r = sqrt(rounded_product(-2.0, log_of_word(words.w[2 * pair])));
    out.z[2 * pair] = rounded_product(r, cosine);
    out.z[2 * pair + 1] = rounded_product(r, sine);
  }
  return out;
}

/// To the nearest multiple of 2^-16, halves to the even one; |v| below 2^30.
ISO_HOST_DEVICE inline double on_lattice(double v) noexcept {
  return rounded_product(rounded_sum(rounded_sum(rounded_product(v, 65536.0), 0x1.8p52), -0x1.8p52), 0x1.0p-16);
}

/// 0 none, 1 checkerboard, 2 rows, 3 columns.
ISO_HOST_DEVICE inline bool is_own(int split, int half, std::int64_t column, std::int64_t row) noexcept {
  if (split == 0) return true;
  const std::int64_t place = split == 1 ? column + row : split == 2 ? row : column;
  return place % 2 == half;
}

// clang-format off
/// Own pixels of one call of Philox each: elements are groups of four values times samples.
struct NoisyPixels { const float* image; float* copies; std::int64_t width, values, plane, groups, first, count; std::uint64_t seed, sample; std::uint32_t stream; double sigma; int split, half; };
/// Other pixels: elements are values times samples.
struct FilledPixels { float* copies; std::int64_t width, height, first, count; int split, half; };
// clang-format on

template <class Index>
ISO_HOST_DEVICE void body(const Index& at, const NoisyPixels& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto element = k.first + at.linear();
  const std::int64_t copy = element / k.groups, group = element % k.groups;
  const std::uint64_t sample = k.sample + static_cast<std::uint64_t>(copy);
  const Normals z = normals(philox({{static_cast<std::uint32_t>(group), static_cast<std::uint32_t>(sample),
                                     static_cast<std::uint32_t>(sample >> 32), k.stream}},
                                   static_cast<std::uint32_t>(k.seed), static_cast<std::uint32_t>(k.seed >> 32)));
  for (std::int64_t i = 4 * group; i < smaller(4 * group + 4, k.values); ++i) {
    const std::int64_t pixel = i % k.plane;
    if (is_own(k.split, k.half, pixel % k.width, pixel / k.width))
      k.copies[copy * k.values + i] = static_cast<float>(rounded_sum(
          on_lattice(static_cast<double>(k.image[i])), on_lattice(rounded_product(k.sigma, z.z[i - 4 * group]))));
  }
}

/// The mean of the own neighbours of a pixel that is none: above, left, right, below.
ISO_HOST_DEVICE inline float filled(const float* plane, std::int64_t width, std::int64_t height, std::int64_t x,
                                    std::int64_t y, int split, int half) noexcept {
  double sum = 0;
  int count = 0;
  const std::int64_t dx[4] = {0, -1, 1, 0}, dy[4] = {-1, 0, 0, 1};
  for (int n = 0; n < 4; ++n) {
    const std::int64_t u = x + dx[n], v = y + dy[n];
    if (u < 0 || v < 0 || u >= width || v >= height || !is_own(split, half, u, v)) continue;
    sum = rounded_sum(sum, static_cast<double>(plane[v * width + u]));
    ++count;
  }
  return count == 0 ? 0.0F : static_cast<float>(sum / count);
}

template <class Index>
ISO_HOST_DEVICE void body(const Index& at, const FilledPixels& k) noexcept {
  if (at.linear() >= k.count) return;
  const auto element = k.first + at.linear();
  const std::int64_t plane = k.width * k.height, pixel = element % plane;
  const std::int64_t x = pixel % k.width, y = pixel / k.width;
  if (!is_own(k.split, k.half, x, y))
    k.copies[element] = filled(k.copies + (element - pixel), k.width, k.height, x, y, k.split, k.half);
}

#define ISO_SMOOTHING_NOISE_KERNELS(X) X(NoisyPixels) X(FilledPixels)

}  // namespace iso::gpu
