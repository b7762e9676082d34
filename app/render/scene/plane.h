#pragma once

#include "raster.h"

#include <array>
#include <cstdint>
#include <string>

namespace iso::render {

enum class Orientation : std::uint8_t { axial, coronal, sagittal, oblique };

/// A cut through the frame: what is at the middle of the picture, and which way its right and its up point (unit
/// vectors, LPS for anatomical data). The viewer looks along -(right x up).
struct Plane {
  Vec3 centre_mm{};
  Vec3 right{1, 0, 0};
  Vec3 up{0, -1, 0};
  [[nodiscard]] Vec3 normal() const noexcept;  ///< right x up
  friend bool operator==(const Plane&, const Plane&) = default;
};

/// Radiological: axial has the patient's right at screen left and anterior up, coronal superior up and right at left,
/// sagittal superior up and anterior at left. Raw data: axial shows axes 0 (right) and 1 (down) where axis 1 has more than
/// one element, otherwise 0 and 2 (a 2-D sinogram: detector to the right, views downwards).
[[nodiscard]] Plane standard_plane(const Raster& raster, Orientation orientation, const Vec3& through_mm);

/// The letter at each edge of the picture, "R" or combined by dominance ("AL"); axis names for raw data.
struct EdgeLetters {
  std::string left, right, top, bottom;
};
[[nodiscard]] EdgeLetters edge_letters(const Raster& raster, const Plane& plane);

/// Slices of the raster along the plane's normal: their number, the one nearest the plane's centre, and the same plane moved
/// to a given slice. The step of an oblique plane is the smallest spacing.
[[nodiscard]] std::int64_t slice_count(const Raster& raster, const Plane& plane);
[[nodiscard]] std::int64_t slice_at(const Raster& raster, const Plane& plane);
[[nodiscard]] Plane at_slice(const Raster& raster, const Plane& plane, std::int64_t slice);

/// The view colours of convention C4: axial red, sagittal yellow, coronal green, oblique blue; 0 to 1.
[[nodiscard]] std::array<double, 3> to_colour(Orientation orientation) noexcept;

}  // namespace iso::render
