#include "io_fixture.h"
#include "iso/data/mapped_pixels.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"
#include "iso/spectra/row_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>

/// ENVI: what is written is read again to the last bit, in every interleave, byte order and type.
namespace iso::test {
namespace {

constexpr std::int64_t samples = 5, lines = 4, bands = 3;

struct Variant {
  std::string interleave;
  bool big_endian;
  int code;  ///< "data type"
};
void PrintTo(const Variant& v, std::ostream* out) {
  *out << v.interleave << (v.big_endian ? "BigEndianType" : "LittleEndianType") << v.code;
}

std::size_t to_size(int code) {
  switch (code) {
    case 1: return 1;
    case 2:
    case 12: return 2;
    case 3:
    case 4:
    case 13: return 4;
    case 9: return 16;
    default: return 8;
  }
}

/// Value of (x, y, b): the place of the element by the offsets of the specification, written here a second time.
double make_value(std::int64_t x, std::int64_t y, std::int64_t b) {
  return static_cast<double>(1 + x + 10 * y + 40 * b);
}

std::size_t to_place(const std::string& interleave, std::int64_t x, std::int64_t y, std::int64_t b) {
  if (interleave == "bsq") return static_cast<std::size_t>((b * lines + y) * samples + x);
  if (interleave == "bil") return static_cast<std::size_t>((y * bands + b) * samples + x);
  return static_cast<std::size_t>((y * samples + x) * bands + b);
}

template <class T>
std::string element(T value, bool big_endian) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  if (big_endian) std::ranges::reverse(bytes);
  return bytes;
}

std::string element(double value, int code, bool big) {
  switch (code) {
    case 1: return element(static_cast<std::uint8_t>(value), big);
    case 2: return element(static_cast<std::int16_t>(-value), big);
    case 3: return element(static_cast<std::int32_t>(-70000 * value), big);
    case 4: return element(static_cast<float>(value) / 3, big);
    case 5: return element(value / 3, big);
    case 6: return element(static_cast<float>(value), big) + element(static_cast<float>(-value) / 3, big);
    case 9: return element(value, big) + element(-value / 3, big);
    case 12: return element(static_cast<std::uint16_t>(60000 + value), big);
    case 13: return element(static_cast<std::uint32_t>(4000000000.0 + value), big);
    case 14: return element(static_cast<std::int64_t>(-9e12 - value), big);
    default: return element(static_cast<std::uint64_t>(9e15 + value), big);
  }
}

std::string data_place(const Variant& v) {
  std::string bytes(static_cast<std::size_t>(samples * lines * bands) * to_size(v.code), '\0');
  for (std::int64_t b = 0; b < bands; ++b)
    for (std::int64_t y = 0; y < lines; ++y)
      for (std::int64_t x = 0; x < samples; ++x)
        bytes.replace(to_place(v.interleave, x, y, b) * to_size(v.code), to_size(v.code),
                      element(make_value(x, y, b), v.code, v.big_endian));
  return bytes;
}

std::string header_place(const Variant& v) {
  return "ENVI\nsamples = 5\nlines = 4\nbands = 3\ndata type = " + std::to_string(v.code) +
         "\ninterleave = " + v.interleave + "\nbyte order = " + (v.big_endian ? "1" : "0") + "\n";
}

class EnviVariant : public IoTest, public ::testing::WithParamInterface<Variant> {};

TEST_P(EnviVariant, HasEveryValueInItsPlace) {
  const Variant& v = GetParam();
  put(folder / "cube.img", data_place(v));
  put(folder / "cube.hdr", header_place(v));
  const auto data = io::read(folder / "cube.hdr");
  const auto& cube = get<SpectralCube>(data);
  ASSERT_EQ(cube.pixels.spec().shape, (Shape{samples, lines, bands}));
  for (std::int64_t b = 0; b < bands; ++b)
    for (std::int64_t y = 0; y < lines; ++y)
      for (std::int64_t x = 0; x < samples; ++x) {
        const auto at = static_cast<std::size_t>((b * lines + y) * samples + x);
        const std::string stored = element(make_value(x, y, b), v.code, false);
        const auto as_double = [&]<class T>(T) {
          T value{};
          std::memcpy(&value, stored.data(), sizeof value);
          return static_cast<double>(value);
        };
        if (v.code >= 13) {  // 32 and 64 bits without sign and 64 with, kept as f64
          const double expected = v.code == 13   ? as_double(std::uint32_t{})
                                  : v.code == 14 ? as_double(std::int64_t{})
                                                 : as_double(std::uint64_t{});
          EXPECT_EQ(cube.pixels.values<double>()[at], expected);
        } else {
          EXPECT_EQ(std::memcmp(cube.pixels.data() + at * stored.size(), stored.data(), stored.size()), 0);
        }
      }
}

TEST_P(EnviVariant, IsWrittenAgainToTheLastBit) {
  const Variant& v = GetParam();
  put(folder / "cube.img", data_place(v));
  put(folder / "cube.hdr", header_place(v));
  const auto data = io::read(folder / "cube.img");
  io::write(folder / "again.hdr", *data);
  EXPECT_EQ(bytes_of_file(folder / "again.img"), data_place(v));
  EXPECT_EQ(digest(*io::read(folder / "again.img")), digest(*data));
  for (const std::string order : {"bsq", "bil", "bip"}) {  // the extension says the interleave
    io::write(folder / ("turned." + order), *data, {true});
    EXPECT_EQ(bytes_of_file(folder / ("turned." + order)), data_place({order, v.big_endian, v.code}));
    EXPECT_EQ(digest(*io::read(folder / ("turned." + order))), digest(*data));
  }
}

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const std::string interleave : {"bsq", "bil", "bip"})
    for (const bool big : {false, true})
      for (const int code : {1, 2, 3, 4, 5, 6, 9, 12, 13, 14, 15}) all.push_back({interleave, big, code});
  return all;
}
INSTANTIATE_TEST_SUITE_P(Every, EnviVariant, ::testing::ValuesIn(variants()), ::testing::PrintToStringParamName());

