#pragma once

#include "gpu/cpu/kernels/kernels.h"

/// Normal numbers by Philox 4x32-10 and Box and Muller, eight calls at a time, with the operations of gpu/kernels/smoothing_noise.h in
/// their order (the build sets -ffp-contract=off): the same bits as there, on every level.
namespace iso::gpu::cpu {

using Doubles = double __attribute__((vector_size(64)));
using Longs = std::uint64_t __attribute__((vector_size(64)));

static inline Longs low_words(Longs v) { return v & 0xffffffffULL; }

/// An integer below 2^52 as a number: its bits below those of 2^52.
static inline Doubles to_doubles(Longs v) { return (Doubles)(v | 0x4330000000000000ULL) - 0x1.0p52; }

struct EightCalls {
  Longs w[4];
};

static inline EightCalls philox_of_eight(EightCalls c, std::uint64_t seed) {
  auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const Longs p0 = c.w[0] * 0xD2511F53ULL, p1 = c.w[2] * 0xCD9E8D57ULL;
    c = {{(p1 >> 32) ^ c.w[1] ^ std::uint64_t{k0}, low_words(p1), (p0 >> 32) ^ c.w[3] ^ std::uint64_t{k1},
          low_words(p0)}};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return c;
}

static inline Doubles log_of_words(Longs w) {
  const Doubles x = (to_doubles(w) + 0.5) * 0x1.0p-32;
  Longs bits = (Longs)x + 0x00095f619980c433ULL;
  const Doubles k = to_doubles(bits >> 52) + -1023.0;
  bits = (bits & 0x000fffffffffffffULL) + 0x3fe6a09e667f3bcdULL;
  const auto m = (Doubles)bits;
  const Doubles s = (m + -1.0) / (m + 1.0), s2 = s * s;
  Doubles p = s2 * (1.0 / 21) + 1.0 / 19;
  p = p * s2 + 1.0 / 17;
  p = p * s2 + 1.0 / 15;
  p = p * s2 + 1.0 / 13;
  p = p * s2 + 1.0 / 11;
  p = p * s2 + 1.0 / 9;
  p = p * s2 + 1.0 / 7;
  p = p * s2 + 1.0 / 5;
  p = p * s2 + 1.0 / 3;
  p = p * s2 + 1.0;
  return s * 2.0 * p + k * 0.69314718055994530942;
}

static inline void turn_of_words(Longs w, Doubles& cosine, Doubles& sine) {
  const Doubles f = (to_doubles(w & 0x3fffffffULL) + 0.5) * 0x1.0p-30;
  const Doubles t = (f + -0.5) * 1.57079632679489661923, t2 = t * t;
  Doubles s = t2 * (-1.0 / 1307674368000.0) + 1.0 / 6227020800.0;
  s = s * t2 + -1.0 / 39916800.0;
  s = s * t2 + 1.0 / 362880.0;
  s = s * t2 + -1.0 / 5040.0;
  s = s * t2 + 1.0 / 120.0;
  s = s * t2 + -1.0 / 6.0;
  s = s * t2 * t + t;
  Doubles c = t2 * (1.0 / 20922789888000.0) + -1.0 / 87178291200.0;
  c = c * t2 + 1.0 / 479001600.0;
  c = c * t2 + -1.0 / 3628800.0;
  c = c * t2 + 1.0 / 40320.0;
  c = c * t2 + -1.0 / 720.0;
  c = c * t2 + 1.0 / 24.0;
  c = c * t2 + -0.5;
  c = c * t2 + 1.0;
  const Doubles a = (c + -s) * 0.70710678118654752440, b = (c + s) * 0.70710678118654752440;
  const Longs quarter = w >> 30, odd = 0 - (quarter & 1), sign = Longs{} + 0x8000000000000000ULL;
  const Longs x = ((Longs)b & odd) | ((Longs)a & ~odd), y = ((Longs)a & odd) | ((Longs)b & ~odd);
  // Cosine is negative in quarters 1 and 2, sine in 2 and 3.
  cosine = (Doubles)(x ^ (sign & (0 - ((quarter ^ (quarter >> 1)) & 1))));
  sine = (Doubles)(y ^ (sign & (0 - (quarter >> 1))));
}

static inline Doubles root(Doubles v) {
  Doubles out;
  for (int i = 0; i < 8; ++i) out[i] = __builtin_sqrt(v[i]);
  return out;
}

static void write_normals(std::uint64_t seed, std::uint64_t sample, std::uint32_t stream, std::uint32_t first,
                          std::int64_t count, double* z) {
  const Longs lanes{0, 1, 2, 3, 4, 5, 6, 7};
  for (std::int64_t begin = 0; begin < count; begin += 8) {
    EightCalls c{{low_words(lanes + (std::uint64_t{first} + static_cast<std::uint64_t>(begin))),
                  Longs{} + std::uint64_t{sample & 0xffffffffULL}, Longs{} + (sample >> 32),
                  Longs{} + std::uint64_t{stream}}};
    c = philox_of_eight(c, seed);
    Doubles part[4];
    for (int pair = 0; pair < 2; ++pair) {
      Doubles cosine, sine;
      turn_of_words(c.w[2 * pair + 1], cosine, sine);
      const Doubles r = root(log_of_words(c.w[2 * pair]) * -2.0);
      part[2 * pair] = r * cosine;
      part[2 * pair + 1] = r * sine;
    }
    const std::int64_t here = count - begin < 8 ? count - begin : 8;
    for (std::int64_t i = 0; i < here; ++i)
      for (int k = 0; k < 4; ++k) z[4 * (begin + i) + k] = part[k][i];
  }
}

/// Adding and taking away 1.5 * 2^52 rounds to integers: to the nearest multiple of 2^-16.
static inline double on_lattice(double v) { return (v * 65536.0 + 0x1.8p52 - 0x1.8p52) / 65536.0; }

static void write_copy(const NoisyImage& image, const double* z, float* padded, float* out) {
  const std::int64_t w = image.width, h = image.height, stride = w + 2;
  const double sigma = image.sigma;
  if (image.own == nullptr) {
    for (std::int64_t i = 0; i < w * h * image.channels; ++i)
      out[i] = static_cast<float>(image.clean[i] + on_lattice(sigma * z[i]));
    return;
  }
  for (std::int64_t line = 0; line < h * image.channels; ++line) {
    float* const row = padded + (line + 1 + 2 * (line / h)) * stride + 1;
    for (std::int64_t x = 0, i = line * w; x < w; ++x, ++i)
      row[x] = image.own[i] != 0 ? static_cast<float>(image.clean[i] + on_lattice(sigma * z[i])) : 0.0F;
  }
  for (std::int64_t line = 0; line < h * image.channels; ++line) {
    const float* const row = padded + (line + 1 + 2 * (line / h)) * stride + 1;
    const float *const above = row - stride, *const below = row + stride;
    for (std::int64_t x = 0, i = line * w; x < w; ++x, ++i) {
      const double sum =
          ((static_cast<double>(above[x]) + static_cast<double>(row[x - 1])) + static_cast<double>(row[x + 1])) +
          static_cast<double>(below[x]);
      const float filled = static_cast<float>(sum / image.neighbours[i]);
      out[i] = image.own[i] != 0 ? row[x] : filled;
    }
  }
}

}  // namespace iso::gpu::cpu
