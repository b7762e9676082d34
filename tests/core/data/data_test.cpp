#include <gtest/gtest.h>
#include <iso/data/dataset.h>
#include <iso/data/itk_bridge.h>
#include <iso/data/shared_pixels.h>

#include <limits>

#include <unistd.h>

namespace {
iso::Volume volume() {
  iso::Volume v;
  v.grid = iso::VoxelGrid::centred({4, 3, 2}, {1, 2, 3});
  v.pixels = iso::PixelBlock::allocate({v.grid.shape(), iso::ScalarType::f32});
  return v;
}
}  // namespace

TEST(PixelBlock, SharesItsMemoryWithItkBothWays) {
  auto v = volume();
  auto image = iso::as_itk<float, 3>(v.pixels, v.grid);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(image->GetBufferPointer()), v.pixels.data());
  EXPECT_EQ(image->GetReferenceCount(), 1);
  EXPECT_EQ((iso::wrap<float, 3>(image).data()), v.pixels.data());
  v.pixels = {};
  image->GetBufferPointer()[23] = 5;
  EXPECT_EQ(image->GetBufferPointer()[23], 5);
}

TEST(PixelBlock, RefusesAnotherType) { EXPECT_THROW((void)volume().pixels.values<double>(), iso::Error); }

TEST(Digest, ChangesWithOneBitAndWithTheGrid) {
  auto v = volume();
  const auto before = iso::digest(v);
  EXPECT_EQ(iso::digest(volume()), before);
  v.pixels.mutable_data()[5] ^= std::byte{1};
  EXPECT_NE(iso::digest(v), before);
  auto moved = volume();
  moved.grid.origin_mm[2] += 1e-9;
  EXPECT_NE(iso::digest(moved), before);
}

TEST(Soundness, FindsNanAndEmptyResults) {
  auto v = volume();
  EXPECT_EQ(iso::soundness(v), iso::Soundness::sound);
  v.pixels.mutable_values<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(iso::soundness(v), iso::Soundness::not_finite);
  EXPECT_EQ(iso::soundness(iso::Volume{}), iso::Soundness::empty);
}

TEST(SharedPixels, ArriveSealedAndEqual) {
  auto v = volume();
  v.pixels.mutable_values<float>()[3] = 9;
  const auto sent = iso::SharedPixels::copy_of(v.pixels);
  const auto received = iso::SharedPixels::adopt(::dup(sent.descriptor()), v.pixels.spec());
  EXPECT_EQ(received.block().values<float>()[3], 9);
  EXPECT_THROW((void)iso::SharedPixels::adopt(::dup(sent.descriptor()), {iso::Shape{100000}, iso::ScalarType::f64}),
               iso::Error);
}

TEST(SharedPixels, RefuseWhatIsNotSealed) {
  const auto open = iso::SharedPixels::create({iso::Shape{8}, iso::ScalarType::f32});
  EXPECT_THROW((void)iso::SharedPixels::adopt(::dup(open.descriptor()), {iso::Shape{8}, iso::ScalarType::f32}),
               iso::Error);
}
