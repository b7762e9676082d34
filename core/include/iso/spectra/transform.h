#pragma once

#include "iso/data/spectral_cube.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Transforms of the domain in which spectra mix. Nothing is transformed unless somebody asks for it, and what was done
/// is recorded in the metadata (`domain_key`).
namespace iso::spectra {

enum class Domain : std::uint8_t {
  none,
  optical_density,  ///< -log10((I + e) / (I0 + e)): absorbance adds up where transmitted light does not
  unit_length       ///< each spectrum divided by its l2 norm over the good bands: takes shading away
};
[[nodiscard]] std::string_view to_string(Domain domain) noexcept;  ///< "optical_density"
[[nodiscard]] Domain domain_from_string(std::string_view name);    ///< throws usage

struct Transform {
  Domain domain{Domain::none};
  /// I0 of optical density: one value a band, or one for all.
  std::vector<double> unattenuated{1};
  double floor{1e-6};  ///< e of optical density, in the unit of I
};

/// In place; values[i] is band bands[i] of the cube. NaN stays NaN; an I below -e gives NaN.
void apply(const Transform& transform, std::span<const std::size_t> bands, std::span<float> values);
/// What is written in `domain_key`: "optical_density(unattenuated=4095, floor=1e-06)".
[[nodiscard]] std::string describe(const Transform& transform);
/// The whole cube in f32, with its masks; pixels whose transform is not finite are masked. Throws invalid_input if the number of
/// `unattenuated` is neither 1 nor that of the bands or one is not above 0, or if the cube was transformed before.
[[nodiscard]] SpectralCube transformed(const SpectralCube& cube, const Transform& transform);

}  // namespace iso::spectra
