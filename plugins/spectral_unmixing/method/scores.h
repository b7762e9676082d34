#pragma once

#include "method/pixel_matrix.h"

#include <vector>

/// How near spectra and abundances are to others.
namespace spectral_unmixing {

/// Spectral angle in radians: acos(a.b / (|a||b|)), the argument kept within [-1, 1]; pi/2 for a spectrum that is 0.
[[nodiscard]] double spectral_angle(const Vector& a, const Vector& b);
/// Spectral information divergence D(a|b) + D(b|a) of the spectra as distributions; values below 1e-12 of the sum count as that.
/// Source   C.-I Chang, IEEE Trans. Inf. Theory 46 (2000) 1927.
[[nodiscard]] double information_divergence(const Vector& a, const Vector& b);
/// The spectrum divided by its upper convex hull over `centres` (ascending). Source   R. Clark and T. Roush, JGR 89 (1984) 6329.
[[nodiscard]] Vector continuum_removed(const Vector& spectrum, const std::vector<double>& centres);

/// Spectral angles of every pair: row a column of `a`, column a column of `b`.
[[nodiscard]] Matrix spectral_angles(const Matrix& a, const Matrix& b);
/// For each row the column that it is matched with, so that the sum of the costs is least; -1 where there are more rows than
/// columns. Source   H. Kuhn, Nav. Res. Logist. Q. 2 (1955) 83, in the form with potentials.
[[nodiscard]] std::vector<std::int64_t> match(const Matrix& costs);

/// The order of components that does not change between runs, tiles and starts [C]: by the centroid of the spectrum over the
/// positions of the bands, sum_l l e_l / sum_l e_l, from low to high.
[[nodiscard]] std::vector<std::int64_t> canonical_order(const Matrix& endmembers);

}  // namespace spectral_unmixing
