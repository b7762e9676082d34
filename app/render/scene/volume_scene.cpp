#include "volume_scene.h"

#include "volume_reduce.h"

#include "../bridge/vtk_bridge.h"

#include <vtkActor.h>
#include <vtkActor2D.h>
#include <vtkCamera.h>
#include <vtkColorTransferFunction.h>
#include <vtkImageData.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOutlineSource.h>
#include <vtkPiecewiseFunction.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkSmartVolumeMapper.h>
#include <vtkTextActor.h>
#include <vtkTextProperty.h>
#include <vtkVolume.h>
#include <vtkVolumeProperty.h>

#include <algorithm>
#include <cmath>

namespace iso::render {
namespace {

constexpr std::int64_t usual_limit = std::int64_t{128} * 128 * 128;

vtkSmartPointer<vtkMatrix4x4> index_to_world(const VoxelGrid& frame, const std::array<std::int64_t, 3>& block) {
  auto matrix = vtkSmartPointer<vtkMatrix4x4>::New();
  for (int row = 0; row < 3; ++row) {
    const auto r = static_cast<std::size_t>(row);
    double origin = frame.origin_mm[r];
    for (int column = 0; column < 3; ++column) {
      const auto c = static_cast<std::size_t>(column);
      const double step = frame.direction[3 * r + c] * frame.spacing_mm[c];
      const auto voxels = static_cast<double>(block[c]);
      matrix->SetElement(row, column, step * voxels);
      origin += step * (voxels - 1) / 2;  // a reduced voxel stands at the middle of those it replaces
    }
    matrix->SetElement(row, 3, origin);
  }
  return matrix;
}

}  // namespace

std::span<const VolumePreset> volume_presets() {
  // value, red, green, blue, opacity; Hounsfield units where absolute
  static const std::vector<VolumePreset> presets{
      {"maximum intensity", true, {{0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}}, false},
      {"soft",
       false,
       {{0, 0, 0, 0, 0}, {0.35, 0.4, 0.25, 0.2, 0.02}, {0.7, 0.9, 0.75, 0.6, 0.25}, {1, 1, 1, 0.95, 0.6}},
       false},
      {"CT bone",
       false,
       {{-1000, 0, 0, 0, 0},
        {150, 0.55, 0.25, 0.15, 0},
        {300, 0.88, 0.6, 0.3, 0.3},
        {1000, 1, 0.94, 0.87, 0.8},
        {3000, 1, 1, 1, 0.9}},
       true},
      {"CT soft tissue",
       false,
       {{-1000, 0, 0, 0, 0},
        {-120, 0.6, 0.45, 0.25, 0},
        {20, 0.75, 0.4, 0.3, 0.12},
        {80, 0.85, 0.35, 0.3, 0.25},
        {300, 1, 0.95, 0.85, 0.7}},
       true},
      {"CT lung",
       false,
       {{-1000, 0, 0, 0, 0},
        {-950, 0.2, 0.2, 0.3, 0.01},
        {-600, 0.5, 0.4, 0.5, 0.06},
        {-300, 0.8, 0.6, 0.5, 0.15},
        {100, 0.9, 0.75, 0.7, 0.02}},
       true},
      {"MR",
       false,
       {{0, 0, 0, 0, 0},
        {0.15, 0.15, 0.1, 0.1, 0},
        {0.4, 0.6, 0.45, 0.4, 0.1},
        {0.8, 0.95, 0.9, 0.85, 0.35},
        {1, 1, 1, 1, 0.6}},
       false}};
  return presets;
}

struct VolumeScene::Impl {
  vtkNew<vtkRenderer> renderer;
  vtkNew<vtkSmartVolumeMapper> mapper;
  vtkNew<vtkVolume> volume;
  vtkNew<vtkOutlineSource> box_source;
  vtkNew<vtkActor> box;
  vtkNew<vtkTextActor> badge;
  std::shared_ptr<const Raster> shown;
  std::int64_t frame{-1}, limit{usual_limit};
  int reduction{1};
  std::optional<VoxelGrid> placed;  ///< of the volume that the eye was placed for
  bool drawable{false};

