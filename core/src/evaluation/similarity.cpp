#include "iso/base/threads.h"
#include "similarity_impl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace iso::evaluation::detail {
namespace {

constexpr std::int64_t ssim_radius = 5, log_radius = 7;
constexpr double sigma = 1.5;

std::array<double, 2 * ssim_radius + 1> gaussian() {
  std::array<double, 2 * ssim_radius + 1> taps{};
  double sum = 0;
  for (std::int64_t i = -ssim_radius; i <= ssim_radius; ++i) {
    const auto t = static_cast<double>(i);
    sum += taps[static_cast<std::size_t>(i + ssim_radius)] = std::exp(-t * t / (2 * sigma * sigma));
  }
  for (auto& tap : taps) tap /= sum;
  return taps;
}

// Rows then columns of one slice, zeros outside.
void blur(std::span<double> image, std::int64_t width, std::int64_t height, std::vector<double>& scratch) {
  static const auto taps = gaussian();
  scratch.assign(image.size(), 0.0);
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      double sum = 0;
      for (std::int64_t k = std::max<std::int64_t>(-ssim_radius, -x); k <= std::min(ssim_radius, width - 1 - x); ++k)
        sum += taps[at(k + ssim_radius)] * image[at(y * width + x + k)];
      scratch[at(y * width + x)] = sum;
    }
  }
  std::fill(image.begin(), image.end(), 0.0);
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t k = std::max<std::int64_t>(-ssim_radius, -y); k <= std::min(ssim_radius, height - 1 - y); ++k) {
      const double tap = taps[at(k + ssim_radius)];
      for (std::int64_t x = 0; x < width; ++x) image[at(y * width + x)] += tap * scratch[at((y + k) * width + x)];
    }
  }
}

struct Mean {
  double sum{0};
  std::int64_t count{0};
};

struct Pair {
  std::span<const double> x, r;
  std::span<const std::uint8_t> mask;
  std::int64_t width, height;
};

Pair make_slice(std::span<const double> x, std::span<const double> r, std::span<const std::uint8_t> mask,
                const Slices& s, std::int64_t slice) {
  const auto area = static_cast<std::size_t>(s.width * s.height), begin = static_cast<std::size_t>(slice) * area;
  return {x.subspan(begin, area), r.subspan(begin, area), mask.empty() ? mask : mask.subspan(begin, area), s.width,
          s.height};
}

Mean similarity_of_slice(const Pair& p, double range, bool zero_border) {
  const std::size_t n = p.x.size();
  std::vector<double> mx(p.x.begin(), p.x.end()), mr(p.r.begin(), p.r.end()), xx(n), rr(n), xr(n), scratch;
  for (std::size_t i = 0; i < n; ++i) {
    xx[i] = p.x[i] * p.x[i];
    rr[i] = p.r[i] * p.r[i];
    xr[i] = p.x[i] * p.r[i];
  }
  for (auto* image : {&mx, &mr, &xx, &rr, &xr}) blur(*image, p.width, p.height, scratch);
  const double c1 = 0.01 * range * 0.01 * range, c2 = 0.03 * range * 0.03 * range;
  const std::int64_t border = zero_border ? 0 : ssim_radius;
  Mean mean;
  for (std::int64_t y = border; y < p.height - border; ++y) {
    for (std::int64_t x = border; x < p.width - border; ++x) {
      const auto i = static_cast<std::size_t>(y * p.width + x);
      if (!p.mask.empty() && p.mask[i] == 0) continue;
      const double vx = xx[i] - mx[i] * mx[i], vr = rr[i] - mr[i] * mr[i], cov = xr[i] - mx[i] * mr[i];
      // Wang et al. (2004), eq. (13)
      mean.sum += (2 * mx[i] * mr[i] + c1) * (2 * cov + c2) / ((mx[i] * mx[i] + mr[i] * mr[i] + c1) * (vx + vr + c2));
      ++mean.count;
    }
  }
  return mean;
}

constexpr std::size_t log_side = 2 * log_radius + 1;

