#pragma once

#include "method/picture.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gp_segmentation {

/// What a user marked: a click (one voxel) or a stroke, with its label; 0 takes away.
struct MarkStroke {
  std::uint16_t label{0};
  std::vector<Voxel> voxels;
  friend bool operator==(const MarkStroke&, const MarkStroke&) = default;
};

struct Click {
  Voxel at;
  std::uint16_t label;
  friend bool operator==(const Click&, const Click&) = default;
};

/// What strokes say of voxels. Where several mark one voxel, the last one counts (*ours*: it replaces the older ones only there,
/// so that two clicks on neighbours are both obeyed, whatever the spacing). Voxels beside the image are left out.
struct Marked {
  std::vector<Click> clicks;  ///< what the Gaussian process hears, in the order of the strokes
  std::vector<Click> voxels;  ///< all marked voxels, which keep their labels whatever it says
  friend bool operator==(const Marked&, const Marked&) = default;
};

/// Clicks are kept; strokes are thinned by farthest points to what is left of `most_clicks`, at most 20 and at least one a
/// stroke.
inline constexpr std::size_t most_clicks = 100;
[[nodiscard]] Marked make_marked(std::span<const MarkStroke> strokes, const Voxel& size);

/// At most `count` of the voxels, each the farthest from those before; the first is the one nearest to their middle.
[[nodiscard]] std::vector<Voxel> farthest_points(const std::vector<Voxel>& voxels, std::size_t count,
                                                 const iso::Vec3& spacing_mm);

/// Clicks that nobody made, for the slice beside one that is done: up to four deep inside of its mask and up to four 5 to
/// 10 mm outside.
struct PseudoClicks {
  std::vector<Voxel> inside, outside;
};
[[nodiscard]] PseudoClicks make_pseudo_clicks(std::span<const std::uint8_t> mask, const Voxel& size,
                                              const iso::Vec3& spacing_mm);

}  // namespace gp_segmentation
