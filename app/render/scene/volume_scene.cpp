#include "volume_scene.h"

#include "cast_volume.h"
#include "volume_reduce.h"

#include "../bridge/vtk_bridge.h"

#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkColorTransferFunction.h>
#include <vtkFlyingEdges3D.h>
#include <vtkImageData.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkOutlineSource.h>
#include <vtkPiecewiseFunction.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkSmartVolumeMapper.h>
#include <vtkUnsignedCharArray.h>
#include <vtkVolume.h>
#include <vtkVolumeProperty.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace iso::render {
namespace {

constexpr std::int64_t usual_limit = std::int64_t{512} * 512 * 512, label_limit = std::int64_t{256} * 256 * 256;

vtkSmartPointer<vtkMatrix4x4> index_to_world(const VoxelGrid& grid) {
  auto matrix = vtkSmartPointer<vtkMatrix4x4>::New();
  for (int row = 0; row < 3; ++row) {
    const auto r = static_cast<std::size_t>(row);
    for (int column = 0; column < 3; ++column) {
      const auto c = static_cast<std::size_t>(column);
      matrix->SetElement(row, column, grid.direction[3 * r + c] * grid.spacing_mm[c]);
    }
    matrix->SetElement(row, 3, grid.origin_mm[r]);
  }
  return matrix;
}

/// The surface of labels, each point in the colour of the nearest labelled voxel.
vtkSmartPointer<vtkPolyData> make_surface(const CastLabels& labels, const Palette& palette) {
  vtkNew<vtkImageData> image;
  const auto& size = labels.grid.size;
  image->SetDimensions(static_cast<int>(size[0]), static_cast<int>(size[1]), static_cast<int>(size[2]));
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 1);
  std::memcpy(image->GetScalarPointer(), labels.occupied.data(), labels.occupied.size());
  vtkNew<vtkFlyingEdges3D> edges;
  edges->SetInputData(image);
  edges->SetValue(0, 127.5);
  edges->ComputeNormalsOn();
  edges->ComputeScalarsOff();
  edges->Update();
  vtkSmartPointer<vtkPolyData> surface = edges->GetOutput();
  vtkNew<vtkUnsignedCharArray> colours;
  colours->SetNumberOfComponents(3);
  colours->SetNumberOfTuples(surface->GetNumberOfPoints());
  for (vtkIdType i = 0; i < surface->GetNumberOfPoints(); ++i) {
    double at[3];
    surface->GetPoint(i, at);
    const std::uint16_t label = nearest_label(labels, {at[0], at[1], at[2]});
    const auto& c = palette[label == 0 ? 0 : static_cast<std::size_t>((label - 1) % (std::ssize(palette) - 1) + 1)];
    colours->SetTuple3(i, c[0], c[1], c[2]);
  }
  surface->GetPointData()->SetScalars(colours);
  return surface;
}

}  // namespace

struct VolumeScene::Impl {
  vtkNew<vtkRenderer> renderer;
  vtkNew<vtkSmartVolumeMapper> mapper;
  vtkNew<vtkVolume> volume;
  vtkNew<vtkOutlineSource> box_source;
  vtkNew<vtkActor> box;
  vtkNew<vtkPolyDataMapper> surface_mapper;
  vtkNew<vtkActor> surface;
  std::shared_ptr<const Raster> shown, labels;
  Palette palette;
  std::int64_t frame{-1}, limit{usual_limit};
  int reduction{1};

  Impl() {
    volume->SetMapper(mapper);
    mapper->SetRequestedRenderModeToGPU();
    mapper->SetInteractiveUpdateRate(15);
    vtkNew<vtkPolyDataMapper> box_mapper;
    box_mapper->SetInputConnection(box_source->GetOutputPort());
    box->SetMapper(box_mapper);
    box->GetProperty()->SetColor(0.4, 0.4, 0.4);
    renderer->AddViewProp(box);
    surface->SetMapper(surface_mapper);
    surface->GetProperty()->SetOpacity(0.85);
    surface->SetVisibility(false);
    renderer->AddViewProp(surface);
  }

  void load(const VolumePicture& picture) {
    const Raster& raster = *picture.raster;
    const auto block = reduction_blocks(raster.frame, limit, reduction);
    const vtkSmartPointer<vtkImageData> image =
        reduction > 1 ? to_vtk(reduced(raster.pixels, picture.frame, block)) : to_vtk(raster.pixels, picture.frame);
    mapper->SetInputData(image);
    const auto matrix = index_to_world(reduced_grid(raster.frame, block));
    volume->SetUserMatrix(matrix);
    box->SetUserMatrix(matrix);
    box_source->SetBounds(image->GetBounds());
    if (!renderer->HasViewProp(volume)) renderer->AddViewProp(volume);
    shown = picture.raster;
    frame = picture.frame;
  }

