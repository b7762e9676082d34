#pragma once

#include "iso/data/axis.h"
#include "iso/data/member.h"
#include "iso/data/metadata.h"
#include "iso/data/pixels.h"
#include "iso/data/quantity.h"
#include "iso/geometry/voxel_grid.h"

namespace iso {

/// Values on a grid in space, perhaps over time.
struct Volume {
  Pixels pixels;  ///< x, y, z[, t]; values in the unit of the quantity
  VoxelGrid grid;
  Quantity quantity{};
  Metadata meta;
  Pixels mask{};  ///< u8; x, y, z[, t]; 0 where there is no value. Empty: there is one everywhere
  Axis frames{};  ///< of t

  static constexpr std::string_view kind_name{"volume"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"pixels", Identity::always, "x,y,z,t"}, data.pixels);
    visit(Member{"grid", Identity::always}, data.grid);
    visit(Member{"quantity", Identity::always}, data.quantity);
    visit(Member{.name = "mask", .axes = "x,y,z,t", .mask = true, .layout = 2}, data.mask);
    visit(Member{.name = "frames", .layout = 2}, data.frames);
  }
  /// Throws invalid_input, naming the member, where members contradict each other.
  void check() const;
};

}  // namespace iso
