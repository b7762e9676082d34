#include "iso/base/random.h"

#include <cmath>
#include <numbers>

namespace iso {

std::array<std::uint32_t, 4> Philox::block(std::uint64_t index) const noexcept {
  auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  std::array<std::uint32_t, 4> c{low(index), low(index >> 32), low(stream_), low(stream_ >> 32)};
  std::uint32_t k0 = low(seed_), k1 = low(seed_ >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ULL * c[0], p1 = 0xCD9E8D57ULL * c[2];
    c = {low(p1 >> 32) ^ c[1] ^ k0, low(p1), low(p0 >> 32) ^ c[3] ^ k1, low(p0)};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return c;
}

namespace {

double unit(std::uint32_t high, std::uint32_t low) noexcept {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 21) ^ (low >> 11);
  return (static_cast<double>(bits & ((1ULL << 53) - 1)) + 0.5) * 0x1.0p-53;
}

// Multiplication of uniforms until exp(-mean) is passed (Knuth); one Philox stream of its own a sample.
double poisson_small(const Philox& uniforms, double mean) noexcept {
  const double limit = std::exp(-mean);
  double product = 1;
  for (std::uint64_t k = 0;; ++k) {
    product *= uniforms.uniform(k);
    if (product <= limit) return static_cast<double>(k);
  }
}

// Transformed rejection, W. Hormann, Insurance: Mathematics and Economics 12 (1993) 39, algorithm PTRS.
double poisson_large(const Philox& uniforms, double mean) noexcept {
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  for (std::uint64_t trial = 0;; trial += 2) {
    const double u = uniforms.uniform(trial) - 0.5, v = uniforms.uniform(trial + 1);
    const double us = 0.5 - std::abs(u), k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        k * std::log(mean) - mean - std::lgamma(k + 1)) {
      return k;
    }
  }
}

}  // namespace

double Philox::uniform(std::uint64_t index) const noexcept {
  const auto words = block(index);
  return unit(words[0], words[1]);
}

double Philox::normal(std::uint64_t index) const noexcept {
  const auto words = block(index);
  return std::sqrt(-2 * std::log(unit(words[0], words[1]))) * std::cos(2 * std::numbers::pi * unit(words[2], words[3]));
}

double Philox::poisson(std::uint64_t index, double mean) const noexcept {
  if (!(mean > 0)) return 0;
  // Each sample draws from a generator of its own, keyed by this one's block, since it needs unknown many uniforms.
  const auto words = block(index);
  const Philox own{(static_cast<std::uint64_t>(words[0]) << 32) | words[1],
                   (static_cast<std::uint64_t>(words[2]) << 32) | words[3]};
  return mean < 30 ? poisson_small(own, mean) : poisson_large(own, mean);
}

}  // namespace iso
