#pragma once

#include "cast_volume.h"
#include "volume_eye.h"
#include "volume_picture.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace iso::render {

/// What rays are cast through and how; values, so that they can be handed to another thread.
struct CastScene {
  std::shared_ptr<const CastVolume> volume;  ///< null: labels only
  std::shared_ptr<const CastLabels> labels;  ///< null: none
  VolumePicture picture;                     ///< its rasters are not looked at
  std::vector<std::array<double, 5>>
      transfer;  ///< value, red, green, blue, opacity of 1/256 of the volume's largest side
  VolumeEye eye;
};

/// Casts rays on the processor, where there is no graphics card: emission and absorption from the front with the light at the
/// eye (Levoy, IEEE Comput. Graph. Appl. 8(3) (1988) 29), or the maximum along the ray; trilinear between voxels; blocks that are
/// clear are stepped over and a ray ends where nothing behind it would be seen. Labels are drawn as one surface where half of a
/// voxel's neighbourhood is labelled, in the colour of the label there (*ours*).
class RayCaster {
 public:
  /// A sample every `step` voxels of the volume; `fine`: shaded by central differences, else by the cell's own slope.
  RayCaster(CastScene scene, int width_px, int height_px, double step, bool fine);
  ~RayCaster();
  RayCaster(const RayCaster&) = delete;
  RayCaster& operator=(const RayCaster&) = delete;
  /// 0xffRRGGBB of the ray through a place of the picture, in pixels from the top left. Any thread.
  [[nodiscard]] std::uint32_t cast(double x_px, double y_px) const noexcept;
  /// Rows [first, last) of the picture of every `stride`-th pixel, which is (width + stride - 1) / stride wide; on the
  /// threads of the budget.
  void cast_rows(int first, int last, int stride, std::uint32_t* picture) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::render
