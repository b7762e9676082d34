#include "io_fixture.h"

#include "iso/spectra/library.h"

#include <cmath>

/// Spectra as text, and matrices as cubes and libraries.
namespace iso::test {
namespace {

using spectra::SpectralLibrary;

class SpectrumText : public IoTest {
 protected:
  [[nodiscard]] SpectralLibrary library(const std::string& name, const io::ReadOptions& options = {}) const {
    return spectra::to_library(get<Table>(io::read(folder / name, options)));
  }
};

const std::string ecostress =
    "Name: Quartz\nType: mineral\nClass: silicate\nX Units: Wavelength (micrometers)\nY Units: Reflectance (percent)\n"
    "Number of X Values: 3\nAdditional Information: none\n\n 2.5 30.0\n 0.5\t10.0\n 0.4 5.0\n";

TEST_F(SpectrumText, OfEcostressComesInNanometresAndFractions) {
  put(folder / "a.spectrum.txt", ecostress);
  const auto read = library("a.spectrum.txt");
  EXPECT_EQ(read.names, (std::vector<std::string>{"Quartz"}));
  EXPECT_EQ(read.classes, (std::vector<std::string>{"silicate"}));
  EXPECT_EQ(read.bands, (Axis{"wavelength", "nm", {400, 500, 2500}}));
  EXPECT_DOUBLE_EQ(read.values[0], 0.05);
  EXPECT_DOUBLE_EQ(read.values[2], 0.3);
  EXPECT_EQ(read.quantity, Quantity::reflectance);
}

TEST_F(SpectrumText, OfEcostressWithoutPercentIsNotScaled) {
  std::string text = ecostress;
  text.replace(text.find("(percent)"), 9, "(fraction)");
  put(folder / "a.txt", text);
  EXPECT_DOUBLE_EQ(library("a.txt").values[0], 5);
}

TEST_F(SpectrumText, WithDecimalCommasIsRefusedAndWithCommasBetweenCellsRead) {
  for (const char* const cells : {"400,5 0,1\n500,5 0,2\n", "400;0,1\n500;0,2\n", "400\t0,1\n500\t0,2\n"}) {
    put(folder / "a.txt", cells);
    const Error error = catch_error([&] { (void)io::read(folder / "a.txt"); });
    EXPECT_EQ(error.code(), Errc::invalid_input) << cells;
    EXPECT_NE(std::string{error.what()}.find("decimal commas"), std::string::npos) << error.what();
  }
  for (const char* const cells : {"400,0.5\n500,0.25\n", "400, 0.5\n500, 0.25\n", "400 ,0.5\n500 ,0.25\n"}) {
    put(folder / "a.txt", cells);
    EXPECT_EQ(library("a.txt").values, (std::vector<double>{0.5, 0.25})) << cells;
  }
}

TEST_F(SpectrumText, AFileOfWavelengthsWithDecimalCommasIsRefused) {
  Volume cube;
  cube.grid = VoxelGrid::centred({2, 2, 6}, {1, 1, 1});
  cube.pixels = counting<float>(Shape{2, 2, 6});
  io::write(folder / "cube.npy", Dataset{cube});
  io::ReadOptions options;
  options.hints["wavelengths"] = (folder / "w.txt").string();
  put(folder / "w.txt", "400,5\r\n410,5\r\n420,5\r\n");
  const Error error = catch_error([&] { (void)io::read(folder / "cube.npy", options); });
  EXPECT_EQ(error.code(), Errc::invalid_input);
  EXPECT_NE(std::string{error.what()}.find("decimal commas"), std::string::npos) << error.what();
  put(folder / "w.txt", "400,410\n420,430\n440,450\n");
  const auto read = io::read(folder / "cube.npy", options);
  EXPECT_EQ(get<SpectralCube>(read).bands.values, (std::vector<double>{400, 410, 420, 430, 440, 450}));
}

TEST_F(SpectrumText, OfEcostressThatIsCutIsRefused) {
  put(folder / "a.txt", ecostress.substr(0, ecostress.size() - 9));
  const Error error = catch_error([&] { (void)library("a.txt"); });
  EXPECT_EQ(error.code(), Errc::cannot_read);
  EXPECT_NE(std::string{error.what()}.find("announces 3 values, the file has 2"), std::string::npos) << error.what();
}

TEST_F(SpectrumText, OfUsgsTakesItsWavelengthsFromTheirFile) {
  put(folder / "splib07a_Wavelengths_TEST_3_ch.txt",
      " splib07a Record=1: Wavelengths TEST (microns)\n 0.4\n 0.5\n 0.6\n");
  put(folder / "splib07a_Actinolite.txt",
      " splib07a Record=22: Actinolite HS116.3B ASDFRb AREF\n 0.25\n-1.2300000e+034\n 0.75\n");
  const auto read = library("splib07a_Actinolite.txt");
  EXPECT_EQ(read.names[0], "Actinolite HS116.3B ASDFRb AREF");
  EXPECT_EQ(read.bands.values, (std::vector<double>{400, 500, 600}));
  EXPECT_TRUE(std::isnan(read.values[1]));
  EXPECT_EQ(read.values[2], 0.75);
  EXPECT_NE(read.meta.at("assumed").find("splib07a_Wavelengths_TEST_3_ch.txt"), std::string::npos);
}

TEST_F(SpectrumText, OfUsgsWithoutWavelengthsAsksForThem) {
  put(folder / "splib07a_A.txt", " splib07a Record=22: A\n 0.25\n 0.5\n");
  const Error error = catch_error([&] { (void)library("splib07a_A.txt"); });
  EXPECT_EQ(error.code(), Errc::invalid_input);
  EXPECT_NE(error.hint().find("--wavelengths"), std::string::npos);
  io::ReadOptions options;
  put(folder / "w.txt", "0.45\n0.55\n");
  options.hints["wavelengths"] = (folder / "w.txt").string();
  EXPECT_EQ(library("splib07a_A.txt", options).bands.values, (std::vector<double>{450, 550}));
}

TEST_F(SpectrumText, OfColumnsIsALibrary) {
  put(folder / "Cy3.emn", "520\t0.1\n521\t0.4\n522\t0.2\n");
  const auto read = library("Cy3.emn");
  EXPECT_EQ(read.names, (std::vector<std::string>{"Cy3"}));
  EXPECT_EQ(read.bands, (Axis{"wavelength", "nm", {520, 521, 522}}));
  put(folder / "dyes.txt", "Wavelength (um)\tDAPI\tCy5\n0.45\t1\t0\n0.66\t0.1\t0.9\n");
  const auto two = library("dyes.txt");
  EXPECT_EQ(two.names, (std::vector<std::string>{"DAPI", "Cy5"}));
  EXPECT_EQ(two.bands.values, (std::vector<double>{450, 660}));
  EXPECT_EQ(two.spectrum(1)[1], 0.9);
}

TEST_F(SpectrumText, WithRaggedColumnsIsRefusedByItsLine) {
  put(folder / "a.txt", "400 1 2\n500 1 2\n600 1\n");
  const Error error = catch_error([&] { (void)library("a.txt"); });
  EXPECT_EQ(error.code(), Errc::invalid_input);
  EXPECT_NE(std::string{error.what()}.find("line 3"), std::string::npos) << error.what();
}

TEST_F(SpectrumText, OfWordsIsNoSpectrum) {
  put(folder / "a.txt", "Dear reader,\nthis is a letter.\n");
  EXPECT_EQ(catch_error([&] { (void)library("a.txt"); }).code(), Errc::invalid_input);
}

TEST_F(SpectrumText, FromTheSharedLibrariesIsRead) {
  if (const auto why = why_without("spectral/ecostress_a.spectrum.txt")) GTEST_SKIP() << *why;
  const auto folder_of_data = shared_data() / "spectral";
  const auto concrete = spectra::to_library(get<Table>(io::read(folder_of_data / "ecostress_a.spectrum.txt")));
  EXPECT_EQ(concrete.band_count(), 561U);
  EXPECT_DOUBLE_EQ(concrete.bands.values[0], 300);
  EXPECT_DOUBLE_EQ(concrete.values[0], 0.0882);
  const auto emit = spectra::to_library(get<Table>(io::read(folder_of_data / "emit_basic_endmember_library.csv")));
  EXPECT_TRUE(std::ranges::is_sorted(emit.bands.values));
  EXPECT_FALSE(emit.classes.empty());
  const auto dye = spectra::to_library(get<Table>(io::read(folder_of_data / "fluorophore_emission/DAPI.emn")));
  EXPECT_EQ(dye.names[0], "DAPI");
}

/// A file of NumPy: `shape` slowest first.
void put_npy(const fs::path& file, const std::string& shape, std::size_t count) {
  std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  head.resize(117, ' ');
  std::string bytes = std::string{"\x93NUMPY\x01\x00\x76\x00", 10} + head + "\n";
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(i);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  put(file, bytes);
}

using MatrixAsCube = SpectrumText;

TEST_F(MatrixAsCube, OfBandsAndPixelsIsMappedToRowsAndColumns) {
  put_npy(folder / "y.npy", "2, 12", 24);  // 2 bands of 3 rows and 4 columns
  io::ReadOptions options;
  options.hints = {{"dims", "3,4"}, {"wavelengths", "500:600"}, {"wavelength_unit", "nm"}};
  const auto data = io::read(folder / "y.npy", options);
  const auto& by_rows = get<SpectralCube>(data);
  ASSERT_EQ(by_rows.pixels.spec().shape, (Shape{4, 3, 2}));
  EXPECT_EQ(by_rows.bands.values, (std::vector<double>{500, 600}));
  // Pixel n = row * columns + column: (x, y, b) is element b * 12 + y * 4 + x.
  EXPECT_EQ(by_rows.pixels.values<float>()[1 * 12 + 2 * 4 + 3], 23);
  options.hints["pixel_order"] = "columns";
  const auto turned = io::read(folder / "y.npy", options);
  // Pixel n = column * rows + row.
  const auto values = get<SpectralCube>(turned).pixels.values<float>();
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t y = 0; y < 3; ++y)
      for (std::size_t x = 0; x < 4; ++x) EXPECT_EQ(values[b * 12 + y * 4 + x], static_cast<float>(b * 12 + x * 3 + y));
}

TEST_F(MatrixAsCube, OfPixelsAndBandsIsToldByItsSizes) {
  put_npy(folder / "y.npy", "12, 2", 24);
  io::ReadOptions options;
  options.hints = {{"dims", "3x4"}};
  const auto data = io::read(folder / "y.npy", options);
  const auto values = get<SpectralCube>(data).pixels.values<float>();
  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[12], 1);   // band 1 of pixel 0
  EXPECT_EQ(values[11], 22);  // band 0 of the last pixel
}

