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

/// A run of voxels with the same change: [first, first + length) held `before` and now hold `after`.
struct LabelRun {
  std::int64_t first{0};
  std::int32_t length{0};
  std::uint16_t before{0}, after{0};
  friend bool operator==(const LabelRun&, const LabelRun&) = default;
};

/// The voxels that a stroke changed, as runs. A stroke over a slice takes kilobytes instead of a copy of the volume.
struct Document::LabelDelta {
  std::vector<LabelRun> runs;
  [[nodiscard]] std::size_t bytes() const noexcept { return runs.size() * sizeof(LabelRun); }
};

/// A stroke of the brush on a label map while it is drawn. The label map does not change: the stroke keeps the changed labels
/// in a box, which the views draw over the map, and gives one delta at its end. Time and memory grow with the box and not
/// with the volume.
class LabelStroke {
 public:
  enum class Effect : std::uint8_t { paint, erase };
  struct Range {
    double low, high;
  };  ///< only voxels whose value in the base lies inside are changed

  /// `labels` u16 or u8. `base` may be null; it is needed for a range and must have the grid of the labels.
  LabelStroke(const LabelMap& labels, std::shared_ptr<const render::Raster> base);
  /// A disc of radius_mm in the plane about the point, or a ball if `sphere`. The disc has the voxels of one slice where the
  /// plane is one of the grid, and all that the plane goes through where it is turned, so that the picture has no holes.
  void dab(const Vec3& centre_mm, const Vec3& normal, double radius_mm, bool sphere, Effect effect, std::uint16_t label,
           std::optional<Range> range = {});
  /// All voxels of the plane through `seed_mm`, as a disc has them, connected to it that hold the seed's label and whose value
  /// lies in the range.
  void fill(const Vec3& seed_mm, const Vec3& normal, std::uint16_t label, std::optional<Range> range = {});
  /// Voxels that hold one of these labels keep it.
  void protect(std::vector<std::uint16_t> labels) { locked_ = std::move(labels); }
  /// Every voxel of the volume whose base value lies in the range.
  void threshold(Range range, std::uint16_t label);
  /// The label of a voxel as the stroke leaves it.
  [[nodiscard]] std::uint16_t at(const std::array<std::int64_t, 3>& index) const;
  /// Labels in the box of the stroke so far. Shared, so that a view can draw them while the stroke goes on.
  [[nodiscard]] std::shared_ptr<const render::LabelPatch> patch() const noexcept { return box_; }
  /// The changes so far; null if there are none.
  [[nodiscard]] std::shared_ptr<const Document::LabelDelta> delta() const { return delta_on(before_); }
  /// The changes against a label map that was changed since the stroke began: voxels outside of the stroke keep their present
  /// labels. The caller must have held the first data set since then, so that it was not changed in place.
  [[nodiscard]] std::shared_ptr<const Document::LabelDelta> delta_on(const Pixels& now) const;

 private:
  using Index = std::array<std::int64_t, 3>;
  void cover(Index low, Index high);  ///< enlarges the box to include both corners
  [[nodiscard]] std::uint16_t& in_box(const Index& index);
  [[nodiscard]] bool inside(const Index& index, const std::optional<Range>& range) const;
  [[nodiscard]] bool locked(std::uint16_t label) const noexcept;
  Pixels before_;
  VoxelGrid grid_;
  std::shared_ptr<const render::Raster> base_;
  std::shared_ptr<render::LabelPatch> box_;
  std::vector<std::uint16_t> locked_;
};

/// Takes the labels of an item that holds a label map into memory of the document's own, once: what a reader gave is constant,
/// and strokes write in place. Nothing for any other item. A copy, so it belongs where the file is read and not in a stroke.
void own_labels(Item& item);

/// The delta between two label maps of one grid; null if they are equal. Throws shape_mismatch.
[[nodiscard]] std::shared_ptr<const Document::LabelDelta> delta_between(const LabelMap& before, const LabelMap& after);

/// The label map with a delta applied forwards or backwards, in new memory.
[[nodiscard]] LabelMap applied(const LabelMap& labels, const Document::LabelDelta& delta, bool forwards);
/// Applies a delta to the buffer. Throws invalid_input, and changes nothing, if the delta has a voxel outside of the map.
void apply_in_place(PixelBuffer& labels, const Document::LabelDelta& delta, bool forwards);

}  // namespace iso::gui
