#pragma once

#include "document.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

/// A run of equal change: voxels [first, first + length) held `before` and hold `after`.
struct LabelRun {
  std::int64_t first{0};
  std::int32_t length{0};
  std::uint16_t before{0}, after{0};
  friend bool operator==(const LabelRun&, const LabelRun&) = default;
};

/// What one stroke changed, coded in runs: a brush over a slice costs kilobytes, not a copy of the volume.
struct Document::LabelDelta {
  std::vector<LabelRun> runs;
  [[nodiscard]] std::size_t bytes() const noexcept { return runs.size() * sizeof(LabelRun); }
};

/// Collects a stroke on a label map: voxels are changed at once in a working copy that the view draws, and the whole
/// becomes one delta when the stroke ends.
class LabelStroke {
 public:
  enum class Effect : std::uint8_t { paint, erase };
  struct Range {
    double low, high;
  };  ///< only voxels whose value in the base lies inside are changed

  /// `labels` u16 or u8. `base` may be null; it is needed for a range and must have the grid of the labels.
  LabelStroke(const LabelMap& labels, std::shared_ptr<const render::Raster> base);
  /// A disc of radius_mm in the plane about the point (and in that slice only), or a ball if `sphere`.
  void dab(const Vec3& centre_mm, const Vec3& normal, double radius_mm, bool sphere, Effect effect, std::uint16_t label,
           std::optional<Range> range = {});
  /// All voxels of the slice through `seed_mm` connected to it that hold the seed's label.
  void fill(const Vec3& seed_mm, const Vec3& normal, std::uint16_t label);
  /// Every voxel of the volume whose base value lies in the range.
  void threshold(Range range, std::uint16_t label);
  [[nodiscard]] const PixelBlock& pixels() const noexcept { return pixels_; }
  /// The changes so far; null if there are none.
  [[nodiscard]] std::shared_ptr<const Document::LabelDelta> delta() const;

 private:
  void set(std::int64_t voxel, std::uint16_t label);
  [[nodiscard]] std::uint16_t at(std::int64_t voxel) const;
  [[nodiscard]] bool inside(std::int64_t voxel, const std::optional<Range>& range) const;
  PixelBlock pixels_, before_;
  VoxelGrid grid_;
  std::shared_ptr<const render::Raster> base_;
};

/// What leads from one label map to another of the same grid; null if they are equal. Throws shape_mismatch.
[[nodiscard]] std::shared_ptr<const Document::LabelDelta> delta_between(const LabelMap& before, const LabelMap& after);

/// The label map with a delta applied forwards or backwards, in new memory.
[[nodiscard]] LabelMap applied(const LabelMap& labels, const Document::LabelDelta& delta, bool forwards);

}  // namespace iso::gui