class Envi : public IoTest {
 protected:
  /// Two pixels beside each other, two lines, three bands of 16 bits.
  fs::path two_by_two(const std::string& keys,
                      std::vector<std::int16_t> values = {1000, 2000, 3000, 4000, 1, 2, 3, 4, 50, 60, 70, 80}) {
    put(folder / "cube.hdr", "ENVI\nsamples = 2\nlines = 2\nbands = 3\ndata type = 2\ninterleave = bsq\n" + keys);
    put(folder / "cube", std::string{reinterpret_cast<const char*>(values.data()), values.size() * 2});
    return folder / "cube.hdr";
  }
};

TEST_F(Envi, KeepsEveryKeyThroughReadingAndWriting) {
  const auto file = two_by_two(
      "description = {A cube of\n two lines}\nwavelength units = Micrometers\nwavelength = {0.45, 0.55,\n 0.65}\n"
      "fwhm = {0.01,0.01,0.02}\nbbl = {1.0, 0, 1}\nband names = {Blue, Green one, Red}\ndefault bands = {3,2,1}\n"
      "map info = {UTM, 1.0, 1.0, 500000, 4e6, 30, 30, 11, North, WGS-84}\ncoordinate system string = {PROJCS[\"x, "
      "y\"]}\n"
      "sensor type = Unknown\nmy own key = 7\n");
  const auto data = io::read(file);
  const auto& cube = get<SpectralCube>(data);
  EXPECT_EQ(cube.bands, (Axis{"wavelength", "nm", {450, 550, 650}}));
  EXPECT_EQ(cube.band_widths.values, (std::vector<double>{10, 10, 20}));
  EXPECT_EQ(cube.band_mask.values<std::uint8_t>()[1], 0);
  EXPECT_EQ(cube.meta.at(spectra::band_names_key), "Blue, Green one, Red");
  EXPECT_EQ(cube.meta.at("envi:my own key"), "7");
  for (const std::string name : {"b.hdr", "c.h5", "d.bip"}) {
    io::write(folder / name, *data);
    const auto again = io::read(folder / name);
    const auto& other = get<SpectralCube>(again);
    EXPECT_EQ(digest(*again), digest(*data)) << name;
    for (const auto& [key, value] : cube.meta)
      if (key != "source" && key != "interleave") {
        EXPECT_EQ(other.meta.at(key), value) << name << " " << key;
      }
  }
  const std::string header = bytes_of_file(folder / "b.hdr");
  EXPECT_NE(header.find("map info = {UTM, 1.0, 1.0, 500000, 4e6, 30, 30, 11, North, WGS-84}"), std::string::npos)
      << header;
  EXPECT_NE(header.find("coordinate system string = {PROJCS[\"x, y\"]}"), std::string::npos);
}

