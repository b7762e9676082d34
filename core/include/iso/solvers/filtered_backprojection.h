#pragma once

#include "iso/compute/backend.h"

#include <cstdint>
#include <vector>

namespace iso::solvers {

enum class FilterWindow : std::uint8_t { ram_lak, shepp_logan, cosine, hamming, hann };

struct FilteredBackprojectionOptions {
  FilterWindow window{FilterWindow::ram_lak};
  double cutoff{1};               ///< fraction of the Nyquist frequency in (0, 1] where the window ends
  bool short_scan_weights{true};  ///< Parker weights where the orbit is less than a full turn
  bool offset_weights{true};      ///< weights of a laterally displaced detector on a full turn (Wang 2002)
};

/// Filtered back-projection of a parallel, fan (flat or arc) or circular cone-beam scan (FDK).
///
/// Each view is weighted by the cosine of the ray angle, ramp-filtered along u, and back-projected with the squared
/// magnification. Exact for parallel and fan beams up to discretisation, and in the mid-plane of a cone beam; source and
/// detector may stand aside of the axis. Rows of a displaced detector are widened with zeros until they are symmetric.
///
/// Shapes   readings (u, v, view) f32 or f64, line integrals without unit; result grid.shape(), same type.
/// Units    result in 1/mm.
/// Requires a circular orbit; for fan and cone a full turn or at least pi plus the fan angle; for parallel at least half
///          a turn. Views may be unequally spaced: each counts for half the angle to its neighbours.
/// Errors   shape_mismatch, type_mismatch (readings); unsupported if the orbit is not circular, with why; invalid_input if it covers too little, saying how much.
/// Source   L. Feldkamp, L. Davis and J. Kress, J. Opt. Soc. Am. A 1 (1984) 612; D. Parker, Med. Phys. 9 (1982) 254;
///          G. Wang, Med. Phys. 29 (2002) 1634; A. Kak and M. Slaney, Principles of Computerized Tomographic Imaging (1988), ch. 3
///          (arc: eq. 3.4.1). Ours: Parker's weights over the arc that was covered, where it is more than pi plus the fan;
///          the true angle of every ray where source or detector stand aside; unequal views; the zeros beside displaced rows.
[[nodiscard]] compute::Array filtered_backprojection(const compute::Backend& backend,
                                                     const ProjectionGeometry& geometry, const compute::Array& readings,
                                                     const VoxelGrid& grid,
                                                     const FilteredBackprojectionOptions& options,
                                                     compute::Stream& stream);

/// What it asks of a backend, for a task's Needs. Its own arrays: two copies of the sinogram (weighted, filtered), and for a
/// moment the weights on the host, one more; of a displaced detector up to twice as wide.
[[nodiscard]] std::vector<compute::OperatorSpec> filtered_backprojection_operators(const ProjectionGeometry& geometry,
                                                                                   const VoxelGrid& grid,
                                                                                   ScalarType type);

/// Ramp filter times window for rows of `elements` at `pitch_mm`, as DetectorFilter wants it: the transform of the
/// band-limited ramp's spatial kernel (no offset at frequency 0), times the pitch.
[[nodiscard]] std::vector<double> ramp_response(std::int64_t elements, double pitch_mm, FilterWindow window,
                                                double cutoff);

}  // namespace iso::solvers