  Impl() {
    volume->SetMapper(mapper);
    mapper->SetRequestedRenderModeToGPU();  // Mesa's software OpenGL does this too, faster than VTK's own loops
    mapper->SetInteractiveUpdateRate(15);
    vtkNew<vtkPolyDataMapper> box_mapper;
    box_mapper->SetInputConnection(box_source->GetOutputPort());
    box->SetMapper(box_mapper);
    box->GetProperty()->SetColor(0.4, 0.4, 0.4);
    renderer->AddViewProp(box);
    badge->GetTextProperty()->SetFontSize(13);
    badge->GetTextProperty()->SetColor(1, 0.65, 0.1);
    badge->GetTextProperty()->SetBackgroundColor(0, 0, 0);  // legible on a white volume too
    badge->GetTextProperty()->SetBackgroundOpacity(0.7);
    badge->SetDisplayPosition(8, 8);
    renderer->AddViewProp(badge);
  }

  void load(const VolumePicture& picture) {
    const Raster& raster = *picture.raster;
    std::int64_t count = raster.frame.size[0] * raster.frame.size[1] * raster.frame.size[2];
    for (reduction = 1; count / (std::int64_t{reduction} * reduction * reduction) > limit;) ++reduction;
    std::array<std::int64_t, 3> block{};
    for (std::size_t axis = 0; axis < 3; ++axis)  // rays need two voxels on every axis
      block[axis] = raster.frame.size[axis] >= 2 * reduction ? reduction : 1;
    const vtkSmartPointer<vtkImageData> image =
        reduction > 1 ? to_vtk(reduced(raster.pixels, picture.frame, block)) : to_vtk(raster.pixels, picture.frame);
    mapper->SetInputData(image);
    const auto matrix = index_to_world(raster.frame, block);
    volume->SetUserMatrix(matrix);
    box->SetUserMatrix(matrix);
    box_source->SetBounds(image->GetBounds());
    if (!renderer->HasViewProp(volume)) renderer->AddViewProp(volume);
    badge->SetInput(reduction > 1 ? ("reduced " + std::to_string(reduction) + " x for display").c_str() : "");
    badge->SetVisibility(reduction > 1);
    shown = picture.raster;
    frame = picture.frame;
  }

