#include "render/scene/volume_reduce.h"

#include <gtest/gtest.h>

#include <complex>
#include <ctime>
#include <iostream>

namespace iso::render {
namespace {

TEST(Reduced, IsTheMeanOfEveryBlockOfTheFrame) {
  PixelBuffer buffer = PixelBuffer::allocate({Shape{7, 5, 4, 2}, ScalarType::i16});
  auto values = buffer.values<std::int16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>((i * 7919) % 1000);
  const Pixels pixels = std::move(buffer);
  const Pixels small = reduced(pixels, 1, {3, 2, 9});  // the last axis is shorter than its factor
  ASSERT_EQ(small.spec().shape, (Shape{2, 2, 1}));
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x) {
      double sum = 0;
      for (int k = 0; k < 4; ++k)
        for (int j = 0; j < 2; ++j)
          for (int i = 0; i < 3; ++i)
            sum += values[static_cast<std::size_t>((((4 + k) * 5) + 2 * y + j) * 7 + 3 * x + i)];
      EXPECT_NEAR(small.values<float>()[static_cast<std::size_t>(2 * y + x)], sum / 24, 1e-3) << x << y;
    }
}

TEST(Reduced, RefusesComplexPixelsAndMissingFrames) {
  EXPECT_THROW((void)reduced(PixelBuffer::allocate({Shape{4, 4, 4}, ScalarType::c64}), 0, {2, 2, 2}), Error);
  EXPECT_THROW((void)reduced(PixelBuffer::allocate({Shape{4, 4, 4}, ScalarType::f32}), 1, {2, 2, 2}), Error);
}

TEST(Reduced, Of512CubedDoesNotHoldTheWindowUp) {
  PixelBuffer pixels = PixelBuffer::allocate({Shape{512, 512, 512}, ScalarType::i16});
  pixels.values<std::int16_t>()[5] = 64;
  const Pixels frozen = std::move(pixels);
  const std::clock_t begin = std::clock();
  const Pixels small = reduced(frozen, 0, {4, 4, 4});
  const double ms = 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::cout << "512^3 reduced by 4, processor time: " << ms << " ms\n";
  EXPECT_EQ(small.values<float>()[1], 1);
  EXPECT_LT(ms, 400);
}

}  // namespace
}  // namespace iso::render
