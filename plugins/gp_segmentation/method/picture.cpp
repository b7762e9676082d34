#include "method/picture.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace gp_segmentation {
namespace {

constexpr std::int64_t sample_size = 4'000'000;  ///< values that percentiles are taken from
constexpr double padding_share = 0.02;

/// The two axes of a slice, in the order of the image.
std::array<std::size_t, 2> axes_of_slice(std::size_t axis) noexcept {
  return {axis == 0 ? std::size_t{1} : std::size_t{0}, axis == 2 ? std::size_t{1} : std::size_t{2}};
}

/// P1 and P99 of the body.
std::pair<double, double> body_range(std::span<const float> values) {
  std::vector<float> sample;
  const std::size_t stride = 1 + values.size() / static_cast<std::size_t>(sample_size);
  for (std::size_t i = 0; i < values.size(); i += stride)
    if (std::isfinite(values[i])) sample.push_back(values[i]);
  if (sample.empty()) return {0, 0};
  std::ranges::sort(sample);
  auto first = sample.begin();
  for (int round = 0; round < 2; ++round) {
    const auto next = std::upper_bound(first, sample.end(), *first);
    const auto share = static_cast<double>(next - first) / static_cast<double>(sample.end() - first);
    // What is left must still be an image.
    if (next == sample.end() || *next == sample.back() || share < padding_share) break;
    first = next;
  }
  const auto percentile = [&](double share) {
    return static_cast<double>(first[std::lround(share * static_cast<double>(sample.end() - first - 1))]);
  };
  return {percentile(0.01), percentile(0.99)};
}

}  // namespace

bool Picture::contains(const Voxel& at) const noexcept {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (at[axis] < 0 || at[axis] >= size[axis]) return false;
  return true;
}

double Picture::finest_mm() const noexcept {
  double finest = std::numeric_limits<double>::infinity();
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (size[axis] > 1) finest = std::min(finest, spacing_mm[axis]);
  return std::isfinite(finest) ? finest : spacing_mm[0];
}

PictureSize picture_size(const iso::ArraySpec& spec) {
  if (spec.shape.rank() == 0 || spec.shape.count() == 0)
    throw iso::Error{iso::Errc::invalid_input, "the image has no voxels"};
  if (iso::is_complex(spec.type))
    throw iso::Error{iso::Errc::invalid_input, "the image has complex values, expected real ones",
                     "convert it to its magnitude first"};
  PictureSize found{{1, 1, 1}, 1};
  for (std::size_t axis = 0; axis < std::min<std::size_t>(3, spec.shape.rank()); ++axis)
    found.size[axis] = spec.shape[axis];
  found.channels = spec.shape.count() / (found.size[0] * found.size[1] * found.size[2]);
  if (found.channels > 4)
    throw iso::Error{iso::Errc::invalid_input,
                     "the image has shape " + spec.shape.text() + ", expected at most four channels behind x, y, z",
                     "extract one frame first"};
  return found;
}

Picture make_picture(const iso::Volume& volume) {
  const auto [size, channels] = picture_size(volume.pixels.spec());
  Picture picture;
  picture.size = size, picture.channels = channels, picture.spacing_mm = volume.grid.spacing_mm;
  const iso::Pixels converted = volume.pixels.converted(iso::ScalarType::f32);
  const auto from = converted.values<float>();
  picture.values.resize(from.size());
  const auto count = static_cast<std::size_t>(picture.count());
  std::vector<std::uint8_t> missing(count, 0);
  if (!volume.mask.empty()) {
    const auto there = volume.mask.values<std::uint8_t>();
    for (std::size_t i = 0; i < count && i < there.size(); ++i) missing[i] = there[i] == 0 ? 1 : 0;
  }
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    const auto plane = from.subspan(static_cast<std::size_t>(channel) * count, count);
    const auto [low, high] = body_range(plane);
    const double per_range = high > low ? 1 / (high - low) : 0;
    float* const to = picture.values.data() + static_cast<std::size_t>(channel) * count;
    for (std::size_t i = 0; i < count; ++i) {
      const double g = (static_cast<double>(plane[i]) - low) * per_range;
      if (!std::isfinite(plane[i])) missing[i] = 1;
      to[i] = std::isfinite(plane[i]) ? static_cast<float>(std::clamp(g, -0.25, 1.25)) : 0.0F;
    }
  }
  if (std::ranges::find(missing, 1) != missing.end()) picture.missing = std::move(missing);
  return picture;
}