TEST_F(Envi, AppliesTheScaleFactorAndWritesTheStoredNumbersBack) {
  const auto file = two_by_two("reflectance scale factor = 10000\n");
  const auto data = io::read(file);
  const auto& cube = get<SpectralCube>(data);
  EXPECT_EQ(cube.pixels.spec().type, ScalarType::f32);
  EXPECT_FLOAT_EQ(cube.pixels.values<float>()[1], 0.2F);
  EXPECT_EQ(cube.quantity, Quantity::reflectance);
  io::write(folder / "again.hdr", *data);
  EXPECT_EQ(bytes_of_file(folder / "again.img"), bytes_of_file(folder / "cube"));
  EXPECT_NE(bytes_of_file(folder / "again.hdr").find("reflectance scale factor = 10000"), std::string::npos);
  io::ReadOptions raw;
  raw.hints["scale"] = "none";
  EXPECT_EQ(get<SpectralCube>(io::read(file, raw)).pixels.spec().type, ScalarType::i16);
}

TEST_F(Envi, AppliesGainsAndOffsetsOfTheBands) {
  const auto data = io::read(two_by_two("data gain values = {0.5,1,2}\ndata offset values = {0,10,0}\n"));
  const auto values = get<SpectralCube>(data).pixels.values<float>();
  EXPECT_FLOAT_EQ(values[0], 500);
  EXPECT_FLOAT_EQ(values[4], 11);
  EXPECT_FLOAT_EQ(values[8], 100);
}

TEST_F(Envi, GuessesNoScaleOfWholeNumbersButSaysSo) {
  const auto data =
      io::read(two_by_two("wavelength = {450,550,650}\nwavelength units = nm\n", std::vector<std::int16_t>(12, 4000)));
  EXPECT_EQ(get<SpectralCube>(data).pixels.values<std::int16_t>()[0], 4000);
}

