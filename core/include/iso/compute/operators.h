#pragma once

#include "iso/base/shape.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

/// What can be asked of a backend. Adding a kind means adding it here and in the rooms of gpu/.
namespace iso::compute {

enum class RayModel : std::uint8_t { joseph };

/// Line integrals of a volume (x, y, z) along every ray of a scan: a sinogram (u, v, view), value times mm.
/// Joseph's method: the ray is followed along its steepest axis, in steps of one voxel, and the volume is
/// interpolated (bi)linearly across it; outside the grid the volume is zero, with a linear ramp of one voxel.
/// Source: P. M. Joseph, IEEE Trans. Med. Imaging 1 (1982) 192.
struct RayTransform {
  ProjectionGeometry geometry;
  VoxelGrid grid;
  RayModel model{RayModel::joseph};
  ScalarType type{ScalarType::f32};
};

enum class Weighting : std::uint8_t {
  none,
  /// (depth of the isocentre / depth of the voxel)^2: the squared ratio of their magnifications. Depth is the distance
  /// from the source along the detector's normal (flat), or across the axis of its cylinder (arc). 1 for a parallel beam.
  fdk
};

/// Voxel-driven back-projection, sinogram (u, v, view) to volume: the sum over views of the reading at the voxel's
/// shadow, interpolated (bi)linearly on the detector; outside it readings are zero, with a linear ramp of one element.
/// A voxel at or behind the source throws no shadow. What filtered back-projection needs; it is not the adjoint of
/// RayTransform (its own adjoint is the matched scatter).
struct Backprojection {
  ProjectionGeometry geometry;
  VoxelGrid grid;
  Weighting weighting{Weighting::none};
  ScalarType type{ScalarType::f32};
};

/// Convolution of every detector row (first axis) with a real even filter: zero-pad to n = 2 (response.size() - 1),
/// multiply the discrete Fourier transform by `response` (index 0 is frequency 0, last is Nyquist), crop. Self-adjoint.
/// n must be at least twice the row so that nothing wraps around.
struct DetectorFilter {
  Shape sinogram;
  std::vector<double> response;
  ScalarType type{ScalarType::f32};
};

/// Unitary discrete Fourier transform over the listed axes, exponent -2 pi i k n / N forward. Centred: index N/2 is
/// the origin in both domains.
struct Fourier {
  Shape grid;
  std::vector<std::size_t> axes;
  bool centred{true};
  ScalarType type{ScalarType::c64};
};

/// Forward differences x[i+1] - x[i] along each of `axes`, zero at the far border; range shape is grid + {axes.size()}.
struct FiniteDifference {
  Shape grid;
  std::vector<std::size_t> axes;
  ScalarType type{ScalarType::f32};
};

using OperatorSpec = std::variant<RayTransform, Backprojection, DetectorFilter, Fourier, FiniteDifference>;

[[nodiscard]] std::string name_of(const OperatorSpec& spec);  ///< "ray transform"
[[nodiscard]] ArraySpec domain_of(const OperatorSpec& spec);
[[nodiscard]] ArraySpec range_of(const OperatorSpec& spec);
/// Throws invalid_input or shape_mismatch if the description contradicts itself; every backend asks it first.
void check_spec(const OperatorSpec& spec);

}  // namespace iso::compute
