#include "iso/spectra/axis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace iso::spectra {
namespace {

struct Spelling {
  std::string_view text, name, unit;
  double factor;
};

constexpr std::string_view wavelength = "wavelength", shift = "Raman shift";
// Lower case, without blanks.
constexpr std::array spellings{Spelling{"nm", wavelength, "nm", 1},
                               Spelling{"nanometer", wavelength, "nm", 1},
                               Spelling{"nanometers", wavelength, "nm", 1},
                               Spelling{"nanometre", wavelength, "nm", 1},
                               Spelling{"nanometres", wavelength, "nm", 1},
                               Spelling{"um", wavelength, "nm", 1000},
                               Spelling{"\xc2\xb5m", wavelength, "nm", 1000},
                               Spelling{"\xce\xbcm", wavelength, "nm", 1000},
                               Spelling{"\xb5m", wavelength, "nm", 1000},
                               Spelling{"micron", wavelength, "nm", 1000},
                               Spelling{"microns", wavelength, "nm", 1000},
                               Spelling{"micrometer", wavelength, "nm", 1000},
                               Spelling{"micrometers", wavelength, "nm", 1000},
                               Spelling{"micrometer(micron)", wavelength, "nm", 1000},
                               Spelling{"micrometers(microns)", wavelength, "nm", 1000},
                               Spelling{"micrometre", wavelength, "nm", 1000},
                               Spelling{"micrometres", wavelength, "nm", 1000},
                               Spelling{"a", wavelength, "nm", 0.1},
                               Spelling{"\xc3\xa5", wavelength, "nm", 0.1},
                               Spelling{"angstrom", wavelength, "nm", 0.1},
                               Spelling{"angstroms", wavelength, "nm", 0.1},
                               Spelling{"mm", wavelength, "nm", 1e6},
                               Spelling{"millimeters", wavelength, "nm", 1e6},
                               Spelling{"centimeters", wavelength, "nm", 1e7},
                               Spelling{"meters", wavelength, "nm", 1e9},
                               Spelling{"cm-1", shift, "1/cm", 1},
                               Spelling{"cm^-1", shift, "1/cm", 1},
                               Spelling{"cm\xe2\x81\xbb\xc2\xb9", shift, "1/cm", 1},
                               Spelling{"1/cm", shift, "1/cm", 1},
                               Spelling{"wavenumber", shift, "1/cm", 1},
                               Spelling{"wavenumbers", shift, "1/cm", 1},
                               Spelling{"wavenumber(cm-1)", shift, "1/cm", 1},
                               Spelling{"ramanshift", shift, "1/cm", 1},
                               Spelling{"rel.1/cm", shift, "1/cm", 1},
                               Spelling{"kev", "energy", "keV", 1},
                               Spelling{"ev", "energy", "eV", 1},
                               Spelling{"mhz", "frequency", "MHz", 1},
                               Spelling{"ghz", "frequency", "GHz", 1},
                               Spelling{"index", "band", "", 1},
                               Spelling{"band", "band", "", 1},
                               Spelling{"bands", "band", "", 1},
                               Spelling{"channel", "band", "", 1}};

}  // namespace

AxisKind to_kind(const Axis& bands) noexcept {
  if (bands.empty() || (bands.unit.empty() && bands.name != shift)) return AxisKind::index;
  if (bands.unit == "nm") return AxisKind::wavelength;
  if (bands.unit == "1/cm") return AxisKind::raman_shift;
  return bands.unit == "keV" || bands.unit == "eV" ? AxisKind::energy : AxisKind::other;
}

std::optional<AxisUnit> axis_unit(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto found = std::ranges::find(spellings, std::string_view{plain}, &Spelling::text);
  if (found == spellings.end()) return std::nullopt;
  return AxisUnit{std::string{found->name}, std::string{found->unit}, found->factor};
}

std::optional<AxisUnit> axis_unit_within(std::string_view name) {
  for (const char open : {'[', '('}) {
    const auto at = name.find(open);
    if (at == std::string_view::npos) continue;
    const auto end = name.find(open == '[' ? ']' : ')', at);
    if (auto unit = axis_unit(name.substr(at + 1, (end == std::string_view::npos ? name.size() : end) - at - 1)))
      return unit;
  }
  if (auto unit = axis_unit(name)) return unit;
  const auto at = name.find_last_of("_ ");
  return at == std::string_view::npos ? std::nullopt : axis_unit(name.substr(at + 1));
}

AxisUnit guess_axis_unit(const std::vector<double>& values) {
  const bool small = !values.empty() && std::ranges::max(values) < 100;
  return {std::string{wavelength}, "nm", small ? 1000.0 : 1.0};
}

std::string axis_label(const Axis& bands) {
  if (to_kind(bands) == AxisKind::index) return "band";
  const std::string name = bands.name.empty() ? "position" : bands.name;
  return bands.unit.empty() ? name : name + " [" + bands.unit + "]";
}

std::vector<bool> good_bands(const SpectralCube& cube) {
  std::vector<bool> good(static_cast<std::size_t>(cube.pixels.spec().shape[2]), true);
  if (cube.band_mask.empty()) return good;
  const auto mask = cube.band_mask.values<std::uint8_t>();
  for (std::size_t band = 0; band < std::min(good.size(), mask.size()); ++band) good[band] = mask[band] != 0;
  return good;
}

std::vector<double> band_centres(const SpectralCube& cube) {
  const auto count = static_cast<std::size_t>(cube.pixels.spec().shape[2]);
  auto centres = cube.bands.sampled(count);
  for (std::size_t band = centres.size(); band < count; ++band) centres.push_back(static_cast<double>(band));
  return centres;
}

std::vector<double> band_widths(const SpectralCube& cube) {
  return cube.band_widths.sampled(static_cast<std::size_t>(cube.pixels.spec().shape[2]));
}

std::optional<std::size_t> nearest_band(const SpectralCube& cube, double position) {
  if (cube.bands.empty()) return std::nullopt;
  const auto centres = band_centres(cube);
  const auto good = good_bands(cube);
  std::optional<std::size_t> nearest;
  for (std::size_t band = 0; band < centres.size(); ++band)
    if (good[band] && std::isfinite(centres[band]) &&
        (!nearest || std::abs(centres[band] - position) < std::abs(centres[*nearest] - position)))
      nearest = band;
  return nearest;
}

}  // namespace iso::spectra
