#include "iso/geometry/distance_map.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso {
namespace {

/// The lower envelope of parabolas along one line.
struct Envelope {
  explicit Envelope(std::int64_t length)
      : apex(static_cast<std::size_t>(length)), from(static_cast<std::size_t>(length) + 1), line(apex.size()) {}
  std::vector<std::int64_t> apex;
  std::vector<double> from, line;

  /// line[i] = min over j of line[j] + (h (i - j))^2, and over h^2 (i + 1)^2 and h^2 (n - i)^2 where `borders`.
  void pass(double h, bool borders) {
    const auto n = static_cast<std::int64_t>(line.size());
    const double h2 = h * h;
    const auto value = [this](std::int64_t j) { return line[static_cast<std::size_t>(j)]; };
    std::int64_t last = -1;
    for (std::int64_t j = 0; j < n; ++j) {
      if (value(j) >= static_cast<double>(farthest2)) continue;
      double meets = -std::numeric_limits<double>::infinity();
      while (last >= 0) {
        const std::int64_t a = apex[static_cast<std::size_t>(last)];
        meets = ((value(j) - value(a)) / h2 + static_cast<double>(j * j - a * a)) / static_cast<double>(2 * (j - a));
        if (meets > from[static_cast<std::size_t>(last)]) break;
        --last;
      }
      if (last < 0) meets = -std::numeric_limits<double>::infinity();
      ++last;
      apex[static_cast<std::size_t>(last)] = j;
      from[static_cast<std::size_t>(last)] = meets;
    }
    result.assign(line.size(), static_cast<double>(farthest2));
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      double& best = result[static_cast<std::size_t>(i)];
      if (last >= 0) {
        while (at < last && from[static_cast<std::size_t>(at + 1)] < static_cast<double>(i)) ++at;
        const std::int64_t a = apex[static_cast<std::size_t>(at)];
        best = value(a) + h2 * static_cast<double>((i - a) * (i - a));
      }
      if (borders) {
        const auto steps = static_cast<double>(std::min(i + 1, n - i));
        best = std::min(best, h2 * steps * steps);
      }
    }
    line.swap(result);
  }
  std::vector<double> result{};
};

}  // namespace

std::vector<float> distance2_within(std::span<const std::uint8_t> set, const std::array<std::int64_t, 3>& size,
                                    const Vec3& spacing_mm, Beyond beyond) {
  if (static_cast<std::int64_t>(set.size()) != size[0] * size[1] * size[2])
    throw Error{Errc::invalid_input, "a distance map needs one value for each of its voxels"};
  for (const double h : spacing_mm)
    if (!(h > 0) || !std::isfinite(h)) throw Error{Errc::invalid_input, "a distance map needs spacings above 0"};
  std::vector<float> distance2(set.size());
  std::ranges::transform(set, distance2.begin(), [](std::uint8_t in) { return in != 0 ? farthest2 : 0.0F; });
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (size[axis] < 2) continue;
    const std::size_t a = axis == 0 ? 1 : 0, b = axis == 2 ? 1 : 2;
    parallel_for(size[a] * size[b], 64, [&](std::int64_t begin, std::int64_t end) {
      Envelope envelope{size[axis]};
      for (std::int64_t line = begin; line < end; ++line) {
        float* const first = distance2.data() + line % size[a] * stride[a] + line / size[a] * stride[b];
        bool any = false;
        for (std::int64_t i = 0; i < size[axis]; ++i) {
          envelope.line[static_cast<std::size_t>(i)] = static_cast<double>(first[i * stride[axis]]);
          any = any || first[i * stride[axis]] > 0;
        }
        if (!any) continue;
        envelope.pass(spacing_mm[axis], beyond == Beyond::outside);
        for (std::int64_t i = 0; i < size[axis]; ++i)
          first[i * stride[axis]] = static_cast<float>(envelope.line[static_cast<std::size_t>(i)]);
      }
    });
  }
  return distance2;
}

std::vector<float> signed_distance(std::span<const std::uint8_t> set, const std::array<std::int64_t, 3>& size,
                                   const Vec3& spacing_mm) {
  std::vector<std::uint8_t> outside(set.size());
  std::ranges::transform(set, outside.begin(), [](std::uint8_t in) -> std::uint8_t { return in != 0 ? 0 : 1; });
  std::vector<float> distance = distance2_within(set, size, spacing_mm, Beyond::unknown);
  const std::vector<float> away = distance2_within(outside, size, spacing_mm, Beyond::unknown);
  double half = std::numeric_limits<double>::infinity();
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (size[axis] > 1) half = std::min(half, spacing_mm[axis] / 2);
  if (!std::isfinite(half)) half = 0;
  for (std::size_t i = 0; i < distance.size(); ++i) {
    const double inside = std::sqrt(static_cast<double>(distance[i])), beside = std::sqrt(static_cast<double>(away[i]));
    distance[i] = static_cast<float>(set[i] != 0 ? std::max(inside - half, 0.0) : -std::max(beside - half, 0.0));
  }
  return distance;
}

}  // namespace iso
