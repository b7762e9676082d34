#include "iso/geometry/distance_map.h"

#include "iso/base/error.h"
#include "iso/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace iso {
namespace {

using Size = std::array<std::int64_t, 3>;

std::vector<std::uint8_t> random_set(const Size& size, double share) {
  const Philox random{7, 3};
  std::vector<std::uint8_t> set;
  for (std::int64_t i = 0; i < size[0] * size[1] * size[2]; ++i)
    set.push_back(random.uniform(static_cast<std::uint64_t>(i)) < share ? 1 : 0);
  return set;
}

/// By trying every voxel outside, and every step across the border.
std::vector<float> by_search(const std::vector<std::uint8_t>& set, const Size& size, const Vec3& h, Beyond beyond) {
  std::vector<float> result(set.size(), 0);
  const auto place = [&](std::int64_t i) { return Size{i % size[0], i / size[0] % size[1], i / (size[0] * size[1])}; };
  const auto voxels = static_cast<std::int64_t>(set.size());
  for (std::int64_t i = 0; i < voxels; ++i) {
    if (set[static_cast<std::size_t>(i)] == 0) continue;
    auto best = static_cast<double>(farthest2);
    const Size a = place(i);
    for (std::int64_t j = 0; j < voxels; ++j) {
      if (set[static_cast<std::size_t>(j)] != 0) continue;
      const Size b = place(j);
      double d2 = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) d2 += std::pow(h[axis] * static_cast<double>(a[axis] - b[axis]), 2);
      best = std::min(best, d2);
    }
    for (std::size_t axis = 0; axis < 3 && beyond == Beyond::outside; ++axis)
      if (size[axis] > 1)
        best = std::min(best, std::pow(h[axis] * static_cast<double>(std::min(a[axis] + 1, size[axis] - a[axis])), 2));
    result[static_cast<std::size_t>(i)] = static_cast<float>(best);
  }
  return result;
}

TEST(DistanceMap, IsThatOfASearchOverAllVoxels) {
  for (const Size& size : {Size{9, 7, 5}, Size{13, 1, 1}, Size{1, 1, 1}, Size{11, 12, 1}, Size{1, 8, 6}})
    for (const double share : {0.5, 0.95, 1.0})
      for (const Beyond beyond : {Beyond::outside, Beyond::unknown}) {
        const auto set = random_set(size, share);
        const Vec3 h{0.7, 1.3, 5};
        const auto found = distance2_within(set, size, h, beyond), expected = by_search(set, size, h, beyond);
        for (std::size_t i = 0; i < set.size(); ++i)
          ASSERT_NEAR(found[i], expected[i], 1e-5 * static_cast<double>(expected[i]))
              << size[0] << " " << share << " " << i;
      }
}

TEST(DistanceMap, SignedIsZeroBetweenTwoVoxels) {
  const std::vector<std::uint8_t> set{0, 0, 0, 1, 1, 1, 1};
  const auto d = signed_distance(set, {7, 1, 1}, {2, 1, 1});
  EXPECT_FLOAT_EQ(d[2], -1);
  EXPECT_FLOAT_EQ(d[3], 1);
  EXPECT_FLOAT_EQ(d[0], -5);
  EXPECT_FLOAT_EQ(d[6], 7);
}

TEST(DistanceMap, RefusesOtherSizesAndSpacingsOfNothing) {
  const std::vector<std::uint8_t> set(6, 1);
  EXPECT_THROW((void)distance2_within(set, {2, 2, 1}, {1, 1, 1}, Beyond::outside), Error);
  EXPECT_THROW((void)distance2_within(set, {2, 3, 1}, {1, 0, 1}, Beyond::outside), Error);
}

}  // namespace
}  // namespace iso
