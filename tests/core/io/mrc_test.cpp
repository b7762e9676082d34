#include "io_fixture.h"

#include <cmath>
#include <complex>
#include <numbers>

/// MRC files that PyPI's mrcfile wrote (tests/data/mrc/make_mrc.py says what is in them), and damaged ones.
namespace iso::test {
namespace {

using Mrc = IoTest;
const fs::path stored = fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "mrc";

DatasetPtr read_as(const fs::path& file, Kind kind, std::map<std::string, std::string> hints = {}) {
  io::ReadOptions options;
  options.expected = kind;
  options.hints = std::move(hints);
  return io::read(file, options);
}

double expected_value(std::size_t i) {
  const std::size_t column = i % 5, row = i / 5 % 4, section = i / 20;
  return static_cast<double>(column) + 10 * static_cast<double>(row) + 100 * static_cast<double>(section);
}

struct ModeCase {
  const char* file;
  ScalarType type;
  double offset;
};
void PrintTo(const ModeCase& mode, std::ostream* out) { *out << mode.file; }

class MrcMode : public IoTest, public ::testing::WithParamInterface<ModeCase> {};
INSTANTIATE_TEST_SUITE_P(Of, MrcMode,
                         ::testing::Values(ModeCase{"mode0", ScalarType::i16, -120},
                                           ModeCase{"mode1", ScalarType::i16, 0}, ModeCase{"mode2", ScalarType::f32, 0},
                                           ModeCase{"mode6", ScalarType::u16, 0},
                                           ModeCase{"mode12", ScalarType::f32, 0},
                                           ModeCase{"big_endian", ScalarType::i16, 0}),
                         [](const auto& tested) { return std::string{tested.param.file}; });

TEST_P(MrcMode, HasEveryValueInItsPlace) {
  const auto data = io::read(stored / (std::string{GetParam().file} + ".mrc"));
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec(), (ArraySpec{Shape{5, 4, 3}, GetParam().type}));
  const auto values = volume.pixels.converted(ScalarType::f64);
  for (std::size_t i = 0; i < 60; ++i)
    EXPECT_EQ(values.values<double>()[i], expected_value(i) + GetParam().offset) << "voxel " << i;
}

TEST_P(MrcMode, HasItsVoxelsAndOriginInMillimetres) {
  const auto data = io::read(stored / (std::string{GetParam().file} + ".mrc"));
  const VoxelGrid& grid = get<Volume>(data).grid;
  const Vec3 voxel{1.5e-7, 2e-7, 2.5e-7}, start{2, -3, 4};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(grid.spacing_mm[i], voxel[i], 1e-13);
    EXPECT_NEAR(grid.origin_mm[i], start[i] * voxel[i], 1e-13) << "axis " << i << " starts at its first index";
  }
  EXPECT_EQ(get<Volume>(data).meta.at("label"), "made by mrcfile for a test");
}

TEST_F(Mrc, ComplexValuesAreReadButAreNoReadingsOfAScan) {
  const Error error = catch_error([] {
    (void)read_as(stored / "mode4.mrc", Kind::sinogram, {{"tilt_angles", (stored / "marker.rawtlt").string()}});
  });
  EXPECT_EQ(error.code(), Errc::type_mismatch) << error.what();
  const auto data = io::read(stored / "mode4.mrc");
  const auto values = get<Volume>(data).pixels.values<std::complex<float>>();
  for (std::size_t i = 0; i < 60; ++i) {
    const auto expected = static_cast<float>(expected_value(i));
    EXPECT_EQ(values[i], (std::complex<float>{expected, -0.5F * expected}));
  }
}

/// The mean place of what a view sees, in elements.
std::array<double, 2> find_centre(const Sinogram& scan, std::size_t view) {
  const Shape& shape = scan.readings.spec().shape;
  const auto values = scan.readings.values<float>();
  double sum = 0, u = 0, v = 0;
  for (std::int64_t row = 0; row < shape[1]; ++row)
    for (std::int64_t column = 0; column < shape[0]; ++column) {
      const double value =
          values[static_cast<std::size_t>((static_cast<std::int64_t>(view) * shape[1] + row) * shape[0] + column)];
      sum += value;
      u += value * static_cast<double>(column);
      v += value * static_cast<double>(row);
    }
  return {u / sum, v / sum};
}