TEST_F(MatrixAsCube, WithOtherSizesOrNoOrderIsRefused) {
  put_npy(folder / "y.npy", "2, 12", 24);
  put_npy(folder / "square.npy", "4, 4", 16);
  const auto read = [&](const std::string& name, const std::string& dims) {
    io::ReadOptions options;
    options.hints = {{"dims", dims}};
    return catch_error([&] { (void)io::read(folder / name, options); });
  };
  EXPECT_EQ(read("y.npy", "5,5").code(), Errc::shape_mismatch);
  EXPECT_EQ(read("y.npy", "12").code(), Errc::invalid_input);
  EXPECT_EQ(read("square.npy", "2,2").code(), Errc::invalid_input);
}

TEST_F(MatrixAsCube, WithWavelengthsIsALibraryWhereATableIsExpected) {
  put_npy(folder / "e.npy", "3, 2", 6);  // 3 bands of 2 spectra
  io::ReadOptions options;
  options.expected = Kind::table;
  options.hints = {{"wavelengths", "0.4,0.5,0.6"}};
  const auto read = library("e.npy", options);
  EXPECT_EQ(read.bands.values, (std::vector<double>{400, 500, 600}));
  EXPECT_EQ(read.spectrum(1)[2], 5);
}

TEST_F(MatrixAsCube, OfTheUsgsIsALibraryByTheNamesBesideIt) {
  if (const auto why = why_without("spectral/usgs1995_library.mat")) GTEST_SKIP() << *why;
  const auto data = io::read(shared_data() / "spectral/usgs1995_library.mat", {});
  const auto library = spectra::to_library(get<Table>(data));
  ASSERT_EQ(library.count(), 498U);
  ASSERT_EQ(library.band_count(), 224U);
  EXPECT_EQ(library.names.front(), "Acmite NMNH133746");
  EXPECT_EQ(library.names.back(), "Walnut_Leaf SUN (Green)");
  EXPECT_EQ(library.bands.unit, "nm");
  EXPECT_NEAR(library.bands.values.front(), 383.15, 1e-4);
  EXPECT_NEAR(library.widths.front(), 9.94, 1e-4);
  EXPECT_NEAR(library.spectrum(0)[0], 0.04158624, 1e-6);
  // The column of channel numbers is no spectrum; the mark of missing values stands in it alone.
  for (std::size_t i = 0; i < library.count(); ++i)
    for (const double value : library.spectrum(i)) ASSERT_LT(std::abs(value), 10);
  // `check` looks at headers alone, of pictures; a table it reads.
  io::ReadOptions headers;
  headers.headers_only = true;
  EXPECT_EQ(get<Table>(io::read(shared_data() / "spectral/usgs1995_library.mat", headers)).rows(), 498U);
  // Its matrix alone is still an array of numbers.
  const auto matrix =
      io::read(shared_data() / "spectral/usgs1995_library.mat", {Kind::volume, {}, {{"dataset", "datalib"}}, {}});
  EXPECT_EQ(get<Volume>(matrix).pixels.spec().shape[0], 224);
}

