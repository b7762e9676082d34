#pragma once

#include "document.h"

#include "render/scene/plane.h"

#include <vector>

namespace iso::gui {

/// Oblique slice planes: the three planes turned together about the crosshair (`Look::planes`). Turning the crosshair in one
/// plane leaves that plane unchanged and makes the two others oblique. Planes of raw data do not turn.

/// The standard plane of an orientation, turned as the look asks, through
/// `through_mm`. Right and up are those of the standard plane, carried along by
/// the smallest turn that brings its normal to the new one.
[[nodiscard]] render::Plane turned_plane(const render::Raster& raster, render::Orientation orientation,
                                         const Look& look, const Vec3& through_mm);
/// Lines in which the two other planes intersect the plane of `orientation`, each in the colour of its plane; empty for raw data.
[[nodiscard]] std::vector<render::CrossAxis> cross_axes(const render::Raster& raster, render::Orientation orientation,
                                                        const Look& look);
/// The look's rotation after one more turn about a unit axis (right-handed,
/// radians).
[[nodiscard]] Mat3 turned_about(const Mat3& turn, const Vec3& axis, double angle_rad);
/// Angle between the plane and its standard one.
[[nodiscard]] double turned_by_rad(const render::Raster& raster, render::Orientation orientation, const Look& look);
/// The rotation nearest to a matrix; no turn at all if it is none (1e-3).
[[nodiscard]] Mat3 near_rotation(const Mat3& matrix);

}  // namespace iso::gui
