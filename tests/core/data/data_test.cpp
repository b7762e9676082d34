#include <gtest/gtest.h>
#include <iso/data/description.h>
#include <iso/data/itk_bridge.h>
#include <iso/data/shared_pixels.h>

#include "support/pixels.h"

#include <itkShiftScaleImageFilter.h>

#include <limits>
#include <numeric>

#include <unistd.h>

namespace {
iso::Volume volume() {
  iso::Volume v;
  v.grid = iso::VoxelGrid::centred({4, 3, 2}, {1, 2, 3});
  v.pixels = iso::PixelBuffer::allocate({v.grid.shape(), iso::ScalarType::f32});
  return v;
}
iso::Volume counted() {
  iso::Volume v = volume();
  iso::test::change<float>(v.pixels, [](auto values) { std::iota(values.begin(), values.end(), 0.0F); });
  return v;
}
}  // namespace

TEST(Pixels, ShareTheirMemoryWithItkBothWays) {
  auto v = counted();
  const auto* const memory = v.pixels.data();
  const auto image = iso::as_itk<float, 3>(v.pixels, v.grid);
  static_assert(std::is_same_v<decltype(image->GetBufferPointer()), const float*>);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(image->GetBufferPointer()), memory);
  EXPECT_EQ(image->GetSpacing()[2], 3);
  v.pixels = {};
  EXPECT_EQ(image->GetBufferPointer()[23], 23);  // the image keeps it alive
  EXPECT_EQ(iso::from_itk(image).data(), memory);
}

TEST(Pixels, GoThroughAnItkFilterAndStayAsTheyWere) {
  const auto v = counted();
  using Image = itk::Image<float, 3>;
  const auto filter = itk::ShiftScaleImageFilter<Image, Image>::New();  // one that would run in place
  filter->SetShift(1);
  const std::string before = iso::digest(v);
  iso::set_itk_input(*filter, iso::as_itk<float, 3>(v.pixels, v.grid));
  auto output = iso::take_output(*filter);
  const auto* const memory = output->GetBufferPointer();
  const iso::Pixels shifted = iso::from_itk(std::move(output));
  EXPECT_EQ(reinterpret_cast<const float*>(shifted.data()), memory);
  EXPECT_EQ(shifted.values<float>()[23], 24);
  EXPECT_EQ(iso::digest(v), before);
}

TEST(Pixels, AreCopiedFromAnImageThatSomebodyElseCouldWrite) {
  using Image = itk::Image<float, 3>;
  auto image = Image::New();
  image->SetRegions(Image::SizeType{{2, 2, 2}});
  image->Allocate(true);
  const iso::Pixels pixels = iso::from_itk(image);  // `image` still writes
  image->GetBufferPointer()[0] = 7;
  EXPECT_EQ(pixels.values<float>()[0], 0);
}

TEST(PixelBuffer, MovesIntoPixelsWithoutACopy) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{3}, iso::ScalarType::f32});
  buffer.values<float>()[1] = 5;
  const auto* const memory = buffer.data();
  const iso::Pixels pixels = std::move(buffer);
  EXPECT_EQ(pixels.data(), memory);
  EXPECT_EQ(pixels.values<float>()[1], 5);
  EXPECT_TRUE(buffer.empty());  // NOLINT(bugprone-use-after-move): what is promised
  static_assert(!std::is_copy_constructible_v<iso::PixelBuffer>);
  static_assert(!std::is_constructible_v<iso::Pixels, const iso::PixelBuffer&>);
  static_assert(!std::is_constructible_v<iso::PixelBuffer, const iso::Pixels&>);
}

TEST(PixelBuffer, CopiesAreNewMemory) {
  const auto v = counted();
  iso::PixelBuffer copy = iso::PixelBuffer::make_copy(v.pixels);
  copy.values<float>()[0] = 99;
  EXPECT_EQ(v.pixels.values<float>()[0], 0);
  iso::PixelBuffer same_type = iso::PixelBuffer::make_copy(v.pixels, iso::ScalarType::f32);
  EXPECT_NE(same_type.data(), v.pixels.data());
  EXPECT_EQ(iso::PixelBuffer::make_copy(v.pixels, iso::ScalarType::f64).values<double>()[23], 23);
}

TEST(Pixels, RefusesAnotherType) { EXPECT_THROW((void)volume().pixels.values<double>(), iso::Error); }

TEST(Digest, ChangesWithOneBitAndWithTheGrid) {
  auto v = volume();
  const auto before = iso::digest(v);
  EXPECT_EQ(iso::digest(volume()), before);
  iso::test::change<float>(v.pixels, [](auto values) { values[1] = std::numeric_limits<float>::denorm_min(); });
  EXPECT_NE(iso::digest(v), before);
  auto moved = volume();
  moved.grid.origin_mm[2] += 1e-9;
  EXPECT_NE(iso::digest(moved), before);
}

