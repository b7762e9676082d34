#pragma once

#include "iso/compute/backend.h"
#include "iso/data/k_space.h"
#include "iso/data/volume.h"

/// What simulated scans of every trajectory share.
namespace iso::mri::detail {

/// A series as c64 with four axes: x, y, z, frame.
[[nodiscard]] Pixels as_complex_series(const Volume& series);
void check_noise(double noise);  ///< throws invalid_input unless it is 0 or more
/// The largest magnitude; throws invalid_input where a value is not finite.
[[nodiscard]] double largest_value(const compute::Array& series, compute::Stream& stream);
/// Grid, times, metadata and coil maps of the series, and that the scan was made from it.
void set_origin(KSpace& scan, const Volume& series, const Pixels& sensitivities);

}  // namespace iso::mri::detail
