#include "io_fixture.h"
#include "support/pixels.h"

#include "iso/io/geometry_file.h"

#include <sys/resource.h>

#include <array>
#include <csignal>
#include <functional>
#include <limits>
#include <set>

/// Input that is wrong: the right code, one sentence, nothing written, nothing allocated blindly.
namespace iso::test {
namespace {

Volume volume() { return {counting<float>(Shape{6, 5, 4}), oblique({6, 5, 4}), Quantity::unknown, {}}; }

void expect_one_sentence(const Error& error) {
  const std::string text = error.what();
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  EXPECT_EQ(text.find('!'), std::string::npos) << text;
  EXPECT_LT(text.size(), 500u) << text;
}

struct Bad {
  std::string name;
  Errc code;
  std::string says;  // part of the message
  std::function<void(const fs::path& folder)> work;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadInput : public IoTest, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadInput, IsRefusedInOneSentence) {
  const Error error = catch_error([&] { GetParam().work(folder); });
  EXPECT_EQ(error.code(), GetParam().code) << to_string(error.code()) << ": " << error.what();
  EXPECT_NE(std::string{error.what()}.find(GetParam().says), std::string::npos) << error.what();
  expect_one_sentence(error);
}

std::function<void(const fs::path&)> reading(const std::string& name, const std::string& bytes,
                                             io::ReadOptions options = {}) {
  return [=](const fs::path& folder) {
    put(folder / name, bytes);
    (void)io::read(folder / name, options);
  };
}

// A file of ours, changed, then read.
std::function<void(const fs::path&)> changed(const std::string& name, std::function<void(std::string&)> change,
                                             io::ReadOptions options = {}) {
  return [=](const fs::path& folder) {
    io::write(folder / name, Dataset{volume()});
    std::string bytes = bytes_of_file(folder / name);
    change(bytes);
    put(folder / name, bytes);
    (void)io::read(folder / name, options);
  };
}

std::function<void(std::string&)> replace(const std::string& from, const std::string& to) {
  return [=](std::string& bytes) {
    const auto at = bytes.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bytes.replace(at, from.size(), to);
  };
}
std::function<void(std::string&)> overwrite(std::size_t at, const std::string& with) {
  return [=](std::string& bytes) { bytes.replace(at, with.size(), with); };
}
std::function<void(std::string&)> cut(double fraction) {
  return
      [=](std::string& bytes) { bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * fraction)); };
}

io::ReadOptions hints(std::map<std::string, std::string> list, std::optional<Kind> kind = std::nullopt) {
  io::ReadOptions options;
  options.hints = std::move(list);
  options.expected = kind;
  return options;
}

// Transmission counts of 503 elements in 459 views: a cylinder, and a dead element.
fs::path counts_in(const fs::path& folder) {
  PixelBuffer counts = PixelBuffer::allocate({Shape{503, 459, 1}, ScalarType::u16});
  const auto values = counts.values<std::uint16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double u = static_cast<double>(i % 503) - 245,
                 chord = u * u < 200 * 200 ? 2 * std::sqrt(200 * 200 - u * u) : 0;
    values[i] = i % 503 == 77 ? std::uint16_t{0} : static_cast<std::uint16_t>(47047 * std::exp(-0.008 * chord));
  }
  io::write(folder / "counts.tif",
            Dataset{Volume{std::move(counts), VoxelGrid::centred({503, 459, 1}, {1, 1, 1}), Quantity::unknown, {}}});
  return folder / "counts.tif";
}

// Those counts with a geometry of our choice.
std::function<void(const fs::path&)> scan(const std::string& geometry,
                                          std::map<std::string, std::string> list = {{"unattenuated", "47047"}},
                                          std::vector<Finding> accepted = {}) {
  return [=](const fs::path& folder) {
    put(folder / "g.json", geometry);
    auto options = hints(list, Kind::sinogram);
    options.geometry = folder / "g.json";
    options.accepted = accepted;
    (void)io::read(counts_in(folder), options);
  };
}
std::string parallel(const std::string& angles, const std::string& elements = "503") {
  return R"({"beam": "parallel", "pitch_mm": 1, "elements": )" + elements + R"(, "angles_deg": )" + angles + "}";
}
std::string twice() {
  std::string list = "[0, 0";
  for (int i = 2; i < 459; ++i) list += ", " + std::to_string(i * 0.7);
  return parallel(list + "]");
}
const std::string good = parallel(R"({"step": 0.78, "count": 459})");

