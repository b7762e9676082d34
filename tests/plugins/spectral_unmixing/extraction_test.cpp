#include "method/extraction.h"

#include "scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace spectral_unmixing {
namespace {

using Found = std::vector<std::int64_t>;

std::set<std::int64_t> materials(const test::Scene& scene, const Found& pixels) {
  std::set<std::int64_t> out;
  for (const std::int64_t pixel : pixels) {
    Eigen::Index at = 0;
    if (scene.abundances.col(pixel).maxCoeff(&at) > 1 - 1e-9) out.insert(at);
  }
  return out;
}

class PixelExtraction : public ::testing::TestWithParam<Extraction> {
 protected:
  static Found find(const Matrix& y, std::int64_t k, std::uint64_t seed = 3) {
    switch (GetParam()) {
      case Extraction::vca: return vca(y, k, seed);
      case Extraction::nfindr: return nfindr(y, k);
      case Extraction::spa: return spa(y, k);
      case Extraction::sivm: return sivm(y, k);
      default: return ppi(y, k, seed);
    }
  }
};

TEST_P(PixelExtraction, FindsAPurePixelOfEveryMaterial) {
  for (const std::int64_t k : {2, 3, 5}) {
    const auto scene = test::make_scene({.components = k});
    EXPECT_EQ(materials(scene, find(scene.y, k)).size(), static_cast<std::size_t>(k)) << k << " materials";
  }
}

TEST_P(PixelExtraction, GivesTheSamePixelsForTheSameSeed) {
  const auto scene = test::make_scene({.noise = 0.01});
  EXPECT_EQ(find(scene.y, 3), find(scene.y, 3));
}

TEST_P(PixelExtraction, RefusesMorePixelsThanThereAre) { EXPECT_THROW((void)find(Matrix::Ones(10, 2), 3), iso::Error); }

INSTANTIATE_TEST_SUITE_P(Methods, PixelExtraction,
                         ::testing::Values(Extraction::vca, Extraction::nfindr, Extraction::spa, Extraction::sivm,
                                           Extraction::ppi));

TEST(Archetypes, AreInsideTheDataAndNearTheVertices) {
  const auto scene = test::make_scene({.noise = 0.002});
  iso::solvers::Progress silent;
  const auto found = archetypal(scene.y, 3, 1, {}, Monitor{silent});
  EXPECT_LT(test::score(scene, found.endmembers, {}).mean_angle, 0.06);
  EXPECT_EQ(found.misfits.size(), 6U);
  EXPECT_DOUBLE_EQ(found.misfit, *std::ranges::min_element(found.misfits));
}

TEST(Archetypes, AreHardlyMovedByOneOutlierPixel) {
  auto scene = test::make_scene({.noise = 0.002});
  iso::solvers::Progress silent;
  const double before = test::score(scene, archetypal(scene.y, 3, 1, {}, Monitor{silent}).endmembers, {}).mean_angle;
  scene.y(10, 77) += 0.8;
  const double after = test::score(scene, archetypal(scene.y, 3, 1, {}, Monitor{silent}).endmembers, {}).mean_angle;
  EXPECT_LT(after, before + 0.02);
}

}  // namespace
}  // namespace spectral_unmixing
