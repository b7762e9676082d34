#include "roofline.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace roofline {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double measure_bytes() {
  const std::int64_t count = std::int64_t{1} << 25;  // 3 x 128 MiB
  const auto a = std::make_unique<float[]>(count), b = std::make_unique<float[]>(count),
             c = std::make_unique<float[]>(count);
  double best = 0;
  for (int run = 0; run < 4; ++run) {
    const double start = now();
    iso::parallel_for(count, 1 << 20, [&](std::int64_t from, std::int64_t to) {
      for (auto i = from; i < to; ++i)
        a[static_cast<std::size_t>(i)] = b[static_cast<std::size_t>(i)] + 0.5F * c[static_cast<std::size_t>(i)];
    });
    best = std::max(best, 12.0 * static_cast<double>(count) / (now() - start));
  }
  return best;
}

constexpr int lanes = 128;
constexpr int rounds = 200000;

__attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512"), optimize("O3", "fast-math"))) void
multiply_add(float* x) {
  float local[lanes];
  for (int j = 0; j < lanes; ++j) local[j] = x[j];
  for (int i = 0; i < rounds; ++i) {
    for (float& value : local) value = value * 0.999F + 0.001F;
  }
  for (int j = 0; j < lanes; ++j) x[j] = local[j];
}

double measure_flops() {
  const auto threads = static_cast<std::int64_t>(iso::ThreadBudget::threads());
  std::vector<float> values(static_cast<std::size_t>(threads * lanes), 0.5F);
  double best = 0;
  for (int run = 0; run < 3; ++run) {
    const double start = now();
    iso::parallel_for(threads, 1, [&](std::int64_t from, std::int64_t) { multiply_add(values.data() + from * lanes); });
    best = std::max(best, 2.0 * lanes * rounds * static_cast<double>(threads) / (now() - start));
  }
  return best;
}

}  // namespace

const Rates& rates() {
  static const Rates measured{measure_bytes(), measure_flops()};
  return measured;
}

double seconds(double bytes, double flops) {
  return std::max(bytes / rates().bytes_per_s, flops / rates().flops_per_s);
}

}  // namespace roofline
