#pragma once

#include "iso/data/axis.h"
#include "iso/data/quantity.h"
#include "iso/data/spectral_cube.h"
#include "iso/data/table.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// Spectral libraries: known spectra with names. As a data set a library is a Table, one row a spectrum: columns of
/// text "name" and (if there is one) "class", then a column of numbers a band whose name is the centre of the band. Endmembers that a
/// task finds are the same. Files that hold one: .csv, ENVI .sli, .h5, and the texts of USGS and ECOSTRESS (iso/io).
///
///     const SpectralLibrary library = to_library(get<Table>(data));      // a row a spectrum, or a column a spectrum
///     const SpectralLibrary fitting = resampled(library, cube);          // to the bands of the cube
///     const DatasetPtr out = freeze(to_table(fitting));
namespace iso::spectra {

struct SpectralLibrary {
  Axis bands;                  ///< centres, ascending
  std::vector<double> widths;  ///< full width at half maximum of each band; empty: not known
  std::vector<std::string> names;
  std::vector<std::string> classes;  ///< one a spectrum, or none at all
  std::vector<double> values;        ///< [spectrum][band]; NaN where a value is missing
  Quantity quantity{};
  Metadata meta;

  [[nodiscard]] std::size_t count() const noexcept { return names.size(); }
  [[nodiscard]] std::size_t band_count() const noexcept { return bands.values.size(); }
  [[nodiscard]] std::span<const double> spectrum(std::size_t index) const noexcept {
    return {values.data() + index * band_count(), band_count()};
  }
  /// Throws shape_mismatch if the spectrum has another number of bands.
  void add(std::string name, std::span<const double> spectrum, std::string class_name = {});
};

/// USGS marks a deleted channel by -1.23e34: every value below -1e30, and NaN, is missing and enters no arithmetic.
[[nodiscard]] constexpr bool is_missing(double value) noexcept { return !(value >= -1e30); }
/// What stands for a missing value in a table, which may not hold NaN.
inline constexpr double missing_value = -1.23e34;

/// Reads the table by its columns: names that are numbers are bands, one row a spectrum; or a first column of wavelengths,
/// and every other column is a spectrum. Sorts bands ascending; wavelengths come out in nm. Throws invalid_input if
/// it is neither, or if a wavelength stands twice.
[[nodiscard]] SpectralLibrary to_library(const Table& table);
[[nodiscard]] Table to_table(const SpectralLibrary& library);
/// Whether `to_library` would take it.
[[nodiscard]] bool is_library(const Table& table);

/// One spectrum at other positions. `from` ascending, `values` with NaN or values below -1e30 where they are missing.
/// With widths (full width at half maximum of each target): the mean with weights d_i exp(-4 ln 2 ((x_i - c_j) / f_j)^2),
/// d_i the width of the trapezoid around sample i. *Ours:* where the samples next to a target are further apart than the
/// target is wide, and without widths, linear interpolation. Never beyond the samples nor within a gap of missing ones: NaN there.
[[nodiscard]] std::vector<double> resample(std::span<const double> from, std::span<const double> values,
                                           std::span<const double> centres, std::span<const double> widths = {});
/// The library at the bands of a cube (all of them, masked ones included). Throws type_mismatch if one axis is in wavelengths and the
/// other is not, invalid_input if the cube has no axis.
[[nodiscard]] SpectralLibrary resampled(const SpectralLibrary& library, const SpectralCube& cube);

enum class Norm : std::uint8_t { none, unit_maximum, unit_area, unit_length };
/// Every spectrum scaled; missing values stay missing. The area is that of trapezoids over the axis. Throws
/// invalid_input, naming the spectrum, if it has nothing above 0.
[[nodiscard]] SpectralLibrary normalised(SpectralLibrary library, Norm norm);

/// In the metadata of the table: name and unit of the bands, "wavelength [nm]", and their widths with commas.
inline constexpr const char* bands_key = "bands";
inline constexpr const char* widths_key = "band_widths";

}  // namespace iso::spectra
