#pragma once

#include "iso/data/member.h"
#include "iso/data/metadata.h"
#include "iso/data/pixels.h"
#include "iso/geometry/voxel_grid.h"

#include <string>
#include <vector>

namespace iso {

/// What every voxel belongs to.
struct LabelMap {
  Pixels labels;  ///< x, y, z; u8 or u16; 0 is no label
  VoxelGrid grid;
  std::vector<std::string> names;  ///< of label 0, 1, 2, ...
  Metadata meta;

  static constexpr std::string_view kind_name{"label_map"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"pixels", Identity::always, "x,y,z"}, data.labels);
    visit(Member{"grid", Identity::always}, data.grid);
    visit(Member{"names", Identity::none}, data.names);
  }
  void check() const;  ///< throws invalid_input
};

}  // namespace iso
