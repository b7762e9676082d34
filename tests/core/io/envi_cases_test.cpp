#include "io_fixture.h"

#include "iso/data/spectral_cube.h"
#include "iso/spectra/axis.h"

#include <functional>

/// Headers that other writers make, and damaged ones: the right answer, or one sentence and the right code.
namespace iso::test {
namespace {

const std::string plain =
    "ENVI\nsamples = 2\nlines = 2\nbands = 3\nheader offset = 0\ndata type = 12\ninterleave = bsq\nbyte order = 0\n";

std::string without(const std::string& key) {
  std::string text = plain;
  const auto at = text.find(key);
  return text.erase(at, text.find('\n', at) + 1 - at);
}
std::string with(const std::string& from, const std::string& to) {
  std::string text = plain;
  return text.replace(text.find(from), from.size(), to);
}

constexpr std::size_t whole = 24;  // bytes of 2 x 2 x 3 values of 16 bits

struct Case {
  std::string name, header;
  std::optional<std::size_t> bytes{whole};  ///< of the data file; nothing: there is none
  std::optional<Errc> code{};               ///< nothing: it is read
  std::string says{};                       ///< part of the refusal, or of what was assumed
  std::function<void(const SpectralCube&)> check{};
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class EnviHeader : public IoTest, public ::testing::WithParamInterface<Case> {};

TEST_P(EnviHeader, IsReadAsItIsMeantOrRefusedInOneSentence) {
  const Case& c = GetParam();
  put(folder / "cube.hdr", c.header);
  std::string bytes;
  for (std::size_t i = 0; c.bytes && i < *c.bytes; ++i) bytes += static_cast<char>(i % 2 == 0 ? 1 + i / 2 : 0);
  if (c.bytes) put(folder / "cube.img", bytes);
  const auto read = [&] { return io::read(folder / "cube.hdr"); };
  if (c.code) {
    const Error error = catch_error([&] { (void)read(); });
    const std::string text = error.what();
    EXPECT_EQ(error.code(), *c.code) << text;
    EXPECT_NE(text.find(c.says), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_LT(text.size(), 500U);
    return;
  }
  const auto data = read();
  const auto& cube = get<SpectralCube>(data);
  ASSERT_EQ(cube.pixels.spec(), (ArraySpec{Shape{2, 2, 3}, ScalarType::u16}));
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(cube.pixels.values<std::uint16_t>()[i], i + 1);
  auto assumed = cube.meta.find("assumed");
  // Whole numbers with wavelengths and without a scale are always spoken of.
  if (assumed != cube.meta.end() && assumed->second.starts_with("values as they are stored")) assumed = cube.meta.end();
  if (!c.says.empty()) {
    EXPECT_NE((assumed == cube.meta.end() ? std::string{} : assumed->second).find(c.says), std::string::npos);
  }
  if (c.says.empty() && assumed != cube.meta.end()) ADD_FAILURE() << "assumed without need: " << assumed->second;
  if (c.check) c.check(cube);
}

std::function<void(const SpectralCube&)> has_bands(std::vector<double> nm) {
  return [=](const SpectralCube& cube) {
    ASSERT_EQ(cube.bands.values.size(), nm.size());
    for (std::size_t i = 0; i < nm.size(); ++i) EXPECT_NEAR(cube.bands.values[i], nm[i], 1e-9);
    EXPECT_TRUE(nm.empty() || cube.bands.unit == "nm");
  };
}
std::function<void(const SpectralCube&)> has_good(std::vector<bool> good) {
  return [=](const SpectralCube& cube) { EXPECT_EQ(spectra::good_bands(cube), good); };
}

std::string crlf(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, 1, '\r');
  return text;
}

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Case> cases() {
  const std::string waves = "wavelength units = nm\nwavelength = {500, 600, 700}\n";
  std::vector<Case> all{
      // read as they are meant
      {"Plain", plain},
      {"WithByteOrderMark", "\xef\xbb\xbf" + plain},
      {"WithCarriageReturns", crlf(plain + waves), whole, {}, {}, has_bands({500, 600, 700})},
      {"WithCommentsAndEmptyLines", "ENVI\n; made by hand\n\n  ; more\n" + plain.substr(5)},
      {"InCapitals", "ENVI\nSAMPLES=2\nLines =2\nBANDS= 3\nData Type = 12\nINTERLEAVE = BSQ\n"},
      {"WithoutBlanks", "ENVI\nsamples=2\nlines=2\nbands=3\ndata type=12\ninterleave=bsq\n"},
      {"WithBlanksInKeys", "ENVI\nsamples\t=  2\n lines = 2 \nbands = 3\ndata   type = 12\ninterleave = bsq\n"},
      {"WithUnderscores", "ENVI\nsamples = 2\nlines = 2\nbands = 3\ndata_type = 12\ninterleave = bsq\n"},
      {"WithoutOffset", without("header offset")},
      {"WithoutByteOrder", without("byte order")},
      {"WithoutEndOfLine", plain.substr(0, plain.size() - 1)},
      {"WithWordsWithoutValue", plain + "this line says nothing\n"},
      {"WithListsOverLines",
       plain + "wavelength units = nm\nwavelength = {\n 500,\n 600,\n 700\n}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"WithTrailingComma",
       plain + "wavelength units = nm\nwavelength = {500, 600, 700,}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"WithBlanksBetweenNumbers",
       plain + "wavelength units = nm\nwavelength = {500 600 700}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"WithPlusAndExponent",
       plain + "wavelength units = nm\nwavelength = {+5e2, 6.0E+02, 700.}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"InMicrometres",
       plain + "wavelength units = Micrometers\nwavelength = {0.5,0.6,0.7}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"InAngstrom",
       plain + "wavelength units = Angstrom\nwavelength = {5000,6000,7000}\n",
       whole,
       {},
       {},
       has_bands({500, 600, 700})},
      {"WithBandsInAnyOrder",
       plain + "wavelength units = nm\nwavelength = {700, 500, 600}\n",
       whole,
       {},
       {},
       has_bands({700, 500, 600})},
      {"WithFloatsAsGoodBands", plain + "bbl = {1.0, 0.0, 1}\n", whole, {}, {}, has_good({true, false, true})},
      {"WithUnusedIgnoreValue", plain + "data ignore value = -9999\n"},
      {"WithNaNAsIgnoreValue", plain + "data ignore value = NaN\n"},
      // read, with a word
      {"WithoutUnitBelowHundred",
       plain + "wavelength = {0.5,0.6,0.7}\n",
       whole,
       {},
       "micrometres",
       has_bands({500, 600, 700})},
      {"WithoutUnitAboveHundred",
       plain + "wavelength units = Unknown\nwavelength = {500,600,700}\n",
       whole,
       {},
       "in nm",
       has_bands({500, 600, 700})},
      {"WithAListThatIsTooShort",
       plain + "wavelength units = nm\nwavelength = {500,600}\n",
       whole,
       {},
       "2 entries for 3",
       has_bands({})},
      {"WithAListThatIsTooLong",
       plain + "bbl = {1,1,1,0}\n",
       whole,
       {},
       "4 entries for 3",
       has_good({true, true, true})},
      {"WithAWordAmongNumbers", plain + "fwhm = {10,ten,10}\n", whole, {}, "'ten' in it is no number"},
      {"WithBandNamesOfAnotherNumber", plain + "band names = {A, B}\n", whole, {}, "2 entries for 3"},
      {"WithAFileThatIsTooLong", plain, whole + 5, {}, "the last 5 bytes"},
      {"WithAnUnknownUnit", plain + "wavelength units = furlong\nwavelength = {1,2,3}\n", whole, {}, "furlong"},
      {"WithAScaleOfZero", plain + "reflectance scale factor = 0\n", whole, {}, "no scale"},
      // refused
      {"WithoutSamples", without("samples"), whole, Errc::invalid_input, "lacks 'samples'"},
      {"WithoutLines", without("lines"), whole, Errc::invalid_input, "lacks 'lines'"},
      {"WithoutBands", without("bands"), whole, Errc::invalid_input, "lacks 'bands'"},
      {"WithoutDataType", without("data type"), whole, Errc::invalid_input, "lacks 'data type'"},
      {"WithoutInterleave", without("interleave"), whole, Errc::invalid_input, "lacks 'interleave'"},
      {"WithAnUnknownType", with("data type = 12", "data type = 7"), whole, Errc::invalid_input, "data type = 7"},
      {"WithAnUnknownInterleave", with("bsq", "bsx"), whole, Errc::invalid_input, "interleave = bsx"},
      {"WithAnUnknownByteOrder", with("byte order = 0", "byte order = 2"), whole, Errc::invalid_input,
       "byte order = 2"},
      {"WithNegativeSamples", with("samples = 2", "samples = -2"), whole, Errc::invalid_input, "samples = -2"},
      {"WithNoLines", with("lines = 2", "lines = 0"), whole, Errc::invalid_input, "lines = 0"},
      {"WithHalfABand", with("bands = 3", "bands = 2.5"), whole, Errc::invalid_input, "bands = 2.5"},
      {"WithWordsAsANumber", with("bands = 3", "bands = three"), whole, Errc::invalid_input, "bands = three"},
      {"WithImpossibleSizes", with("samples = 2", "samples = 900000000000"), whole, Errc::cannot_read, "incomplete"},
      {"WithSizesBeyondAllNumbers",
       with("samples = 2\nlines = 2", "samples = 900000000000000\nlines = 900000000000000"), whole, Errc::invalid_input,
       ""},
      {"WithANegativeOffset", with("header offset = 0", "header offset = -1"), whole, Errc::invalid_input,
       "header offset = -1"},
      {"WithAnOffsetBeyondTheEnd", with("header offset = 0", "header offset = 4000"), whole, Errc::cannot_read,
       "4024 bytes"},
      {"WithAnOpenBrace", plain + "wavelength = {500, 600,\n", whole, Errc::invalid_input, "line 9"},
      {"WithAShortFile", plain, whole - 1, Errc::cannot_read, "announces 24 bytes (2 x 2 x 3 values), it has 23"},
      {"WithAnEmptyFile", plain, std::size_t{0}, Errc::cannot_read, "it has 0"},
      {"WithoutADataFile", plain, std::nullopt, Errc::cannot_read, "not beside it"},
      {"WithGapsBetweenFrames", plain + "major frame offsets = {10, 10}\n", whole, Errc::invalid_input,
       "not supported"},
      {"OfOneLine", "ENVI", whole, Errc::invalid_input, "lacks 'samples'"},
      {"WithEveryPixelIgnored",
       plain + "data ignore value = 1\nbbl = {1,0,0}\n",
       whole,
       {},
       {},
       [](const SpectralCube& cube) { EXPECT_EQ(cube.mask.values<std::uint8_t>()[0], 0); }}};
  return all;
}
INSTANTIATE_TEST_SUITE_P(Of, EnviHeader, ::testing::ValuesIn(cases()), ::testing::PrintToStringParamName());

TEST(EnviHeaderCases, AreAtLeastFifty) { EXPECT_GE(cases().size(), 50U); }

}  // namespace
}  // namespace iso::test
