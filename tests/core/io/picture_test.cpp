#include "io_fixture.h"
#include "support/pixels.h"

#include <itkPNGImageIO.h>

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

TEST_F(Picture, IsWrittenOnly) {
  io::write(folder / "a.png", ramp(4, 4, 1));
  try {
    (void)io::read(folder / "a.png");
    FAIL() << "a picture was read";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::invalid_input);
    EXPECT_NE(std::string{problem.what()}.find("a.png"), std::string::npos);
  }
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