class MarkerOfATiltSeries : public IoTest, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::map<std::string, std::string> hints() {
    return std::string{GetParam()} == "marker" ? std::map<std::string, std::string>{}
                                               : std::map<std::string, std::string>{{"tilt_axis", "x"}};
  }
};
INSTANTIATE_TEST_SUITE_P(Of, MarkerOfATiltSeries, ::testing::Values("marker", "marker_about_x"),
                         [](const auto& tested) { return std::string{tested.param}; });

// Both files hold the same spot, once about the rows and once about the columns of the picture. With the other sign of the angle, or a mirrored
// axis, the spot would leave its place by twice 9.25 sin(60).
TEST_P(MarkerOfATiltSeries, IsSeenWhereTheGeometryPutsItsPlace) {
  const auto data = read_as(stored / (std::string{GetParam()} + ".mrc"), Kind::sinogram, hints());
  const auto& scan = get<Sinogram>(data);
  ASSERT_EQ(scan.readings.spec().shape, (Shape{41, 25, 13}));
  EXPECT_EQ(scan.geometry.beam(), Beam::parallel);
  EXPECT_NEAR(scan.geometry.pitch_u_mm(), 2e-7, 1e-13);
  // Our (x, y, z) is the (x, -z, y) of the file.
  constexpr double pixel = 2e-7;
  const Vec3 place{6.5 * pixel, -9.25 * pixel, -4 * pixel};
  for (std::size_t view = 0; view < 13; ++view) {
    const Vec3 foreseen = scan.geometry.project(view, place);
    const auto seen = find_centre(scan, view);
    EXPECT_NEAR(foreseen[0], seen[0], 0.01) << "view " << view;
    EXPECT_NEAR(foreseen[1], seen[1], 0.01) << "view " << view;
  }
}

TEST_P(MarkerOfATiltSeries, IsMirroredByTheOtherSignOfTheTilt) {
  auto list = hints();
  list["tilt_sign"] = "-1";
  const auto data = read_as(stored / (std::string{GetParam()} + ".mrc"), Kind::sinogram, list);
  const auto& scan = get<Sinogram>(data);
  constexpr double pixel = 2e-7;
  for (std::size_t view = 0; view < 13; ++view)
    EXPECT_NEAR(scan.geometry.project(view, {6.5 * pixel, 9.25 * pixel, -4 * pixel})[0], find_centre(scan, view)[0],
                0.01)
        << "view " << view;
}

TEST_F(Mrc, AStackWithItsAnglesBesideIsAScanWithoutAWord) {
  const auto data = io::read(stored / "marker.mrc");
  EXPECT_EQ(to_kind(*data), Kind::sinogram);
  EXPECT_EQ(to_kind(*read_as(stored / "marker.mrc", Kind::volume)), Kind::volume);
}

TEST_F(Mrc, ARefinedAngleFileIsTakenFirstByAnAlignedStack) {
  for (const char* name : {"a.ali", "a.st"}) fs::copy_file(stored / "marker.mrc", folder / name);
  std::string refined, raw;
  for (int i = 0; i < 13; ++i) {
    refined += std::to_string(i + 1) + "\n";
    raw += std::to_string(-i - 1) + "\n";
  }
  put(folder / "a.tlt", refined);
  put(folder / "a.rawtlt", raw);
  const auto first_angle = [&](const char* name) {
    return get<Sinogram>(io::read(folder / name)).geometry.orbit().angles_rad.front() * 180 / std::numbers::pi;
  };
  EXPECT_NEAR(first_angle("a.ali"), -1, 1e-9);
  EXPECT_NEAR(first_angle("a.st"), 1, 1e-9);
}

TEST_F(Mrc, AnOldFeiFileSaysTiltAndPixelInItsExtendedHeader) {
  const auto data = read_as(stored / "old_fei.mrc", Kind::sinogram, {{"unattenuated", "none"}});
  const auto& scan = get<Sinogram>(data);
  EXPECT_NEAR(scan.geometry.pitch_u_mm(), 3.36e-6, 1e-12);
  const auto angles = scan.geometry.orbit().angles_rad;
  ASSERT_EQ(angles.size(), 3U);
  EXPECT_NEAR(angles[0], 2 * std::numbers::pi / 180, 1e-12) << "our angle is minus the tilt of -2 degrees";
  EXPECT_NEAR(angles[2], -2 * std::numbers::pi / 180, 1e-12);
}