  void colour(const VolumePicture& picture) {
    const auto all = volume_presets();
    auto found = std::ranges::find(all, picture.preset, &VolumePreset::name);
    if (found == all.end()) found = all.begin();
    vtkNew<vtkColorTransferFunction> colours;
    vtkNew<vtkPiecewiseFunction> opacity;
    for (const auto& [value, r, g, b, alpha] : found->points) {
      const double at = found->absolute ? value : picture.low + value * (picture.high - picture.low);
      colours->AddRGBPoint(at, r, g, b);
      opacity->AddPoint(at, alpha);
    }
    vtkVolumeProperty& property = *volume->GetProperty();
    property.SetColor(colours);
    property.SetScalarOpacity(opacity);
    property.SetInterpolationTypeToLinear();
    property.SetShade(found->maximum_intensity ? 0 : 1);
    property.SetScalarOpacityUnitDistance(std::max(1.0, 2.0 / reduction));
    if (found->maximum_intensity)
      mapper->SetBlendModeToMaximumIntensity();
    else
      mapper->SetBlendModeToComposite();
  }
};

VolumeScene::VolumeScene() : impl_{std::make_unique<Impl>()} {}
VolumeScene::~VolumeScene() = default;
vtkRenderer* VolumeScene::renderer() const noexcept { return impl_->renderer; }
int VolumeScene::reduction() const noexcept { return impl_->reduction; }

void VolumeScene::set_limit(std::int64_t limit_voxels) {
  impl_->limit = std::max<std::int64_t>(1, limit_voxels);
  impl_->shown.reset();
}

void VolumeScene::show(const VolumePicture& picture) {
  impl_->renderer->SetBackground(picture.background.data());
  const bool drawable = picture.raster && picture.raster->frame.size[2] > 1 && !picture.raster->labels;
  impl_->volume->SetVisibility(drawable);
  impl_->box->SetVisibility(drawable);
  impl_->badge->SetVisibility(drawable && impl_->reduction > 1);
  impl_->drawable = drawable;
  if (!drawable) return;
  if (impl_->shown != picture.raster || impl_->frame != picture.frame) impl_->load(picture);
  impl_->colour(picture);
  if (impl_->placed != picture.raster->frame) look_from(picture.raster->anatomical ? 'A' : 'S');
  impl_->placed = picture.raster->frame;
}

Marks VolumeScene::outlines(const std::vector<PlaneOutline>& planes, int width_px, int height_px,
                            double pixel_ratio) const {
  Marks marks;
  if (!impl_->drawable || width_px < 1 || height_px < 1) return marks;
  double bounds[6];
  impl_->volume->GetBounds(bounds);
  const double reach = std::max({bounds[1] - bounds[0], bounds[3] - bounds[2], bounds[5] - bounds[4]}) / 2;
  const Vec3 middle{(bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2, (bounds[4] + bounds[5]) / 2};
  const auto matrix = impl_->renderer->GetActiveCamera()->GetCompositeProjectionTransformMatrix(
      static_cast<double>(width_px) / height_px, -1, 1);
  for (const auto& [plane, colour] : planes) {
    const Vec3 n = plane.normal();
    double off = 0;
    for (std::size_t k = 0; k < 3; ++k) off += (plane.centre_mm[k] - middle[k]) * n[k];
    MarkLine line{colour, pixel_ratio, {}};
    for (const auto& [across, along] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}) {
      double corner[4]{0, 0, 0, 1};
      for (std::size_t k = 0; k < 3; ++k)
        corner[k] = middle[k] + off * n[k] + reach * (across * plane.right[k] + along * plane.up[k]);
      double seen[4];
      matrix->MultiplyPoint(corner, seen);
      if (seen[3] <= 0) break;  // behind the eye
      line.points.push_back({(seen[0] / seen[3] + 1) / 2 * width_px, (1 - seen[1] / seen[3]) / 2 * height_px});
    }
    if (line.points.size() == 5) marks.lines.push_back(std::move(line));
  }
  return marks;
}

void VolumeScene::orbit(double dx, double dy) {
  vtkCamera& camera = *impl_->renderer->GetActiveCamera();
  camera.Azimuth(-180 * dx);
  camera.Elevation(180 * dy);
  camera.OrthogonalizeViewUp();
  impl_->renderer->ResetCameraClippingRange();
}

void VolumeScene::zoom(double factor) {
  if (factor > 0) impl_->renderer->GetActiveCamera()->Dolly(factor);
  impl_->renderer->ResetCameraClippingRange();
}

void VolumeScene::pan(double dx, double dy) {
  vtkCamera& camera = *impl_->renderer->GetActiveCamera();
  const double reach = 2 * camera.GetDistance() * std::tan(camera.GetViewAngle() * 3.14159265358979 / 360);
  double up[3], along[3], right[3], focus[3], place[3];
  camera.GetViewUp(up);
  camera.GetDirectionOfProjection(along);
  camera.GetFocalPoint(focus);
  camera.GetPosition(place);
  right[0] = along[1] * up[2] - along[2] * up[1];
  right[1] = along[2] * up[0] - along[0] * up[2];
  right[2] = along[0] * up[1] - along[1] * up[0];
  for (int i = 0; i < 3; ++i) {
    const double move = reach * (dy * up[i] - dx * right[i]);
    focus[i] += move;
    place[i] += move;
  }
  camera.SetFocalPoint(focus);
  camera.SetPosition(place);
  impl_->renderer->ResetCameraClippingRange();
}

void VolumeScene::look_from(char letter) {
  // LPS: the eye stands on that side of the patient.
  std::array<double, 3> side{0, -1, 0}, up{0, 0, 1};
  switch (letter) {
    case 'P': side = {0, 1, 0}; break;
    case 'L': side = {1, 0, 0}; break;
    case 'R': side = {-1, 0, 0}; break;
    case 'S':
      side = {0, 0, 1};
      up = {0, -1, 0};
      break;
    case 'I':
      side = {0, 0, -1};
      up = {0, -1, 0};
      break;
    default: break;
  }
  double bounds[6];
  impl_->volume->GetBounds(bounds);
  vtkCamera& camera = *impl_->renderer->GetActiveCamera();
  const std::array<double, 3> middle{(bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2,
                                     (bounds[4] + bounds[5]) / 2};
  camera.SetFocalPoint(middle.data());
  camera.SetPosition(middle[0] + side[0], middle[1] + side[1], middle[2] + side[2]);
  camera.SetViewUp(up.data());
  impl_->renderer->ResetCamera(bounds);
}

void VolumeScene::set_interactive(bool moving) {
  impl_->mapper->SetSampleDistance(moving ? 3.0F : 1.0F);
  impl_->mapper->SetAutoAdjustSampleDistances(moving ? 1 : 0);
}

void VolumeScene::reset() { look_from('A'); }

}  // namespace iso::render
