#include <gtest/gtest.h>
#include <iso/data/dataset.h>

namespace iso {
namespace {

// The example at the head of iso/data/dataset.h, word for word; packaging/checks/header_examples.py compares them.
TEST(HeaderExample, OfDataSetsMakesAVolumeThatIsConstant) {
  // NOLINTBEGIN(modernize-use-auto): the example names its types
  // header example: iso/data/dataset.h
  Volume volume;
  volume.grid = VoxelGrid::centred({4, 3, 2}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  for (float& value : buffer.values<float>()) value = 1;
  volume.pixels = std::move(buffer);  // constant from here on
  volume.quantity = Quantity::attenuation_per_mm;
  const DatasetPtr data = freeze(std::move(volume));
  const Volume& again = get<Volume>(data);  // throws type_mismatch for another kind
  const std::string identity = digest(*data);
  // end of the example
  // NOLINTEND(modernize-use-auto)
  EXPECT_EQ(again.pixels.values<float>()[23], 1);
  EXPECT_EQ(identity.size(), 64U);
  EXPECT_THROW((void)get<Sinogram>(data), Error);
}

}  // namespace
}  // namespace iso