TEST_F(Mrc, ALevelIsTakenOffDarkFieldIntensities) {
  const auto whole = read_as(stored / "old_fei.mrc", Kind::sinogram, {{"unattenuated", "none"}});
  const auto without = read_as(stored / "old_fei.mrc", Kind::sinogram, {{"unattenuated", "none"}, {"dark", "-31.5"}});
  const auto &as_is = get<Sinogram>(whole), &less = get<Sinogram>(without);
  for (std::size_t i = 0; i < 60; ++i)
    EXPECT_FLOAT_EQ(less.readings.values<float>()[i], as_is.readings.values<float>()[i] + 31.5F);
  const Error counts = catch_error([] { (void)read_as(stored / "old_fei.mrc", Kind::sinogram); });
  EXPECT_EQ(counts.code(), Errc::invalid_input) << "whole numbers up to 234 may be counts: " << counts.what();
}

TEST_F(Mrc, FourBitValuesComeLowHalfFirst) {
  std::string bytes = bytes_of_file(stored / "mode1.mrc").substr(0, 1024);
  bytes[12] = 101;
  for (int row = 0; row < 12; ++row) bytes += {'\x21', '\x43', '\x05'};  // 1 2 3 4 5, and half a byte that is none
  put(folder / "a.mrc", bytes);
  const auto data = io::read(folder / "a.mrc");
  const auto values = get<Volume>(data).pixels.values<std::uint8_t>();
  for (std::size_t i = 0; i < 60; ++i) EXPECT_EQ(values[i], i % 5 + 1);
}

// IMOD says with a stamp that its bytes are unsigned, and stores the origin with the other sign.
TEST_F(Mrc, ImodsStampMeansUnsignedBytesAndAnOriginOfTheOtherSign) {
  std::string bytes = bytes_of_file(stored / "mode0.mrc");
  bytes.replace(152, 4, "IMOD");
  bytes.replace(156, 4, std::string(4, '\0'));
  const float origin = 30;
  std::memcpy(bytes.data() + 196, &origin, 4);
  put(folder / "a.mrc", bytes);
  const auto data = io::read(folder / "a.mrc");
  const auto& volume = get<Volume>(data);
  EXPECT_EQ(volume.pixels.spec().type, ScalarType::u8);
  EXPECT_EQ(volume.pixels.values<std::uint8_t>()[0], 136) << "-120 as an unsigned byte";
  EXPECT_NEAR(volume.grid.origin_mm[0], -30e-7, 1e-13);
  EXPECT_EQ(volume.grid.origin_mm[1], 0) << "an origin that is said replaces the start indices";
}

TEST_F(Mrc, ColumnsThatAreYArePutRight) {
  std::string bytes = bytes_of_file(stored / "mode1.mrc");
  bytes[64] = 2;  // columns are y, rows are x
  bytes[68] = 1;
  put(folder / "a.mrc", bytes);
  const auto data = io::read(folder / "a.mrc");
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec().shape, (Shape{4, 5, 3}));
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[1], 10) << "the next x is the next row of the file";
}

struct DamagedCase {
  const char* name;
  Errc code;
  const char* word;
  std::function<void(const fs::path&)> read;
};
void PrintTo(const DamagedCase& damaged, std::ostream* out) { *out << damaged.name; }

class DamagedMrc : public IoTest, public ::testing::WithParamInterface<DamagedCase> {};

std::function<void(const fs::path&)> changed(std::function<void(std::string&)> change) {
  return [change = std::move(change)](const fs::path& folder) {
    std::string bytes = bytes_of_file(stored / "mode1.mrc");
    change(bytes);
    put(folder / "a.mrc", bytes);
    (void)io::read(folder / "a.mrc");
  };
}

