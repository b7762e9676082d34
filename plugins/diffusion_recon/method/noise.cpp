#include "method/noise.h"

#include <iso/base/error.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <cmath>

namespace diffusion_recon {

SliceNoise::SliceNoise(std::uint64_t seed, double length) : seed_{seed} {
  if (!(length >= 0) || !std::isfinite(length))
    throw iso::Error{iso::Errc::invalid_input, "the correlation length of noise is negative; give 0 or more"};
  const double deviation = length / std::sqrt(2.0);
  const auto reach = static_cast<std::int64_t>(std::ceil(4 * deviation));
  double squares = 0;
  for (std::int64_t k = -reach; k <= reach; ++k) {
    const double weight = reach > 0 ? std::exp(-0.5 * std::pow(static_cast<double>(k) / deviation, 2)) : 1;
    weights_.push_back(weight);
    squares += weight * weight;
  }
  for (double& weight : weights_) weight /= std::sqrt(squares);
}

iso::Pixels SliceNoise::make(const iso::Shape& shape, std::uint64_t field) const {
  const iso::Philox random{seed_, field};
  const std::int64_t width = shape[0], height = shape[1], slices = shape[2];
  const auto taps = static_cast<std::int64_t>(weights_.size());
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto to = out.values<float>();
  iso::parallel_for(height, 4, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> white(static_cast<std::size_t>(width * (slices + taps - 1)));
    for (std::int64_t y = begin; y < end; ++y) {
      for (std::int64_t z = 0; z < slices + taps - 1; ++z)
        for (std::int64_t x = 0; x < width; ++x)
          white[static_cast<std::size_t>(z * width + x)] =
              static_cast<float>(random.normal(static_cast<std::uint64_t>((z * height + y) * width + x)));
      for (std::int64_t z = 0; z < slices; ++z)
        for (std::int64_t x = 0; x < width; ++x) {
          double sum = 0;
          for (std::int64_t k = 0; k < taps; ++k)
            sum += weights_[static_cast<std::size_t>(k)] * double{white[static_cast<std::size_t>((z + k) * width + x)]};
          to[static_cast<std::size_t>((z * height + y) * width + x)] = static_cast<float>(sum);
        }
    }
  });
  return out;
}

iso::Pixels SliceNoise::white(const iso::Shape& shape, std::uint64_t field) const {
  const iso::Philox random{seed_, field};
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto to = out.values<float>();
  iso::parallel_for(shape.count(), 4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      to[static_cast<std::size_t>(i)] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i)));
  });
  return out;
}

}  // namespace diffusion_recon
