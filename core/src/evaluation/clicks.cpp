#include "iso/evaluation/clicks.h"

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/geometry/distance_map.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace iso::evaluation {
namespace {

void expect_sizes(const MaskGrid& grid, std::initializer_list<std::span<const std::uint8_t>> sets) {
  for (const auto& set : sets)
    if (static_cast<std::int64_t>(set.size()) != grid.size[0] * grid.size[1] * grid.size[2])
      throw Error{Errc::invalid_input, "the mask, the truth and the clicked voxels do not have one size"};
}

struct Deepest {
  double distance2{-1};
  std::size_t at{0};
};

/// The deepest voxel of the set that was not clicked.
Deepest find_deepest(std::span<const std::uint8_t> wrong, std::span<const std::uint8_t> clicked, const MaskGrid& grid) {
  Deepest found;
  const std::vector<float> distance2 = distance2_within(wrong, grid.size, grid.spacing_mm, Beyond::outside);
  for (std::size_t i = 0; i < wrong.size(); ++i)
    if (wrong[i] != 0 && clicked[i] == 0 && static_cast<double>(distance2[i]) > found.distance2)
      found = {static_cast<double>(distance2[i]), i};
  return found;
}

std::size_t to_index(const std::array<std::int32_t, 3>& voxel, const MaskGrid& grid) {
  return static_cast<std::size_t>(voxel[0] + grid.size[0] * (voxel[1] + grid.size[1] * voxel[2]));
}

/// Voxels of a set with a face neighbour outside of it, or at the border along an axis of several voxels.
std::vector<std::uint8_t> make_surface(std::span<const std::uint8_t> set, const MaskGrid& grid) {
  std::vector<std::uint8_t> surface(set.size(), 0);
  const std::array<std::int64_t, 3> stride{1, grid.size[0], grid.size[0] * grid.size[1]};
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(set.size()); ++i) {
    if (set[static_cast<std::size_t>(i)] == 0) continue;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t at = i / stride[axis] % grid.size[axis];
      if (grid.size[axis] < 2) continue;
      const bool low = at == 0 || set[static_cast<std::size_t>(i - stride[axis])] == 0;
      const bool high = at == grid.size[axis] - 1 || set[static_cast<std::size_t>(i + stride[axis])] == 0;
      if (low || high) surface[static_cast<std::size_t>(i)] = 1;
    }
  }
  return surface;
}

}  // namespace

std::optional<SimulatedClick> next_click(std::span<const std::uint8_t> mask, std::span<const std::uint8_t> truth,
                                         std::span<const std::uint8_t> clicked, const MaskGrid& grid) {
  expect_sizes(grid, {mask, truth, clicked});
  std::vector<std::uint8_t> missing(mask.size()), surplus(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    missing[i] = truth[i] != 0 && mask[i] == 0 ? 1 : 0;
    surplus[i] = truth[i] == 0 && mask[i] != 0 ? 1 : 0;
  }
  const Deepest low = find_deepest(missing, clicked, grid), high = find_deepest(surplus, clicked, grid);
  const bool positive = low.distance2 >= high.distance2;
  const Deepest& chosen = positive ? low : high;
  if (chosen.distance2 < 0) return std::nullopt;
  const auto at = static_cast<std::int64_t>(chosen.at);
  SimulatedClick click;
  click.voxel = {static_cast<std::int32_t>(at % grid.size[0]),
                 static_cast<std::int32_t>(at / grid.size[0] % grid.size[1]),
                 static_cast<std::int32_t>(at / (grid.size[0] * grid.size[1]))};
  click.positive = positive;
  click.depth_mm = std::sqrt(chosen.distance2);
  return click;
}

SimulatedClick jitter(const SimulatedClick& click, std::span<const std::uint8_t> mask,
                      std::span<const std::uint8_t> truth, std::span<const std::uint8_t> clicked, const MaskGrid& grid,
                      std::uint64_t seed, std::uint64_t index) {
  expect_sizes(grid, {mask, truth, clicked});
  const Philox random{seed, index};
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    SimulatedClick moved = click;
    bool within = true;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (grid.size[axis] < 2) continue;
      const double by = 0.25 * click.depth_mm / grid.spacing_mm[axis] * random.normal(3 * draw + axis);
      const double to = std::round(static_cast<double>(click.voxel[axis]) + by);
      within = within && to >= 0 && to < static_cast<double>(grid.size[axis]);
      if (within) moved.voxel[axis] = static_cast<std::int32_t>(to);
    }
    if (!within) continue;
    const std::size_t at = to_index(moved.voxel, grid);
    if (clicked[at] == 0 && (truth[at] != 0) == click.positive && (mask[at] != 0) != click.positive) return moved;
  }
  return click;
}

Overlap overlap(std::span<const std::uint8_t> mask, std::span<const std::uint8_t> truth) {
  if (mask.size() != truth.size()) throw Error{Errc::invalid_input, "the mask and the truth do not have one size"};
  std::size_t both = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    first += mask[i] != 0 ? 1 : 0;
    second += truth[i] != 0 ? 1 : 0;
    both += mask[i] != 0 && truth[i] != 0 ? 1 : 0;
  }
  if (first + second == 0) return {};
  const auto common = static_cast<double>(both), sum = static_cast<double>(first + second);
  return {common / (sum - common), 2 * common / sum};
}

std::optional<double> hausdorff95_mm(std::span<const std::uint8_t> mask, std::span<const std::uint8_t> truth,
                                     const MaskGrid& grid) {
  expect_sizes(grid, {mask, truth});
  const std::vector<std::uint8_t> first = make_surface(mask, grid), second = make_surface(truth, grid);
  const auto one_way = [&grid](std::span<const std::uint8_t> from, std::span<const std::uint8_t> to) {
    std::vector<std::uint8_t> away(to.size());
    std::ranges::transform(to, away.begin(), [](std::uint8_t on) -> std::uint8_t { return on != 0 ? 0 : 1; });
    const std::vector<float> distance2 = distance2_within(away, grid.size, grid.spacing_mm, Beyond::unknown);
    std::vector<float> found;
    for (std::size_t i = 0; i < from.size(); ++i)
      if (from[i] != 0) found.push_back(distance2[i]);
    const auto at = found.begin() + std::lround(0.95 * static_cast<double>(found.size() - 1));
    std::ranges::nth_element(found, at);
    return std::sqrt(static_cast<double>(*at));
  };
  const auto none = [](const std::vector<std::uint8_t>& set) { return std::ranges::count(set, 1) == 0; };
  if (none(first) || none(second)) return std::nullopt;
  return std::max(one_way(first, second), one_way(second, first));
}

}  // namespace iso::evaluation
