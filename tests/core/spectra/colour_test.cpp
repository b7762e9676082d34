#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/spectra/axis.h>
#include <iso/spectra/colour.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

namespace iso::spectra {
namespace {

/// One row of pixels; `spectrum(pixel, nm)`.
SpectralCube visible_cube(std::int64_t pixels, const std::function<double(std::int64_t, double)>& spectrum) {
  SpectralCube cube;
  cube.bands = {"wavelength", "nm", {}};
  for (double nm = 380; nm <= 900; nm += 10) cube.bands.values.push_back(nm);
  const auto bands = static_cast<std::int64_t>(cube.bands.values.size());
  PixelBuffer buffer = PixelBuffer::allocate({Shape{pixels, 1, bands}, ScalarType::f32});
  for (std::int64_t b = 0; b < bands; ++b)
    for (std::int64_t p = 0; p < pixels; ++p)
      buffer.values<float>()[static_cast<std::size_t>(b * pixels + p)] =
          static_cast<float>(spectrum(p, cube.bands.values[static_cast<std::size_t>(b)]));
  cube.pixels = std::move(buffer);
  return cube;
}

ColourOptions plain(Composite composite) { return {.composite = composite, .bands = {}, .stretch = false}; }

}  // namespace

TEST(CubeColour, OfAPerfectWhiteIsWhiteAndOfGreyIsGrey) {
  const auto cube = visible_cube(2, [](std::int64_t p, double) { return p == 0 ? 1.0 : 0.2140; });
  const auto image = make_colour_image(cube, plain(Composite::cie));
  for (std::size_t channel = 0; channel < 3; ++channel) {
    EXPECT_GE(image.rgba[channel], 254);
    EXPECT_NEAR(image.rgba[4 + channel], 127, 1);  // 0.2140 is sRGB 127.5
  }
  EXPECT_EQ(image.rgba[3], 255);
}

TEST(CubeColour, OfNarrowLightIsItsHue) {
  const auto cube = visible_cube(3, [](std::int64_t p, double nm) {
    const double centre = p == 0 ? 630 : p == 1 ? 530 : 450;
    return std::exp(-std::pow((nm - centre) / 20, 2));
  });
  const auto image = make_colour_image(cube, plain(Composite::cie));
  for (std::size_t pixel = 0; pixel < 3; ++pixel) {
    const auto* const rgb = image.rgba.data() + 4 * pixel;
    EXPECT_EQ(static_cast<std::size_t>(std::max_element(rgb, rgb + 3) - rgb), pixel);
  }
}

TEST(CubeColour, TakesTheBandsNearestToTheNamedOnes) {
  const auto cube = visible_cube(1, [](std::int64_t, double) { return 0.5; });
  const auto nm = [&](Composite composite) {
    std::array<double, 3> found{};
    const auto bands = composite_bands(cube, composite);
    for (std::size_t i = 0; i < 3; ++i) found[i] = cube.bands.values[bands[i]];
    return found;
  };
  EXPECT_EQ(nm(Composite::true_colour), (std::array<double, 3>{640, 550, 460}));
  EXPECT_EQ(nm(Composite::colour_infrared), (std::array<double, 3>{860, 650, 550}));
}

TEST(CubeColour, TakesTheDefaultBandsOfTheHeaderFirst) {
  auto cube = visible_cube(1, [](std::int64_t, double) { return 0.5; });
  cube.meta[default_bands_key] = "30, 20, 10";
  EXPECT_EQ(composite_bands(cube, Composite::automatic), (std::array<std::size_t, 3>{29, 19, 9}));
  cube.meta[default_bands_key] = "99, 20, 10";
  EXPECT_THROW((void)composite_bands(cube, Composite::header), Error);
  EXPECT_EQ(composite_bands(cube, Composite::automatic), composite_bands(cube, Composite::true_colour));
}

TEST(CubeColour, LeavesBadBandsOut) {
  auto cube = visible_cube(1, [](std::int64_t, double) { return 0.5; });
  PixelBuffer mask =
      PixelBuffer::allocate({Shape{static_cast<std::int64_t>(cube.bands.values.size())}, ScalarType::u8});
  std::ranges::fill(mask.values<std::uint8_t>(), std::uint8_t{1});
  mask.values<std::uint8_t>()[26] = 0;  // 640 nm
  cube.band_mask = std::move(mask);
  EXPECT_NE(composite_bands(cube, Composite::true_colour)[0], 26U);
}

TEST(CubeColour, OfARamanCubeIsThreeBandsApart) {
  auto cube = visible_cube(1, [](std::int64_t, double) { return 0.5; });
  cube.bands.name = "Raman shift";
  cube.bands.unit = "1/cm";
  EXPECT_TRUE(possible_composites(cube).empty());
  EXPECT_THROW((void)make_colour_image(cube, plain(Composite::cie)), Error);
  const auto bands = composite_bands(cube, Composite::automatic);
  EXPECT_GT(bands[0], bands[1]);
  EXPECT_GT(bands[1], bands[2]);
  EXPECT_NE(make_colour_image(cube).caption.find("1/cm"), std::string::npos);
}

TEST(CubeColour, StretchesBetweenQuantilesOfUnmaskedPixels) {
  auto cube = visible_cube(101, [](std::int64_t p, double) { return p == 100 ? 1e6 : static_cast<double>(p); });
  PixelBuffer mask = PixelBuffer::allocate({Shape{101, 1}, ScalarType::u8});
  std::ranges::fill(mask.values<std::uint8_t>(), std::uint8_t{1});
  mask.values<std::uint8_t>()[100] = 0;
  cube.mask = std::move(mask);
  const auto image = make_grey_image(cube, 3, {.low = 0, .high = 1});
  EXPECT_EQ(image.rgba[0], 0);
  EXPECT_EQ(image.rgba[4 * 99], 255);
  constexpr int half_way = 255 * 50 / 99;
  EXPECT_NEAR(image.rgba[4 * 50], half_way, 1);
  EXPECT_EQ(image.rgba[4 * 100 + 3], 0);  // transparent
  EXPECT_THROW((void)make_grey_image(cube, 3, {.low = 0.9, .high = 0.1}), Error);
  EXPECT_THROW((void)make_grey_image(cube, 999), Error);
}

TEST(ComponentColours, MixInLinearLight) {
  PixelBuffer maps = PixelBuffer::allocate({Shape{3, 1, 2}, ScalarType::f32});
  const std::vector<float> values{1, 0, 0.5F, 0, 1, 0.5F};
  std::ranges::copy(values, maps.values<float>().begin());
  const std::vector<Colour> colours{{255, 0, 0}, {0, 255, 0}};
  const auto image = mix_components(Pixels{std::move(maps)}, colours);
  EXPECT_EQ(image.rgba[0], 255);
  EXPECT_EQ(image.rgba[4 + 1], 255);
  EXPECT_NEAR(image.rgba[8], 188, 1);  // half of the light is 188 in sRGB
  EXPECT_NEAR(image.rgba[9], 188, 1);
}

TEST(ComponentColours, AreDistinctForManyComponents) {
  const auto colours = component_colours(16);
  for (std::size_t i = 0; i < colours.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      int distance = 0;
      for (std::size_t k = 0; k < 3; ++k) distance += std::abs(int{colours[i][k]} - int{colours[j][k]});
      EXPECT_GT(distance, 20) << i << " " << j;
    }
}

}  // namespace iso::spectra
