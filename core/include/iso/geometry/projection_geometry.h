#pragma once

#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace iso {

enum class Beam : std::uint8_t { parallel, fan, cone };
enum class DetectorShape : std::uint8_t { flat, arc };  ///< arc: a cylinder about the source, axis along v

/// One exposure. For a parallel beam `source_mm` is the unit direction in which rays travel, not a point.
struct View {
  Vec3 source_mm{};
  Vec3 detector_centre_mm{};  ///< centre of the detector: element ((nu-1)/2, (nv-1)/2)
  Vec3 u_step_mm{};           ///< from one detector element to the next along a row (arc: at the centre)
  Vec3 v_step_mm{};           ///< from one row to the next
  friend bool operator==(const View&, const View&) = default;
};

/// The straight line that one detector element reads: points origin + t * direction, |direction| = 1.
struct Ray {
  Vec3 origin_mm{};
  Vec3 direction{};
};

/// A circular scan, as scanners and papers describe it. The source of view b (angle_rad) stands at
/// R(b) (0, -source_to_axis, 0) and rays travel along R(b) (0, 1, 0); u runs along R(b) (1, 0, 0) and v along z,
/// R being the counter-clockwise rotation about +z. This is ASTRA's convention: detector coordinate of a parallel
/// ray through (x, y) is x cos b + y sin b.
struct CircularScan {
  double source_to_axis_mm{0};                 ///< ignored by a parallel beam
  double source_to_detector_mm{0};             ///< likewise
  std::array<std::int64_t, 2> elements{1, 1};  ///< u, v
  Vec3 offset_mm{};                            ///< u and v offset of the detector centre; third: source offset along u
  std::array<double, 2> element_pitch_mm{1, 1};  ///< at the detector
  DetectorShape shape{DetectorShape::flat};
  double source_offset_v_mm{0};
  double detector_in_plane_rad{0};  ///< rotation of the detector about its normal
  double detector_tilt_rad{0};      ///< about its u axis
  double pitch_mm_per_turn{0};      ///< helical travel along +z, centred on the middle view
};

/// A scan: detector size and one `View` an exposure. The general form is the only stored form;
/// the factories write the common orbits into it. Right-handed LPS millimetres, angles in radians.
class ProjectionGeometry {
 public:
  ProjectionGeometry() = default;
  /// Free per-view vectors, as in ASTRA's *_vec geometries. Throws invalid_input: no elements, non-finite
  /// vectors, zero steps, steps that are parallel.
  ProjectionGeometry(Beam beam, DetectorShape shape, std::array<std::int64_t, 2> elements, std::vector<View> views);

  static ProjectionGeometry parallel(std::span<const double> angles_rad, std::array<std::int64_t, 2> elements,
                                     std::array<double, 2> element_pitch_mm, double u_offset_mm = 0);
  /// Fan if elements[1] == 1, cone otherwise. Throws invalid_input, naming the distance or size at fault.
  static ProjectionGeometry circular(std::span<const double> angles_rad, const CircularScan& scan);

  [[nodiscard]] Beam beam() const noexcept { return beam_; }
  [[nodiscard]] DetectorShape detector_shape() const noexcept { return shape_; }
  [[nodiscard]] std::array<std::int64_t, 2> elements() const noexcept { return elements_; }
  [[nodiscard]] std::span<const View> views() const noexcept { return views_; }
  [[nodiscard]] Shape sinogram_shape() const;        ///< (u, v, view)
  [[nodiscard]] double pitch_u_mm() const noexcept;  ///< of the first view
  [[nodiscard]] double pitch_v_mm() const noexcept;
  /// Position of a detector element (fractional indices allowed), flat or arc.
  [[nodiscard]] Vec3 element_mm(std::size_t view, double u, double v) const noexcept;
  [[nodiscard]] Ray ray(std::size_t view, double u, double v) const noexcept;
  /// Where the ray through a point meets the detector: (u, v) indices, and the factor by which a length at the
  /// point is magnified there (1 for a parallel beam).
  [[nodiscard]] Vec3 project(std::size_t view, const Vec3& point_mm) const noexcept;

  /// The same scan keeping only the listed views; how sparse-view data are described. Throws invalid_input.
  [[nodiscard]] ProjectionGeometry subset(std::span<const std::int64_t> views) const;

  /// What the views tell about a circular orbit about z, if they do: distances, angles, offset. Used by
  /// filtered back-projection for its weights and by writers.
  struct Orbit {
    bool circular{false};
    std::string why_not;
    double source_to_axis_mm{0}, source_to_detector_mm{0};
    std::vector<double> angles_rad;  ///< as measured, unwrapped to be monotonic where the views are
    double u_offset_mm{0}, v_offset_mm{0}, source_offset_u_mm{0}, source_offset_v_mm{0};
    double pitch_mm_per_turn{0};
  };
  [[nodiscard]] Orbit orbit() const;
  friend bool operator==(const ProjectionGeometry&, const ProjectionGeometry&) = default;

 private:
  Beam beam_{Beam::parallel};
  DetectorShape shape_{DetectorShape::flat};
  std::array<std::int64_t, 2> elements_{0, 0};
  std::vector<View> views_;
};

/// Equally spaced angles first + i * span / count, endpoint excluded.
[[nodiscard]] std::vector<double> equal_angles(std::int64_t count, double span_rad, double first_rad = 0);

}  // namespace iso
