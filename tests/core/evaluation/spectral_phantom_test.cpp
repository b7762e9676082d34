#include "iso/evaluation/spectral_phantom.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace iso::evaluation {
namespace {

TEST(SpectralPhantom, IsTheProductOfItsSpectraAndAbundances) {
  for (const std::string_view name : spectral_phantom_names()) {
    SpectralPhantom phantom{.width = 20, .height = 12, .bands = 30, .components = 3};
    phantom.snr_db = std::numeric_limits<double>::infinity();
    const auto scene = make_spectral_scene(name, phantom);
    const auto cube = scene.cube.pixels.values<float>(), maps = scene.abundances.pixels.values<float>();
    for (std::size_t l = 0; l < 30; ++l) {
      for (std::size_t i = 0; i < 240; ++i) {
        double value = 0;
        for (std::size_t k = 0; k < 3; ++k)
          value += scene.endmembers.values[k][l] * static_cast<double>(maps[k * 240 + i]);
        EXPECT_NEAR(static_cast<double>(cube[l * 240 + i]), value, 1e-5) << name;
      }
    }
    EXPECT_NO_THROW(check_members(Dataset{scene.cube}));
    EXPECT_NO_THROW(check_members(Dataset{scene.endmembers}));
  }
}

TEST(SpectralPhantom, OfMineralsAddsUpToOneAndKeepsToItsPurity) {
  const auto scene =
      make_spectral_scene("minerals", {.width = 40, .height = 40, .bands = 10, .components = 4, .purity = 0.75});
  const auto maps = scene.abundances.pixels.values<float>();
  for (std::size_t i = 0; i < 1600; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      sum += static_cast<double>(maps[k * 1600 + i]);
      EXPECT_LE(maps[k * 1600 + i], 0.7501F);
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(SpectralPhantom, HasTheNoiseThatWasAskedFor) {
  SpectralPhantom phantom{.width = 50, .height = 50, .bands = 40};
  phantom.snr_db = std::numeric_limits<double>::infinity();
  const auto clean = make_spectral_scene("minerals", phantom);
  phantom.snr_db = 20;
  const auto noisy = make_spectral_scene("minerals", phantom);
  double power = 0, noise = 0;
  for (std::size_t i = 0; i < 100'000; ++i) {
    const auto a = static_cast<double>(clean.cube.pixels.values<float>()[i]);
    const double d = static_cast<double>(noisy.cube.pixels.values<float>()[i]) - a;
    power += a * a;
    noise += d * d;
  }
  EXPECT_NEAR(10 * std::log10(power / noise), 20, 0.2);
}

TEST(SpectralPhantom, RefusesWhatDoesNotFit) {
  EXPECT_THROW((void)make_spectral_scene("rocks", {}), Error);
  EXPECT_THROW((void)make_spectral_scene("minerals", {.components = 4, .purity = 0.2}), Error);
  EXPECT_THROW((void)make_spectral_scene("cells", {.bands = 0}), Error);
  EXPECT_THROW((void)make_spectral_scene("cells", {.bands = 10, .bad_bands = 11}), Error);
}

}  // namespace
}  // namespace iso::evaluation
