#pragma once

#include "method/image.h"

#include <functional>
#include <map>
#include <vector>

namespace example {

/// Voxels that somebody marked.
struct Stroke {
  std::vector<std::array<std::int32_t, 3>> voxels;
  std::uint16_t label{0};
};

/// Regions that grow from strokes. A stroke of label l gives its label the interval [min - tolerance, max + tolerance] of
/// the values under all strokes of l. From all strokes at once, one layer of neighbours after the other (4 in a plane, 6
/// in space), a region takes the free voxels whose value lies in the interval of its label. So a voxel that several
/// labels could have goes to the one that is nearest along a path; between equals, to the one marked first. Label 0 grows
/// too, and holds back the others: a stroke of label 0 takes away what leaked.
///
/// With a tolerance of 0, each marked voxel brings its own: three times the noise about it, at least a twentieth of the range
/// of the image's values (without noise there is still partial volume), on both sides of the median of its neighbours.
///
/// Voxels under a stroke have its label (of the last stroke, where they cross). NaN belongs to nothing.
class RegionGrowing {
 public:
  /// What is marked from the beginning cannot be undone. `tolerance` 0: automatic.
  RegionGrowing(Image image, double tolerance, std::vector<Stroke> marked);

  /// Each call is one step for `undo`. Voxels outside of the image are left out. Growing starts again.
  void add(std::span<const Stroke> strokes);
  void undo();  ///< takes back the last `add`; nothing to take back is no error

  /// Goes on until nothing grows (true) or until `enough` says so, asked every few thousand voxels. What has grown by
  /// then is exact up to the distance reached; the next call goes on from there.
  bool grow(const std::function<bool()>& enough);

  [[nodiscard]] bool marked() const noexcept { return !front_.empty(); }
  [[nodiscard]] std::span<const std::uint16_t> labels() const noexcept { return labels_; }
  [[nodiscard]] iso::LabelMap label_map(
      const iso::Volume& volume) const;                  ///< on the grid of the volume it grew in, u16
  [[nodiscard]] double fraction_grown() const noexcept;  ///< 1 once finished; before, the part of the image looked at

 private:
  struct Interval {
    float low, high;
  };
  void restart();
  [[nodiscard]] Interval interval_about(std::int64_t seed) const;

  Image image_;
  double tolerance_;
  double least_{0};                           // of the automatic tolerances
  std::vector<std::vector<Stroke>> history_;  // first what was marked from the beginning
  std::map<std::uint16_t, Interval> intervals_;
  std::vector<std::uint16_t> labels_;
  std::vector<bool> taken_;
  std::vector<std::int64_t> front_;  // voxels in the order they were taken
  std::size_t next_{0};              // first of them whose neighbours were not looked at
};

/// One stroke a label of the map. Throws shape_mismatch unless it has the image's size.
[[nodiscard]] std::vector<Stroke> strokes_of(const iso::LabelMap& marks, const Image& image);
/// A stroke of label 1 from x,y,z,x,y,z,... Throws invalid_input for a seed outside of the image.
[[nodiscard]] Stroke stroke_of(std::span<const double> seeds, const Image& image);

}  // namespace example
