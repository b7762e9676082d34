#pragma once

#include "document.h"

#include "iso/data/spectral_cube.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// A spectral cube as one picture in colours (iso/spectra/colour.h), instead of one band at a time.
namespace iso::gui {

inline constexpr const char* components_composite = "components";  ///< every band a component with its own colour

/// Names of the pictures that a cube has the bands for: "true colour", "components"; the first is what it is shown by at
/// first. Empty for other data, and where one band after the other says more.
[[nodiscard]] std::vector<std::string> composite_names(const Dataset& data);
/// The picture by name: `colour` and `stack`, on the flat frame of the cube. Takes as long as reading the bands. Throws
/// invalid_input for a name that the cube has no bands for.
[[nodiscard]] std::shared_ptr<const render::Raster> make_composite(const DatasetPtr& cube, const std::string& name);

/// The frame of data that belong to the scene and not to a band: one voxel deep, which covers every band.
[[nodiscard]] VoxelGrid flat_frame(const VoxelGrid& frame);

using Rgb = std::array<std::uint8_t, 3>;
/// Colours of curves, regions and components, which people with any colour vision tell apart, used in turn.
[[nodiscard]] Rgb line_colour(std::size_t number);

}  // namespace iso::gui
