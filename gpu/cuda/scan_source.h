#pragma once

#include "gpu/kernels/scan.h"

#include <iso/geometry/projection_geometry.h>

#include <vector>

namespace iso::gpu {

/// A scan as gpu/kernels takes it: plain numbers.
inline ScanSource scan_source(const ProjectionGeometry& geometry, const VoxelGrid& grid) {
  const bool parallel = geometry.beam() == Beam::parallel;
  const auto kind = parallel                                          ? ScanKind::parallel
                    : geometry.detector_shape() == DetectorShape::arc ? ScanKind::arc
                                                                      : ScanKind::flat;
  return {kind,          geometry.elements(), static_cast<std::int64_t>(geometry.views().size()),
          grid.size,     grid.spacing_mm,     grid.origin_mm,
          grid.direction};
}

/// Of the table that `scan_views` makes.
inline std::size_t views_bytes(const ProjectionGeometry& geometry, ScalarType type) {
  return geometry.views().size() * (is_double(type) ? sizeof(ScanView<double>) : sizeof(ScanView<float>));
}

template <class R>
std::vector<ScanView<R>> scan_views(const ProjectionGeometry& geometry, const VoxelGrid& grid) {
  const ScanSource source = scan_source(geometry, grid);
  std::vector<ScanView<R>> views;
  views.reserve(geometry.views().size());
  for (const View& v : geometry.views()) {
    views.push_back(make_view<R>(source, {v.source_mm, v.detector_centre_mm, v.u_step_mm, v.v_step_mm}));
  }
  return views;
}

}  // namespace iso::gpu