std::string make_npy(const std::string& shape, const std::string& descr = "<f4",
                     const std::string& payload = std::string(64, '\0')) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return std::string{"\x93NUMPY\x01\x00\x76\x00", 10} + header + "\n" + payload;
}

Dataset with_nan() {
  Volume v = volume();
  test::change<float>(v.pixels, [](auto values) { values[7] = std::numeric_limits<float>::quiet_NaN(); });
  return v;
}

// A TIFF of three pages, of which the second has `value` in place of a width of 5 pixels or, for tag 258, of 16 bits.
void put_uneven_pages(const fs::path& file, std::uint16_t tag, std::uint16_t value) {
  Volume v = volume();
  v.pixels = counting<std::uint16_t>(Shape{5, 4, 3});
  v.grid = oblique({5, 4, 3});
  io::write(file, Dataset{v});
  std::string bytes = bytes_of_file(file);
  const auto entry = [tag](std::uint16_t number) {
    const std::array<std::uint16_t, 6> words{tag, 3, 1, 0, number, 0};  // a short number, one of it
    return std::string{reinterpret_cast<const char*>(words.data()), sizeof words};
  };
  const std::string old = entry(tag == 256 ? 5 : 16);
  const std::size_t second = bytes.find(old, bytes.find(old) + 1);
  ASSERT_NE(second, std::string::npos);
  put(file, bytes.replace(second, old.size(), entry(value)));
}

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Bad> cases() {
  using enum Errc;
  // clang-format off
  std::vector<Bad> list{
      {"MissingFile", cannot_read, "there is no file", [](const fs::path& f) { (void)io::read(f / "none.nii"); }},
      {"EmptyFile", no_input, "is empty", reading("a.nii", "")},
      {"EmptyFolder", no_input, "is empty", [](const fs::path& f) { (void)io::read(f); }},
      {"FolderWithoutDicom", input_directory, "no DICOM", [](const fs::path& f) { put(f / "readme.txt", "hello"); (void)io::read(f); }},
      {"UnknownExtensionAndContent", invalid_input, "no format that is known", reading("a.xyz", "hello, this is text")},
      {"TextNamedNifti", invalid_input, "its content is not", reading("a.nii", "hello, this is text")},
      {"TextNamedNrrd", invalid_input, "its content is not", reading("a.nrrd", "hello, this is text")},
      {"TiffPageNarrower", invalid_input, "page 2 has another size", [](const fs::path& f) { put_uneven_pages(f / "a.tif", 256, 1); (void)io::read(f / "a.tif"); }},
      {"TiffPageOfFewerBits", invalid_input, "page 2 has another size or type", [](const fs::path& f) { put_uneven_pages(f / "a.tif", 258, 8); (void)io::read(f / "a.tif"); }},
      {"TextNamedTiff", invalid_input, "its content is not", reading("a.tif", "hello, this is text")},
      {"TextNamedHdf5", invalid_input, "its content is not", reading("a.h5", "hello, this is text")},
      {"TextNamedNumpy", invalid_input, "its content is not", reading("a.npy", "hello, this is text")},
      {"TextNamedMatlab", invalid_input, "its content is not", reading("a.mat", "hello, this is text")},
      {"TextNamedDicom", invalid_input, "its content is not", reading("a.dcm", "hello, this is text")},
      {"UnknownHint", invalid_input, "take no hint 'axis'", changed("a.nii", [](std::string&) {}, hints({{"axis", "x,y,z"}}))},
      {"ZeroSpacing", invalid_input, "positive", changed("a.nii", [](std::string&) {}, hints({{"spacing_mm", "0"}}))},
      {"RotationAxisInWords", invalid_input, "the hint 'rotation_axis' is 'middle', expected a number", changed("a.nii", [](std::string&) {}, hints({{"rotation_axis", "middle"}}))},
      {"ContainerWithHint", invalid_input, "take no hint", changed("a.h5", [](std::string&) {}, hints({{"axes", "x,y,z"}}))},
      {"UnknownQuantity", invalid_input, "no quantity 'HU'", changed("a.nii", [](std::string&) {}, hints({{"quantity", "HU"}}))},
      {"UnknownAxis", invalid_input, "not understood at 'w'", changed("a.nii", [](std::string&) {}, hints({{"axes", "x,y,w"}}))},
      {"AxisNamedTwice", invalid_input, "not understood", changed("a.nii", [](std::string&) {}, hints({{"axes", "x,x,y"}}))},
      {"TooFewAxes", invalid_input, "the array is", changed("a.nii", [](std::string&) {}, hints({{"axes", "x,y"}}))},
      {"SpacingInWords", invalid_input, "the hint 'spacing_mm' is 'half', expected numbers", changed("a.nii", [](std::string&) {}, hints({{"spacing_mm", "half"}}))},
      {"NegativeSpacing", invalid_input, "expected numbers of at least 0 mm", changed("a.nii", [](std::string&) {}, hints({{"spacing_mm", "-1"}}))},
      {"TableFromVolume", type_mismatch, "cannot be read as a table", changed("a.nii", [](std::string&) {}, hints({}, Kind::table))},
      {"SinogramFromContainerWithVolume", type_mismatch, "holds a volume", changed("a.h5", [](std::string&) {}, hints({}, Kind::sinogram))},
      {"KSpaceFromRealPixels", type_mismatch, "k-space is complex", changed("a.nrrd", [](std::string&) {}, hints({}, Kind::k_space))},
      {"LabelsFromFractions", type_mismatch, "whole numbers", reading("a.npy", make_npy("(4, 4)", "<f4", std::string(64, '\x3f')), hints({{"spacing_mm", "1"}}, Kind::label_map))},
      {"NotANumber", invalid_input, "NaN", [](const fs::path& f) { io::write(f / "a.nrrd", with_nan()); (void)io::read(f / "a.nrrd"); }},
      {"HugeNiftiHeader", cannot_read, "are announced", changed("a.nii", overwrite(42, std::string("\xff\x7f\xff\x7f\xff\x7f", 6)))},
      {"NiftiWithoutAxes", invalid_input, "axes", changed("a.nii", overwrite(40, std::string("\0\0", 2)))},
      {"NiftiWithNegativeExtent", invalid_input, "extent", changed("a.nii", overwrite(42, std::string("\xff\xff", 2)))},
      {"NiftiWithNaNOffset", invalid_input, "byte", changed("a.nii", overwrite(108, std::string("\xff\xff\xff\xff", 4)))},
      {"HugeNrrdHeader", cannot_read, "are announced", changed("a.nrrd", replace("sizes: 6 5 4", "sizes: 60000 50000 40000"))},
      {"OverflowingNrrdHeader", invalid_input, "", changed("a.nrrd", replace("sizes: 6 5 4", "sizes: 4000000000 4000000000 4000000000"))},
      {"HugeMetaHeader", cannot_read, "are announced", changed("a.mha", replace("DimSize = 6 5 4", "DimSize = 60000 50000 4000"))},
      {"HugeNumpyHeader", cannot_read, "are announced", reading("a.npy", make_npy("(100000, 100000)"))},
      {"OverflowingNumpyHeader", invalid_input, "cannot exist", reading("a.npy", make_npy("(100000000000000, 100000000000000)"))},
      {"NumpyOfSevenAxes", invalid_input, "at most 6", reading("a.npy", make_npy("(1, 1, 1, 1, 1, 1, 1)"))},
      {"NumpyOfFields", type_mismatch, "several fields", reading("a.npy", make_npy("(1,)", "', [('a', '<f4')], '"))},
      {"NumpyOfObjects", type_mismatch, "'O'", reading("a.npy", make_npy("(1,)", "|O"))},
      {"NumpyOfLongDoubles", type_mismatch, "'f16'", reading("a.npy", make_npy("(1,)", "<f16"))},
      {"NumpyOfNothing", no_input, "no values", reading("a.npy", make_npy("(0, 4)"))},
      {"BartWithoutHeader", invalid_input, "its content is not", reading("a.cfl", std::string(64, '\0'))},
      {"BartOfAnotherSize", cannot_read, "bytes", [](const fs::path& f) { put(f / "a.hdr", "# Dimensions\n4 4 1\n"); put(f / "a.cfl", std::string(64, '\0')); (void)io::read(f / "a.cfl"); }},
      {"BartWithAWord", invalid_input, "'four'", [](const fs::path& f) { put(f / "a.hdr", "# Dimensions\nfour 4\n"); put(f / "a.cfl", std::string(64, '\0')); (void)io::read(f / "a.cfl"); }},
      {"TableWithAWord", invalid_input, "'x' in column 'b'", reading("a.csv", "a,b\n1,2\n3,x\n")},
      {"TableWithAShortLine", invalid_input, "line 3", reading("a.csv", "a,b\n1,2\n3\n")},
      {"TableWithoutRows", no_input, "no rows", reading("a.csv", "a,b\n")},
      {"ScanWithoutGeometry", invalid_input, "needs a geometry", [](const fs::path& f) { (void)io::read(counts_in(f), hints({}, Kind::sinogram)); }},
      {"GeometryMissing", cannot_read, "no geometry file", [](const fs::path& f) { auto o = hints({}, Kind::sinogram); o.geometry = f / "none.json"; (void)io::read(counts_in(f), o); }},
      {"GeometryOfOtherViews", geometry_refused, "the geometry is", scan(parallel(R"({"step": 1, "count": 180})"))},
      {"GeometryOfOtherElements", geometry_refused, "the geometry is", scan(parallel(R"({"step": 0.78, "count": 459})", "500"))},
      {"DuplicateAngle", geometry_refused, "same place", scan(twice())},
      {"GeometryOfZeroViews", invalid_input, "no views", scan(parallel("[]"))},
      {"GeometryInRadians", invalid_input, "'angles_rad'", scan(R"({"beam": "parallel", "pitch_mm": 1, "elements": 503, "angles_rad": [0]})")},
      {"RtkWithoutViews", invalid_input, "no projection", scan("<RTKThreeDCircularGeometry version=\"3\"></RTKThreeDCircularGeometry>")},
      {"RtkCutOff", invalid_input, "not sound XML", scan("<RTKThreeDCircularGeometry version=\"3\"><Projection>")},
      {"RtkOfAnotherKind", invalid_input, "expected", scan("<svg></svg>")},
      {"RtkWithAWord", invalid_input, "'GantryAngle'", scan("<RTKThreeDCircularGeometry version=\"3\"><Projection><GantryAngle>x</GantryAngle></Projection></RTKThreeDCircularGeometry>")},
      {"CountsWithoutUnattenuated", invalid_input, "whole numbers from 0 to", scan(good, {})},
      {"UnattenuatedZero", invalid_input, "above zero", scan(good, {{"unattenuated", "0"}})},
      {"UnattenuatedMissingFile", cannot_read, "neither a number nor a file", scan(good, {{"unattenuated", "none.tif"}})},
      {"DarkAlone", invalid_input, "unattenuated", scan(good, {{"dark", "100"}})},
      {"DarkAboveEverything", invalid_input, "no reading above zero", scan(good, {{"dark", "65000"}, {"unattenuated", "65500"}})},
      {"RotationAxisFarAway", invalid_input, "rotation_axis", scan(good, {{"unattenuated", "47047"}, {"rotation_axis", "99999"}})},
      {"WriteWithoutExtension", cannot_write, "no extension", [](const fs::path& f) { io::write(f / "a", Dataset{volume()}); }},
      {"WriteAVolumeAsTable", cannot_write, "cannot hold a volume", [](const fs::path& f) { io::write(f / "a.csv", Dataset{volume()}); }},
      {"WriteToMissingFolder", output_directory, "does not exist", [](const fs::path& f) { io::write(f / "no" / "a.nii", Dataset{volume()}); }},
      {"WriteOverAFolder", cannot_write, "is a folder", [](const fs::path& f) { fs::create_directory(f / "a.nii"); io::write(f / "a.nii", Dataset{volume()}); }},
      {"WriteNothing", invalid_result, "is empty", [](const fs::path& f) { io::write(f / "a.nii", Dataset{Volume{}}); }},
      {"WriteComplexTiff", cannot_write, "no complex", [](const fs::path& f) { Volume v = volume(); v.pixels = PixelBuffer::allocate({Shape{6, 5, 4}, ScalarType::c64}); io::write(f / "a.tif", Dataset{v}); }},
      {"WriteComplexMeta", cannot_write, "no complex", [](const fs::path& f) { Volume v = volume(); v.pixels = PixelBuffer::allocate({Shape{6, 5, 4}, ScalarType::c64}); io::write(f / "a.mha", Dataset{v}); }},
      // clang-format on
  };
  for (const char* name : {"a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.tif", "a.h5"}) {
    // Before 0.9 the voxels themselves are cut; where a format keeps its directory at the end nothing of it is left.
    for (const double fraction : {0.1, 0.5, 0.9}) {
      list.push_back({std::string{"Truncated"} + std::to_string(static_cast<int>(100 * fraction)) + name, internal, "",
                      changed(name, cut(fraction))});
    }
  }
  return list;
}

