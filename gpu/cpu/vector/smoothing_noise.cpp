#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr double to_lattice = 65536, rounder = 0x1.8p52;  ///< adding and taking away `rounder` rounds to integers

double on_lattice(double v) noexcept { return (v * to_lattice + rounder - rounder) / to_lattice; }

/// What is the same for every copy.
struct Pattern {
  std::vector<std::int32_t> own;     ///< values that get noise
  std::vector<double> clean;         ///< of those, on the lattice
  std::vector<std::int32_t> holes;   ///< values that are filled
  std::vector<std::int32_t> around;  ///< four a hole; a place behind the copy, which holds 0, where there is none
  std::vector<float> share;          ///< number of neighbours, at least 1
};

Pattern make_pattern(const NoisyCopies& what, const Shape& shape, const float* image) {
  Pattern p;
  const std::int64_t w = shape[0], h = shape[1], values = w * h * shape[2];
  for (std::int64_t i = 0; i < values; ++i) {
    const std::int64_t x = i % w, y = i / w % h;
    if (is_own(what.split, what.half, x, y)) {
      p.own.push_back(static_cast<std::int32_t>(i));
      p.clean.push_back(on_lattice(static_cast<double>(image[i])));
      continue;
    }
    p.holes.push_back(static_cast<std::int32_t>(i));
    int count = 0;
    const auto look = [&](bool inside, std::int64_t u, std::int64_t v, std::int64_t at) {
      const bool counts = inside && is_own(what.split, what.half, u, v);
      p.around.push_back(static_cast<std::int32_t>(counts ? at : values));
      count += counts ? 1 : 0;
    };
    look(y > 0, x, y - 1, i - w);
    look(x > 0, x - 1, y, i - 1);
    look(x + 1 < w, x + 1, y, i + 1);
    look(y + 1 < h, x, y + 1, i + w);
    p.share.push_back(static_cast<float>(count > 0 ? count : 1));
  }
  return p;
}

class CpuSmoothingNoise final : public SmoothingNoise {
 public:
  void draw(const NoisyCopies& what, const Array& image, Array& copies, Stream&) const override {
    check_draw(what, image, copies);
    const Shape shape = image.spec().shape;
    const std::int64_t values = shape.count(), groups = (values + 3) / 4, count = copies.spec().shape[3];
    const Pattern p = make_pattern(what, shape, reinterpret_cast<const float*>(image.address()));
    const NoiseLevel& kernel = *level(copies.backend()).noise;
    auto* const out = reinterpret_cast<float*>(copies.address());
    parallel_for(count, 8, [&](std::int64_t begin, std::int64_t end) {
      std::vector<double> z(static_cast<std::size_t>(4 * groups));
      std::vector<float> row(static_cast<std::size_t>(values) + 1);  // one more for neighbours that are none
      for (std::int64_t b = begin; b < end; ++b) {
        kernel.normals(what.seed, what.first + static_cast<std::uint64_t>(b), what.stream, 0, groups, z.data());
        for (std::size_t i = 0; i < p.own.size(); ++i) {
          const auto at = static_cast<std::size_t>(p.own[i]);
          row[at] = static_cast<float>(p.clean[i] + on_lattice(what.sigma * z[at]));
        }
        for (std::size_t i = 0; i < p.holes.size(); ++i) {
          const std::int32_t* const a = &p.around[4 * i];
          const double sum =
              ((double{row[static_cast<std::size_t>(a[0])]} + double{row[static_cast<std::size_t>(a[1])]}) +
               double{row[static_cast<std::size_t>(a[2])]}) +
              double{row[static_cast<std::size_t>(a[3])]};
          row[static_cast<std::size_t>(p.holes[i])] = static_cast<float>(sum / double{p.share[i]});
        }
        std::copy_n(row.begin(), values, out + b * values);
      }
    });
  }
};

}  // namespace

const SmoothingNoise& smoothing_noise() noexcept {
  static const CpuSmoothingNoise noise;
  return noise;
}

}  // namespace iso::gpu::cpu
