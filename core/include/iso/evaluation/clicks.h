#pragma once

#include "iso/geometry/vec3.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

/// How an interactive segmentation is judged: a simulated user who clicks where the mask is most wrong, and overlaps.
namespace iso::evaluation {

/// A mask or an image in space, x fastest.
struct MaskGrid {
  std::array<std::int64_t, 3> size{1, 1, 1};
  Vec3 spacing_mm{1, 1, 1};
};

struct SimulatedClick {
  std::array<std::int32_t, 3> voxel{};
  bool positive{false};
  double depth_mm{0};  ///< distance of the voxel to the border of the error region that it lies in
};

/// The next click of the simulated user: the voxel with the largest Euclidean distance to the border within the larger, by
/// that distance, of what is missing from the mask and what is too much; beyond the image nothing is wrong. Voxels of
/// `clicked` are left out; the first in row order where several are as far. Nothing when no voxel is wrong.
/// All are 0 or not, one value a voxel. Source: K. Sofiiuk et al., "f-BRS", CVPR 2020, section 4 (the usual protocol).
/// Errors   invalid_input if the sizes do not agree.
[[nodiscard]] std::optional<SimulatedClick> next_click(std::span<const std::uint8_t> mask,
                                                       std::span<const std::uint8_t> truth,
                                                       std::span<const std::uint8_t> clicked, const MaskGrid& grid);

/// The same as a hand would place it: moved by a Gaussian of sd 0.25 times the depth, drawn from (seed, index) until it
/// stays within the error region (*ours*: the label would be wrong outside; after 20 draws the click stays where it was).
[[nodiscard]] SimulatedClick jitter(const SimulatedClick& click, std::span<const std::uint8_t> mask,
                                    std::span<const std::uint8_t> truth, std::span<const std::uint8_t> clicked,
                                    const MaskGrid& grid, std::uint64_t seed, std::uint64_t index);

/// |A and B| / |A or B|, and 2 |A and B| / (|A| + |B|); 1 where both are empty.
struct Overlap {
  double iou{1}, dice{1};
};
[[nodiscard]] Overlap overlap(std::span<const std::uint8_t> mask, std::span<const std::uint8_t> truth);

/// The 95th percentile of the distances in mm from each surface to the other, the larger of the two directions. A surface
/// is the voxels of a set with a face neighbour outside. Nothing where one of them is empty.
[[nodiscard]] std::optional<double> hausdorff95_mm(std::span<const std::uint8_t> mask,
                                                   std::span<const std::uint8_t> truth, const MaskGrid& grid);

}  // namespace iso::evaluation
