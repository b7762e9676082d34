#include "method/diffusion.h"

#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>

namespace example {
namespace {

/// 1 / h_a^2 of the axes that have more than one sample.
std::array<double, 3> couplings(const std::array<std::int64_t, 3>& size, const Diffusion& options) {
  std::array<double, 3> result{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (size[axis] > 1) result[axis] = 1 / (options.spacing_mm[axis] * options.spacing_mm[axis]);
  return result;
}

double longest_step(const std::array<double, 3>& coupling) {
  const double sum = coupling[0] + coupling[1] + coupling[2];
  return sum > 0 ? 0.9 / (2 * sum) : 1;
}

/// One explicit step from u to v, for the rows [begin, end) along x.
struct Step {
  std::span<const float> u;
  std::span<float> v;
  std::array<std::int64_t, 3> size, stride;
  std::array<float, 3> weight;  // step / h_a^2
  float inverse_edge;

  [[nodiscard]] float flux(float difference) const noexcept {
    const float ratio = difference * inverse_edge;
    return std::exp(-ratio * ratio) * difference;
  }

  void rows(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = row % size[1], z = row / size[1];
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const std::array<std::int64_t, 3> at{x, y, z};
        const std::int64_t here = row * size[0] + x;
        const float value = u[static_cast<std::size_t>(here)];
        float change = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          float sum = 0;
          if (at[axis] + 1 < size[axis]) sum += flux(u[static_cast<std::size_t>(here + stride[axis])] - value);
          if (at[axis] > 0) sum += flux(u[static_cast<std::size_t>(here - stride[axis])] - value);
          change += weight[axis] * sum;
        }
        v[static_cast<std::size_t>(here)] = value + change;
      }
    }
  }
};

}  // namespace

std::int64_t make_steps(const std::array<std::int64_t, 3>& size, const Diffusion& options) {
  const double time = options.sigma_mm * options.sigma_mm / 2;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(time / longest_step(couplings(size, options)))));
}

iso::Pixels diffuse(const Image& image, const Diffusion& options,
                    const std::function<bool(double, const iso::PixelBuffer&)>& after_step) {
  const std::int64_t steps = make_steps(image.size, options);
  const double step = options.sigma_mm * options.sigma_mm / 2 / static_cast<double>(steps);
  const auto coupling = couplings(image.size, options);
  iso::PixelBuffer from = iso::PixelBuffer::allocate(image.pixels.spec());
  iso::PixelBuffer to = iso::PixelBuffer::allocate(image.pixels.spec());
  std::ranges::copy(image.values(), from.values<float>().begin());
  for (std::int64_t i = 1; i <= steps; ++i) {
    const Step one{from.values<float>(),
                   to.values<float>(),
                   image.size,
                   {1, image.size[0], image.size[0] * image.size[1]},
                   {static_cast<float>(step * coupling[0]), static_cast<float>(step * coupling[1]),
                    static_cast<float>(step * coupling[2])},
                   static_cast<float>(1 / options.edge)};
    iso::parallel_for(image.size[1] * image.size[2], 16,
                      [&](std::int64_t begin, std::int64_t end) { one.rows(begin, end); });
    std::swap(from, to);
    if (!after_step(static_cast<double>(i) / static_cast<double>(steps), from)) break;
  }
  return from;
}

}  // namespace example
