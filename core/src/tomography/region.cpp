#include "iso/tomography/region.h"

#include "iso/base/checked.h"
#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace iso::tomography {

Region make_region(const VoxelGrid& grid, std::span<const double> centre_mm, std::span<const double> size_mm) {
  Region region{{0, 0, 0}, grid};
  if (size_mm.empty()) return region;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (axis >= size_mm.size() || grid.size[axis] == 1) continue;
    const double centre = axis < centre_mm.size() ? centre_mm[axis] : 0.0;
    const double low = (centre - 0.5 * size_mm[axis] - grid.origin_mm[axis]) / grid.spacing_mm[axis];
    const double high = (centre + 0.5 * size_mm[axis] - grid.origin_mm[axis]) / grid.spacing_mm[axis];
    const auto first = std::max<std::int64_t>(0, to_clamped<std::int64_t>(std::ceil(low - 1e-9)));
    const auto last = std::min(grid.size[axis] - 1, to_clamped<std::int64_t>(std::floor(high + 1e-9), -1));
    if (last < first) {
      throw Error(Errc::invalid_input,
                  "the region of interest lies outside the field of view along axis " + std::to_string(axis),
                  "give roi_centre_mm and roi_size_mm inside it, in mm from the isocentre");
    }
    region.first[axis] = first;
    region.grid.size[axis] = last - first + 1;
  }
  region.grid.origin_mm = grid.to_world({static_cast<double>(region.first[0]), static_cast<double>(region.first[1]),
                                         static_cast<double>(region.first[2])});
  return region;
}

PixelBuffer cut(const Pixels& volume, const Region& region) {
  const auto& from = volume.spec().shape;
  auto out = PixelBuffer::allocate({region.grid.shape(), ScalarType::f32});
  const auto in = volume.values<float>();
  auto* to = out.values<float>().data();
  const auto row = static_cast<std::size_t>(region.grid.size[0]);
  for (std::int64_t z = 0; z < region.grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < region.grid.size[1]; ++y, to += row) {
      const auto at = ((z + region.first[2]) * from[1] + y + region.first[1]) * from[0] + region.first[0];
      std::memcpy(to, in.data() + at, row * sizeof(float));
    }
  }
  return out;
}

}  // namespace iso::tomography
