#pragma once

#include "iso/data/axis.h"
#include "iso/data/spectral_cube.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The axis of a spectrum. Wavelengths are in nm whatever the file says; a Raman shift stays in 1/cm, because it is no
/// wavelength; without either the axis is the index of the band.
namespace iso::spectra {

enum class AxisKind : std::uint8_t { index, wavelength, raman_shift, energy, other };
[[nodiscard]] AxisKind to_kind(const Axis& bands) noexcept;

/// A unit of a file ("Micrometers", "um", "nm", "Angstrom", "Wavenumber", "cm-1", "Index", "eV", ...) as name and unit of the
/// axis and what its numbers are multiplied by. Nothing for a unit that is not known. A wavenumber is taken as a Raman shift.
struct AxisUnit {
  std::string name, unit;
  double factor{1};
};
[[nodiscard]] std::optional<AxisUnit> axis_unit(std::string_view text);
/// The unit in a longer text: "wavelength [nm]", "Wavelength (micrometers)", "wavelength_nm", "Raman shift (cm-1)", "450 nm".
[[nodiscard]] std::optional<AxisUnit> axis_unit_within(std::string_view text);
/// For numbers without a unit: micrometres below 100, else nanometres. A guess, which whoever takes it must say.
[[nodiscard]] AxisUnit guess_axis_unit(const std::vector<double>& values);
/// "nm", "1/cm", "band": what stands beside an axis; empty units included.
[[nodiscard]] std::string axis_label(const Axis& bands);

/// 1 for each band that may be used: what the band mask says, else all.
[[nodiscard]] std::vector<bool> good_bands(const SpectralCube& cube);
/// Centre of each band: the axis, else 0, 1, 2, ...
[[nodiscard]] std::vector<double> band_centres(const SpectralCube& cube);
/// The full width of each band at half maximum, in the unit of the axis; empty if the cube does not say.
[[nodiscard]] std::vector<double> band_widths(const SpectralCube& cube);
/// The band nearest to a position on the axis, bad bands left out. Nothing for a cube without an axis.
[[nodiscard]] std::optional<std::size_t> nearest_band(const SpectralCube& cube, double position);

/// Names in the metadata of a cube: what a file says beyond the members, kept through every conversion and result.
inline constexpr const char* band_names_key = "band_names";      ///< texts with commas between them
inline constexpr const char* scale_factor_key = "scale_factor";  ///< what the stored numbers were divided by
inline constexpr const char* stored_type_key =
    "stored_type";  ///< of the numbers in the file, where ours is another: "u32"
inline constexpr const char* ignore_value_key = "data_ignore_value";  ///< of pixels without a spectrum, as stored
inline constexpr const char* domain_key = "domain";  ///< which transforms made the values (iso/spectra/transform.h)
/// Every other key of an ENVI header, "envi:map info" and so on, as it was written.
inline constexpr const char* envi_prefix = "envi:";

}  // namespace iso::spectra