class TruncatedInput : public IoTest, public ::testing::WithParamInterface<Bad> {};
// Which of the input codes fits depends on where the cut falls.
TEST_P(TruncatedInput, IsRefusedAsInputInOneSentence) {
  const Error error = catch_error([&] { GetParam().work(folder); });
  const int code = exit_code(error.code());
  EXPECT_TRUE(code >= 20 && code <= 25) << to_string(error.code()) << ": " << error.what();
  expect_one_sentence(error);
}

std::vector<Bad> of(bool truncated) {
  auto list = cases();
  std::erase_if(list, [&](const Bad& bad) { return bad.name.starts_with("Truncated") != truncated; });
  return list;
}
const auto to_name = [](const auto& info) {
  std::string name = info.param.name;
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return name;
};
INSTANTIATE_TEST_SUITE_P(Cases, BadInput, ::testing::ValuesIn(of(false)), to_name);
INSTANTIATE_TEST_SUITE_P(Cases, TruncatedInput, ::testing::ValuesIn(of(true)), to_name);

TEST(BadInputCases, AreAtLeastSixtyWithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const Bad& bad : cases()) names.insert(bad.name);
  EXPECT_EQ(names.size(), cases().size());
  EXPECT_GE(names.size(), 60U);
}

using Writing = IoTest;

