#include "slice_scene.h"

#include "slice_image.h"
#include "slice_overlay_impl.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"

#include <vtkActor2D.h>
#include <vtkCamera.h>
#include <vtkImageData.h>
#include <vtkImageMapper.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkProperty2D.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkUnsignedCharArray.h>
#include <vtkWindowToImageFilter.h>

#include <algorithm>
#include <cstring>

namespace iso::render {

struct SliceScene::Impl {
  vtkNew<vtkRenderer> renderer;
  SliceImage image;
  vtkNew<vtkImageData> pixels;
  vtkNew<vtkImageMapper> mapper;
  vtkNew<vtkActor2D> actor;
  std::unique_ptr<SliceOverlay> overlay;
  SlicePicture picture;
  int width{1}, height{1};
  double ratio{1};

  Impl() {
    mapper->SetInputData(pixels);
    mapper->SetColorWindow(255);
    mapper->SetColorLevel(127.5);
    actor->SetMapper(mapper);
    actor->GetProperty()->SetDisplayLocationToBackground();
    renderer->AddViewProp(actor);
    overlay = std::make_unique<SliceOverlay>(*renderer);
  }

  void update() {
    const auto& made = image.make(picture, width, height);
    pixels->SetDimensions(width, height, 1);
    pixels->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
    for (int y = 0; y < height; ++y) {  // VTK counts rows from the bottom
      auto* to = static_cast<std::uint8_t*>(pixels->GetScalarPointer(0, height - 1 - y, 0));
      for (int x = 0; x < width; ++x) {
        const std::uint32_t c =
            made[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
        for (const unsigned shift : {16U, 8U, 0U}) *to++ = static_cast<std::uint8_t>(c >> shift & 255U);
      }
    }
    pixels->Modified();
    renderer->SetBackground(picture.background.data());
    overlay->show(make_marks(picture, width, height, ratio), height);
  }
};

SliceScene::SliceScene() : impl_{std::make_unique<Impl>()} {}
SliceScene::~SliceScene() = default;
vtkRenderer* SliceScene::renderer() const noexcept { return impl_->renderer; }

void SliceScene::set_size(int width_px, int height_px, double pixel_ratio) {
  impl_->width = std::max(1, width_px);
  impl_->height = std::max(1, height_px);
  impl_->ratio = pixel_ratio;
  impl_->update();
}

void SliceScene::show(const SlicePicture& picture) {
  impl_->picture = picture;
  impl_->update();
}

Vec3 SliceScene::to_world(double x_px, double y_px) const noexcept {
  const Plane& plane = impl_->picture.plane;
  const double across = (x_px - impl_->width / 2.0) * impl_->picture.mm_per_pixel;
  const double along = (impl_->height / 2.0 - y_px) * impl_->picture.mm_per_pixel;
  Vec3 world = plane.centre_mm;
  for (std::size_t i = 0; i < 3; ++i) world[i] += across * plane.right[i] + along * plane.up[i];
  return world;
}

std::array<double, 2> SliceScene::to_pixel(const Vec3& world_mm) const noexcept {
  return render::to_pixel(impl_->picture, impl_->width, impl_->height, world_mm);
}

Bitmap draw(const SlicePicture& picture, int width_px, int height_px, double pixel_ratio) {
  SliceScene scene;
  vtkNew<vtkRenderWindow> window;
  window->OffScreenRenderingOn();
  window->SetMultiSamples(0);
  window->SetSize(width_px, height_px);
  window->AddRenderer(scene.renderer());
  scene.set_size(width_px, height_px, pixel_ratio);
  scene.show(picture);
  window->Render();
  vtkNew<vtkWindowToImageFilter> grab;
  grab->SetInput(window);
  grab->SetInputBufferTypeToRGB();
  grab->ReadFrontBufferOff();
  grab->Update();
  Bitmap bitmap{width_px, height_px, {}};
  bitmap.rgb.resize(static_cast<std::size_t>(3) * static_cast<std::size_t>(width_px) *
                    static_cast<std::size_t>(height_px));
  const std::size_t row = static_cast<std::size_t>(3) * static_cast<std::size_t>(width_px);
  for (int y = 0; y < height_px; ++y)
    std::memcpy(bitmap.rgb.data() + static_cast<std::size_t>(y) * row,
                grab->GetOutput()->GetScalarPointer(0, height_px - 1 - y, 0), row);
  return bitmap;
}

void write_png(const Bitmap& bitmap, const std::string& file) {
  vtkNew<vtkImageData> image;
  image->SetDimensions(bitmap.width, bitmap.height, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  const std::size_t row = static_cast<std::size_t>(3) * static_cast<std::size_t>(bitmap.width);
  for (int y = 0; y < bitmap.height; ++y)
    std::memcpy(image->GetScalarPointer(0, bitmap.height - 1 - y, 0),
                bitmap.rgb.data() + static_cast<std::size_t>(y) * row, row);
  vtkNew<vtkPNGWriter> writer;
  writer->SetInputData(image);
  writer->WriteToMemoryOn();  // the library does not notice a full disk
  writer->Write();
  vtkUnsignedCharArray* const bytes = writer->GetResult();
  if (writer->GetErrorCode() != 0 || bytes == nullptr)
    throw Error{Errc::internal, "the picture '" + file + "' cannot be encoded"};
  write_new_file(file, {reinterpret_cast<const char*>(bytes->GetPointer(0)),
                        static_cast<std::size_t>(bytes->GetNumberOfValues())});
}

}  // namespace iso::render
