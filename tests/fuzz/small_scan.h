#pragma once

#include "iso/geometry/projection_geometry.h"

#include <vector>

namespace iso::test {

/// Three views of a cone beam on 5 x 4 elements: what seeds with a scan share.
inline ProjectionGeometry small_scan() {
  const std::vector<double> angles{0, 0.1, 0.2};
  CircularScan scan;
  scan.source_to_axis_mm = 100;
  scan.source_to_detector_mm = 200;
  scan.elements = {5, 4};
  return ProjectionGeometry::circular(angles, scan);
}

}  // namespace iso::test
