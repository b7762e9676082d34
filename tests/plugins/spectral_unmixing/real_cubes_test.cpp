// Measured cubes of the shared data, with what is known of them. They skip where they are not there.
#include "method/abundances.h"
#include "method/cube_pixels.h"

#include "support/shared_data.h"

#include <gtest/gtest.h>
#include <iso/io/registry.h>

#include <array>

namespace spectral_unmixing {
namespace {

/// Mean of a map within 10 pixels of a place.
double mean_about(const std::vector<float>& maps, std::int64_t map, std::int64_t row, std::int64_t column) {
  constexpr std::int64_t width = 637, height = 632, radius = 10;
  double sum = 0;
  int count = 0;
  for (std::int64_t y = row - radius; y <= row + radius; ++y)
    for (std::int64_t x = column - radius; x <= column + radius; ++x) {
      if ((y - row) * (y - row) + (x - column) * (x - column) > radius * radius) continue;
      sum += static_cast<double>(maps[static_cast<std::size_t>((map * height + y) * width + x)]);
      ++count;
    }
  return sum / count;
}

// A photon-counting micro-CT of a mouse in eight energy bins, with vials of iodine, barium and gadolinium (Di Trapani, Brombal, Brun,
// Opt. Express 30 (2022) 42995). The columns are the mass attenuations of its script in 1/cm per g/ml.
TEST(MeasuredCubes, HaveTheConcentrationsOfTheVialsOfAPhotonCountingCt) {
  const char* const file = "spectral/photon-counting-ct/mouse_8bins_632x637_int16.tif";
  if (const auto why = iso::test::why_without(file)) GTEST_SKIP() << *why;
  const std::array<std::array<double, 8>, 5> materials{
      {{0.3222, 0.322, 0.2911, 0.2635, 0.2442, 0.2304, 0.2186, 0.2049},
       {15.6188, 12.7954, 20.3665, 20.9604, 16.4106, 13.1529, 10.4335, 7.4192},
       {15.1741, 12.5767, 9.4394, 19.2138, 18.2928, 14.7074, 11.6919, 8.3326},
       {13.1257, 13.8609, 10.7791, 7.8003, 5.8833, 7.6278, 14.7015, 11.5078},
       {0.9698, 0.9701, 0.7844, 0.6219, 0.5103, 0.4339, 0.3726, 0.3068}}};
  Matrix spectra(8, 5);
  for (Eigen::Index k = 0; k < 5; ++k)
    for (Eigen::Index l = 0; l < 8; ++l)
      spectra(l, k) = materials[static_cast<std::size_t>(k)][static_cast<std::size_t>(l)];
  iso::io::ReadOptions options;
  options.expected = iso::Kind::spectral_cube;
  options.hints = {{"scale", "4530"}, {"wavelengths", "1:8"}, {"wavelength_unit", "keV"}};
  const auto data = iso::io::read(iso::test::shared_data() / file, options);
  const CubePixels cube = make_cube_pixels(iso::get<iso::SpectralCube>(data));
  ASSERT_EQ(cube.data.pixels, 632 * 637);
  iso::solvers::Progress silent;
  const auto maps = invert(cube.data, spectra, {false, 0, {}}, {silent}, 0, 1);
  // In g/ml; water and bone lie before and behind them. Others find about 33, 30 and 41 mg/ml.
  EXPECT_NEAR(mean_about(maps, 1, 278, 139), 0.033, 0.003);
  EXPECT_NEAR(mean_about(maps, 2, 417, 171), 0.030, 0.003);
  EXPECT_NEAR(mean_about(maps, 3, 481, 300), 0.041, 0.003);
  EXPECT_LT(mean_about(maps, 3, 417, 171), 0.005);
  EXPECT_LT(mean_about(maps, 1, 481, 300), 0.005);
}

}  // namespace
}  // namespace spectral_unmixing