TEST_F(Envi, MasksPixelsThatAreIgnoredAndWritesThemAsSuch) {
  const auto data =
      io::read(two_by_two("data ignore value = -9999\n", {-9999, 2, 3, 4, -9999, 2, 3, 4, -9999, 2, 3, -9999}));
  const auto& cube = get<SpectralCube>(data);
  ASSERT_FALSE(cube.mask.empty());
  const auto mask = cube.mask.values<std::uint8_t>();
  EXPECT_EQ((std::vector<int>{mask[0], mask[1], mask[2], mask[3]}), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_NE(cube.meta.at("assumed").find("1 of 4 pixels"), std::string::npos);
  io::write(folder / "again.hdr", *data);
  EXPECT_EQ(bytes_of_file(folder / "again.img"), bytes_of_file(folder / "cube"));
  EXPECT_EQ(digest(*io::read(folder / "again.hdr")), digest(*data));
}

TEST_F(Envi, WritesAMaskThatItsValuesDoNotShow) {
  SpectralCube cube{counting<float>(Shape{2, 2, 3}), {}, {}};
  PixelBuffer mask = PixelBuffer::allocate({Shape{2, 2}, ScalarType::u8});
  std::ranges::fill(mask.values<std::uint8_t>(), std::uint8_t{1});
  mask.values<std::uint8_t>()[2] = 0;
  cube.mask = std::move(mask);
  io::write(folder / "a.hdr", Dataset{cube});
  const auto data = io::read(folder / "a.hdr");
  const auto& again = get<SpectralCube>(data);
  EXPECT_EQ(again.mask.values<std::uint8_t>()[2], 0);
  EXPECT_TRUE(std::isnan(again.pixels.values<float>()[2]));
  EXPECT_EQ(again.pixels.values<float>()[3], cube.pixels.values<float>()[3]);
}

TEST_F(Envi, MasksABandThatHasNoValueAtAll) {
  const auto data = io::read(two_by_two("data ignore value = -1\n", {1, 2, 3, 4, -1, -1, -1, -1, 5, 6, 7, 8}));
  const auto& cube = get<SpectralCube>(data);
  EXPECT_TRUE(cube.mask.empty());
  EXPECT_EQ(spectra::good_bands(cube), (std::vector<bool>{true, false, true}));
}

TEST_F(Envi, MasksSaturatedPixelsByTheHint) {
  io::ReadOptions options;
  options.hints["saturation"] = "4000";
  const auto data = io::read(two_by_two(""), options);
  EXPECT_EQ(get<SpectralCube>(data).mask.values<std::uint8_t>()[3], 0);
  EXPECT_EQ(get<SpectralCube>(data).mask.values<std::uint8_t>()[2], 1);
}

TEST_F(Envi, FindsTheDataFileByTheNameOfTheHeader) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"a.hdr", "a"},         {"a.hdr", "a.img"}, {"a.hdr", "a.dat"},         {"a.hdr", "a.bsq"},
      {"a.hdr", "a.bil"},     {"a.hdr", "a.bip"}, {"a.hdr", "a.raw"},         {"a.hdr", "a.sli"},
      {"a.img.hdr", "a.img"}, {"a.HDR", "a.IMG"}, {"a_1.5um.hdr", "a_1.5um"}, {"scan.bin.hdr", "scan.bin"}};
  const Variant v{"bil", false, 12};
  for (const auto& [header, data] : pairs) {
    const fs::path place = folder / (header + "-" + data);
    fs::create_directory(place);
    put(place / header, header_place(v));
    put(place / data, data_place(v));
    const std::string by_header = digest(*io::read(place / header));
    EXPECT_EQ(by_header, digest(*io::read(place / data))) << header << " " << data;
  }
}

TEST_F(Envi, KeepsARamanShiftAsItIs) {
  const auto data = io::read(two_by_two("wavelength = {500, 600.5, 1000}\nwavelength units = Wavenumber\n"));
  EXPECT_EQ(get<SpectralCube>(data).bands, (Axis{"Raman shift", "1/cm", {500, 600.5, 1000}}));
  io::write(folder / "again.hdr", *data);
  EXPECT_EQ(digest(*io::read(folder / "again.hdr")), digest(*data));
}

TEST_F(Envi, ReadsAPackedFileAndNumbersBehindAnOffset) {
  const auto plain = io::read(two_by_two(""));
  put(folder / "b.hdr", "ENVI\nsamples=2\nlines=2\nbands=3\ndata type=2\ninterleave=bsq\nheader offset=7\n");
  put(folder / "b.img", "1234567" + bytes_of_file(folder / "cube"));
  EXPECT_EQ(digest(*io::read(folder / "b.hdr")), digest(*plain));
}

