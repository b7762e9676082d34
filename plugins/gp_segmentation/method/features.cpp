#include "method/features.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gp_segmentation {
namespace {

constexpr double median_scale = 0.25, gradient_l = 1.5, deviation_l = 1.5, deviation_unit = 0.08;
constexpr std::array<double, 3> gaussian_sd{1, 2, 4}, gaussian_l{0.18, 0.15, 0.30};
constexpr double least_gradient = 1e-6;
constexpr std::int64_t rows_of_a_task = 32;

std::int64_t mirrored(std::int64_t i, std::int64_t n) noexcept {
  while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
  return i;
}

std::vector<float> make_taps(double sd) {  // of one side, the middle first
  const auto radius = static_cast<std::size_t>(std::ceil(3.5 * sd));
  std::vector<double> taps(radius + 1);
  double sum = 0;
  for (std::size_t k = 0; k <= radius; ++k) {
    taps[k] = std::exp(-static_cast<double>(k * k) / (2 * sd * sd));
    sum += k == 0 ? taps[k] : 2 * taps[k];
  }
  std::vector<float> normed;
  for (const double tap : taps) normed.push_back(static_cast<float>(tap / sum));
  return normed;
}

void smooth_rows(std::vector<float>& values, const Voxel& size, const std::vector<float>& taps) {
  const std::int64_t n = size[0], radius = static_cast<std::int64_t>(taps.size()) - 1;
  iso::parallel_for(size[1] * size[2], rows_of_a_task, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> line(static_cast<std::size_t>(n + 2 * radius));
    for (std::int64_t row = first; row < last; ++row) {
      float* const to = values.data() + row * n;
      std::copy_n(to, n, line.data() + radius);
      for (std::int64_t k = 0; k < radius; ++k) {
        line[static_cast<std::size_t>(radius - 1 - k)] = to[mirrored(-1 - k, n)];
        line[static_cast<std::size_t>(radius + n + k)] = to[mirrored(n + k, n)];
      }
      const float* const middle = line.data() + radius;
      for (std::int64_t x = 0; x < n; ++x) to[x] = taps[0] * middle[x];
      for (std::int64_t k = 1; k <= radius; ++k) {
        const float tap = taps[static_cast<std::size_t>(k)];
        for (std::int64_t x = 0; x < n; ++x) to[x] += tap * (middle[x - k] + middle[x + k]);
      }
    }
  });
}

/// Along y or z: whole rows are added.
void smooth_across(std::vector<float>& values, const Voxel& size, std::size_t axis, const std::vector<float>& taps) {
  const std::vector<float> from = values;
  const std::int64_t n = size[axis], radius = static_cast<std::int64_t>(taps.size()) - 1, width = size[0];
  const std::int64_t stride = axis == 1 ? width : width * size[1];
  iso::parallel_for(size[1] * size[2], rows_of_a_task, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const std::int64_t at = axis == 1 ? row % size[1] : row / size[1];
      const float* const line = from.data() + row * width - at * stride;  // the row at 0 along the axis
      float* const to = values.data() + row * width;
      for (std::int64_t x = 0; x < width; ++x) to[x] = taps[0] * line[at * stride + x];
      for (std::int64_t k = 1; k <= radius; ++k) {
        const float tap = taps[static_cast<std::size_t>(k)];
        const float* const low = line + mirrored(at - k, n) * stride;
        const float* const high = line + mirrored(at + k, n) * stride;
        for (std::int64_t x = 0; x < width; ++x) to[x] += tap * (low[x] + high[x]);
      }
    }
  });
}

constexpr int lanes = 16;
using Lanes = std::array<float, lanes>;

void order(Lanes& low, Lanes& high) {
  for (int i = 0; i < lanes; ++i) {
    const float a = std::min(low[static_cast<std::size_t>(i)], high[static_cast<std::size_t>(i)]);
    high[static_cast<std::size_t>(i)] = std::max(low[static_cast<std::size_t>(i)], high[static_cast<std::size_t>(i)]);
    low[static_cast<std::size_t>(i)] = a;
  }
}

