#pragma once

#include <iso/data/dataset.h>

#include <cstdint>

namespace sinogram_upsampling {

/// The scan with `factor` - 1 views between each and the next, (1 - t) p_a + t p_b at the part t of the way: the baseline that
/// every learned upsampling is held against. A full turn is closed, and so is a half turn of a parallel beam, by its first view
/// seen from the other side; other scans get no views beyond their last. Throws
/// unsupported for an orbit that is not circular, invalid_input for a factor below 1.
[[nodiscard]] iso::Sinogram interpolate_linearly(const iso::Sinogram& scan, std::int64_t factor);

/// Likewise along the direction in which the readings change least: element u of the new view is (1 - t) p_a(u - t s) +
/// t p_b(u + (1 - t) s), s the shift within `reach` elements that makes the two alike, |p_a(u - t s + k) - p_b(u + (1 - t) s + k)|²
/// summed over |k| <= 4 and smoothed along u. Follows an object across the views, where the linear one shows it twice.
/// Source: M. Bertram, J. Wiegert, D. Schaefer, T. Aach, G. Rose, IEEE Trans. Med. Imaging 28 (2009) 1011. Ours: the shift by
/// matching of windows instead of the structure tensor.
[[nodiscard]] iso::Sinogram interpolate_along_direction(const iso::Sinogram& scan, std::int64_t factor,
                                                        std::int64_t reach);

/// The geometry of both.
[[nodiscard]] iso::ProjectionGeometry interpolated_geometry(const iso::ProjectionGeometry& scan, std::int64_t factor);

}  // namespace sinogram_upsampling
