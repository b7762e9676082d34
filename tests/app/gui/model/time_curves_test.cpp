#include "gui/model/time_curves.h"

#include "gui/model/measure.h"
#include "gui/model/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace iso::gui {
namespace {

/// Frames of 8 x 8 x 1 voxels, each of one value.
DatasetPtr series(const std::vector<float>& values, Axis frames = {}) {
  Volume data;
  data.grid = VoxelGrid::centred({8, 8, 1}, {1, 1, 1});
  PixelBuffer buffer =
      PixelBuffer::allocate({Shape{8, 8, 1, static_cast<std::int64_t>(values.size())}, ScalarType::f32});
  for (std::size_t i = 0; i < buffer.values<float>().size(); ++i) buffer.values<float>()[i] = values[i / 64];
  data.pixels = std::move(buffer);
  data.frames = std::move(frames);
  return freeze(std::move(data));
}

Measurement square(ItemId item) {
  Measurement m;
  m.item = item;
  m.kind = MeasureKind::rectangle;
  m.name = "Rectangle 1";
  m.plane = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  m.points_mm = {{-2, -2, 0}, {2, 2, 0}};
  return m;
}

TEST(TimeCurves, TellPeakTimeToPeakRiseAndFallInTheTimesOfTheFile) {
  Document document;
  const ItemId id = document.add("dce", series({10, 10, 40, 90, 80, 70, 60}, {"time", "s", {}, 4, 2}), {});
  const auto curve = make_time_curve(*document.find(id), square(id));
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->time_unit, "s");
  EXPECT_EQ(curve->at, (std::vector<double>{4, 6, 8, 10, 12, 14, 16}));
  EXPECT_EQ(curve->mean, (std::vector<double>{10, 10, 40, 90, 80, 70, 60}));
  EXPECT_DOUBLE_EQ(curve->figures.peak, 90);
  EXPECT_DOUBLE_EQ(curve->figures.time_to_peak, 6);
  EXPECT_DOUBLE_EQ(curve->figures.rise.value(), 25) << "50 in 2 s";
  EXPECT_NEAR(curve->figures.fall.value(), -5, 1e-12);
}

TEST(TimeCurves, CountFramesWhereTheFileSaysNoTimes) {
  Document document;
  const ItemId id = document.add("series", series({5, 4, 3}), {});
  const auto curve = make_time_curve(*document.find(id), square(id));
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->time_unit, "frame");
  EXPECT_EQ(curve->at, (std::vector<double>{1, 2, 3}));
  EXPECT_FALSE(curve->figures.rise) << "the first frame is the peak";
  EXPECT_NEAR(curve->figures.fall.value(), -1, 1e-12);
}

TEST(TimeCurves, AreThoseOfRegionsAndPointsOfASeriesOnly) {
  Document document;
  const ItemId one = document.add("image", series({5}), {});
  EXPECT_FALSE(make_time_curve(*document.find(one), square(one)));
  const ItemId id = document.add("series", series({5, 7}), {});
  Measurement m = square(id);
  m.kind = MeasureKind::line;
  EXPECT_FALSE(make_time_curve(*document.find(id), m));
  m.kind = MeasureKind::point;
  m.points_mm = {{0.4, 0.4, 0}};
  EXPECT_EQ(make_time_curve(*document.find(id), m)->mean, (std::vector<double>{5, 7}));
  m.points_mm = {{40, 0, 0}};
  EXPECT_FALSE(make_time_curve(*document.find(id), m)) << "outside";
}

TEST(TimeCurves, LeaveOutWhatIsNoNumber) {
  Document document;
  const ItemId id = document.add("series", series({5, std::nanf(""), 8}), {});
  const auto curve = make_time_curve(*document.find(id), square(id));
  ASSERT_TRUE(curve);
  EXPECT_TRUE(std::isnan(curve->mean[1]));
  EXPECT_DOUBLE_EQ(curve->figures.peak, 8);
}

TEST(TimeCurves, StandInTheTableOfMeasurementsOfASeriesAndInNoOther) {
  Document document;
  const ItemId id = document.add("dce", series({10, 40, 20}, {"time", "s", {}, 0, 2}), {});
  document.add_measurement(square(id));
  const auto rows = measurement_table(document);
  ASSERT_EQ(rows.size(), 2U);
  ASSERT_EQ(rows[0].size(), rows[1].size());
  EXPECT_EQ(rows[0][13], "peak");
  EXPECT_EQ(std::vector<std::string>(rows[1].begin() + 13, rows[1].end()),
            (std::vector<std::string>{"40", "2", "15", "-10", "s"}));
  document.remove(id);
  EXPECT_EQ(measurement_table(document)[0].size(), 13U);
}

