#pragma once

#include "iso/compute/backend.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace iso::tomography {

enum class FilterWindow : std::uint8_t { ram_lak, shepp_logan, cosine, hamming, hann };
inline constexpr auto choice_names(FilterWindow) {
  return std::array<std::string_view, 5>{"ram_lak", "shepp_logan", "cosine", "hamming", "hann"};
}

struct FilteredBackprojectionOptions {
  FilterWindow filter = FilterWindow::ram_lak;
  double cutoff = 1;               ///< fraction of the Nyquist frequency in (0, 1] where the window ends
  bool short_scan_weights = true;  ///< Parker weights where the orbit is less than a full turn
  bool offset_weights = true;      ///< weights of a laterally displaced detector on a full turn (Wang 2002)
  bool limited_angle = false;      ///< takes views that cover too little, each for the angle to its neighbours
  friend bool operator==(const FilteredBackprojectionOptions&, const FilteredBackprojectionOptions&) = default;
};

/// Filtered back-projection of a parallel, fan (flat or arc) or circular cone-beam scan (FDK), as an operator: weights, filter
/// and back-projector are made once, the readings never leave the back end.
///
///     const tomography::FilteredBackprojection fbp{backend, geometry, grid};
///     fbp.forward(readings, image, stream);                                   // as often as wanted
///
/// Each view is weighted by the cosine of the ray angle, ramp-filtered along u, and back-projected with the squared
/// magnification: x = B F W p. Exact for parallel and fan beams up to discretisation, and in the mid-plane of a cone beam; source and
/// detector may stand aside of the axis. Rows of a displaced detector are widened with zeros until they are symmetric. Its
/// adjoint is Wᵀ F Bᵀ; it is neither inverse nor adjoint of the ray transform.
///
/// Shapes   domain (u, v, view), line integrals without unit; range grid.shape(), in 1/mm; f32 or f64.
/// Requires what `coverage` (iso/tomography/coverage.h) asks of a scan. Views may be unequally spaced.
/// Keeps    one sinogram (the weights) and what the back-projector keeps. Scratch: one sinogram, and a few views; of a displaced
///          detector up to twice as wide.
/// Errors   type_mismatch; invalid_input (grid, options, coverage); unsupported if the orbit is not circular.
/// Source   L. Feldkamp, L. Davis and J. Kress, J. Opt. Soc. Am. A 1 (1984) 612; D. Parker, Med. Phys. 9 (1982) 254;
///          G. Wang, Med. Phys. 29 (2002) 1634; A. Kak and M. Slaney, Principles of Computerized Tomographic Imaging (1988), ch. 3
///          (arc: eq. 3.4.1). Ours: Parker's weights over the arc that was covered, where it is more than pi plus the fan;
///          the true angle of every ray where source or detector stand aside; unequal views; the zeros beside displaced rows.
class FilteredBackprojection final : public compute::LinearOperator {
 public:
  FilteredBackprojection(const compute::Backend& backend, const ProjectionGeometry& geometry, const VoxelGrid& grid,
                         const FilteredBackprojectionOptions& options = {}, ScalarType type = ScalarType::f32);
  ~FilteredBackprojection() override;

  /// The image of readings, in new memory of the back end. Throws shape_mismatch, type_mismatch.
  [[nodiscard]] compute::Array operator()(const compute::Array& readings, compute::Stream& stream) const;

  /// What it asks of a back end, for a plan; and the bytes it keeps and takes of its own beside readings, image and operators.
  [[nodiscard]] static std::vector<compute::OperatorSpec> operators(const ProjectionGeometry& geometry,
                                                                    const VoxelGrid& grid,
                                                                    ScalarType type = ScalarType::f32);
  [[nodiscard]] static std::size_t bytes(const ProjectionGeometry& geometry, ScalarType type = ScalarType::f32);

 private:
  void do_forward(const compute::Array& x, compute::Array& y, compute::Stream& stream,
                  compute::Write write) const override;
  void do_adjoint(const compute::Array& y, compute::Array& x, compute::Stream& stream,
                  compute::Write write) const override;
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

/// Ramp filter times window for rows of `elements` at `pitch_mm`, as DetectorFilter wants it: the transform of the
/// band-limited ramp's spatial kernel (no offset at frequency 0), times the pitch.
[[nodiscard]] std::vector<double> ramp_response(std::int64_t elements, double pitch_mm, FilterWindow window,
                                                double cutoff);

}  // namespace iso::tomography
