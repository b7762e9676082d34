#include "gpu/kernels/smoothing_noise.h"
#include "gpu/reference/reference_backend.h"

namespace iso::gpu {
namespace {

using namespace compute;

/// One value after the other. Logarithm and turn are the polynomials that define the noise (gpu/kernels); a test holds them
/// against the functions of the standard library.
class ReferenceSmoothingNoise final : public SmoothingNoise {
 public:
  void draw(const NoisyCopies& what, const Array& image, Array& copies, Stream&) const override {
    check_draw(what, image, copies);
    const Shape shape = copies.spec().shape;
    const std::int64_t plane = shape[0] * shape[1], values = plane * shape[2];
    const auto* const x = reinterpret_cast<const float*>(image.address());
    auto* const out = reinterpret_cast<float*>(copies.address());
    const int split = static_cast<int>(what.split), half = static_cast<int>(what.half);
    for (std::int64_t b = 0; b < shape[3]; ++b) {
      float* const copy = out + b * values;
      for (std::int64_t i = 0; i < values; ++i)
        if (compute::is_own(what.split, what.half, i % plane % shape[0], i % plane / shape[0]))
          copy[i] =
              static_cast<float>(on_lattice(static_cast<double>(x[i])) + on_lattice(what.sigma * normal(what, b, i)));
      for (std::int64_t i = 0; i < values; ++i)
        if (!compute::is_own(what.split, what.half, i % plane % shape[0], i % plane / shape[0]))
          copy[i] = filled(copy + i / plane * plane, shape[0], shape[1], i % plane % shape[0], i % plane / shape[0],
                           split, half);
    }
  }

 private:
  static double normal(const NoisyCopies& what, std::int64_t copy, std::int64_t value) {
    const std::uint64_t sample = what.first + static_cast<std::uint64_t>(copy);
    const Words words = philox({{static_cast<std::uint32_t>(value / 4), static_cast<std::uint32_t>(sample),
                                 static_cast<std::uint32_t>(sample >> 32), what.stream}},
                               static_cast<std::uint32_t>(what.seed), static_cast<std::uint32_t>(what.seed >> 32));
    return normals(words).z[value % 4];
  }
};

}  // namespace

const SmoothingNoise& reference_smoothing_noise() noexcept {
  static const ReferenceSmoothingNoise noise;
  return noise;
}

}  // namespace iso::gpu
