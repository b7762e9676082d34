#include "cast_volume.h"

#include "volume_reduce.h"

#include "iso/base/dispatch.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>

namespace iso::render {
namespace {

std::int64_t count_voxels(const VoxelGrid& grid) { return grid.size[0] * grid.size[1] * grid.size[2]; }

std::array<std::int64_t, 3> block_counts(const VoxelGrid& grid) {
  std::array<std::int64_t, 3> blocks{};
  for (std::size_t axis = 0; axis < 3; ++axis) blocks[axis] = (grid.size[axis] + cast_block - 1) / cast_block;
  return blocks;
}

/// Calls visit(block, voxel) for all voxels of the block and its rim of one.
template <class Visit>
void each_of_block(const VoxelGrid& grid, const std::array<std::int64_t, 3>& blocks, std::int64_t block,
                   Visit&& visit) {
  const std::array<std::int64_t, 3> at{block % blocks[0], block / blocks[0] % blocks[1], block / blocks[0] / blocks[1]};
  std::array<std::int64_t, 3> first{}, last{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    first[axis] = std::max<std::int64_t>(0, at[axis] * cast_block - 1);
    last[axis] = std::min(grid.size[axis], (at[axis] + 1) * cast_block + 1);
  }
  for (std::int64_t z = first[2]; z < last[2]; ++z)
    for (std::int64_t y = first[1]; y < last[1]; ++y) {
      const std::int64_t row = (z * grid.size[1] + y) * grid.size[0];
      for (std::int64_t x = first[0]; x < last[0]; ++x) visit(static_cast<std::size_t>(row + x));
    }
}

void find_block_ranges(CastVolume& volume) {
  volume.blocks = block_counts(volume.grid);
  const std::int64_t count = volume.blocks[0] * volume.blocks[1] * volume.blocks[2];
  volume.block_low.resize(static_cast<std::size_t>(count));
  volume.block_high.resize(static_cast<std::size_t>(count));
  parallel_for(count, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      std::uint16_t low = 65535, high = 0;
      each_of_block(volume.grid, volume.blocks, block, [&](std::size_t at) {
        low = std::min(low, volume.voxels[at]);
        high = std::max(high, volume.voxels[at]);
      });
      volume.block_low[static_cast<std::size_t>(block)] = low;
      volume.block_high[static_cast<std::size_t>(block)] = high;
    }
  });
}

template <class T>
void quantise(const T* from, std::int64_t count, double low, double high, std::uint16_t* to) {
  const auto offset = static_cast<float>(low);
  const auto factor = static_cast<float>(high > low ? 65535 / (high - low) : 0);
  parallel_for(count, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float level = (static_cast<float>(from[i]) - offset) * factor + 0.5F;
      to[i] = static_cast<std::uint16_t>(std::min(level > 0 ? level : 0.0F, 65535.0F));  // no number is not above 0
    }
  });
}

/// A mean over three voxels along one axis, in place through `line`.
void blur(std::vector<std::uint8_t>& values, const VoxelGrid& grid, std::size_t axis) {
  const auto& size = grid.size;
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
  parallel_for(size[u] * size[v], 256, [&](std::int64_t begin, std::int64_t end) {
    std::vector<int> line(static_cast<std::size_t>(size[axis]) + 2);
    for (std::int64_t at = begin; at < end; ++at) {
      std::uint8_t* const first = values.data() + at % size[u] * stride[u] + at / size[u] * stride[v];
      for (std::int64_t i = 0; i < size[axis]; ++i) line[static_cast<std::size_t>(i) + 1] = first[i * stride[axis]];
      for (std::int64_t i = 0; i < size[axis]; ++i) {
        const auto k = static_cast<std::size_t>(i);
        first[i * stride[axis]] = static_cast<std::uint8_t>((line[k] + line[k + 1] + line[k + 2] + 1) / 3);
      }
    }
  });
}

}  // namespace

std::array<std::int64_t, 3> reduction_blocks(const VoxelGrid& grid, std::int64_t limit_voxels, int& factor) {
  for (factor = 1;
       count_voxels(grid) / (std::int64_t{factor} * factor * factor) > std::max<std::int64_t>(1, limit_voxels);)
    ++factor;
  std::array<std::int64_t, 3> block{};
  for (std::size_t axis = 0; axis < 3; ++axis) block[axis] = grid.size[axis] >= 2 * factor ? factor : 1;
  return block;
}

VoxelGrid reduced_grid(const VoxelGrid& grid, const std::array<std::int64_t, 3>& block) {
  VoxelGrid small = grid;
  Vec3 first{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    small.size[axis] = grid.size[axis] / block[axis];
    small.spacing_mm[axis] = grid.spacing_mm[axis] * static_cast<double>(block[axis]);
    first[axis] = static_cast<double>(block[axis] - 1) / 2;
  }
  small.origin_mm = grid.to_world(first);
  return small;
}

