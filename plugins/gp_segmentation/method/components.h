#pragma once

#include "method/picture.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gp_segmentation {

/// Connected parts of a set and of its outside, voxels being neighbours by their faces (4 in a slice, 6 in a volume): runs
/// along x, joined across rows.
class Components {
 public:
  /// Of the voxels where `set` is above 0, or of the others where `inverse`.
  Components(std::span<const std::uint8_t> set, const Voxel& size, bool inverse);
  [[nodiscard]] std::size_t count() const noexcept { return parts_.size(); }
  /// The part of a voxel; count() if it is in none.
  [[nodiscard]] std::size_t part_at(const Voxel& at) const;
  [[nodiscard]] std::int64_t voxels(std::size_t part) const { return parts_[part].voxels; }
  [[nodiscard]] bool touches_border(std::size_t part) const { return parts_[part].border; }
  /// Calls visit(part, first voxel, number of voxels) for every run.
  template <class Visit>
  void each_run(Visit&& visit) const {
    for (const Run& run : runs_) visit(run.part, run.first, run.length);
  }

 private:
  struct Run {
    std::int64_t first, length;
    std::size_t part;
  };
  struct Part {
    std::int64_t voxels{0};
    bool border{false};
  };
  Voxel size_;
  std::vector<Run> runs_;
  std::vector<std::size_t> row_begin_;  ///< the first run of each row, and the end
  std::vector<Part> parts_;
};

/// What becomes of a mask after the field was cut at 0.
struct ComponentRules {
  bool only_clicked{true};      ///< keep parts with a positive click, or that the mask before touched
  bool only_largest{false};     ///< of those keep the largest
  std::int64_t hole_voxels{0};  ///< holes of at most so many voxels without a negative click are filled
};
void apply_rules(std::vector<std::uint8_t>& mask, const Voxel& size, const std::vector<Voxel>& positive,
                 const std::vector<Voxel>& negative, std::span<const std::uint8_t> before, const ComponentRules& rules);

}  // namespace gp_segmentation
