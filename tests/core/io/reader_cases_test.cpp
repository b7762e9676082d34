#include "io_fixture.h"

#include "iso/io/geometry_file.h"

#include <zlib.h>

#include <clocale>
#include <cmath>
#include <complex>
#include <numeric>

/// Files after public reports about other readers: each is read right or refused with its own sentence. The values are those
/// of tifffile, nibabel, NumPy, SciPy and h5py.
namespace iso::test {
namespace {

using ReaderCase = IoTest;
const fs::path cases_folder = fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "readers";

std::vector<double> to_values(const DatasetPtr& data) {
  const Pixels numbers = to_pixels(*data)->converted(ScalarType::f64);
  const auto all = numbers.values<double>();
  return {all.begin(), all.end()};
}
double sum(const DatasetPtr& data) {
  const auto values = to_values(data);
  return std::accumulate(values.begin(), values.end(), 0.0);
}
std::string assumed(const DatasetPtr& data) {
  const auto found = metadata(*data).find("assumed");
  return found == metadata(*data).end() ? "" : found->second;
}
Shape make_shape(const DatasetPtr& data) { return to_pixels(*data)->spec().shape; }

// ---- files that are read, with the sum of their values, the first and the last ----

struct Readable {
  std::string file;
  Shape shape;
  double sum, first, last;
  std::string says;  // part of what was assumed
};
void PrintTo(const Readable& r, std::ostream* out) { *out << r.file; }
class ReadableFile : public IoTest, public ::testing::WithParamInterface<Readable> {};

TEST_P(ReadableFile, HasTheValuesThatOtherReadersFind) {
  const auto& r = GetParam();
  const auto data = io::read(cases_folder / r.file);
  EXPECT_EQ(make_shape(data), r.shape);
  const auto values = to_values(data);
  ASSERT_FALSE(values.empty());
  EXPECT_NEAR(sum(data), r.sum, 1e-6 * std::abs(r.sum));
  EXPECT_EQ(values.front(), r.first);
  EXPECT_EQ(values.back(), r.last);
  EXPECT_NE(assumed(data).find(r.says), std::string::npos) << assumed(data);
}
const auto name_of_file = [](const auto& info) {
  std::string name = info.param.file;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
};
INSTANTIATE_TEST_SUITE_P(
    Cases, ReadableFile,
    ::testing::Values(
        Readable{"ome_cut_xml.tif", Shape{8, 6, 2}, 0, 0, 0, "no sound XML"},
        Readable{"blank_bzip2.nrrd", Shape{256, 256, 100}, 0, 0, 0, ""},
        Readable{"u32.tif", Shape{32, 16, 3}, 2329679550000.0, 2834700000, 1213600000, ""},
        Readable{"i32.tif", Shape{32, 16, 3}, 513591, 26694, -5728, ""},
        Readable{"thumb_first.tif", Shape{64, 48, 2}, 184507287, 25649, 49588, "1 thumbnails"},
        Readable{"thumb_mid.tif", Shape{64, 48, 2}, 184507287, 25649, 49588, "1 thumbnails"},
        Readable{"thumb_first1.tif", Shape{64, 48, 1}, 91912427, 124, 49588, "1 thumbnails"},
        Readable{"grey_alpha.tif", Shape{32, 16, 1}, 49074577.0 - 65535.0 * 512, 39101, 37779, "without its alpha"},
        Readable{"ij.tif", Shape{32, 16, 3}, 46593591, 56694, 24272, ""},
        Readable{"q1_s4.nii", Shape{4, 5, 6}, 7140, 0, 119, "the sform of the file"},
        Readable{"q1_s4_plane.nii", Shape{4, 5, 1}, 1140, 0, 114, "the sform of the file"},
        Readable{"q1_s1_shear.nii", Shape{4, 5, 6}, 7140, 0, 119, "the qform of the file, as its sform is sheared"},
        Readable{"vec.nii", Shape{4, 5, 6, 3}, 129600, 1, 719, "components of vectors as stored"},
        Readable{"veci.nii", Shape{4, 5, 6, 3}, 129600, 1, 719, "components of vectors as stored"},
        Readable{"slope0_inter5.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"dim4_zero.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"nan_pixdim5.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"nan_quatern_code0.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"nan_slope.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"subnormal_srow.nii", Shape{4, 5, 6}, 7140, 0, 119, ""},
        Readable{"nosize.mha", Shape{20, 20, 20}, 31996000, 0, 7999, "a spacing of 1 mm"}),
    name_of_file);

TEST_F(ReaderCase, TheGridOfANiftiImageIsThatOfTheFormThatTheWordsName) {
  for (const char* name : {"q1_s4.nii", "q1_s4_plane.nii"}) {
    const auto grid = get<Volume>(io::read(cases_folder / name)).grid;
    EXPECT_NEAR(grid.origin_mm[0], 90, 1e-4) << name;
    EXPECT_NEAR(grid.origin_mm[1], 126, 1e-4) << name;
    EXPECT_NEAR(grid.origin_mm[2], -72, 1e-4) << name;
  }
  const auto sheared = get<Volume>(io::read(cases_folder / "q1_s1_shear.nii")).grid;
  EXPECT_NEAR(sheared.origin_mm[0], 0, 1e-4) << "the qform, as the words say";
}

// ---- files that are refused ----

struct Refusable {
  std::string file;
  int code;
  std::string says;
};
TEST_F(IoTest, DescriptionOfOmeInLatin1HasItsUnit) {
  const auto data = io::read(cases_folder / "ome_latin1.tif");
  EXPECT_NEAR(get<Volume>(data).grid.spacing_mm[0], 0.0005, 1e-12) << "half of a micrometre, its sign in one byte";
}

void PrintTo(const Refusable& r, std::ostream* out) { *out << r.file; }
class RefusableFile : public IoTest, public ::testing::WithParamInterface<Refusable> {};

TEST_P(RefusableFile, IsRefusedWithASentenceOfItsOwn) {
  const Error error = catch_error([&] { (void)io::read(cases_folder / GetParam().file); });
  EXPECT_EQ(exit_code(error.code()), GetParam().code) << error.what();
  EXPECT_NE(std::string{error.what()}.find(GetParam().says), std::string::npos) << error.what();
  EXPECT_EQ(std::string{error.what()}.find('\n'), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, RefusableFile,
    ::testing::Values(
        Refusable{"hyper.tif", 22, "2 channels x 3 slices x 2 times"}, Refusable{"huge_tile.tif", 20, "no sound size"},
        Refusable{"huge_page_deflate.tif", 20, "are announced"}, Refusable{"huge_page_lzw.tif", 20, "are announced"},
        Refusable{"huge_page_lzma.tif", 20, "are announced"}, Refusable{"huge_page_fax.tif", 20, "are announced"},
        Refusable{"huge_page_jpeg.tif", 20, "holds 12 at most"},
        Refusable{"undefined_address.mat", 21, "no array of numbers"},
        Refusable{"wrapping_structure.mat", 22, "'s' is an array of structures"},
        Refusable{"undefined_address.h5", 21, "no array of numbers"},
        Refusable{"cut.mhd", 20, "'cut.raw' is incomplete"}, Refusable{"cutz.mhd", 20, "'cutz.zraw' is incomplete"},
        Refusable{"bitflip.mha", 20, "checksum"}, Refusable{"list.mhd", 20, "'missing.raw'"},
        Refusable{"v.mhd", 20, "'v.raw' is incomplete"}, Refusable{"slices.mhd", 20, "'slice001.raw'"},
        Refusable{"nospace.mha", 20, "is incomplete"}, Refusable{"header_size.mha", 22, "HeaderSize"},
        Refusable{"strings.mhd", 22, "no pattern with one number"},
        Refusable{"writes.mhd", 22, "no pattern with one number"},
        Refusable{"pointers.mhd", 22, "no pattern with one number"},
        Refusable{"width.mhd", 22, "no pattern with one number"},
        Refusable{"absolute.mhd", 22, "'/etc/passwd', an absolute place"},
        Refusable{"absolute.nrrd", 22, "'/etc/passwd', an absolute place"},
        Refusable{"parent.mhd", 22, "outside of its folder"},
        Refusable{"list_passwd.mhd", 22, "'/etc/passwd', an absolute place"},
        Refusable{"external.h5", 22, "in another file, '/etc/passwd'"}, Refusable{"nanmap.mha", 22, "NaN or infinite"},
        Refusable{"nanmap.nii", 22, "NaN or infinite"}, Refusable{"fraction.npy", 22, "the extent '2.7'"},
        Refusable{"nan.npy", 22, "the extent 'nan'"}),
    name_of_file);

// ---- bare arrays ----

TEST_F(ReaderCase, AnArrayIsTheSameVolumeInFortranAndInCOrder) {
  io::ReadOptions options;
  options.hints = {{"spacing_mm", "1"}};
  const auto fortran = io::read(cases_folder / "aT.npy", options), plain = io::read(cases_folder / "aT_c.npy", options);
  EXPECT_EQ(make_shape(fortran), (Shape{2, 3, 4}));
  EXPECT_EQ(make_shape(plain), (Shape{2, 3, 4}));
  EXPECT_EQ(to_values(fortran), to_values(plain));
}

TEST_F(ReaderCase, ASquareMatrixOfMatlabHasItsViewsInRowsAndSaysSo) {
  io::ReadOptions options;
  options.geometry = cases_folder / "sq.json";
  const auto matlab = io::read(cases_folder / "sq.mat", options);
  EXPECT_NE(assumed(matlab).find("axes are view,u"), std::string::npos) << assumed(matlab);
  const auto values = to_values(matlab);
  options.hints = {{"axes", "view,u"}};
  EXPECT_EQ(to_values(io::read(cases_folder / "sq.mat", options)), values);
  options.hints = {{"axes", "u,view"}};
  EXPECT_NE(to_values(io::read(cases_folder / "sq.mat", options)), values);
}

// ---- Data Exchange ----

TEST_F(ReaderCase, AnEmptyDarkFieldIsNoDarkLevel) {
  for (const char* name : {"sm_dark1.h5", "sm_dark2.h5"}) {
    const auto scan = io::read(cases_folder / name);
    EXPECT_NE(assumed(scan).find("a dark level of 0"), std::string::npos) << assumed(scan);
    EXPECT_EQ(assumed(scan).find("dead readings"), std::string::npos) << assumed(scan);
  }
}

TEST_F(ReaderCase, ReadingsInTheOrderOfSinogramsAreTurnedAsTheirAxesSay) {
  EXPECT_EQ(make_shape(io::read(cases_folder / "sm_sino.h5")), (Shape{32, 2, 24}));
  const auto square = io::read(cases_folder / "sm_sino_sq.h5");
  EXPECT_EQ(make_shape(square), (Shape{32, 24, 24}));
  // Said by hand it is the same; as projections it is not.
  io::ReadOptions options;
  options.hints = {{"axes", "u,view,v"}};
  EXPECT_EQ(to_values(io::read(cases_folder / "sm_sino_sq.h5", options)), to_values(square));
  EXPECT_EQ(make_shape(io::read(cases_folder / "sm_sino.h5", options)), (Shape{32, 2, 24}));
  options.hints = {{"axes", "u,v,view"}};
  EXPECT_NE(to_values(io::read(cases_folder / "sm_sino_sq.h5", options)), to_values(square));
}

// ---- RTK ----

TEST_F(ReaderCase, TheOriginOfAStackOfRtkPlacesTheDetector) {
  io::ReadOptions by_origin, by_file;
  by_origin.geometry = cases_folder / "f_full.xml";
  by_file.geometry = cases_folder / "offset_in_xml.xml";
  const auto scan = io::read(cases_folder / "f_off30.mha", by_origin);
  const auto& geometry = get<Sinogram>(scan).geometry;
  EXPECT_NE(assumed(scan).find("the middle of the detector at (30, 0) mm"), std::string::npos) << assumed(scan);
  // The axis of rotation is seen 30 mm beside the middle.
  const double pitch = geometry.pitch_u_mm(), middle = static_cast<double>(geometry.elements()[0] - 1) / 2;
  EXPECT_NEAR(geometry.project(0, {0, 0, 0})[0], middle - 30 / pitch, 1e-6);
}

// ---- MR raw data ----

double largest(const DatasetPtr& data) {
  double most = 0;
  for (const auto z : get<KSpace>(data).samples.values<std::complex<float>>())
    most = std::max(most, static_cast<double>(std::abs(z)));
  return most;
}

TEST_F(ReaderCase, OnlyTheFirstEncodingSpaceIsTheImage) {
  const auto data = io::read(cases_folder / "k_enc2.h5");
  EXPECT_LT(largest(data), 5);
  EXPECT_NE(assumed(data).find("8 readouts of others left out"), std::string::npos) << assumed(data);
}

TEST_F(ReaderCase, ReadoutsForCalibrationOnlyAreNoImageWhateverTheMode) {
  const auto separate = io::read(cases_folder / "k_cal.h5"), other = io::read(cases_folder / "k_cal3.h5");
  const auto a = get<KSpace>(separate).samples, b = get<KSpace>(other).samples;
  ASSERT_EQ(a.spec(), b.spec());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.spec().bytes()), 0);
  EXPECT_EQ(get<KSpace>(other).meta.at("left_out"), "4 readouts of noise or calibration");
}

// ---- checksums ----

TEST_F(ReaderCase, AFlippedBitOfAGzippedNiftiIsFound) {
  Volume volume{counting<std::int16_t>(Shape{30, 40, 50}), oblique({30, 40, 50}), Quantity::unknown, {}};
  io::write(folder / "a.nii.gz", Dataset{volume});
  const std::string sound = bytes_of_file(folder / "a.nii.gz");
  for (std::size_t at = sound.size() / 4; at < sound.size(); at += sound.size() / 7) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    put(folder / "b.nii.gz", bytes);
    EXPECT_EQ(catch_error([&] { (void)io::read(folder / "b.nii.gz"); }).code(), Errc::cannot_read) << at;
  }
  put(folder / "c.nii.gz", sound + sound);  // two members, as pigz and bgzip write
  EXPECT_NE(assumed(io::read(folder / "c.nii.gz")).find("bytes behind the pixels"), std::string::npos);
}

// ---- surroundings ----

/// A locale of our own in `folder`, with the decimal comma and nothing else: no machine needs to have one installed.
std::string make_comma_locale(const fs::path& folder) {
  put(folder / "comma.source",
      "comment_char %\nescape_char /\nLC_CTYPE\nEND LC_CTYPE\nLC_NUMERIC\ndecimal_point \",\"\nthousands_sep "
      "\".\"\ngrouping 3;3\nEND LC_NUMERIC\n");
  const std::string command = "localedef --no-archive -c -i '" + (folder / "comma.source").string() + "' '" +
                              (folder / "comma").string() + "' </dev/null >/dev/null 2>&1";
  (void)!std::system(command.c_str());  // warns of what is not defined; whether it worked shows below
  ::setenv("LOCPATH", folder.c_str(), 1);
  return "comma";
}

TEST_F(ReaderCase, HeadersAreReadAndWrittenTheSameInEveryLocale) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  ASSERT_NE(std::setlocale(LC_NUMERIC, make_comma_locale(folder).c_str()), nullptr);
  ASSERT_STREQ(std::localeconv()->decimal_point, ",");
  const auto data = io::read(cases_folder / "half.nrrd");
  EXPECT_EQ(get<Volume>(data).grid.spacing_mm, (Vec3{0.5, 0.5, 0.5}));
  for (const char* name : {"a.nrrd", "a.mha", "a.nii"}) {
    io::write(folder / name, *data);
    EXPECT_EQ(get<Volume>(io::read(folder / name)).grid.spacing_mm, (Vec3{0.5, 0.5, 0.5})) << name;
  }
  put(folder / "a.csv", "a,b\n1.5,2\n");
  EXPECT_EQ(get<Table>(io::read(folder / "a.csv")).values[0][0], 1.5);
  std::setlocale(LC_NUMERIC, before.c_str());
  ::unsetenv("LOCPATH");
}