CastVolume make_cast_volume(const Raster& raster, std::int64_t frame, std::int64_t limit_voxels) {
  CastVolume volume;
  const auto block = reduction_blocks(raster.frame, limit_voxels, volume.reduction);
  volume.grid = reduced_grid(raster.frame, block);
  volume.low = raster.low;
  volume.high = raster.high > raster.low ? raster.high : raster.low + 1;
  const std::int64_t count = count_voxels(volume.grid);
  volume.voxels.resize(static_cast<std::size_t>(count));
  if (volume.reduction > 1) {
    const Pixels small = reduced(raster.pixels, frame, block);
    quantise(small.values<float>().data(), count, volume.low, volume.high, volume.voxels.data());
  } else {
    dispatch<RealTypes>(
        raster.pixels.spec().type,
        [&](auto type) {
          const auto* const from = reinterpret_cast<const decltype(type)*>(raster.pixels.data()) + frame * count;
          quantise(from, count, volume.low, volume.high, volume.voxels.data());
        },
        "a picture");
  }
  find_block_ranges(volume);
  return volume;
}

CastVolume make_coarse(const CastVolume& volume, std::int64_t limit_voxels) {
  CastVolume small;
  const auto block = reduction_blocks(volume.grid, limit_voxels, small.reduction);
  small.grid = reduced_grid(volume.grid, block);
  small.reduction *= volume.reduction;
  small.low = volume.low;
  small.high = volume.high;
  small.voxels.resize(static_cast<std::size_t>(count_voxels(small.grid)));
  const auto& size = volume.grid.size;
  const auto& out = small.grid.size;
  const auto part = static_cast<std::uint64_t>(block[0] * block[1] * block[2]);
  parallel_for(out[1] * out[2], 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t x = 0; x < out[0]; ++x) {
        std::uint64_t sum = 0;
        for (std::int64_t k = 0; k < block[2]; ++k)
          for (std::int64_t j = 0; j < block[1]; ++j) {
            const std::int64_t z = row / out[1] * block[2] + k, y = row % out[1] * block[1] + j;
            const std::uint16_t* const line = volume.voxels.data() + (z * size[1] + y) * size[0] + x * block[0];
            for (std::int64_t i = 0; i < block[0]; ++i) sum += line[i];
          }
        small.voxels[static_cast<std::size_t>(row * out[0] + x)] = static_cast<std::uint16_t>(sum / part);
      }
  });
  find_block_ranges(small);
  return small;
}

std::uint16_t nearest_label(const CastLabels& labels, const Vec3& index) noexcept {
  const auto& size = labels.grid.size;
  std::uint16_t label = 0;
  double nearest = 1e30;
  for (int n = 0; n < 27; ++n) {
    const std::array<int, 3> offset{n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1};
    std::array<std::int64_t, 3> i{};
    double squares = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      i[axis] = std::clamp<std::int64_t>(std::lround(index[axis]) + offset[axis], 0, size[axis] - 1);
      squares += std::pow(static_cast<double>(i[axis]) - index[axis], 2);
    }
    const std::uint16_t found = labels.labels[static_cast<std::size_t>((i[2] * size[1] + i[1]) * size[0] + i[0])];
    if (found != 0 && squares < nearest) label = found, nearest = squares;
  }
  return label;
}

CastLabels make_cast_labels(const Raster& raster, const std::vector<std::array<std::uint8_t, 4>>& palette,
                            std::int64_t limit_voxels) {
  CastLabels labels;
  int factor = 1;
  const auto block = reduction_blocks(raster.frame, limit_voxels, factor);
  labels.grid = reduced_grid(raster.frame, block);
  const auto& size = raster.frame.size;
  const auto& out = labels.grid.size;
  labels.labels.resize(static_cast<std::size_t>(count_voxels(labels.grid)));
  labels.occupied.resize(labels.labels.size());
  const auto shown = [&](std::int64_t label) {
    if (label <= 0) return false;
    if (palette.size() < 2) return true;
    return palette[static_cast<std::size_t>((label - 1) % (std::ssize(palette) - 1) + 1)][3] > 0;
  };
  const auto fill = [&](auto type) {
    const auto* const from = reinterpret_cast<const decltype(type)*>(raster.pixels.data());
    parallel_for(out[1] * out[2], 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        for (std::int64_t x = 0; x < out[0]; ++x) {
          std::uint16_t found = 0;
          for (std::int64_t n = 0; n < block[0] * block[1] * block[2] && found == 0; ++n) {
            const std::int64_t i = n % block[0], j = n / block[0] % block[1], k = n / block[0] / block[1];
            const std::int64_t z = row / out[1] * block[2] + k, y = row % out[1] * block[1] + j;
            const auto label = static_cast<std::int64_t>(from[(z * size[1] + y) * size[0] + x * block[0] + i]);
            if (shown(label)) found = static_cast<std::uint16_t>(label);
          }
          const auto at = static_cast<std::size_t>(row * out[0] + x);
          labels.labels[at] = found;
          labels.occupied[at] = found != 0 ? 255 : 0;
        }
    });
  };
  dispatch<RealTypes>(raster.pixels.spec().type, fill, "a picture");
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (out[axis] > 2) blur(labels.occupied, labels.grid, axis);
  labels.blocks = block_counts(labels.grid);
  labels.block_high.resize(static_cast<std::size_t>(labels.blocks[0] * labels.blocks[1] * labels.blocks[2]));
  parallel_for(std::ssize(labels.block_high), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      std::uint8_t high = 0;
      each_of_block(labels.grid, labels.blocks, at, [&](std::size_t v) { high = std::max(high, labels.occupied[v]); });
      labels.block_high[static_cast<std::size_t>(at)] = high;
    }
  });
  return labels;
}

}  // namespace iso::render