  void load_labels(const VolumePicture& picture) {
    labels = picture.labels;
    palette = picture.palette;
    surface->SetVisibility(labels && has_depth(*labels));
    if (!surface->GetVisibility()) return;
    const CastLabels cast = make_cast_labels(*labels, palette, label_limit);
    surface_mapper->SetInputData(make_surface(cast, palette.size() > 1 ? palette : colour_map("labels")));
    surface->SetUserMatrix(index_to_world(cast.grid));
  }

  void colour(const VolumePicture& picture) {
    vtkNew<vtkColorTransferFunction> colours;
    vtkNew<vtkPiecewiseFunction> opacity;
    for (const auto& [value, r, g, b, alpha] : transfer_points(picture)) {
      colours->AddRGBPoint(value, r, g, b);
      opacity->AddPoint(value, alpha);
    }
    const bool maximum = find_volume_preset(picture.preset).maximum_intensity;
    vtkVolumeProperty& property = *volume->GetProperty();
    property.SetColor(colours);
    property.SetScalarOpacity(opacity);
    property.SetInterpolationTypeToLinear();
    property.SetShade(maximum ? 0 : 1);
    const double* const bounds = volume->GetMapper()->GetBounds();
    const double side = std::max({bounds[1] - bounds[0], bounds[3] - bounds[2], bounds[5] - bounds[4]});
    property.SetScalarOpacityUnitDistance(std::max(1e-6, side / 256));
    maximum ? mapper->SetBlendModeToMaximumIntensity() : mapper->SetBlendModeToComposite();
    mapper->SetCropping(!picture.crop.whole());
    std::array<double, 6> planes{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double low = bounds[2 * axis], range = bounds[2 * axis + 1] - low;
      planes[2 * axis] = low + picture.crop.from[axis] * range;
      planes[2 * axis + 1] = low + picture.crop.to[axis] * range;
    }
    mapper->SetCroppingRegionPlanes(planes.data());
    mapper->SetCroppingRegionFlagsToSubVolume();
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
  const bool drawable = picture.raster && has_depth(*picture.raster) && !picture.raster->labels;
  impl_->volume->SetVisibility(drawable);
  impl_->box->SetVisibility(drawable);
  if (picture.labels != impl_->labels || picture.palette != impl_->palette) impl_->load_labels(picture);
  if (!drawable) return;
  if (impl_->shown != picture.raster || impl_->frame != picture.frame) impl_->load(picture);
  impl_->colour(picture);
}

void VolumeScene::look(const VolumeEye& eye) {
  vtkCamera& camera = *impl_->renderer->GetActiveCamera();
  camera.SetViewAngle(VolumeEye::view_angle_deg);
  camera.SetFocalPoint(eye.focus_mm().data());
  camera.SetPosition(eye.place_mm().data());
  camera.SetViewUp(eye.up().data());
  impl_->renderer->ResetCameraClippingRange();
}

void VolumeScene::set_interactive(bool moving) {
  impl_->mapper->SetSampleDistance(moving ? 3.0F : 1.0F);
  impl_->mapper->SetAutoAdjustSampleDistances(moving ? 1 : 0);
}

Marks make_outlines(const VolumeEye& eye, const VoxelGrid& grid, const std::vector<PlaneOutline>& planes, int width_px,
                    int height_px, double pixel_ratio) {
  Marks marks;
  if (width_px < 1 || height_px < 1) return marks;
  const Vec3 middle = grid.centre_mm();
  double reach = 0;
  for (const Vec3& axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}) {
    double half = 0;
    for (std::size_t k = 0; k < 3; ++k)
      half +=
          std::abs(dot(column(grid.direction, k), axis)) * grid.spacing_mm[k] * static_cast<double>(grid.size[k]) / 2;
    reach = std::max(reach, half);
  }
  for (const auto& [plane, colour] : planes) {
    const Vec3 n = plane.normal();
    const double off = dot(plane.centre_mm, n) - dot(middle, n);
    MarkLine line{colour, pixel_ratio, {}};
    for (const auto& [across, along] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}) {
      Vec3 corner = add_scaled(middle, off, n);
      corner = add_scaled(add_scaled(corner, reach * across, plane.right), reach * along, plane.up);
      const auto seen = eye.to_pixel(corner, width_px, height_px);
      if (!seen) break;  // behind the eye
      line.points.push_back(*seen);
    }
    if (line.points.size() == 5) marks.lines.push_back(std::move(line));
  }
  return marks;
}

}  // namespace iso::render
