#include "gui/model/composite.h"

#include "gui/model/session.h"
#include "support/desktop_samples.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::gui {
namespace {

TEST(Composite, IsHowACubeWithWavelengthsIsShownAtFirst) {
  Document document;
  const ItemId cube = document.add("field", freeze(test::two_materials()), "field.hdr");
  const auto names = composite_names(*document.find(cube)->data);
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(document.find(cube)->composite, names.front());
  const ItemId ball = document.add("ball", test::ball(), "ball.nrrd");
  EXPECT_TRUE(composite_names(*document.find(ball)->data).empty());
}

TEST(Composite, HasTheFrameOfTheSceneOnceForAllBands) {
  const DatasetPtr cube = freeze(test::two_materials());
  const auto picture = make_composite(cube, "colour infrared");
  EXPECT_EQ(picture->frame.size, (std::array<std::int64_t, 3>{40, 30, 1}));
  for (const double band : {-0.4, 0.0, 23.4})
    EXPECT_NEAR(picture->frame.to_index({3, 4, band})[2], (band - 11.5) / 24, 1e-12) << "within half of the one voxel";
  const auto part = [&](std::int64_t channel, std::int64_t x) { return value_at(*picture, {x, 10, 0, channel}); };
  EXPECT_GT(*part(0, 2), *part(1, 2) + 50) << "leaves are red in colour infrared";
  EXPECT_TRUE(std::isnan(*value_at(*picture, {2, 0, 0, 0}))) << "masked pixels are clear";
}

TEST(Composite, RefusesAPictureThatTheCubeHasNoBandsFor) {
  EXPECT_THROW((void)make_composite(freeze(test::two_materials()), components_composite), Error);
  SpectralCube blind = test::two_materials();
  blind.bands = {};
  EXPECT_TRUE(composite_names(Dataset{blind}).empty());
}

TEST(Composite, IsAStepThatUndoTakesBackAndTheSessionKeeps) {
  Document document;
  const ItemId cube = document.add("field", freeze(test::two_materials()), "field.hdr");
  const std::string first = document.find(cube)->composite;
  document.set_composite(cube, "");
  EXPECT_NE(to_json(document, [](const Item&) { return std::string{}; }).find(R"("composite":"")"), std::string::npos);
  document.undo_stack().undo();
  EXPECT_EQ(document.find(cube)->composite, first);
  document.set_composite_raster(cube, "another", make_composite(document.find(cube)->data, first));
  EXPECT_EQ(document.find(cube)->composite_raster, nullptr) << "another was asked for meanwhile";
}

}  // namespace
}  // namespace iso::gui
