#pragma once

#include "iso/data/member.h"
#include "iso/data/metadata.h"
#include "iso/data/pixels.h"
#include "iso/geometry/projection_geometry.h"

namespace iso {

/// A scan by rays: line integrals, and where each ray went.
struct Sinogram {
  Pixels readings;  ///< u, v, view; line integrals without unit
  ProjectionGeometry geometry;
  Metadata meta;
  Pixels mask{};  ///< u8; u, v[, view]; 0 where an element is dead. Empty: none is

  static constexpr std::string_view kind_name{"sinogram"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"pixels", Identity::always, "u,v,view"}, data.readings);
    visit(Member{"geometry", Identity::always}, data.geometry);
    visit(Member{.name = "mask", .axes = "u,v,view", .mask = true, .layout = 2}, data.mask);
  }
  void check() const;  ///< throws invalid_input
};

}  // namespace iso