std::function<void(const fs::path&)> angles(std::string text, std::map<std::string, std::string> hints = {}) {
  return [text = std::move(text), hints = std::move(hints)](const fs::path& folder) {
    fs::copy_file(stored / "marker.mrc", folder / "a.mrc");
    if (!text.empty()) put(folder / "a.rawtlt", text);
    (void)read_as(folder / "a.mrc", Kind::sinogram, hints);
  };
}

INSTANTIATE_TEST_SUITE_P(
    Of, DamagedMrc,
    ::testing::Values(
        DamagedCase{"CutShort", Errc::cannot_read, "announces 5 x 4 x 3 values of mode 1, 1144 bytes with the headers, the file has 1143",
                    changed([](std::string& bytes) { bytes.pop_back(); })},
        DamagedCase{"HeaderOnly", Errc::cannot_read, "the file has 1024", changed([](std::string& bytes) { bytes.resize(1024); })},
        DamagedCase{"HalfAHeader", Errc::invalid_input, "its content is not", changed([](std::string& bytes) { bytes.resize(500); })},
        DamagedCase{"HugeExtents", Errc::cannot_read, "bytes with the headers",
                    changed([](std::string& bytes) { bytes.replace(0, 12, std::string("\0\0\1\0\0\0\1\0\0\0\1\0", 12)); })},
        DamagedCase{"NegativeExtent", Errc::invalid_input, "its content is not",
                    changed([](std::string& bytes) { bytes.replace(0, 4, "\xff\xff\xff\xff"); })},
        DamagedCase{"ExtendedHeaderPastTheEnd", Errc::cannot_read, "the file has 1144",
                    changed([](std::string& bytes) { bytes.replace(92, 4, std::string("\0\0\0\x10", 4)); })},
        DamagedCase{"AnUnknownMode", Errc::invalid_input, "its content is not", changed([](std::string& bytes) { bytes[12] = 9; })},
        DamagedCase{"ComplexWholeNumbers", Errc::unsupported, "mode 3", changed([](std::string& bytes) { bytes[12] = 3; })},
        DamagedCase{"TwoAxesOfOneName", Errc::invalid_input, "its content is not", changed([](std::string& bytes) { bytes[64] = 2; })},
        DamagedCase{"NaN", Errc::invalid_input, "NaN",
                    [](const fs::path& folder) {
                      std::string bytes = bytes_of_file(stored / "mode2.mrc");
                      bytes.replace(1024, 4, "\xff\xff\xff\x7f");
                      put(folder / "a.mrc", bytes);
                      (void)io::read(folder / "a.mrc");
                    }},
        DamagedCase{"NoAngles", Errc::invalid_input, "needs its angles", angles("")},
        DamagedCase{"TooFewAngles", Errc::geometry_refused, "12", angles("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n")},
        DamagedCase{"AWordAmongAngles", Errc::invalid_input, "line 2", angles("1\ntwo\n3\n")},
        DamagedCase{"AnEmptyAngleFile", Errc::invalid_input, "no angle", angles("\n\n")},
        DamagedCase{"AnAngleFileThatIsNotThere", Errc::cannot_read, "none.tlt", angles("", {{"tilt_angles", "none.tlt"}})},
        DamagedCase{"AnAxisThatIsNone", Errc::invalid_input, "tilt_axis", angles("1\n", {{"tilt_axis", "z"}})},
        DamagedCase{"ASignThatIsNone", Errc::invalid_input, "tilt_sign", angles("1\n", {{"tilt_sign", "0"}})}),
    [](const auto& tested) { return std::string{tested.param.name}; });

TEST_P(DamagedMrc, IsRefusedInOneSentence) {
  const Error error = catch_error([&] { GetParam().read(folder); });
  EXPECT_EQ(error.code(), GetParam().code) << error.what();
  EXPECT_NE(std::string{error.what()}.find(GetParam().word), std::string::npos) << error.what();
  EXPECT_EQ(std::string{error.what()}.find('\n'), std::string::npos) << error.what();
}

TEST_F(Mrc, BytesBehindTheLastSectionAreCounted) {
  put(folder / "a.mrc", bytes_of_file(stored / "mode1.mrc") + "more");
  const auto data = io::read(folder / "a.mrc");
  EXPECT_NE(get<Volume>(data).meta.at("assumed").find("last 4 bytes"), std::string::npos);
}

}  // namespace
}  // namespace iso::test
