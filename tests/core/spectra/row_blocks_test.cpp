#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/memory.h>
#include <iso/data/mapped_pixels.h>
#include <iso/spectra/axis.h>
#include <iso/spectra/row_blocks.h>

#include <cmath>
#include <limits>

namespace iso::spectra {
namespace {

const float nan = std::numeric_limits<float>::quiet_NaN();

template <class T>
SpectralCube counted(const Shape& shape) {
  SpectralCube cube;
  PixelBuffer buffer = PixelBuffer::allocate({shape, scalar_type_of<T>});
  T next{0};
  for (T& value : buffer.values<T>()) value = next++;
  cube.pixels = std::move(buffer);
  return cube;
}

Pixels bytes(const Shape& shape, const std::vector<std::uint8_t>& values) {
  PixelBuffer buffer = PixelBuffer::allocate({shape, ScalarType::u8});
  std::ranges::copy(values, buffer.values<std::uint8_t>().begin());
  return buffer;
}

}  // namespace

TEST(RowBlocks, GiveSpectraWithoutMaskedBandsAndPixels) {
  auto cube = counted<std::uint16_t>(Shape{3, 2, 4});
  cube.band_mask = bytes(Shape{4}, {1, 0, 1, 1});
  cube.mask = bytes(Shape{3, 2}, {1, 1, 0, 1, 1, 1});
  const RowBlocks rows{cube};
  EXPECT_EQ(rows.spectra(), 5U);
  SpectraBlock block;
  rows.read({0, 2}, block);
  EXPECT_EQ(block.bands, 3U);
  EXPECT_EQ(block.pixels, (std::vector<std::uint64_t>{0, 1, 3, 4, 5}));
  const auto fourth = block.spectrum(3);
  EXPECT_EQ((std::vector<float>{fourth.begin(), fourth.end()}), (std::vector<float>{4, 16, 22}));
}

TEST(RowBlocks, LeaveOutPixelsWithANaNInABandThatIsUsed) {
  auto cube = counted<float>(Shape{2, 1, 2});
  PixelBuffer copy = PixelBuffer::make_copy(cube.pixels);
  copy.values<float>()[1] = nan;
  cube.pixels = std::move(copy);
  SpectraBlock block;
  RowBlocks{cube}.read({0, 1}, block);
  EXPECT_EQ(block.pixels, (std::vector<std::uint64_t>{0}));
  cube.band_mask = bytes(Shape{2}, {0, 1});
  RowBlocks{cube}.read({0, 1}, block);
  EXPECT_EQ(block.count(), 2U);
}

TEST(RowBlocks, CoverEveryRowOnceWhateverTheirSize) {
  const auto cube = counted<float>(Shape{5, 7, 3});
  const RowBlocks rows{cube};
  for (const std::size_t size : {1U, 60U, 130U, 1000000U}) {
    std::int64_t next = 0;
    std::vector<float> all;
    SpectraBlock block;
    for (const RowRange& range : rows.ranges(size)) {
      EXPECT_EQ(range.first, next);
      next += range.count;
      rows.read(range, block);
      all.insert(all.end(), block.values.begin(), block.values.end());
    }
    EXPECT_EQ(next, 7);
    ASSERT_EQ(all.size(), 105U);
    for (std::size_t p = 0; p < 35; ++p)
      for (std::size_t b = 0; b < 3; ++b) EXPECT_EQ(all[p * 3 + b], static_cast<float>(b * 35 + p));
  }
}

TEST(RowBlocks, RefuseACubeWithoutBandsOrOfComplexValues) {
  auto cube = counted<float>(Shape{2, 1, 2});
  cube.band_mask = bytes(Shape{2}, {0, 0});
  EXPECT_THROW((RowBlocks{cube}), Error);
  cube.pixels = PixelBuffer::allocate({Shape{1, 1, 1}, ScalarType::c64});
  cube.band_mask = {};
  EXPECT_THROW((RowBlocks{cube}), Error);
}

TEST(RowBlocks, OfACubeOnDiskKeepLittleOfItInMemory) {
  // 64 MiB on disk, read in blocks of 1 MiB.
  const ArraySpec spec{Shape{256, 1024, 64}, ScalarType::f32};
  MappedPixels mapped{spec};
  std::vector<float> band(256 * 1024);
  for (std::size_t b = 0; b < 64; ++b) {
    for (std::size_t i = 0; i < band.size(); ++i) band[i] = static_cast<float>(b * 10 + i % 7);
    mapped.write(b * band.size() * 4, std::as_bytes(std::span{band}));
  }
  SpectralCube cube;
  cube.pixels = std::move(mapped).pixels();
  ASSERT_TRUE(MappedPixels::is_mapped(cube.pixels));
  EXPECT_FALSE(MappedPixels::is_mapped(counted<float>(Shape{1, 1, 1}).pixels));
  const RowBlocks rows{cube};
  SpectraBlock block;
  const std::size_t before = resident_bytes();
  std::size_t most = 0;
  double sum = 0;
  for (const RowRange& range : rows.ranges(1 << 20)) {
    rows.read(range, block);
    sum += static_cast<double>(block.values[5]);
    most = std::max(most, resident_bytes());
  }
  EXPECT_LT(most, before + (std::size_t{16} << 20)) << "the pages that were read stay";
  EXPECT_EQ(block.spectrum(3)[2], 20 + static_cast<float>(block.pixels[3] % 7));
  EXPECT_GT(sum, 0);
}

TEST(MappedPixels, RefuseAFolderThatIsNotThere) {
  EXPECT_THROW((MappedPixels{{Shape{4}, ScalarType::u8}, "/no/such/folder"}), Error);
}

TEST(SpectrumAtAPixel, HasNaNWhereSomethingIsMasked) {
  auto cube = counted<float>(Shape{2, 2, 3});
  cube.band_mask = bytes(Shape{3}, {1, 0, 1});
  cube.mask = bytes(Shape{2, 2}, {1, 0, 1, 1});
  const auto spectrum = spectrum_at(cube, 0, 1);
  EXPECT_EQ(spectrum[0], 2);
  EXPECT_TRUE(std::isnan(spectrum[1]));
  EXPECT_EQ(spectrum[2], 10);
  EXPECT_TRUE(std::isnan(spectrum_at(cube, 1, 0)[0]));
  EXPECT_THROW((void)spectrum_at(cube, 2, 0), Error);
}

TEST(MeanSpectrum, IsThatOfTheRegion) {
  auto cube = counted<float>(Shape{2, 2, 2});
  const auto mean = mean_spectrum(cube, bytes(Shape{2, 2}, {1, 0, 0, 1}));
  EXPECT_EQ(mean.pixels, 2U);
  EXPECT_DOUBLE_EQ(mean.mean[1], 5.5);
  EXPECT_DOUBLE_EQ(mean.deviation[1], std::sqrt(4.5));
  EXPECT_EQ(mean_spectrum(cube, bytes(Shape{2, 2}, {0, 0, 0, 0})).pixels, 0U);
  EXPECT_THROW((void)mean_spectrum(cube, bytes(Shape{2, 1}, {1, 1})), Error);
}

TEST(DomainTransform, OfOpticalDensityIsRecorded) {
  auto cube = counted<float>(Shape{1, 1, 3});
  PixelBuffer values = PixelBuffer::allocate(cube.pixels.spec());
  values.values<float>()[0] = 100, values.values<float>()[1] = 10, values.values<float>()[2] = 1;
  cube.pixels = std::move(values);
  const Transform transform{Domain::optical_density, {100}, 0};
  const auto density = transformed(cube, transform);
  EXPECT_FLOAT_EQ(density.pixels.values<float>()[1], 1);
  EXPECT_FLOAT_EQ(density.pixels.values<float>()[2], 2);
  EXPECT_EQ(density.quantity, Quantity::absorbance);
  EXPECT_EQ(density.meta.at(domain_key), "optical_density(unattenuated=100, floor=0)");
  EXPECT_THROW((void)transformed(density, transform), Error);
  EXPECT_THROW((void)transformed(cube, {Domain::optical_density, {1, 2}, 0}), Error);
  EXPECT_THROW((void)transformed(cube, {Domain::optical_density, {0}, 0}), Error);
}

TEST(DomainTransform, MasksWhatHasNoDensity) {
  const auto cube = counted<float>(Shape{2, 1, 2});  // the first pixel is (0, 2), the second (1, 3)
  const auto density = transformed(cube, {Domain::optical_density, {10}, 0});
  ASSERT_FALSE(density.mask.empty());
  EXPECT_EQ(density.mask.values<std::uint8_t>()[0], 0);
  EXPECT_EQ(density.mask.values<std::uint8_t>()[1], 1);
}

TEST(DomainTransform, OfUnitLengthLeavesTheDirection) {
  const auto cube = counted<float>(Shape{2, 1, 2});
  const auto unit = transformed(cube, {Domain::unit_length});
  const auto spectrum = spectrum_at(unit, 1, 0);
  EXPECT_NEAR(spectrum[0], 1 / std::sqrt(10.0), 1e-6);
  EXPECT_NEAR(spectrum[1], 3 / std::sqrt(10.0), 1e-6);
}

}  // namespace iso::spectra
