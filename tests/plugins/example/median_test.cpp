#include "method/median.h"
#include "plugins/example/images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace example {
namespace {

double ramp_with_outlier(std::int64_t x, std::int64_t y, std::int64_t) {
  return x == 4 && y == 3 ? 1000.0 : static_cast<double>(10 * x + y);
}

TEST(Median, TakesOutAnOutlierAndKeepsARamp) {
  const Image image = image_from({9, 7, 1}, ramp_with_outlier);
  const Image smooth = median(image, 1);
  EXPECT_EQ(smooth.size, image.size);
  EXPECT_EQ(smooth.values()[3 * 9 + 4], 44);  // of 32 33 34 42 44 52 53 54 1000
  EXPECT_EQ(smooth.values()[5 * 9 + 6], 65);  // a ramp is its own median
  EXPECT_EQ(image.values()[3 * 9 + 4], 1000) << "the input stays as it was";
}

TEST(Median, OfAVolumeIsThatOf27Voxels) {
  const Image image = image_from({5, 4, 3}, [](auto x, auto y, auto z) { return (7 * x + 11 * y + 13 * z) % 17; });
  const Image smooth = median(image, 1);
  std::vector<double> around;
  for (std::int64_t z = 0; z < 3; ++z)
    for (std::int64_t y = 1; y < 4; ++y)
      for (std::int64_t x = 2; x < 5; ++x) around.push_back(static_cast<double>((7 * x + 11 * y + 13 * z) % 17));
  std::ranges::nth_element(around, around.begin() + 13);
  EXPECT_EQ(smooth.values()[(1 * 4 + 2) * 5 + 3], around[13]);
}

}  // namespace
}  // namespace example