TEST(Soundness, FindsNanAndEmptyResults) {
  auto v = volume();
  EXPECT_EQ(iso::soundness(v), iso::Soundness::sound);
  iso::test::change<float>(v.pixels, [](auto values) { values[7] = std::numeric_limits<float>::quiet_NaN(); });
  EXPECT_EQ(iso::soundness(v), iso::Soundness::not_finite);
  EXPECT_EQ(iso::soundness(iso::Volume{}), iso::Soundness::empty);
}

TEST(SharedPixels, ArriveSealedAndEqual) {
  auto v = volume();
  iso::test::change<float>(v.pixels, [](auto values) { values[3] = 9; });
  const auto sent = iso::SharedPixels::make_copy(v.pixels);
  const auto received = iso::SharedPixels::adopt(::dup(sent.descriptor()), v.pixels.spec());
  EXPECT_EQ(received.pixels().values<float>()[3], 9);
  EXPECT_THROW((void)iso::SharedPixels::adopt(::dup(sent.descriptor()), {iso::Shape{100000}, iso::ScalarType::f64}),
               iso::Error);
}

TEST(SharedPixels, AreSharedAgainWithoutACopy) {
  const auto v = volume();
  const auto first = iso::SharedPixels::make_copy(v.pixels);
  const iso::Pixels pixels = first.pixels();
  const auto again = iso::SharedPixels::share(pixels);
  EXPECT_EQ(again.descriptor(), first.descriptor());
  EXPECT_EQ(again.pixels().data(), pixels.data());
  const auto copy = iso::SharedPixels::share(v.pixels);  // memory of this process alone
  EXPECT_NE(copy.pixels().data(), v.pixels.data());
  EXPECT_EQ(std::memcmp(copy.pixels().data(), v.pixels.data(), v.pixels.spec().bytes()), 0);
}

TEST(SharedPixels, RefuseWhatIsNotSealed) {
  const auto open = iso::SharedPixels::create({iso::Shape{8}, iso::ScalarType::f32});
  EXPECT_THROW((void)iso::SharedPixels::adopt(::dup(open.descriptor()), {iso::Shape{8}, iso::ScalarType::f32}),
               iso::Error);
}

TEST(Description, KeepsShapesAndGeometryAndNoPixels) {
  const auto angles = iso::equal_angles(7, 6.28);
  const iso::Sinogram scan{iso::PixelBuffer::allocate({iso::Shape{5, 1, 7}, iso::ScalarType::f32}),
                           iso::ProjectionGeometry::parallel(angles, {5, 1}, {1, 1}),
                           {{"source", "a test"}}};
  const auto described = iso::describe(scan);
  EXPECT_EQ(described.kind(), iso::Kind::sinogram);
  EXPECT_EQ(described.bytes(), 4U * 35);
  const auto& outline = iso::get<iso::Sinogram>(described);
  EXPECT_EQ(outline.readings.spec(), scan.readings.spec());
  EXPECT_EQ(outline.geometry, scan.geometry);
  EXPECT_EQ(outline.meta, scan.meta);
  EXPECT_FALSE(outline.readings.empty());
  EXPECT_EQ(outline.readings.data(), nullptr);
}

TEST(Description, ThrowsWhereAValueIsRead) {
  const auto described = iso::describe(volume());
  const auto& pixels = iso::get<iso::Volume>(described).pixels;
  EXPECT_THROW((void)pixels.values<float>(), iso::Error);
  EXPECT_EQ(pixels.converted(iso::ScalarType::f64).spec().type, iso::ScalarType::f64);
  EXPECT_EQ(pixels.reshaped(iso::Shape{24}).spec().shape, iso::Shape{24});
  EXPECT_THROW((void)pixels.reshaped(iso::Shape{24}).values<float>(), iso::Error);
}

TEST(Description, OfAnotherKindOrOfNothingIsRefused) {
  EXPECT_THROW((void)iso::get<iso::Sinogram>(iso::describe(volume())), iso::Error);
  EXPECT_THROW((void)iso::get<iso::Volume>(iso::Description{}), iso::Error);
  EXPECT_TRUE(iso::Description{}.empty());
}

TEST(Description, OfADescriptionIsTheSame) {
  const auto once = iso::describe(volume()), twice = iso::describe(once.outline());
  EXPECT_EQ(twice.bytes(), once.bytes());
  EXPECT_EQ(iso::get<iso::Volume>(twice).pixels.spec(), iso::get<iso::Volume>(once).pixels.spec());
}
