#pragma once

#include "gui/model/document.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

/// One axis of a scatter plot: a band of a cube, or the abundance of a component, which is a band of another.
struct ScatterAxis {
  DatasetPtr cube;
  std::int64_t band{0};
  friend bool operator==(const ScatterAxis&, const ScatterAxis&) = default;
};

/// Every pixel of a scene by two of its values.
struct Scatter {
  static constexpr int bins = 192;
  std::int64_t width{0}, height{0};
  std::vector<float> x, y;                     ///< of each pixel; NaN where one of the two is missing
  std::array<double, 2> x_range{}, y_range{};  ///< lowest and highest; one apart where all are equal
  std::vector<std::uint32_t> counts;           ///< pixels in each of bins x bins, x fastest, both from the lowest
  std::uint64_t pixels{0};                     ///< that have both values

  /// The bin of a pixel; -1 if it has none.
  [[nodiscard]] std::int64_t to_bin(std::size_t pixel) const noexcept;
};

/// Throws shape_mismatch if the two cubes do not show one scene, invalid_input for a band that is not there or where no
/// pixel has both values.
[[nodiscard]] Scatter make_scatter(const ScatterAxis& x, const ScatterAxis& y);

/// The pixels whose two values lie inside a polygon (even-odd rule) as a label map on the flat frame of the scene, with the
/// one label "selection". Nothing of the polygon is kept.
[[nodiscard]] LabelMap select(const Scatter& scatter, const std::vector<std::array<double, 2>>& polygon,
                              const VoxelGrid& flat);

/// The label of each bin, for those that hold a pixel with one: how a region of the picture lies in the plot. Empty if the
/// map is not of this scene.
[[nodiscard]] std::vector<std::uint16_t> labels_in(const Scatter& scatter, const LabelMap& map);

}  // namespace iso::gui
