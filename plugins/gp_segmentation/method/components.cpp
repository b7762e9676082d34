#include "method/components.h"

#include <algorithm>
#include <numeric>

namespace gp_segmentation {
namespace {

std::size_t find_root(std::vector<std::size_t>& parent, std::size_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

}  // namespace

Components::Components(std::span<const std::uint8_t> set, const Voxel& size, bool inverse) : size_{size} {
  const std::int64_t rows = size[1] * size[2];
  std::vector<std::size_t> parent;
  const auto join_row = [&](std::int64_t row, std::int64_t other) {
    std::size_t a = row_begin_[static_cast<std::size_t>(row)], b = row_begin_[static_cast<std::size_t>(other)];
    const std::size_t a_end = runs_.size(), b_end = row_begin_[static_cast<std::size_t>(other) + 1];
    while (a < a_end && b < b_end) {
      const std::int64_t first = runs_[a].first - row * size_[0], second = runs_[b].first - other * size_[0];
      if (first < second + runs_[b].length && second < first + runs_[a].length) {
        const std::size_t one = find_root(parent, a), two = find_root(parent, b);
        parent[std::max(one, two)] = std::min(one, two);
      }
      first + runs_[a].length < second + runs_[b].length ? ++a : ++b;
    }
  };
  for (std::int64_t row = 0; row < rows; ++row) {
    row_begin_.push_back(runs_.size());
    const std::uint8_t* const line = set.data() + row * size[0];
    for (std::int64_t x = 0; x < size[0];) {
      if ((line[x] != 0) == inverse) {
        ++x;
        continue;
      }
      const std::int64_t first = x;
      while (x < size[0] && (line[x] != 0) != inverse) ++x;
      parent.push_back(runs_.size());
      runs_.push_back({row * size[0] + first, x - first, 0});
    }
    if (row % size[1] > 0) join_row(row, row - 1);
    if (row >= size[1]) join_row(row, row - size[1]);
  }
  row_begin_.push_back(runs_.size());
  std::vector<std::size_t> number(runs_.size());
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const std::size_t root = find_root(parent, i);
    if (root == i) number[i] = parts_.size(), parts_.push_back({});
    Run& run = runs_[i];
    run.part = number[root];
    Part& part = parts_[run.part];
    part.voxels += run.length;
    const std::int64_t row = run.first / size[0], x = run.first % size[0], y = row % size[1], z = row / size[1];
    part.border = part.border || x == 0 || x + run.length == size[0] || (size[1] > 1 && (y == 0 || y == size[1] - 1)) ||
                  (size[2] > 1 && (z == 0 || z == size[2] - 1));
  }
}

std::size_t Components::part_at(const Voxel& at) const {
  const auto row = static_cast<std::size_t>(at[1] + size_[1] * at[2]);
  const std::int64_t voxel = at[0] + size_[0] * static_cast<std::int64_t>(row);
  for (std::size_t i = row_begin_[row]; i < row_begin_[row + 1]; ++i)
    if (voxel >= runs_[i].first && voxel < runs_[i].first + runs_[i].length) return runs_[i].part;
  return count();
}

void apply_rules(std::vector<std::uint8_t>& mask, const Voxel& size, const std::vector<Voxel>& positive,
                 const std::vector<Voxel>& negative, std::span<const std::uint8_t> before,
                 const ComponentRules& rules) {
  if (rules.only_clicked || rules.only_largest) {
    const Components parts{mask, size, false};
    std::vector<bool> keep(parts.count() + 1, !rules.only_clicked);
    if (rules.only_clicked) {
      for (const Voxel& at : positive) keep[parts.part_at(at)] = true;
      if (!before.empty())
        parts.each_run([&](std::size_t part, std::int64_t first, std::int64_t length) {
          if (keep[part]) return;
          const auto run = before.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(length));
          keep[part] = std::ranges::any_of(run, [](std::uint8_t was) { return was != 0; });
        });
    }
    if (rules.only_largest) {
      std::size_t largest = parts.count();
      for (std::size_t part = 0; part < parts.count(); ++part)
        if (keep[part] && (largest == parts.count() || parts.voxels(part) > parts.voxels(largest))) largest = part;
      for (std::size_t part = 0; part < parts.count(); ++part) keep[part] = part == largest;
    }
    parts.each_run([&](std::size_t part, std::int64_t first, std::int64_t length) {
      if (!keep[part]) std::fill_n(mask.begin() + first, length, std::uint8_t{0});
    });
  }
  if (rules.hole_voxels <= 0) return;
  const Components holes{mask, size, true};
  std::vector<bool> fill(holes.count() + 1, false);
  for (std::size_t part = 0; part < holes.count(); ++part)
    fill[part] = !holes.touches_border(part) && holes.voxels(part) <= rules.hole_voxels;
  for (const Voxel& at : negative) fill[holes.part_at(at)] = false;
  holes.each_run([&](std::size_t part, std::int64_t first, std::int64_t length) {
    if (fill[part]) std::fill_n(mask.begin() + first, length, std::uint8_t{1});
  });
}

}  // namespace gp_segmentation
