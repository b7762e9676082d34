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
  std::vector<double> clean;
  std::vector<std::uint32_t> own;  ///< empty where all get noise
  std::vector<double> neighbours;
};

/// Of one channel; the others are like it.
void add_channel(const NoisyCopies& what, std::int64_t w, std::int64_t h, Pattern& p) {
  std::vector<std::uint32_t> own(static_cast<std::size_t>((w + 2) * (h + 2)));
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x)
      own[static_cast<std::size_t>((y + 1) * (w + 2) + x + 1)] = is_own(what.split, what.half, x, y) ? 1 : 0;
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x) {
      const std::uint32_t* const here = &own[static_cast<std::size_t>((y + 1) * (w + 2) + x + 1)];
      p.own.push_back(*here);
      p.neighbours.push_back(std::max(1U, here[-w - 2] + here[-1] + here[1] + here[w + 2]));
    }
}

Pattern make_pattern(const NoisyCopies& what, const Shape& shape, const float* image) {
  Pattern p;
  const auto values = static_cast<std::size_t>(shape.count());
  p.clean.resize(values);
  std::transform(image, image + values, p.clean.begin(), [](float v) { return on_lattice(double{v}); });
  if (what.split == Split::none) return p;
  p.own.reserve(values);
  p.neighbours.reserve(values);
  for (std::int64_t channel = 0; channel < shape[2]; ++channel) add_channel(what, shape[0], shape[1], p);
  return p;
}

class CpuSmoothingNoise final : public SmoothingNoise {
 public:
  void draw(const NoisyCopies& what, const Array& image, Array& copies, Stream&) const override {
    check_draw(what, image, copies);
    const Shape shape = image.spec().shape;
    const std::int64_t values = shape.count(), groups = (values + 3) / 4, count = copies.spec().shape[3];
    const Pattern p = make_pattern(what, shape, reinterpret_cast<const float*>(image.address()));
    const NoisyImage noisy{shape[0],
                           shape[1],
                           shape[2],
                           p.clean.data(),
                           p.own.empty() ? nullptr : p.own.data(),
                           p.own.empty() ? nullptr : p.neighbours.data(),
                           what.sigma};
    const NoiseLevel& kernel = *level(copies.backend()).noise;
    auto* const out = reinterpret_cast<float*>(copies.address());
    parallel_for(count, 8, [&](std::int64_t begin, std::int64_t end) {
      std::vector<double> z(static_cast<std::size_t>(4 * groups));
      std::vector<float> padded(
          static_cast<std::size_t>(p.own.empty() ? 0 : (shape[0] + 2) * (shape[1] + 2) * shape[2]));
      for (std::int64_t b = begin; b < end; ++b) {
        kernel.normals(what.seed, what.first + static_cast<std::uint64_t>(b), what.stream, 0, groups, z.data());
        kernel.copy(noisy, z.data(), padded.data(), out + b * values);
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