/// The median of `count` (odd) values a lane, by leaving out the smallest and the largest of half of them again and again.
const Lanes& find_middle(std::array<Lanes, 27>& values, std::size_t count) {
  std::size_t held = count / 2 + 2, next = held, first = 0;
  while (true) {
    for (std::size_t i = first + 1; i < first + held; ++i) order(values[first], values[i]);  // smallest to the front
    for (std::size_t i = first + 1; i + 1 < first + held; ++i)
      order(values[i], values[first + held - 1]);  // largest to the end
    if (held <= 3) return values[first + 1];
    // The largest gives its place to the next value, the smallest is passed over.
    values[first + held - 1] = values[next++];
    ++first, --held;
  }
}

/// |gradient| per finest voxel, by central differences.
std::vector<float> gradient(const std::vector<float>& values, const Voxel& size, const iso::Vec3& steps) {
  std::vector<float> magnitude(values.size());
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  iso::parallel_for(size[1] * size[2], rows_of_a_task, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const Voxel at{0, row % size[1], row / size[1]};
      const float* const from = values.data() + row * size[0];
      float* const to = magnitude.data() + row * size[0];
      std::fill_n(to, size[0], 0.0F);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (size[axis] < 2) continue;
        const auto half = static_cast<float>(0.5 / steps[axis]);
        if (axis == 0) {
          for (std::int64_t x = 1; x + 1 < size[0]; ++x)
            to[x] += (from[x + 1] - from[x - 1]) * (from[x + 1] - from[x - 1]) * half * half;
          const float left = (from[1] - from[0]) * half, right = (from[size[0] - 1] - from[size[0] - 2]) * half;
          to[0] += left * left, to[size[0] - 1] += right * right;
          continue;
        }
        const float* const low = from - (at[axis] > 0 ? stride[axis] : 0);
        const float* const high = from + (at[axis] + 1 < size[axis] ? stride[axis] : 0);
        for (std::int64_t x = 0; x < size[0]; ++x) to[x] += (high[x] - low[x]) * (high[x] - low[x]) * half * half;
      }
      for (std::int64_t x = 0; x < size[0]; ++x) to[x] = std::sqrt(to[x]);
    }
  });
  return magnitude;
}

double percentile95(std::vector<float> values) {
  const auto at = values.begin() + std::lround(0.95 * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return std::max(static_cast<double>(*at), least_gradient);
}

/// Of `sd` pixels, along each axis in its voxels.
iso::Vec3 in_voxels(const Picture& picture, double sd) {
  iso::Vec3 along{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    along[axis] = picture.size[axis] > 1 ? sd * picture.finest_mm() / picture.spacing_mm[axis] : 0;
  return along;
}
iso::Vec3 make_steps(const Picture& picture) {
  iso::Vec3 steps{};
  for (std::size_t axis = 0; axis < 3; ++axis) steps[axis] = picture.spacing_mm[axis] / picture.finest_mm();
  return steps;
}

std::vector<float> mean_of_channels(const Picture& picture) {
  const auto count = static_cast<std::size_t>(picture.count());
  std::vector<float> mean(picture.values.begin(), picture.values.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t channel = 1; channel < static_cast<std::size_t>(picture.channels); ++channel)
    for (std::size_t i = 0; i < count; ++i) mean[i] += picture.values[channel * count + i];
  for (float& value : mean) value /= static_cast<float>(picture.channels);
  return mean;
}

}  // namespace

void smooth(std::vector<float>& values, const Voxel& size, const iso::Vec3& sd) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (size[axis] < 2 || sd[axis] < 0.3) continue;
    axis == 0 ? smooth_rows(values, size, make_taps(sd[0])) : smooth_across(values, size, axis, make_taps(sd[axis]));
  }
}

