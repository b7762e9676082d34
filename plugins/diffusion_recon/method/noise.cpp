#include "method/noise.h"

#include <iso/base/error.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace diffusion_recon {
namespace {

void check(const std::stop_token& stop) {
  if (stop.stop_requested()) throw iso::Error{iso::Errc::cancelled, "the making of noise was stopped"};
}

}  // namespace

SliceNoise::SliceNoise(std::uint64_t seed, double length, int degrees) : seed_{seed}, degrees_{degrees} {
  if (degrees < 0 || degrees == 1 || degrees == 2)
    throw iso::Error{iso::Errc::invalid_input, "noise with " + std::to_string(degrees) + " degrees has no variance",
                     "give 3 degrees or more, or 0 for normal noise"};
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

iso::Pixels SliceNoise::make(const iso::Shape& shape, std::uint64_t field, const std::stop_token& stop) const {
  const iso::Philox random{seed_, field};
  const std::int64_t width = shape[0], height = shape[1], slices = shape[2];
  const auto taps = static_cast<std::int64_t>(weights_.size());
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto to = out.values<float>();
  iso::parallel_for(height, 4, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> white(static_cast<std::size_t>(width * (slices + taps - 1)));
    for (std::int64_t y = begin; y < end && !stop.stop_requested(); ++y) {
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
  check(stop);
  return out;
}

iso::Pixels SliceNoise::white(const iso::Shape& shape, std::uint64_t field, const std::stop_token& stop) const {
  const iso::Philox random{seed_, field};
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, iso::ScalarType::f32});
  const auto to = out.values<float>();
  iso::parallel_for(shape.count(), 4096, [&](std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t part = 65536;  // a few milliseconds
    for (std::int64_t first = begin; first < end && !stop.stop_requested(); first += part)
      for (std::int64_t i = first; i < std::min(first + part, end); ++i)
        to[static_cast<std::size_t>(i)] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i)));
  });
  check(stop);
  return out;
}

double SliceNoise::tail(std::uint64_t sample) const {
  if (degrees_ == 0) return 1;
  const iso::Philox random{seed_, ~sample};  // no field of noise has such a number
  double squares = 0;
  for (int i = 0; i < degrees_; ++i) squares += std::pow(random.normal(static_cast<std::uint64_t>(i)), 2);
  return std::sqrt(degrees_ / squares);
}

}  // namespace diffusion_recon
