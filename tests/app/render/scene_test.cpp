#include "render/bridge/vtk_bridge.h"
#include "render/scene/slice_scene.h"
#include "render/scene/volume_scene.h"
#include "support/pixels.h"

#include <gtest/gtest.h>

#include <vtkDataArray.h>
#include <vtkImageData.h>
#include <vtkPointData.h>

#include <array>
#include <chrono>

namespace iso::render {
namespace {

/// Value = 100 x + 10 y + z at voxel (x, y, z).
Volume ramp(std::array<std::int64_t, 3> size, const Vec3& spacing = {1, 1, 1}) {
  Volume volume;
  volume.grid = VoxelGrid::centred(size, spacing);
  PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  auto values = buffer.values<float>();
  std::size_t at = 0;
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t y = 0; y < size[1]; ++y)
      for (std::int64_t x = 0; x < size[0]; ++x) values[at++] = static_cast<float>(100 * x + 10 * y + z);
  volume.pixels = std::move(buffer);
  return volume;
}

SlicePicture make_picture(const Volume& volume, Orientation orientation, const Vec3& through = {}) {
  auto raster = std::make_shared<const Raster>(make_raster(freeze(volume)));
  SlicePicture picture;
  picture.plane = standard_plane(*raster, orientation, through);
  picture.mm_per_pixel = 1;
  picture.letters = picture.scale_bar = picture.annotations = false;
  picture.frame_colour = {0, 0, 0};
  Display display{256, 128, VoiFunction::linear};
  display.interpolate = false;
  picture.layers = {{raster, display, 0}};
  return picture;
}

int grey(const Bitmap& bitmap, int x, int y) { return bitmap.rgb[3 * static_cast<std::size_t>(y * bitmap.width + x)]; }

TEST(Bridge, SharesThePixelsAndOutlivesTheBlock) {
  vtkSmartPointer<vtkImageData> image;
  {
    const Volume volume = ramp({4, 3, 2});
    image = to_vtk(volume.pixels);
    EXPECT_EQ(image->GetScalarPointer(), static_cast<const void*>(volume.pixels.data()));
  }
  EXPECT_EQ(image->GetScalarComponentAsDouble(3, 2, 1, 0), 321);
}

TEST(Bridge, RefusesComplexPixelsAndMissingFrames) {
  EXPECT_THROW((void)to_vtk(PixelBuffer::allocate({Shape{2, 2, 2}, ScalarType::c64})), Error);
  EXPECT_THROW((void)to_vtk(PixelBuffer::allocate({Shape{2, 2, 2, 3}, ScalarType::f32}), 3), Error);
}

TEST(SliceScene, DrawsEachVoxelWhereItIsInTheRadiologicalFrame) {
  // 3 x 3 x 1 voxels of 20 mm on 60 x 60 pixels of 1 mm: the patient's right (x = 0) is at the left, anterior (y = 0) at the top.
  Volume volume = ramp({3, 3, 1}, {20, 20, 20});
  const Bitmap bitmap = draw(make_picture(volume, Orientation::axial), 60, 60);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 3; ++x) {
      const double value = 100 * x + 10 * y;
      EXPECT_NEAR(grey(bitmap, 20 * x + 10, 20 * y + 10),
                  std::lround(255 * voi({256, 128, VoiFunction::linear}, value)), 1)
          << x << y;
    }
}

TEST(SliceScene, CoronalHasTheHeadUp) {
  Volume volume = ramp({3, 1, 3}, {20, 20, 20});
  test::change<float>(volume.pixels, [](auto values) {  // the highest slice is bright
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i >= 6 ? 200.0F : 0.0F;
  });
  const Bitmap bitmap = draw(make_picture(volume, Orientation::coronal), 60, 60);
  EXPECT_GT(grey(bitmap, 30, 10), 150);
  EXPECT_LT(grey(bitmap, 30, 50), 50);
}

TEST(SliceScene, LaysAnOverlayOverTheBaseByItsOpacityAndReveal) {
  Volume base = ramp({3, 3, 1}, {20, 20, 20}), over = base;
  test::change<float>(base.pixels, [](auto values) { std::ranges::fill(values, 0.0F); });
  test::change<float>(over.pixels, [](auto values) { std::ranges::fill(values, 1000.0F); });
  SlicePicture picture = make_picture(base, Orientation::axial);
  Layer layer = make_picture(over, Orientation::axial).layers[0];
  layer.display.opacity = 0.5;
  picture.layers.push_back(layer);
  picture.reveal = 0.5;
  const Bitmap bitmap = draw(picture, 60, 60);
  EXPECT_NEAR(grey(bitmap, 10, 30), 128, 2);
  EXPECT_LT(grey(bitmap, 50, 30), 2);
}

TEST(SliceScene, ASlabOfMaximaShowsTheBrightestSlice) {
  Volume volume = ramp({3, 3, 5}, {20, 20, 2});
  test::change<float>(volume.pixels, [](auto values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i / 9 == 3 ? 250.0F : 10.0F;
  });
  SlicePicture picture = make_picture(volume, Orientation::axial);
  picture.layers[0].display.interpolate = true;
  EXPECT_LT(grey(draw(picture, 60, 60), 30, 30), 20);
  picture.slab = Slab::maximum;
  picture.slab_mm = 6;
  EXPECT_GT(grey(draw(picture, 60, 60), 30, 30), 200);
}

TEST(SliceScene, PixelsAndMillimetresAgree) {
  SliceScene scene;
  scene.set_size(200, 100, 1);
  SlicePicture picture = make_picture(ramp({8, 8, 8}), Orientation::sagittal, {1, 2, 3});
  picture.mm_per_pixel = 0.5;
  scene.show(picture);
  const Vec3 world = scene.to_world(120, 30);
  EXPECT_NEAR(world[0], 1, 1e-9);
  EXPECT_NEAR(world[1], 2 + 10, 1e-9);
  EXPECT_NEAR(world[2], 3 + 10, 1e-9);
  EXPECT_NEAR(scene.to_pixel(world)[0], 120, 1e-9);
  EXPECT_NEAR(scene.to_pixel(world)[1], 30, 1e-9);
}

TEST(VolumeScene, ReducesWhatDoesNotFitAndSaysTheFactor) {
  VolumeScene scene;
  scene.set_limit(1000);
  VolumePicture picture;
  picture.raster = std::make_shared<const Raster>(make_raster(freeze(ramp({40, 40, 40}))));
  picture.high = 4000;
  scene.show(picture);
  EXPECT_EQ(scene.reduction(), 4);
}

TEST(RasterOf, ComplexSamplesGiveMagnitudeAndPhase) {
  KSpace data;
  PixelBuffer buffer = PixelBuffer::allocate({Shape{2, 1, 1}, ScalarType::c64});
  buffer.values<std::complex<float>>()[1] = {0, -2};
  data.samples = std::move(buffer);
  const DatasetPtr frozen = freeze(std::move(data));
  EXPECT_NEAR(*value_at(make_raster(frozen, Part::magnitude), {1, 0, 0, 0}), 2, 1e-6);
  EXPECT_NEAR(*value_at(make_raster(frozen, Part::phase), {1, 0, 0, 0}), -1.5707963, 1e-6);
  EXPECT_FALSE(make_raster(frozen).anatomical);
}

}  // namespace
}  // namespace iso::render
