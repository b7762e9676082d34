#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/spectra/axis.h>
#include <iso/spectra/library.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace iso::spectra {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

Table rows_of_spectra() {
  Table table;
  table.columns = {"600", "400", "500"};
  table.texts = {{"Class", {"soil", "tree"}}};
  table.values = {{0.6, 0.4, 0.5}, {6, missing_value, 5}};
  return table;
}

}  // namespace

TEST(SpectralLibrary, OfATableHasAscendingBandsAndMissingValues) {
  const auto library = to_library(rows_of_spectra());
  EXPECT_EQ(library.bands, (Axis{"wavelength", "nm", {400, 500, 600}}));
  EXPECT_EQ(library.classes, (std::vector<std::string>{"soil", "tree"}));
  EXPECT_EQ(library.spectrum(0)[0], 0.4);
  EXPECT_TRUE(std::isnan(library.spectrum(1)[0]));
  EXPECT_NE(library.meta.at("assumed").find("in nm"), std::string::npos);
}

TEST(SpectralLibrary, OfColumnsIsTheSame) {
  Table table;
  table.columns = {"wavelength [um]", "soil", "tree"};
  table.values = {{0.4, 1, 2}, {0.5, 3, 4}};
  const auto library = to_library(table);
  EXPECT_EQ(library.bands.values, (std::vector<double>{400, 500}));
  EXPECT_EQ(library.names, (std::vector<std::string>{"soil", "tree"}));
  EXPECT_EQ(library.spectrum(1)[1], 4);
}

TEST(SpectralLibrary, GoesThroughATableUnchanged) {
  SpectralLibrary library;
  library.bands = {"Raman shift", "1/cm", {500, 600.25}};
  library.widths = {4, 5};
  library.quantity = Quantity::signal;
  library.add("lipid", std::vector<double>{1.0 / 3, nan}, "cell");
  library.add("water", std::vector<double>{2, 3});
  const auto again = to_library(to_table(library));
  EXPECT_EQ(again.bands, library.bands);
  EXPECT_EQ(again.widths, library.widths);
  EXPECT_EQ(again.names, library.names);
  EXPECT_EQ(again.classes, (std::vector<std::string>{"cell", ""}));
  EXPECT_EQ(again.quantity, library.quantity);
  EXPECT_EQ(again.values[0], 1.0 / 3);
  EXPECT_TRUE(std::isnan(again.values[1]));
}

TEST(SpectralLibrary, RefusesATableThatIsNone) {
  Table table;
  table.columns = {"volume", "mass"};
  table.texts = {{"case", {"a"}}};
  table.values = {{1, 2}};
  EXPECT_FALSE(is_library(table));
  EXPECT_THROW((void)to_library(table), Error);
}

TEST(SpectralLibrary, RefusesABandTwice) {
  Table table = rows_of_spectra();
  table.columns[0] = "500";
  EXPECT_THROW((void)to_library(table), Error);
}

TEST(SpectralLibrary, IsNormalisedOverWhatItHas) {
  SpectralLibrary library;
  library.bands = {"wavelength", "nm", {500, 510, 530}};
  library.add("dye", std::vector<double>{2, 4, missing_value});
  EXPECT_DOUBLE_EQ(normalised(library, Norm::unit_maximum).values[0], 0.5);
  EXPECT_DOUBLE_EQ(normalised(library, Norm::unit_area).values[1], 4.0 / 30);
  EXPECT_DOUBLE_EQ(normalised(library, Norm::unit_length).values[1], 4 / std::sqrt(20.0));
  EXPECT_TRUE(std::isnan(normalised(library, Norm::unit_area).values[2]));
  library.values = {0, 0, 0};
  EXPECT_THROW((void)normalised(library, Norm::unit_area), Error);
}

TEST(Resampling, LeavesAStraightLineStraight) {
  std::vector<double> x, y;
  for (double at = 400; at <= 700; at += 1) x.push_back(at), y.push_back(2 * at + 1);
  const std::vector<double> centres{450, 550.5, 600}, widths{10, 12, 7};
  const auto values = resample(x, y, centres, widths);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(values[i], 2 * centres[i] + 1, 1e-6);
}