TEST_F(MatrixAsCube, OfMatlabHasItsRowsAsRows) {
  if (const auto why = why_without("spectral/jasper_with_gt.mat")) GTEST_SKIP() << *why;
  io::ReadOptions options;
  options.hints = {{"dataset", "Y"}, {"dims", "100,100"}, {"scale", "5000"}};
  const auto data = io::read(shared_data() / "spectral/jasper_with_gt.mat", options);
  options.hints = {{"dataset", "S_GT"}};
  options.expected = Kind::spectral_cube;
  const auto abundances = io::read(shared_data() / "spectral/jasper_with_gt.mat", options);
  const auto& cube = get<SpectralCube>(data);
  const auto& maps = get<SpectralCube>(abundances);
  ASSERT_EQ(cube.pixels.spec().shape, (Shape{100, 100, 198}));
  // Water (component 2) is dark in the last band: a picture that was turned would show no relation.
  const auto water = maps.pixels.values<double>().subspan(10000, 10000);
  const Pixels values = cube.pixels.converted(ScalarType::f32);
  const auto band = values.values<float>().subspan(150 * 10000, 10000);
  double in_water = 0, elsewhere = 0, n = 0, m = 0;
  for (std::size_t i = 0; i < 10000; ++i) {
    if (water[i] > 0.9) in_water += static_cast<double>(band[i]), ++n;
    if (water[i] < 0.1) elsewhere += static_cast<double>(band[i]), ++m;
  }
  ASSERT_GT(n, 100);
  EXPECT_LT(in_water / n, 0.2 * elsewhere / m);
}