TEST_F(Envi, KeepsACubeOnDiskWithTheSameResult) {
  const auto file = two_by_two("reflectance scale factor = 10000\n");
  io::ReadOptions options;
  options.hints["storage"] = "disk";
  const auto mapped = io::read(file, options);
  EXPECT_TRUE(MappedPixels::is_mapped(get<SpectralCube>(mapped).pixels));
  const auto resident = io::read(file);
  EXPECT_FALSE(MappedPixels::is_mapped(get<SpectralCube>(resident).pixels));
  EXPECT_EQ(digest(*mapped), digest(*resident));
  put(folder / "cube", "");  // who cuts the file changes nothing of what was read
  EXPECT_EQ(digest(*mapped), digest(*resident));
}

TEST_F(Envi, ReadsAndWritesASpectralLibrary) {
  spectra::SpectralLibrary library;
  library.bands = {"wavelength", "nm", {400, 500, 600}};
  library.widths = {10, 11, 12};
  library.add("Kaolinite CM9", std::vector<double>{0.1, std::nan(""), 0.3}, "clay");
  library.add("Water", std::vector<double>{0.01, 0.02, 1.0 / 3}, "water");
  io::write(folder / "lib.sli", Dataset{to_table(library)});
  EXPECT_NE(bytes_of_file(folder / "lib.hdr").find("file type = ENVI Spectral Library"), std::string::npos);
  for (const std::string name : {"lib.sli", "lib.hdr"}) {
    const auto again = spectra::to_library(get<Table>(io::read(folder / name)));
    EXPECT_EQ(again.names, library.names);
    EXPECT_EQ(again.classes, library.classes);
    EXPECT_EQ(again.bands, library.bands);
    EXPECT_EQ(again.widths, library.widths);
    EXPECT_TRUE(std::isnan(again.spectrum(0)[1]));
    EXPECT_EQ(again.spectrum(1)[2], 1.0 / 3);
  }
}

TEST_F(Envi, ReadsAClassificationAsLabelsWithTheirNames) {
  put(folder / "c.hdr",
      "ENVI\nsamples=3\nlines=1\nbands=1\ndata type=1\ninterleave=bsq\nfile type = ENVI Classification\nclasses = 3\n"
      "class names = {Unclassified, Soil, Tree}\n");
  put(folder / "c.img", std::string{"\0\1\2", 3});
  const auto data = io::read(folder / "c.hdr");
  const auto& labels = get<LabelMap>(data);
  EXPECT_EQ(labels.names, (std::vector<std::string>{"Unclassified", "Soil", "Tree"}));
  EXPECT_EQ(labels.labels.values<std::uint8_t>()[2], 2);
}

TEST_F(Envi, SpeaksOfAMissingHeaderOrDataFile) {
  put(folder / "alone.hdr", header_place({"bsq", false, 1}));
  const Error error = catch_error([&] { (void)io::read(folder / "alone.hdr"); });
  EXPECT_EQ(error.code(), Errc::cannot_read);
  EXPECT_NE(std::string{error.what()}.find("alone.hdr"), std::string::npos);
}

TEST_F(Envi, ReadsTheSceneOfEmitWithItsBands) {
  if (const auto why = why_without("spectral/emit20250324t221005_jpl_unmix_ex")) GTEST_SKIP() << *why;
  const auto data = io::read(shared_data() / "spectral/emit20250324t221005_jpl_unmix_ex");
  const auto& cube = get<SpectralCube>(data);
  EXPECT_EQ(cube.pixels.spec().shape, (Shape{10, 10, 285}));
  EXPECT_NEAR(cube.bands.values.front(), 381.0055927, 1e-9);
  const auto good = spectra::good_bands(cube);
  EXPECT_EQ(std::ranges::count(good, true), 244);
  EXPECT_EQ(cube.band_widths.values.size(), 285U);
  io::write(folder / "emit.hdr", *data);
  EXPECT_EQ(bytes_of_file(folder / "emit.img"),
            bytes_of_file(shared_data() / "spectral/emit20250324t221005_jpl_unmix_ex"));
}

}  // namespace
}  // namespace iso::test