TEST(Resampling, WidensAGaussianByTheWidthOfTheBand) {
  // Two Gaussians convolved: the square of the width is the sum of the squares.
  const double own = 20, band = 15, both = std::hypot(own, band), ln2 = std::log(2.0);
  std::vector<double> x, y;
  for (double at = 400; at <= 600; at += 0.5)
    x.push_back(at), y.push_back(std::exp(-4 * ln2 * std::pow((at - 500) / own, 2)));
  for (const double centre : {490.0, 500.0, 512.0}) {
    const auto value = resample(x, y, std::vector{centre}, std::vector{band})[0];
    EXPECT_NEAR(value, own / both * std::exp(-4 * ln2 * std::pow((centre - 500) / both, 2)), 1e-6);
  }
}

TEST(Resampling, WeighsUnevenSamplesByTheirTrapezoids) {
  // The formula of the specification, written out.
  const std::vector<double> x{500, 501, 503, 504, 508}, y{1, 5, 2, 7, 3};
  const std::vector<double> d{0.5, 1.5, 1.5, 2.5, 2};
  double weights = 0, sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double w = d[i] * std::exp(-4 * std::log(2.0) * std::pow((x[i] - 502) / 4, 2));
    weights += w;
    sum += w * y[i];
  }
  EXPECT_NEAR(resample(x, y, std::vector{502.0}, std::vector{4.0})[0], sum / weights, 1e-12);
}

TEST(Resampling, IsLinearWithoutWidthsAndWhereSamplesAreFarApart) {
  const std::vector<double> x{400, 500, 600}, y{0, 1, 4};
  EXPECT_DOUBLE_EQ(resample(x, y, std::vector{550.0})[0], 2.5);
  EXPECT_DOUBLE_EQ(resample(x, y, std::vector{550.0}, std::vector{10.0})[0], 2.5);
}

TEST(Resampling, NeverExtrapolates) {
  const std::vector<double> x{400, 500, 600}, y{0, 1, 4};
  const auto values = resample(x, y, std::vector{399.9, 400.0, 600.0, 600.1});
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], 0);
  EXPECT_EQ(values[2], 4);
  EXPECT_TRUE(std::isnan(values[3]));
}

TEST(Resampling, LetsNoMissingValueEnter) {
  std::vector<double> x(101), y(101, 0.5);
  std::iota(x.begin(), x.end(), 400.0);
  for (std::size_t i = 40; i < 60; ++i) y[i] = missing_value;  // 440 to 459
  const std::vector<double> centres{430, 437, 450, 462, 480}, widths(5, 6.0);
  const auto values = resample(x, y, centres, widths);
  EXPECT_TRUE(std::isnan(values[2]));
  for (const std::size_t i : {0U, 1U, 3U, 4U}) EXPECT_DOUBLE_EQ(values[i], 0.5);
}

TEST(Resampling, ToACubeTakesItsWidthsAndUnits) {
  SpectralLibrary library;
  library.bands.name = "wavelength";
  library.bands.unit = "nm";
  std::vector<double> values;
  for (double at = 400; at <= 700; at += 1) library.bands.values.push_back(at), values.push_back(at);
  library.add("ramp", values);
  SpectralCube cube;
  cube.pixels = PixelBuffer::allocate({Shape{1, 1, 3}, ScalarType::f32});
  cube.bands = {"wavelength", "nm", {450, 500, 800}};
  cube.band_widths = {"width", "nm", {10, 10, 10}};
  const auto fitting = resampled(library, cube);
  EXPECT_NEAR(fitting.values[1], 500, 1e-9);
  EXPECT_TRUE(std::isnan(fitting.values[2]));
  cube.bands = {"Raman shift", "1/cm", {450, 500, 800}};
  EXPECT_THROW((void)resampled(library, cube), Error);
  cube.bands = {};
  EXPECT_THROW((void)resampled(library, cube), Error);
}

TEST(AxisUnit, IsFoundInWhatFilesWrite) {
  for (const char* const text : {"Micrometers", "um", "\xc2\xb5m", "microns"})
    EXPECT_EQ(axis_unit(text)->factor, 1000) << text;
  EXPECT_EQ(axis_unit("Angstrom")->factor, 0.1);
  EXPECT_EQ(axis_unit("cm-1")->name, "Raman shift");
  EXPECT_EQ(axis_unit_within("Wavelength (micrometers)")->factor, 1000);
  EXPECT_EQ(axis_unit_within("wavelength_nm")->unit, "nm");
  EXPECT_FALSE(axis_unit("furlong"));
  EXPECT_EQ(to_kind(Axis{"Raman shift", "1/cm", {1, 2}}), AxisKind::raman_shift);
  EXPECT_EQ(to_kind(Axis{}), AxisKind::index);
}

}  // namespace iso::spectra
