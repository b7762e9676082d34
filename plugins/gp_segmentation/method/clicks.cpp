#include "method/clicks.h"

#include <iso/geometry/distance_map.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace gp_segmentation {
namespace {

constexpr std::size_t most_of_a_stroke = 20, most_pseudo = 4;
constexpr double outside_from_mm = 5, outside_to_mm = 10;

double distance2(const Voxel& a, const Voxel& b, const iso::Vec3& spacing_mm) {
  double sum = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double d = static_cast<double>(a[axis] - b[axis]) * spacing_mm[axis];
    sum += d * d;
  }
  return sum;
}

bool within(const Voxel& at, const Voxel& size) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (at[axis] < 0 || at[axis] >= size[axis]) return false;
  return true;
}

}  // namespace

std::vector<Voxel> farthest_points(const std::vector<Voxel>& voxels, std::size_t count, const iso::Vec3& spacing_mm) {
  if (voxels.size() <= count) return voxels;
  iso::Vec3 middle{};
  for (const Voxel& at : voxels)
    for (std::size_t axis = 0; axis < 3; ++axis)
      middle[axis] += static_cast<double>(at[axis]) / static_cast<double>(voxels.size());
  const Voxel centre{std::llround(middle[0]), std::llround(middle[1]), std::llround(middle[2])};
  std::vector<double> nearest(voxels.size(), std::numeric_limits<double>::infinity());
  std::vector<Voxel> chosen{
      *std::ranges::min_element(voxels, {}, [&](const Voxel& at) { return distance2(at, centre, spacing_mm); })};
  while (chosen.size() < count) {
    for (std::size_t i = 0; i < voxels.size(); ++i)
      nearest[i] = std::min(nearest[i], distance2(voxels[i], chosen.back(), spacing_mm));
    const auto farthest = std::ranges::max_element(nearest);
    if (!(*farthest > 0)) break;
    chosen.push_back(voxels[static_cast<std::size_t>(farthest - nearest.begin())]);
  }
  return chosen;
}

Marked make_marked(std::span<const MarkStroke> strokes, const Voxel& size) {
  std::map<Voxel, std::size_t> last;  // the stroke that counts at a voxel
  for (std::size_t i = 0; i < strokes.size(); ++i)
    for (const Voxel& at : strokes[i].voxels)
      if (within(at, size)) last[at] = i;
  std::vector<std::vector<Voxel>> left(strokes.size());
  std::size_t single = 0, several = 0;
  for (std::size_t i = 0; i < strokes.size(); ++i) {
    for (const Voxel& at : strokes[i].voxels) {
      const auto found = last.find(at);
      if (found == last.end() || found->second != i) continue;
      left[i].push_back(at);
      last.erase(found);  // once
    }
    single += left[i].size() == 1 ? 1 : 0;
    several += left[i].size() > 1 ? 1 : 0;
  }
  const std::size_t room = single < most_clicks ? most_clicks - single : 0;
  const std::size_t share = std::clamp<std::size_t>(several > 0 ? room / several : 1, 1, most_of_a_stroke);
  Marked marked;
  for (std::size_t i = 0; i < strokes.size(); ++i) {
    for (const Voxel& at : farthest_points(left[i], share, {1, 1, 1})) marked.clicks.push_back({at, strokes[i].label});
    for (const Voxel& at : left[i]) marked.voxels.push_back({at, strokes[i].label});
  }
  return marked;
}

PseudoClicks make_pseudo_clicks(std::span<const std::uint8_t> mask, const Voxel& size, const iso::Vec3& spacing_mm) {
  PseudoClicks made;
  const std::vector<float> signed_mm = iso::signed_distance(mask, size, spacing_mm);
  std::vector<Voxel> inside, outside;
  float deepest = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) deepest = std::max(deepest, signed_mm[i]);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(mask.size()); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Voxel voxel{i % size[0], i / size[0] % size[1], i / (size[0] * size[1])};
    const auto away = -static_cast<double>(signed_mm[at]);
    if (mask[at] != 0 && signed_mm[at] >= 0.7F * deepest) inside.push_back(voxel);
    if (mask[at] == 0 && away >= outside_from_mm && away <= outside_to_mm) outside.push_back(voxel);
  }
  made.inside = farthest_points(inside, most_pseudo, spacing_mm);
  made.outside = farthest_points(outside, most_pseudo, spacing_mm);
  return made;
}

}  // namespace gp_segmentation
