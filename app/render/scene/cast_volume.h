#pragma once

#include "raster.h"

#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace iso::render {

/// Side of the blocks whose lowest and highest value is kept, so that rays step over what is not seen.
constexpr std::int64_t cast_block = 8;

/// One frame of a raster as rays cross it: 16 bit, x fastest.
struct CastVolume {
  VoxelGrid grid;
  int reduction{1};        ///< of the raster, along each axis that is long enough
  double low{0}, high{1};  ///< values of the numbers 0 and 65535
  std::vector<std::uint16_t> voxels;
  std::array<std::int64_t, 3> blocks{};
  /// Over the cells that touch a block, its rim included: what trilinear interpolation can give there.
  std::vector<std::uint16_t> block_low, block_high;
};

/// Reduced by the least whole factor that gives at most `limit_voxels`, each voxel the mean of those it replaces. Values
/// outside of the range that the raster was sampled in are cut off; what is no number is the lowest.
[[nodiscard]] CastVolume make_cast_volume(const Raster& raster, std::int64_t frame, std::int64_t limit_voxels);
/// Every second voxel's worth of it, for pictures that have to be quick.
[[nodiscard]] CastVolume make_coarse(const CastVolume& volume, std::int64_t limit_voxels);

/// Labels as surfaces: how much of the neighbourhood of a voxel is labelled (0 to 255; the surface is at 127.5), and by what.
struct CastLabels {
  VoxelGrid grid;
  std::vector<std::uint8_t> occupied;
  std::vector<std::uint16_t> labels;
  std::array<std::int64_t, 3> blocks{};
  std::vector<std::uint8_t> block_high;
};
/// Of the labels whose colour is not clear (Display::palette; empty: all). A reduced voxel has the first label of its block.
[[nodiscard]] CastLabels make_cast_labels(const Raster& raster, const std::vector<std::array<std::uint8_t, 4>>& palette,
                                          std::int64_t limit_voxels);

/// The label of the nearest labelled voxel about a place (indices of the grid), 0 if none of the 27 about it is: the surface lies
/// half a voxel outside of the last one.
[[nodiscard]] std::uint16_t nearest_label(const CastLabels& labels, const Vec3& index) noexcept;

/// Voxels at most, unless somebody who knows the machine says otherwise.
constexpr std::int64_t usual_cast_limit = std::int64_t{256} * 256 * 256;

/// The grid of a volume reduced by whole blocks: a reduced voxel stands at the middle of those it replaces.
[[nodiscard]] VoxelGrid reduced_grid(const VoxelGrid& grid, const std::array<std::int64_t, 3>& block);
/// The blocks of the least whole factor that gives at most `limit_voxels`. Rays need two voxels on every axis.
[[nodiscard]] std::array<std::int64_t, 3> reduction_blocks(const VoxelGrid& grid, std::int64_t limit_voxels,
                                                           int& factor);

}  // namespace iso::render
