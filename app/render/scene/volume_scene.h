#pragma once

#include "raster.h"
#include "slice_marks.h"
#include "volume_eye.h"
#include "volume_picture.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

class vtkRenderer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::render {

/// A slice plane to be outlined over the volume.
struct PlaneOutline {
  Plane plane;
  std::array<double, 3> colour{1, 1, 1};
};

/// Outlines of slice planes over a picture of that box, so that a moved crosshair casts no rays.
[[nodiscard]] Marks make_outlines(const VolumeEye& eye, const VoxelGrid& grid, const std::vector<PlaneOutline>& planes,
                                  int width_px, int height_px, double pixel_ratio);

/// Casts rays by VTK on a graphics card. Data above `limit_voxels` are reduced by a whole factor.
class VolumeScene {
 public:
  VolumeScene();
  ~VolumeScene();
  VolumeScene(const VolumeScene&) = delete;
  VolumeScene& operator=(const VolumeScene&) = delete;
  [[nodiscard]] vtkRenderer* renderer() const noexcept;
  void set_limit(std::int64_t limit_voxels);
  void show(const VolumePicture& picture);
  [[nodiscard]] int reduction() const noexcept;  ///< 1 for none
  void look(const VolumeEye& eye);
  void set_interactive(bool moving);  ///< coarser while moving

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::render