TEST_F(Writing, AnExistingFileStaysUnlessOverwritingIsAskedFor) {
  for (const char* name : {"a.nii", "a.nrrd", "a.h5", "a.npy"}) {
    put(folder / name, "precious");
    const Error error = catch_error([&] { io::write(folder / name, Dataset{volume()}); });
    EXPECT_EQ(error.code(), Errc::cannot_write);
    EXPECT_NE(std::string{error.what()}.find("exists"), std::string::npos);
    EXPECT_EQ(bytes_of_file(folder / name), "precious");
    io::write(folder / name, Dataset{volume()}, {true});
    EXPECT_NE(bytes_of_file(folder / name), "precious");
  }
  EXPECT_EQ(files_in(folder), 4u);
}

TEST_F(Writing, AReadOnlyFolderIsAnOutputDirectoryError) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may write anywhere";
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(catch_error([&] { io::write(folder / "a.nii", Dataset{volume()}); }).code(), Errc::output_directory);
}

// A limit on the size of files fails like a full disk does, in the middle of the file.
TEST_F(Writing, AFullDiskLeavesNeitherFileNorTemporaryAndKeepsTheOldOne) {
  Volume large{counting<float>(Shape{64, 64, 32}), oblique({64, 64, 32}), Quantity::unknown, {}};
  Table table{{"a"}, {}, {}};
  for (int i = 0; i < 200000; ++i) table.values.push_back({i / 3.0});
  KSpace k;
  k.samples = PixelBuffer::allocate({Shape{64, 64, 16, 1, 1}, ScalarType::c64});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const auto& [name, data] : std::vector<std::pair<std::string, Dataset>>{{"a.nii", large},
                                                                               {"a.nrrd", large},
                                                                               {"a.mha", large},
                                                                               {"a.tif", large},
                                                                               {"a.h5", large},
                                                                               {"a.npy", large},
                                                                               {"a.csv", table},
                                                                               {"a.cfl", k}}) {
    put(folder / name, "precious");
    const rlimit small{100000, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const Error error = catch_error([&, name = name, data = data] { io::write(folder / name, data, {true}); });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(error.code(), Errc::cannot_write) << name << ": " << error.what();
    expect_one_sentence(error);
    EXPECT_EQ(bytes_of_file(folder / name), "precious") << name;
    EXPECT_EQ(files_in(folder), 1u) << name;
    fs::remove(folder / name);
  }
  std::signal(SIGXFSZ, old_handler);
}

TEST_F(Writing, ATemporaryFileIsGoneWhenTheWriterThrows) {
  const Error error = catch_error([&] {
    io::write_atomically(folder / "report.json", false, [](const fs::path& temporary) {
      put(temporary, "half");
      throw Error{Errc::cannot_write, "'" + temporary.string() + "' is unlucky"};
    });
  });
  EXPECT_NE(std::string{error.what()}.find("/report.json' is unlucky"), std::string::npos) << error.what();
  EXPECT_EQ(files_in(folder), 0u);
}

}  // namespace
}  // namespace iso::test