// Laplacian of a Gaussian of unit sum under the Gaussian, then shifted to zero sum.
std::array<double, log_side * log_side> laplacian_of_gaussian() {
  std::array<double, log_side * log_side> kernel{};
  double gauss = 0, mean = 0;
  const auto squared = [](std::size_t i, std::size_t j) {
    const double x = static_cast<double>(i) - log_radius, y = static_cast<double>(j) - log_radius;
    return x * x + y * y;
  };
  for (std::size_t j = 0; j < log_side; ++j)
    for (std::size_t i = 0; i < log_side; ++i) gauss += std::exp(-squared(i, j) / (2 * sigma * sigma));
  for (std::size_t j = 0; j < log_side; ++j) {
    for (std::size_t i = 0; i < log_side; ++i) {
      const double r2 = squared(i, j);
      const double value =
          (r2 - 2 * sigma * sigma) / (sigma * sigma * sigma * sigma) * std::exp(-r2 / (2 * sigma * sigma)) / gauss;
      kernel[j * log_side + i] = value;
      mean += value;
    }
  }
  for (auto& value : kernel) value -= mean / static_cast<double>(kernel.size());
  return kernel;
}

double filtered_at(std::span<const double> image, const Pair& p, std::int64_t x, std::int64_t y) {
  static const auto kernel = laplacian_of_gaussian();
  double sum = 0;
  for (std::int64_t j = -log_radius; j <= log_radius; ++j) {
    const std::int64_t row = std::clamp<std::int64_t>(y + j, 0, p.height - 1) * p.width;
    const double* taps = kernel.data() + (j + log_radius) * static_cast<std::int64_t>(log_side);
    for (std::int64_t i = -log_radius; i <= log_radius; ++i) {
      sum +=
          taps[i + log_radius] * image[static_cast<std::size_t>(row + std::clamp<std::int64_t>(x + i, 0, p.width - 1))];
    }
  }
  return sum;
}

struct Energy {
  double error{0}, reference{0}, plain{0};
};

Energy high_frequencies_of_slice(const Pair& p) {
  Energy out;
  std::vector<double> difference(p.x.size());
  std::transform(p.x.begin(), p.x.end(), p.r.begin(), difference.begin(), std::minus<>{});
  for (std::int64_t y = 0; y < p.height; ++y) {
    for (std::int64_t x = 0; x < p.width; ++x) {
      if (!p.mask.empty() && p.mask[static_cast<std::size_t>(y * p.width + x)] == 0) continue;
      const double e = filtered_at(difference, p, x, y), r = filtered_at(p.r, p, x, y);
      out.error += e * e;
      out.reference += r * r;
      const double plain = p.r[static_cast<std::size_t>(y * p.width + x)];
      out.plain += plain * plain;
    }
  }
  return out;
}

}  // namespace

std::optional<double> similarity(std::span<const double> x, std::span<const double> r,
                                 std::span<const std::uint8_t> mask, const Slices& slices, double range,
                                 bool zero_border) {
  std::vector<Mean> means(static_cast<std::size_t>(slices.count));
  parallel_for(slices.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s)
      means[static_cast<std::size_t>(s)] = similarity_of_slice(make_slice(x, r, mask, slices, s), range, zero_border);
  });
  Mean all;
  for (const auto& mean : means) {
    all.sum += mean.sum;
    all.count += mean.count;
  }
  if (all.count == 0 || (zero_border && (slices.width < 2 || slices.height < 2))) return std::nullopt;
  return all.sum / static_cast<double>(all.count);
}

std::optional<double> high_frequency_error(std::span<const double> x, std::span<const double> r,
                                           std::span<const std::uint8_t> mask, const Slices& slices) {
  std::vector<Energy> energies(static_cast<std::size_t>(slices.count));
  parallel_for(slices.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s)
      energies[static_cast<std::size_t>(s)] = high_frequencies_of_slice(make_slice(x, r, mask, slices, s));
  });
  Energy all;
  for (const auto& energy : energies) {
    all.error += energy.error;
    all.reference += energy.reference;
    all.plain += energy.plain;
  }
  if (!(all.reference > 1e-24 * all.plain)) return std::nullopt;  // flat but for rounding
  return std::sqrt(all.error / all.reference);
}

}  // namespace iso::evaluation::detail