std::vector<float> median(const std::vector<float>& values, const Voxel& size, bool through_slices) {
  std::vector<float> result(values.size());
  const std::int64_t deep = through_slices && size[2] > 1 ? 1 : 0, width = size[0];
  iso::parallel_for(size[1] * size[2], rows_of_a_task, [&](std::int64_t first, std::int64_t last) {
    std::array<Lanes, 27> window{};
    std::vector<float> rows(static_cast<std::size_t>(9 * (width + 2)));
    for (std::int64_t row = first; row < last; ++row) {
      const std::int64_t y = row % size[1], z = row / size[1];
      std::size_t lines = 0;
      for (std::int64_t k = -deep; k <= deep; ++k)
        for (std::int64_t j = -1; j <= 1; ++j, ++lines) {
          const std::int64_t from = std::clamp<std::int64_t>(y + j, 0, size[1] - 1) +
                                    size[1] * std::clamp<std::int64_t>(z + k, 0, size[2] - 1);
          float* const line = rows.data() + static_cast<std::int64_t>(lines) * (width + 2);
          std::copy_n(values.data() + from * width, width, line + 1);
          line[0] = line[1], line[width + 1] = line[width];
        }
      for (std::int64_t x = 0; x < width; x += lanes) {
        const auto n = static_cast<std::size_t>(std::min<std::int64_t>(lanes, width - x));
        std::size_t at = 0;
        for (std::size_t line = 0; line < lines; ++line)
          for (std::int64_t i = 0; i < 3; ++i, ++at)
            std::copy_n(rows.data() + static_cast<std::int64_t>(line) * (width + 2) + x + i, n, window[at].begin());
        std::copy_n(find_middle(window, at).begin(), n, result.data() + row * width + x);
      }
    }
  });
  return result;
}

std::int64_t feature_count(std::int64_t channels) noexcept { return 4 * channels + 3; }

iso::PixelBuffer make_features(const Picture& picture, double pixel) {
  const auto count = static_cast<std::size_t>(picture.count());
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate(
      {{picture.size[0], picture.size[1], picture.size[2], feature_count(picture.channels)}, iso::ScalarType::f32});
  float* next = buffer.values<float>().data();
  const auto put = [&](const std::vector<float>& plane, double scale) {
    const auto factor = static_cast<float>(1 / scale);
    for (std::size_t i = 0; i < count; ++i) next[i] = plane[i] * factor;
    next += count;
  };
  const double colours = std::sqrt(static_cast<double>(picture.channels));
  const bool through = picture.spacing_mm[2] < 2 * picture.finest_mm();
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(picture.channels); ++channel) {
    const auto from = picture.values.begin() + static_cast<std::ptrdiff_t>(channel * count);
    std::vector<float> plane(from, from + static_cast<std::ptrdiff_t>(count));
    put(median(plane, picture.size, through), median_scale * colours);
    for (std::size_t k = 0; k < gaussian_sd.size(); ++k) {
      // From the one before: variances add.
      const double sd = k == 0 ? gaussian_sd[0]
                               : std::sqrt(gaussian_sd[k] * gaussian_sd[k] - gaussian_sd[k - 1] * gaussian_sd[k - 1]);
      smooth(plane, picture.size, in_voxels(picture, sd * pixel));
      put(plane, gaussian_l[k] * colours);
    }
  }
  std::vector<float> mean = mean_of_channels(picture), square = mean;
  for (float& value : square) value *= value;
  smooth(square, picture.size, in_voxels(picture, 2 * pixel));
  const iso::Vec3 steps = make_steps(picture);
  for (std::size_t k = 0; k < 2; ++k) {
    smooth(mean, picture.size, in_voxels(picture, (k == 0 ? 1 : std::sqrt(3.0)) * pixel));
    const std::vector<float> magnitude = gradient(mean, picture.size, steps);
    const double scale = picture.gradient_scale[k] > 0 ? picture.gradient_scale[k] / pixel : percentile95(magnitude);
    put(magnitude, scale * gradient_l);
  }
  for (std::size_t i = 0; i < count; ++i) square[i] = std::sqrt(std::max(square[i] - mean[i] * mean[i], 0.0F));
  put(square, deviation_unit * deviation_l);
  return buffer;
}

std::array<double, 2> gradient_scales(const Picture& picture) {
  constexpr std::int64_t most = 8;
  const std::int64_t slices = std::min(most, picture.size[2]);
  std::array<std::vector<float>, 2> all;
  for (std::int64_t i = 0; i < slices; ++i) {
    const Picture slice = make_slice(picture, 2, (2 * i + 1) * picture.size[2] / (2 * slices));
    std::vector<float> mean = mean_of_channels(slice);
    for (std::size_t k = 0; k < 2; ++k) {
      smooth(mean, slice.size, in_voxels(slice, k == 0 ? 1 : std::sqrt(3.0)));
      const std::vector<float> magnitude = gradient(mean, slice.size, make_steps(slice));
      all[k].insert(all[k].end(), magnitude.begin(), magnitude.end());
    }
  }
  return {percentile95(std::move(all[0])), percentile95(std::move(all[1]))};
}

}  // namespace gp_segmentation
