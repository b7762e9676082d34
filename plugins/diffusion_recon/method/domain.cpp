#include "method/domain.h"

#include "method/noise.h"

#include <algorithm>
#include <cmath>

namespace diffusion_recon {
namespace {

constexpr double trial_noise = 0.1;

std::vector<double> features(std::span<const float> image, std::span<const float> denoised) {
  const auto count = static_cast<double>(image.size());
  double sum = 0, squares = 0, error = 0;
  for (const float value : image) sum += value;
  const double mean = sum / count;
  for (std::size_t i = 0; i < image.size(); ++i) {
    squares += std::pow(image[i] - mean, 2);
    error += std::pow(double{denoised[i]} - double{image[i]}, 2);
  }
  std::vector<float> sorted(image.begin(), image.end());
  const auto rank = sorted.begin() + static_cast<std::ptrdiff_t>(0.99 * (count - 1));
  std::ranges::nth_element(sorted, rank);
  return {mean, std::sqrt(squares / (count - 1)), double{*rank}, std::sqrt(error / count)};
}

}  // namespace

double out_of_domain_score(const SlicePrior& prior, const iso::Pixels& volume, const iso::models::OutOfDomain& domain,
                           const std::stop_token& stop) {
  const iso::Shape& shape = volume.spec().shape;
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
  iso::PixelBuffer noisy = iso::PixelBuffer::make_copy(volume);
  const iso::Pixels noise = SliceNoise{7, 0}.white(shape, 0, stop);
  const auto values = noisy.values<float>();
  const std::size_t all = values.size();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] += static_cast<float>(trial_noise * noise.values<float>()[i]);
  const iso::Pixels denoised = prior.denoise(iso::Pixels{std::move(noisy)}, trial_noise, stop);
  std::vector<double> scores;
  for (std::size_t first = 0; first < all; first += area)
    scores.push_back(domain.score(
        features(volume.values<float>().subspan(first, area), denoised.values<float>().subspan(first, area))));
  const auto rank = scores.begin() + static_cast<std::ptrdiff_t>(0.9 * static_cast<double>(scores.size() - 1));
  std::ranges::nth_element(scores, rank);
  return *rank;
}

}  // namespace diffusion_recon
