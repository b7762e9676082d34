#pragma once

#include "slice_scene.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace iso::render {

/// Position and resolution of a slice.
struct CutPlace {
  Plane plane;
  double mm_per_pixel{1};
  int width{1}, height{1};  ///< device pixels
  Slab slab{Slab::none};
  double slab_mm{0};
  friend bool operator==(const CutPlace&, const CutPlace&) = default;
};

/// One layer's slice in the raster's own numbers, a value for every pixel of the screen, rows from the top, NaN outside the
/// data (which end half a voxel beyond the outer voxel centres). A plane along the voxels copies and interpolates in two
/// dimensions; any other is interpolated in three. Kept until something it is made of changes.
class SliceCut {
 public:
  /// True if the values have changed.
  bool make(const Layer& layer, const CutPlace& place);
  [[nodiscard]] const std::vector<float>& values() const noexcept { return values_; }

 private:
  std::shared_ptr<const Raster> raster_;
  std::shared_ptr<const LabelPatch> patch_;
  std::uint64_t patch_revision_{0};
  std::int64_t frame_{-1};
  bool interpolate_{false};
  CutPlace place_;
  std::vector<float> values_, slice_;
};

}  // namespace iso::render