TEST_F(ReaderCase, TheTimeStepSurvivesEveryFormatThatHasOne) {
  Volume volume{counting<float>(Shape{5, 4, 3, 2}), oblique({5, 4, 3}), Quantity::unknown, {{"time_step_s", "0.75"}}};
  for (const char* name : {"a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.h5"}) {
    io::write(folder / name, Dataset{volume});
    EXPECT_EQ(get<Volume>(io::read(folder / name)).meta.at("time_step_s"), "0.75") << name;
  }
}

TEST_F(ReaderCase, EachWarningIsSaidOnceHoweverOftenTheFileIsTried) {
  std::vector<std::string> lines;
  log::set_level(log::Level::warning);
  log::set_sink([&](log::Level, std::string_view, std::string_view text) { lines.emplace_back(text); });
  put(folder / "g.json",
      R"({"beam": "parallel", "pitch_mm": 1, "elements": 64, "angles_deg": {"step": 1, "count": 63}})");
  io::ReadOptions options;
  options.geometry = folder / "g.json";
  (void)catch_error([&] { (void)io::read_accepting_findings(cases_folder / "sq.npy", options); });
  for (const auto& line : lines) EXPECT_EQ(std::ranges::count(lines, line), 1) << line;
  log::set_sink({});
  log::set_level(log::Level::quiet);
}

// ---- values that a format cannot hold ----

TEST_F(ReaderCase, TiffKeepsWholeNumbersOf32BitsAndDoublePrecision) {
  PixelBuffer whole = PixelBuffer::allocate({Shape{3, 2, 1}, ScalarType::i32});
  std::ranges::fill(whole.values<std::int32_t>(), 16777217);
  io::write(folder / "a.tif", Dataset{Volume{std::move(whole), oblique({3, 2, 1}), Quantity::unknown, {}}});
  EXPECT_EQ(to_values(io::read(folder / "a.tif"))[0], 16777217);
  PixelBuffer large = PixelBuffer::allocate({Shape{3, 2, 1}, ScalarType::f64});
  std::ranges::fill(large.values<double>(), 1e300);
  const Volume volume{std::move(large), oblique({3, 2, 1}), Quantity::unknown, {}};
  io::write(folder / "b.tif", Dataset{volume});
  EXPECT_EQ(to_values(io::read(folder / "b.tif"))[0], 1e300);
  const Error error = catch_error([&] { io::write(folder / "b.cfl", Dataset{volume}); });
  EXPECT_EQ(error.code(), Errc::cannot_write);
  EXPECT_NE(std::string{error.what()}.find("does not fit"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace iso::test