Picture make_slice(const Picture& picture, std::size_t axis, std::int64_t at) {
  const auto [a, b] = axes_of_slice(axis);
  Voxel begin{0, 0, 0}, end = picture.size;
  begin[axis] = at, end[axis] = at + 1;
  Picture slice = make_part(picture, begin, end);
  slice.size = {picture.size[a], picture.size[b], 1};
  slice.spacing_mm = {picture.spacing_mm[a], picture.spacing_mm[b], picture.spacing_mm[axis]};
  slice.gradient_scale = {0, 0};
  return slice;
}

Picture make_part(const Picture& picture, const Voxel& begin, const Voxel& end) {
  Picture part;
  for (std::size_t axis = 0; axis < 3; ++axis) part.size[axis] = end[axis] - begin[axis];
  part.spacing_mm = picture.spacing_mm, part.channels = picture.channels, part.gradient_scale = picture.gradient_scale;
  const auto count = static_cast<std::size_t>(part.count());
  part.values.resize(count * static_cast<std::size_t>(part.channels));
  if (!picture.missing.empty()) part.missing.resize(count);
  const std::int64_t rows = part.size[1] * part.size[2];
  for (std::int64_t channel = 0; channel < part.channels; ++channel) {
    iso::parallel_for(rows, 256, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t from =
            picture.index({begin[0], begin[1] + row % part.size[1], begin[2] + row / part.size[1]});
        std::copy_n(picture.values.data() + channel * picture.count() + from, part.size[0],
                    part.values.data() + channel * part.count() + row * part.size[0]);
        if (channel == 0 && !picture.missing.empty())
          std::copy_n(picture.missing.data() + from, part.size[0], part.missing.data() + row * part.size[0]);
      }
    });
  }
  return part;
}

Picture halved(const Picture& picture, Voxel& factor) {
  Picture half;
  half.channels = picture.channels, half.gradient_scale = picture.gradient_scale;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    factor[axis] = picture.size[axis] > 1 && picture.spacing_mm[axis] < 2 * picture.finest_mm() ? 2 : 1;
    half.size[axis] = (picture.size[axis] + factor[axis] - 1) / factor[axis];
    half.spacing_mm[axis] = picture.spacing_mm[axis] * static_cast<double>(factor[axis]);
  }
  half.values.resize(static_cast<std::size_t>(half.count() * half.channels));
  if (!picture.missing.empty()) half.missing.resize(static_cast<std::size_t>(half.count()));
  iso::parallel_for(half.size[1] * half.size[2], 64, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row)
      for (std::int64_t x = 0; x < half.size[0]; ++x) {
        const std::int64_t y = row % half.size[1], z = row / half.size[1], to = row * half.size[0] + x;
        for (std::int64_t channel = 0; channel < half.channels; ++channel) {
          float sum = 0, terms = 0;
          for (std::int64_t k = z * factor[2]; k < std::min(picture.size[2], (z + 1) * factor[2]); ++k)
            for (std::int64_t j = y * factor[1]; j < std::min(picture.size[1], (y + 1) * factor[1]); ++j)
              for (std::int64_t i = x * factor[0]; i < std::min(picture.size[0], (x + 1) * factor[0]); ++i, ++terms) {
                const std::int64_t at = picture.index({i, j, k});
                sum += picture.values[static_cast<std::size_t>(channel * picture.count() + at)];
                if (!picture.missing.empty() && picture.missing[static_cast<std::size_t>(at)] != 0)
                  half.missing[static_cast<std::size_t>(to)] = 1;
              }
          half.values[static_cast<std::size_t>(channel * half.count() + to)] = sum / terms;
        }
      }
  });
  return half;
}

InSlice to_slice(const Voxel& voxel, std::size_t axis) noexcept {
  const auto [a, b] = axes_of_slice(axis);
  return {{voxel[a], voxel[b], 0}, voxel[axis]};
}

}  // namespace gp_segmentation
