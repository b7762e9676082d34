#pragma once

#include "iso/data/spectral_cube.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Pictures of spectral cubes: three bands as red, green and blue, the colour that a person would see, and abundances of
/// components as a mixture of colours. Pixels without a spectrum (mask, NaN) are transparent.
namespace iso::spectra {

/// Where red, green and blue come from.
enum class Composite : std::uint8_t {
  automatic,        ///< the first of header, true_colour, colour_infrared that the cube has; else three bands apart
  header,           ///< the default bands that the file names (`default_bands_key`)
  true_colour,      ///< bands nearest 640, 550 and 460 nm, each within 40 nm
  colour_infrared,  ///< bands nearest 860, 650 and 550 nm, each within 40 nm
  cie               ///< integrated over 380 to 780 nm with the CIE 1931 standard observer under D65, in sRGB
};
[[nodiscard]] std::string_view to_string(Composite composite) noexcept;  ///< "true colour"
/// Those of the above, without `automatic`, that this cube has the bands for, by its axis and band mask.
[[nodiscard]] std::vector<Composite> possible_composites(const SpectralCube& cube);

struct ColourOptions {
  Composite composite{Composite::automatic};
  /// Red, green and blue, counted from 0; then `composite` is not looked at.
  std::optional<std::array<std::size_t, 3>> bands{};
  bool stretch{true};            ///< false: 0 to 1 of the values is black to white
  double low{0.02}, high{0.98};  ///< quantiles of the unmasked pixels that become black and white, per channel; *ours:*
                                 ///< for `cie` those of the luminance, for all channels, so that hues stay
  bool gamma{false};             ///< values to the power 1/2.2; `cie` has the curve of sRGB whatever this says
};

struct ColourImage {
  std::int64_t width{0}, height{0};
  std::vector<std::uint8_t> rgba;  ///< 4 bytes a pixel, rows from the top (y = 0)
  std::string caption;             ///< "true colour: 641.2, 550.8, 459.7 nm"
};

/// The bands that become red, green and blue, counted from 0. Throws invalid_input for `cie`, and where the cube lacks them,
/// saying why (no wavelengths, none near, named bands that are not there).
[[nodiscard]] std::array<std::size_t, 3> composite_bands(const SpectralCube& cube, Composite composite);
/// Throws as `composite_bands`; type_mismatch for a complex cube; invalid_input for quantiles out of order.
[[nodiscard]] ColourImage make_colour_image(const SpectralCube& cube, const ColourOptions& options = {});
/// One band in grey, stretched likewise.
[[nodiscard]] ColourImage make_grey_image(const SpectralCube& cube, std::size_t band,
                                          const ColourOptions& options = {});

using Colour = std::array<std::uint8_t, 3>;  ///< sRGB
/// Colours that people with any colour vision tell apart: the eight of Okabe and Ito (2008), then again in lighter tints.
[[nodiscard]] std::vector<Colour> component_colours(std::size_t count);
/// sum_k a_k colour_k in linear RGB, where abundances above `full` count as `full` = 1 and those below 0 as 0.
/// `maps` is (x, y, component) of any real type. Throws shape_mismatch if colours and components differ in number.
[[nodiscard]] ColourImage mix_components(const Pixels& maps, std::span<const Colour> colours, double full = 1);

/// In the metadata of a cube: its default bands as the file counts them, from 1: "29,20,12".
inline constexpr const char* default_bands_key = "default_bands";

}  // namespace iso::spectra
