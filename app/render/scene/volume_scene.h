#pragma once

#include "raster.h"
#include "slice_marks.h"
#include "slice_scene.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

class vtkRenderer;

namespace iso::render {

/// How a volume is rendered: "CT bone", "CT soft tissue", "CT lung", "MR", "maximum intensity" ...
struct VolumePreset {
  std::string name;
  bool maximum_intensity{false};
  std::vector<std::array<double, 5>>
      points;  ///< value (relative to the window: 0 low, 1 high, or absolute HU), r, g, b, opacity
  bool absolute{false};
};
[[nodiscard]] std::span<const VolumePreset> volume_presets();

struct VolumePicture {
  std::shared_ptr<const Raster> raster;
  std::int64_t frame{0};
  std::string preset{"maximum intensity"};
  double low{0}, high{1};  ///< value range of relative presets
  std::array<double, 3> background{0, 0, 0};
  friend bool operator==(const VolumePicture&, const VolumePicture&) = default;
};

/// A slice plane to be outlined over the volume.
struct PlaneOutline {
  Plane plane;
  std::array<double, 3> colour{1, 1, 1};
};

/// Ray-casts on whatever OpenGL there is, software included. Data above `limit_voxels` are reduced by a whole factor, and
/// the factor is drawn on screen.
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
  /// Outlines of slice planes over the picture, so that a moved crosshair casts no rays. Empty without a volume.
  [[nodiscard]] Marks outlines(const std::vector<PlaneOutline>& planes, int width_px, int height_px,
                               double pixel_ratio) const;
  void orbit(double dx, double dy);  ///< fractions of the view's width and height
  void zoom(double factor);
  void pan(double dx, double dy);
  void look_from(char letter);        ///< 'A', 'P', 'L', 'R', 'S', 'I'
  void set_interactive(bool moving);  ///< coarser while moving
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::render
