#include "io_fixture.h"
#include "support/pixels.h"

#include "iso/data/case_names.h"

#include <itkPNGImageIO.h>

#include <fstream>
#include <numeric>

namespace iso::test {
namespace {

using Picture = IoTest;

Volume ramp(std::int64_t columns, std::int64_t rows, std::int64_t slices) {
  Volume volume;
  PixelBuffer buffer = PixelBuffer::allocate({Shape{columns, rows, slices}, ScalarType::f32});
  volume.grid.size = {columns, rows, slices};
  const auto values = buffer.values<float>();
  std::iota(values.begin(), values.end(), -17.0F);
  volume.pixels = std::move(buffer);
  return volume;
}

std::vector<std::uint8_t> read_greys(const fs::path& file, std::int64_t columns, std::int64_t rows) {
  const auto io = itk::PNGImageIO::New();
  io->SetFileName(file.string());
  io->ReadImageInformation();
  EXPECT_EQ(io->GetDimensions(0), static_cast<itk::SizeValueType>(columns));
  EXPECT_EQ(io->GetDimensions(1), static_cast<itk::SizeValueType>(rows));
  EXPECT_EQ(io->GetComponentType(), itk::IOComponentEnum::UCHAR);
  std::vector<std::uint8_t> greys(static_cast<std::size_t>(columns * rows));
  itk::ImageIORegion region(2);
  region.SetSize(0, io->GetDimensions(0));
  region.SetSize(1, io->GetDimensions(1));
  io->SetIORegion(region);
  io->Read(greys.data());
  return greys;
}

TEST_F(Picture, ShowsTheMiddleSliceFromTheDarkestToTheBrightestPercentile) {
  const std::int64_t columns = 20, rows = 10;
  io::write(folder / "a.png", ramp(columns, rows, 3));
  const auto greys = read_greys(folder / "a.png", columns, rows);
  // 200 values of one slope: percentiles 0.5 and 99.5 are the values at 1 and 198.
  for (std::size_t i = 0; i < greys.size(); ++i) {
    const double expected = std::clamp(255.0 * (static_cast<double>(i) - 1) / 197, 0.0, 255.0);
    EXPECT_NEAR(greys[i], expected, 0.51) << i;
  }
}

TEST_F(Picture, IsShownInTheWindowThatTheDataAsksFor) {
  Volume volume = ramp(16, 16, 1);  // -17 to 238
  volume.meta["window"] = "100,50.5";
  io::write(folder / "a.png", volume);
  const auto greys = read_greys(folder / "a.png", 16, 16);
  for (std::size_t i = 0; i < greys.size(); ++i)
    EXPECT_NEAR(greys[i], std::clamp(255.0 * (static_cast<double>(i) - 17 - 0.5) / 100, 0.0, 255.0), 0.51) << i;
  for (const char* const wrong : {"0,5", "nonsense", "5", "nan,1"}) {
    volume.meta["window"] = wrong;
    EXPECT_NO_THROW(io::write(folder / "b.png", volume, {true})) << wrong;
  }
  volume.meta.erase("window");
  io::write(folder / "c.png", volume);
  EXPECT_EQ(read_greys(folder / "b.png", 16, 16), read_greys(folder / "c.png", 16, 16))
      << "a window that is none is not used";
}

TEST_F(Picture, OfEqualValuesIsGrey) {
  Volume flat = ramp(4, 4, 1);
  test::change<float>(flat.pixels, [](auto values) { std::ranges::fill(values, 3.0F); });
  io::write(folder / "a.png", flat);
  EXPECT_EQ(read_greys(folder / "a.png", 4, 4), std::vector<std::uint8_t>(16, 128));
}

TEST_F(Picture, IsReadAsItWasWritten) {
  io::write(folder / "case 7.png", ramp(20, 10, 3));
  const auto greys = read_greys(folder / "case 7.png", 20, 10);
  const DatasetPtr data = io::read(folder / "case 7.png");
  const auto& read = get<Volume>(data);
  EXPECT_EQ(read.pixels.spec(), (ArraySpec{Shape{20, 10, 1}, ScalarType::u8}));
  EXPECT_TRUE(std::ranges::equal(read.pixels.values<std::uint8_t>(), greys));
  EXPECT_EQ(find_case_names(read), std::vector<std::string>{"case 7"});
}

using PictureFolder = Picture;

/// Three pictures of one size, whose names are in order by their numbers only.
void write_three(const fs::path& folder) {
  for (const int number : {10, 9, 1}) {
    Volume volume = ramp(4, 3, 1);
    test::change<float>(volume.pixels, [&](auto values) { values[0] = static_cast<float>(500 * number); });
    io::write(folder / ("p" + std::to_string(number) + ".png"), volume);
  }
}

TEST_F(PictureFolder, IsOneVolumeWhoseSlicesAreCases) {
  write_three(folder);
  const DatasetPtr data = io::read(folder);
  const auto& read = get<Volume>(data);
  EXPECT_EQ(read.grid.size, (std::array<std::int64_t, 3>{4, 3, 3}));
  EXPECT_EQ(find_case_names(read), (std::vector<std::string>{"p1", "p9", "p10"}));
  for (std::size_t i = 0; i < 3; ++i) {
    const DatasetPtr one = io::read(folder / (std::array{"p1.png", "p9.png", "p10.png"}[i]));
    EXPECT_TRUE(std::ranges::equal(get<Volume>(one).pixels.values<std::uint8_t>(),
                                   read.pixels.values<std::uint8_t>().subspan(12 * i, 12)))
        << i;
  }
}

TEST_F(PictureFolder, NamesTheFileOfAnotherSize) {
  write_three(folder);
  io::write(folder / "p11.png", ramp(4, 4, 1));
  for (const bool headers_only : {false, true}) {
    io::ReadOptions options;
    options.headers_only = headers_only;
    try {
      (void)io::read(folder, options);
      FAIL() << "pictures of two sizes were read as one volume";
    } catch (const Error& problem) {
      EXPECT_EQ(problem.code(), Errc::invalid_input);
      EXPECT_NE(std::string{problem.what()}.find("'p11.png' is 4 x 4"), std::string::npos) << problem.what();
    }
  }
}

TEST_F(PictureFolder, NamesTheFileThatIsDamaged) {
  write_three(folder);
  fs::resize_file(folder / "p9.png", fs::file_size(folder / "p9.png") - 20);
  try {
    (void)io::read(folder);
    FAIL() << "a picture that is cut was read";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::cannot_read);
    EXPECT_NE(std::string{problem.what()}.find("p9.png"), std::string::npos) << problem.what();
  }
}

TEST_F(PictureFolder, CallsItsCasesByTheirWholeNamesWhereTwoWouldBeCalledTheSame) {
  write_three(folder);
  fs::copy_file(folder / "p1.png", folder / "p1.PNG");
  EXPECT_EQ(find_case_names(get<Volume>(io::read(folder))),
            (std::vector<std::string>{"p1.PNG", "p1.png", "p9.png", "p10.png"}));
}

/// Screenshots beside the series of a study are not the study.
TEST_F(PictureFolder, OfDicomFilesIsTheirs) {
  const fs::path image = fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "dicom" / "d00002.dcm";
  const Shape shape = get<Volume>(io::read(image)).pixels.spec().shape;
  std::ifstream in{image, std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  for (const bool preamble : {true, false})
    for (const char* const place : {"study", "series"}) {
      const fs::path study = folder / (std::string{place} + (preamble ? "1" : "0"));
      const fs::path series = place == std::string{"study"} ? study : study / "a";
      fs::create_directories(series);
      io::write(study / "screenshot.png", ramp(4, 3, 1));
      std::ofstream{series / "IM0", std::ios::binary} << (preamble ? whole : whole.substr(132));
      const auto read = io::read(study);
      EXPECT_EQ(get<Volume>(read).pixels.spec().shape, shape) << study;
      EXPECT_TRUE(find_case_names(get<Volume>(read)).empty()) << study;
    }
}

TEST(CaseNames, StandForTheSlicesTheyWereGivenFor) {
  Volume volume = ramp(2, 2, 3);
  set_case_names(volume, {"a", "b c", "d"});
  EXPECT_EQ(find_case_names(volume), (std::vector<std::string>{"a", "b c", "d"}));
  volume.grid.size[2] = 2;
  EXPECT_TRUE(find_case_names(volume).empty()) << "the volume was cut since";
  EXPECT_THROW(set_case_names(volume, {"a"}), Error);
  EXPECT_THROW(set_case_names(volume, {"a", "b/c"}), Error);
  EXPECT_THROW(set_case_names(volume, {"a", ""}), Error);
  EXPECT_TRUE(find_case_names(ramp(2, 2, 1)).empty());
}

TEST_F(Picture, HoldsNoComplexPixels) {
  Volume field;
  field.pixels = PixelBuffer::allocate({Shape{4, 4, 1}, ScalarType::c64});
  field.grid.size = {4, 4, 1};
  try {
    io::write(folder / "a.png", field);
    FAIL() << "complex pixels became a picture";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::cannot_write);
  }
  EXPECT_FALSE(fs::exists(folder / "a.png"));
}

}  // namespace
}  // namespace iso::test
