#include "gui/presenters/gallery.h"

#include "support/desktop_samples.h"

#include "iso/spectra/axis.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

SpectralCube abundances() {
  SpectralCube cube;
  PixelBuffer pixels = PixelBuffer::allocate({Shape{4, 3, 2}, ScalarType::f32});
  for (std::size_t i = 0; i < 12; ++i) {
    pixels.values<float>()[i] = i % 4 < 2 ? 1 : 0;
    pixels.values<float>()[12 + i] = i % 4 < 2 ? 0 : 1;
  }
  cube.pixels = std::move(pixels);
  cube.quantity = Quantity::abundance;
  cube.meta[spectra::band_names_key] = "leaf, soil";
  return cube;
}

TEST(Gallery, ShowsTheMixtureAndThenEveryComponentInItsColour) {
  const auto gallery = make_gallery(freeze(abundances()), 100);
  ASSERT_EQ(gallery.size(), 3U);
  EXPECT_EQ(gallery[0].band, -1);
  EXPECT_EQ(gallery[1].name, "leaf");
  EXPECT_EQ(gallery[2].name, "soil");
  EXPECT_EQ(gallery[1].width, 4) << "not enlarged";
  EXPECT_EQ(gallery[1].pixels[3], 0xff000000U) << "no leaf there";
  EXPECT_EQ(gallery[0].pixels[0], gallery[1].pixels[0]) << "all leaf: its colour in both";
  EXPECT_EQ(gallery[0].pixels[3], gallery[2].pixels[3]);
  EXPECT_NE(gallery[1].pixels[0], gallery[2].pixels[3]);
}

TEST(Gallery, MakesLargeScenesSmallAndKeepsTheirShape) {
  const auto gallery = make_gallery(freeze(test::two_materials(400, 100)), 80);
  ASSERT_EQ(gallery.size(), 24U) << "no mixture: these are no components";
  EXPECT_EQ(gallery[0].width, 80);
  EXPECT_EQ(gallery[0].height, 20);
  EXPECT_EQ(gallery[3].name, "510 nm");
}

TEST(Gallery, LeavesValuesThatAreMissingClear) {
  SpectralCube cube = abundances();
  PixelBuffer pixels = PixelBuffer::make_copy(cube.pixels);
  pixels.values<float>()[5] = std::nanf("");
  cube.pixels = std::move(pixels);
  EXPECT_EQ(make_gallery(freeze(std::move(cube)), 100)[1].pixels[5], 0U);
}

}  // namespace
}  // namespace iso::gui
