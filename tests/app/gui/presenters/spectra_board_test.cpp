#include "gui/presenters/spectra_board.h"

#include "support/desktop_samples.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <gtest/gtest.h>

#include <cmath>

namespace iso::gui {
namespace {

class SpectraBoardOfACube : public ::testing::Test {
 protected:
  SpectraBoardOfACube() { id = document.add("field", freeze(test::two_materials()), "field.hdr"); }
  void update() {
    while (const auto work = board.pending()) board.take(*work, work->make());
  }
  void add_region(MeasureKind kind, const Vec3& from, const Vec3& to, double band = 0) {
    Measurement m;
    m.item = id;
    m.kind = kind;
    m.plane = {{20, 15, band}, {1, 0, 0}, {0, -1, 0}};
    m.points_mm = {{from[0], from[1], band}, {to[0], to[1], band}};
    document.add_measurement(m);
  }
  Document document;
  ItemId id{0};
  SpectraBoard board{document};
};

TEST_F(SpectraBoardOfACube, ShowsTheSpectrumOfThePixelUnderThePointer) {
  const auto leaf = board.at({2.2, 7.9, 11});
  ASSERT_TRUE(leaf);
  EXPECT_EQ(leaf->name, "(2, 8)");
  ASSERT_EQ(leaf->mean.size(), 24U);
  EXPECT_NEAR(leaf->mean[5], 0.05 + 0.07, 1e-6) << "550 nm";
  EXPECT_NEAR(leaf->mean.back(), 0.5, 1e-6);
  EXPECT_FALSE(board.at({-1, 8, 11})) << "beside the cube";
  EXPECT_TRUE(std::isnan(board.at({2, 0, 11})->mean[3])) << "the pixel is masked";
}

TEST_F(SpectraBoardOfACube, GivesMeanAndDeviationOfARegionAndLeavesMaskedPixelsOut) {
  add_region(MeasureKind::rectangle, {0, 0, 0}, {9, 4, 0}, 7);
  update();
  ASSERT_EQ(board.pinned().size(), 1U);
  const ShownSpectrum& region = board.pinned().front();
  EXPECT_EQ(region.pixels, 40U) << "ten columns of four rows; the row y = 0 is masked";
  EXPECT_NEAR(region.mean.back(), 0.5, 1e-6);
  EXPECT_NEAR(region.deviation.back(), 0, 1e-6);
  add_region(MeasureKind::rectangle, {15, 1, 0}, {25, 1, 0});
  update();
  ASSERT_EQ(board.pinned().size(), 2U);
  // Eleven even steps from the one material to the other: mean in the middle, deviation of 0, 0.1, ..., 1 times the difference.
  const ShownSpectrum& edge = board.pinned()[1];
  const double leaf = board.at({0, 5, 0})->mean[20], soil = board.at({39, 5, 0})->mean[20];
  EXPECT_NEAR(edge.mean[20], (leaf + soil) / 2, 1e-6);
  EXPECT_NEAR(edge.deviation[20], std::sqrt(0.11) * std::abs(leaf - soil), 1e-6);
}

TEST_F(SpectraBoardOfACube, PinsPixelsAsMeasurementsThatUndoTakesBack) {
  EXPECT_TRUE(board.pin({3, 8, 0}));
  EXPECT_TRUE(board.pin({30, 8, 0}));
  EXPECT_FALSE(board.pin({50, 8, 0})) << "beside the cube";
  update();
  ASSERT_EQ(board.pinned().size(), 2U);
  EXPECT_NE(board.pinned()[0].colour, board.pinned()[1].colour);
  EXPECT_TRUE(board.pinned()[0].deviation.empty());
  document.undo_stack().undo();
  update();
  EXPECT_EQ(board.pinned().size(), 1U);
}

TEST_F(SpectraBoardOfACube, ShowsTheMeanOfEveryLabelThatLiesOverIt) {
  const ItemId labels = document.add_label_map(id, "classes");
  ASSERT_NE(labels, 0U);
  EXPECT_EQ(get<LabelMap>(document.find(labels)->data).grid.size, (std::array<std::int64_t, 3>{40, 30, 1}))
      << "labels belong to pixels, not to bands";
  LabelMap map = get<LabelMap>(document.find(labels)->data);
  PixelBuffer painted = PixelBuffer::make_copy(map.labels);
  painted.values<std::uint16_t>()[5 * 40 + 2] = 1;
  painted.values<std::uint16_t>()[5 * 40 + 38] = 2;
  map.labels = std::move(painted);
  map.names = {"", "", "soil"};
  document.set_data(labels, freeze(std::move(map)), "paint");
  update();
  ASSERT_EQ(board.pinned().size(), 2U);
  EXPECT_EQ(board.pinned()[0].name, "label 1");
  EXPECT_EQ(board.pinned()[1].name, "soil");
  EXPECT_NEAR(board.pinned()[1].mean.front(), 0.1, 1e-6);
}

TEST_F(SpectraBoardOfACube, MarksBadBandsAsAStepThatMethodsSee) {
  const DatasetPtr before = document.find(id)->data;
  EXPECT_FALSE(board.mark_bands(500, 540, false));
  const auto good = spectra::good_bands(*board.cube());
  EXPECT_EQ(std::ranges::count(good, false), 2) << "510 and 530 nm";
  ASSERT_EQ(board.bad_ranges().size(), 1U);
  EXPECT_NEAR(board.bad_ranges()[0].first, 500, 1e-9);
  EXPECT_NEAR(board.bad_ranges()[0].second, 540, 1e-9);
  EXPECT_TRUE(std::isnan(board.at({2, 5, 0})->mean[3]));
  EXPECT_EQ(get<SpectralCube>(document.find(id)->data).pixels.data(), get<SpectralCube>(before).pixels.data())
      << "no value is copied";
  EXPECT_FALSE(document.find(id)->saved) << "the file does not say so";
  EXPECT_TRUE(board.mark_bands(0, 2000, false)) << "one band has to stay";
  EXPECT_FALSE(board.mark_bands(505, 515, true));
  EXPECT_EQ(std::ranges::count(spectra::good_bands(*board.cube()), false), 1);
  document.undo_stack().undo();
  document.undo_stack().undo();
  EXPECT_EQ(document.find(id)->data, before);
  EXPECT_TRUE(document.find(id)->saved);
}

TEST_F(SpectraBoardOfACube, GivesWhatIsPinnedAsALibraryWithTheBandsOfTheCube) {
  EXPECT_THROW((void)board.library(), Error);
  board.pin({3, 8, 0});
  add_region(MeasureKind::ellipse, {30, 10, 0}, {38, 20, 0});
  update();
  const spectra::SpectralLibrary library = spectra::to_library(spectra::to_table(board.library()));
  ASSERT_EQ(library.count(), 2U);
  EXPECT_EQ(library.bands.values, board.centres());
  EXPECT_EQ(library.bands.unit, "nm");
  EXPECT_NEAR(library.spectrum(1)[0], 0.1, 1e-6);
}

TEST_F(SpectraBoardOfACube, GoesToTheBandThatIsNearest) {
  EXPECT_EQ(board.nearest_band(612), 8);
  board.go_to_band(8);
  EXPECT_EQ(board.band(), 8);
  EXPECT_EQ(document.find(id)->composite, "") << "a band is shown, and no picture in colours";
  board.go_to_band(1000);
  EXPECT_EQ(board.band(), 23);
}

TEST(BestMatches, ComeInTheOrderOfTheirAngleAndScaled) {
  spectra::SpectralLibrary library;
  library.bands = {"wavelength", "nm", {400, 500, 600, 700}};
  library.add("flat", std::vector<double>{1, 1, 1, 1});
  library.add("rising", std::vector<double>{1, 2, 3, 4});
  library.add("elsewhere", std::vector<double>{std::nan(""), std::nan(""), std::nan(""), 1});
  const auto matches = best_matches({400, 500, 600, 700}, {2, 4, 6, 8}, library, 5);
  ASSERT_EQ(matches.size(), 2U) << "one band is no shape";
  EXPECT_EQ(matches[0].index, 1U);
  EXPECT_NEAR(matches[0].angle_rad, 0, 1e-6);
  EXPECT_NEAR(matches[0].scaled[3], 8, 1e-12);
  EXPECT_NEAR(matches[1].angle_rad, std::acos(20 / std::sqrt(120.0 * 4)), 1e-9);
}

}  // namespace
}  // namespace iso::gui