using LambdaStack = SpectrumText;

TEST_F(LambdaStack, OfAFolderHasItsFilesAsBandsInTheOrderOfTheirNumbers) {
  for (const int channel : {0, 1, 2, 10}) {
    Volume page;
    page.grid = VoxelGrid::centred({3, 2, 1}, {1, 1, 1});
    PixelBuffer pixels = PixelBuffer::allocate({Shape{3, 2, 1}, ScalarType::u8});
    std::ranges::fill(pixels.values<std::uint8_t>(), static_cast<std::uint8_t>(channel));
    page.pixels = std::move(pixels);
    io::write(folder / ("z000_ch" + std::to_string(channel) + ".tif"), Dataset{page});
  }
  put(folder / "notes.txt", "of the microscope\n");
  io::ReadOptions options;
  options.hints = {{"wavelengths", "500:560"}, {"wavelength_unit", "nm"}};
  const auto data = io::read(folder, options);
  const auto& cube = get<SpectralCube>(data);
  ASSERT_EQ(cube.pixels.spec(), (ArraySpec{Shape{3, 2, 4}, ScalarType::u8}));
  EXPECT_EQ(cube.pixels.values<std::uint8_t>()[2 * 6], 2);
  EXPECT_EQ(cube.pixels.values<std::uint8_t>()[3 * 6], 10);
  EXPECT_EQ(cube.bands.values, (std::vector<double>{500, 520, 540, 560}));
}

TEST_F(LambdaStack, OfFilesOfSeveralSizesIsRefused) {
  for (const std::int64_t width : {3, 4}) {
    Volume page;
    page.grid = VoxelGrid::centred({width, 2, 1}, {1, 1, 1});
    page.pixels = counting<float>(Shape{width, 2, 1});
    io::write(folder / (std::to_string(width) + ".tif"), Dataset{page});
  }
  EXPECT_EQ(catch_error([&] { (void)io::read(folder); }).code(), Errc::invalid_input);
}

}  // namespace
}  // namespace iso::test
