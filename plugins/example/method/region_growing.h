#pragma once

#include "method/image.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace example {

/// Voxels that somebody marked.
struct SeedStroke {
  std::vector<std::array<std::int32_t, 3>> voxels;
  std::uint16_t label{0};
  friend bool operator==(const SeedStroke&, const SeedStroke&) = default;
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
  /// `tolerance` 0: automatic.
  RegionGrowing(Image image, double tolerance, std::vector<SeedStroke> strokes);

  /// All strokes, in their order, and the tolerance. Voxels outside of the image are left out. Growing starts again, unless
  /// nothing has changed since the last call.
  void mark(double tolerance, std::vector<SeedStroke> strokes);

  /// Goes on until nothing grows (true) or until `enough` says so, asked every few thousand voxels. What has grown by
  /// then is exact up to the distance reached; the next call goes on from there.
  bool grow(const std::function<bool()>& enough);

  [[nodiscard]] const Image& image() const noexcept { return image_; }
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
  std::optional<double> least_;  // of the automatic tolerances; once it was asked for
  std::vector<SeedStroke> strokes_;
  std::map<std::uint16_t, Interval> intervals_;
  std::vector<std::uint16_t> labels_;
  std::vector<bool> taken_;
  std::vector<std::int64_t> front_;  // voxels in the order they were taken
  std::size_t next_{0};              // first of them whose neighbours were not looked at
};

/// One stroke a label of the map. Throws shape_mismatch unless it has the image's size.
[[nodiscard]] std::vector<SeedStroke> make_strokes(const iso::LabelMap& marks, const Image& image);
/// A stroke of label 1 from x,y,z,x,y,z,... Throws invalid_input for a seed outside of the image.
[[nodiscard]] SeedStroke make_stroke(std::span<const double> seeds, const Image& image);

}  // namespace example