TEST(TimeCurves, OfWholeFramesShowTheBadOnes) {
  Document document;
  std::vector<float> values;
  for (int i = 0; i < 24; ++i) values.push_back(100 + static_cast<float>(i % 5));
  values[7] = 160;
  values[20] = 40;
  const ItemId id = document.add("residual", series(values), {});
  const auto frames = make_frame_curve(*document.find(id));
  ASSERT_TRUE(frames);
  EXPECT_NEAR(frames->mean[7], 160, 1e-9);
  EXPECT_EQ(frames_that_stand_out(frames->mean), (std::vector<std::size_t>{7, 20}));
  EXPECT_TRUE(frames_that_stand_out({1, 1, 1, 1, 5}).empty()) << "half of them equal: no spread to judge by";
  EXPECT_TRUE(frames_that_stand_out({1, 2}).empty());
}

TEST(TimeCurves, OfATableWithAColumnOfFramesAreItsOtherColumns) {
  Table table;
  table.columns = {"frame", "misfit"};
  table.values = {{0, 0.1}, {1, 0.3}, {2, 0.1}};
  Document document;
  const auto curves = make_table_curves(*document.find(document.add("frames", freeze(Table{table}), {})));
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(curves[0].name, "misfit");
  EXPECT_EQ(curves[0].at, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(curves[0].mean, (std::vector<double>{0.1, 0.3, 0.1}));
  table.columns[0] = "patient";
  EXPECT_TRUE(make_table_curves(*document.find(document.add("cases", freeze(std::move(table)), {}))).empty());
}

TEST(TimeCurves, OfWholeFramesTakeASampleOfLargeOnes) {
  Document document;
  const ItemId id = document.add("series", series({3, 4}), {});
  const auto frames = make_frame_curve(*document.find(id), 16);
  ASSERT_TRUE(frames);
  EXPECT_NEAR(frames->mean[0], 3, 1e-9);
  EXPECT_NEAR(frames->mean[1], 4, 1e-9);
}

TEST(Sampling, OfKSpaceIsAnImageOfLinesOverFrames) {
  KSpace data;
  data.samples = PixelBuffer::allocate({Shape{4, 6, 1, 1, 3}, ScalarType::c64});
  data.grid = VoxelGrid::centred({4, 6, 1}, {1, 1, 1});
  PixelBuffer mask = PixelBuffer::allocate({Shape{6, 1, 3}, ScalarType::u8});
  for (std::size_t i = 0; i < 18; ++i) mask.values<std::uint8_t>()[i] = i % 7 == 0 ? 1 : 0;  // 0, 7, 14
  data.trajectory.cartesian_mask = std::move(mask);
  Document document;
  const ItemId id = document.add("scan.h5", freeze(std::move(data)), {});
  const auto picture = make_sampling_item(*document.find(id));
  ASSERT_TRUE(picture);
  EXPECT_NE(picture->name.find("1 line of 6"), std::string::npos) << picture->name;
  const auto& volume = get<Volume>(picture->data);
  EXPECT_EQ(volume.grid.size, (std::array<std::int64_t, 3>{6, 3, 1}));
  const auto values = volume.pixels.values<std::uint8_t>();
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t y = 0; y < 6; ++y) EXPECT_EQ(values[t * 6 + y], (t * 6 + y) % 7 == 0 ? 1 : 0) << t << " " << y;
  EXPECT_EQ(picture->raster->axes[0], "phase");
  EXPECT_EQ(picture->raster->axes[1], "frame");
  EXPECT_FALSE(picture->raster->anatomical);
}

TEST(Sampling, OfKSpaceWithoutAMaskIsFullAndOthersHaveNone) {
  KSpace data;
  data.samples = PixelBuffer::allocate({Shape{4, 6, 2, 1}, ScalarType::c64});
  data.grid = VoxelGrid::centred({4, 6, 2}, {1, 1, 1});
  Document document;
  const ItemId id = document.add("scan.h5", freeze(std::move(data)), {});
  const auto picture = make_sampling_item(*document.find(id));
  ASSERT_TRUE(picture);
  EXPECT_EQ(get<Volume>(picture->data).grid.size, (std::array<std::int64_t, 3>{6, 2, 1})) << "partitions are the rows";
  const auto values = get<Volume>(picture->data).pixels.values<std::uint8_t>();
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 12);
  const ItemId image = document.add("image", series({1}), {});
  EXPECT_FALSE(make_sampling_item(*document.find(image)));
}

}  // namespace
}  // namespace iso::gui
