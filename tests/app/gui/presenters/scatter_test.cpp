#include "gui/presenters/scatter.h"

#include "gui/model/composite.h"
#include "support/desktop_samples.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <numeric>

namespace iso::gui {
namespace {

TEST(ScatterOfTwoBands, CountsEveryPixelThatHasBothValues) {
  const DatasetPtr cube = freeze(test::two_materials());
  const Scatter scatter = make_scatter({cube, 5}, {cube, 23});
  EXPECT_EQ(scatter.pixels, 40U * 29U) << "the row y = 0 is masked";
  EXPECT_EQ(std::accumulate(scatter.counts.begin(), scatter.counts.end(), 0U), 40U * 29U);
  EXPECT_EQ(scatter.to_bin(3), -1);
}

TEST(ScatterOfTwoBands, SelectsThePixelsInsideWhatIsDrawn) {
  const DatasetPtr data = freeze(test::two_materials());
  const auto& cube = get<SpectralCube>(data);
  VoxelGrid frame;
  frame.size = {40, 30, 24};
  const Scatter scatter = make_scatter({data, 5}, {data, 23});
  // Reflectance at 910 nm above 0.45 is the leaf and the first steps towards soil.
  const LabelMap selected = select(scatter, {{0, 0.45}, {1, 0.45}, {1, 0.7}, {0, 0.7}}, flat_frame(frame));
  const auto labels = selected.labels.values<std::uint8_t>();
  const auto far_red = cube.pixels.values<float>().subspan(23U * 40 * 30);
  std::size_t wrong = 0, inside = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool wanted = i >= 40 && far_red[i] > 0.45F;
    wrong += (labels[i] == 1) != wanted ? 1U : 0U;
    inside += labels[i];
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(inside, 29U * 15U);
  EXPECT_EQ(labels_in(scatter, selected)[static_cast<std::size_t>(scatter.to_bin(41))], 1);
  EXPECT_EQ(labels_in(scatter, selected)[static_cast<std::size_t>(scatter.to_bin(79))], 0) << "soil";
}

TEST(ScatterOfTwoBands, RefusesScenesOfOtherSizesAndBandsThatAreNotThere) {
  const DatasetPtr cube = freeze(test::two_materials()), other = freeze(test::two_materials(20, 30));
  EXPECT_THROW((void)make_scatter({cube, 0}, {other, 0}), Error);
  EXPECT_THROW((void)make_scatter({cube, 0}, {cube, 24}), Error);
  SpectralCube empty = test::two_materials();
  empty.mask = PixelBuffer::allocate({Shape{40, 30}, ScalarType::u8});
  const DatasetPtr nothing = freeze(std::move(empty));
  EXPECT_THROW((void)make_scatter({nothing, 0}, {nothing, 1}), Error);
}

TEST(ScatterOfTwoBands, TakesAConstantBand) {
  SpectralCube cube = test::two_materials();
  cube.pixels = PixelBuffer::allocate(cube.pixels.spec());
  const DatasetPtr data = freeze(std::move(cube));
  const Scatter scatter = make_scatter({data, 0}, {data, 1});
  EXPECT_LT(scatter.x_range[0], scatter.x_range[1]);
  EXPECT_EQ(scatter.pixels, 40U * 29U);
}

}  // namespace
}  // namespace iso::gui
