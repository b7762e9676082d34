#include "iso/spectra/colour.h"

#include "standard_observer_impl.h"
#include "values_impl.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace iso::spectra {
namespace {

constexpr std::array true_colour_nm{640.0, 550.0, 460.0}, infrared_nm{860.0, 650.0, 550.0};
constexpr double nearest_nm = 40;
constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

/// Three channels of floats, NaN where there is no spectrum.
struct Channels {
  std::size_t width, height;
  std::array<std::vector<float>, 3> values;
};

std::string in_words(double value) {
  std::array<char, 32> text{};
  const auto [end, problem] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 5);
  return {text.data(), end};
}

[[noreturn]] void refuse(Composite composite, const std::string& why) {
  throw Error{Errc::invalid_input, "the cube has no " + std::string{to_string(composite)} + " picture: " + why,
              "choose three bands"};
}

std::array<std::size_t, 3> near(const SpectralCube& cube, Composite composite, const std::array<double, 3>& positions) {
  if (to_kind(cube.bands) != AxisKind::wavelength) refuse(composite, "its bands have no wavelengths");
  const auto centres = band_centres(cube);
  std::array<std::size_t, 3> bands{};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto band = nearest_band(cube, positions[channel]);
    if (!band || std::abs(centres[*band] - positions[channel]) > nearest_nm)
      refuse(composite, "no band is within " + in_words(nearest_nm) + " nm of " + in_words(positions[channel]) + " nm");
    bands[channel] = *band;
  }
  return bands;
}

std::array<std::size_t, 3> named(const SpectralCube& cube) {
  const auto found = cube.meta.find(default_bands_key);
  if (found == cube.meta.end()) refuse(Composite::header, "its file names no default bands");
  std::vector<std::size_t> numbers;
  const char *at = found->second.data(), *const end = at + found->second.size();
  while (at < end) {
    std::size_t number = 0;
    const auto [next, problem] = std::from_chars(at, end, number);
    if (problem != std::errc{}) break;
    numbers.push_back(number);
    at = next;
    while (at < end && (*at == ',' || *at == ' ' || *at == '.' || *at == '0')) ++at;  // "29.0, 20.0"
  }
  const auto count = static_cast<std::size_t>(cube.pixels.spec().shape[2]);
  if (numbers.size() == 1) numbers.resize(3, numbers[0]);  // a grey picture
  if (numbers.size() != 3 || std::ranges::any_of(numbers, [&](std::size_t n) { return n < 1 || n > count; }))
    refuse(Composite::header, "its default bands are '" + found->second + "', there are " + std::to_string(count));
  return {numbers[0] - 1, numbers[1] - 1, numbers[2] - 1};
}

std::array<std::size_t, 3> spread(const SpectralCube& cube) {
  std::vector<std::size_t> good;
  const auto mask = good_bands(cube);
  for (std::size_t band = 0; band < mask.size(); ++band)
    if (mask[band]) good.push_back(band);
  if (good.empty()) refuse(Composite::automatic, "every band is masked");
  return {good[good.size() * 5 / 6], good[good.size() / 2], good[good.size() / 6]};
}

bool visible(const SpectralCube& cube) {
  if (to_kind(cube.bands) != AxisKind::wavelength) return false;
  const auto centres = band_centres(cube);
  const auto good = good_bands(cube);
  std::size_t count = 0;
  double least = 1e300, most = 0;
  for (std::size_t band = 0; band < centres.size(); ++band) {
    if (!good[band] || !(centres[band] >= 380 && centres[band] <= 780)) continue;
    ++count;
    least = std::min(least, centres[band]);
    most = std::max(most, centres[band]);
  }
  return count >= 3 && least <= 480 && most >= 600;
}

void hide_masked(const SpectralCube& cube, std::vector<float>& values) {
  const auto mask = detail::pixel_mask(cube);
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] == 0) values[i] = no_value;
}

Channels three_bands(const SpectralCube& cube, const std::array<std::size_t, 3>& bands) {
  const detail::CubeShape shape{cube};
  Channels out{shape.width, shape.height, {}};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    if (bands[channel] >= shape.bands)
      throw Error{Errc::invalid_input, "band " + std::to_string(bands[channel] + 1) + " was asked for, the cube has " +
                                           std::to_string(shape.bands)};
    out.values[channel] = detail::band_values(cube, bands[channel]);
    hide_masked(cube, out.values[channel]);
  }
  return out;
}

/// Linear sRGB of a reflectance under D65: trapezoids over the bands that the cube has, with white at 1.
Channels seen_by_a_person(const SpectralCube& cube) {
  if (!visible(cube)) refuse(Composite::cie, "it needs at least 3 bands that reach from 480 to 600 nm");
  const detail::CubeShape shape{cube};
  const auto centres = band_centres(cube);
  const auto good = good_bands(cube);
  std::vector<std::size_t> bands;
  for (std::size_t band = 0; band < shape.bands; ++band)
    if (good[band] && centres[band] >= 380 && centres[band] <= 780) bands.push_back(band);
  std::ranges::sort(bands, {}, [&](std::size_t band) { return centres[band]; });
  const auto weights = detail::rgb_weights(centres, bands);
  Channels out{shape.width, shape.height, {}};
  for (auto& channel : out.values) channel.assign(shape.plane, 0);
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const auto values = detail::band_values(cube, bands[i]);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const auto weight = static_cast<float>(weights[i][channel]);
      for (std::size_t p = 0; p < shape.plane; ++p) out.values[channel][p] += weight * values[p];
    }
  }
  for (auto& channel : out.values) hide_masked(cube, channel);
  return out;
}

struct Range {
  float low{0}, high{1};
};

Range quantiles(const std::vector<float>& values, double low, double high) {
  std::vector<float> finite;
  finite.reserve(values.size());
  for (const float value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.empty()) return {};
  const auto at = [&](double part) {
    const auto place = finite.begin() + std::lround(part * static_cast<double>(finite.size() - 1));
    std::ranges::nth_element(finite, place);
    return *place;
  };
  const Range range{at(low), at(high)};
  return range.high > range.low ? range : Range{range.low, range.low + 1};
}

float srgb_curve(float linear) {
  return linear <= 0.0031308F ? 12.92F * linear : 1.055F * std::pow(linear, 1 / 2.4F) - 0.055F;
}

enum class Curve : std::uint8_t { straight, gamma, srgb };

float bent(float value, Curve curve) {
  const float clipped = std::clamp(value, 0.0F, 1.0F);
  if (curve == Curve::straight) return clipped;
  return curve == Curve::gamma ? std::pow(clipped, 1 / 2.2F) : srgb_curve(clipped);
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::lround(value * 255)); }

ColourImage painted(const Channels& channels, const std::array<Range, 3>& ranges, Curve curve) {
  ColourImage image{static_cast<std::int64_t>(channels.width), static_cast<std::int64_t>(channels.height), {}, {}};
  const std::size_t count = channels.width * channels.height;
  image.rgba.assign(4 * count, 0);
  parallel_for(static_cast<std::int64_t>(count), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (auto p = static_cast<std::size_t>(begin); p < static_cast<std::size_t>(end); ++p) {
      bool there = true;
      for (std::size_t channel = 0; channel < 3; ++channel) there = there && !std::isnan(channels.values[channel][p]);
      if (!there) continue;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const auto [low, high] = ranges[channel];
        image.rgba[4 * p + channel] = to_byte(bent((channels.values[channel][p] - low) / (high - low), curve));
      }
      image.rgba[4 * p + 3] = 255;
    }
  });
  return image;
}

ColourImage stretched(const Channels& channels, const ColourOptions& options, bool person) {
  std::array<Range, 3> ranges{};
  const Curve curve = person ? Curve::srgb : options.gamma ? Curve::gamma : Curve::straight;
  if (options.stretch && person) {
    std::vector<float> luminance(channels.values[0].size());
    for (std::size_t p = 0; p < luminance.size(); ++p)
      luminance[p] =
          0.2126F * channels.values[0][p] + 0.7152F * channels.values[1][p] + 0.0722F * channels.values[2][p];
    ranges.fill(quantiles(luminance, options.low, options.high));
  } else if (options.stretch) {
    for (std::size_t channel = 0; channel < 3; ++channel)
      ranges[channel] = quantiles(channels.values[channel], options.low, options.high);
  }
  return painted(channels, ranges, curve);
}

void check(const SpectralCube& cube, const ColourOptions& options) {
  if (is_complex(cube.pixels.spec().type))
    throw Error{Errc::type_mismatch, "a cube of complex values has no picture in colour",
                "take the magnitude or the real part first"};
  if (!(options.low >= 0 && options.low < options.high && options.high <= 1))
    throw Error{Errc::invalid_input, "the stretch from " + in_words(options.low) + " to " + in_words(options.high) +
                                         " is no range of quantiles, 0 <= low < high <= 1 was expected"};
}

std::string caption(const SpectralCube& cube, const std::string& name, const std::array<std::size_t, 3>& bands) {
  const auto centres = band_centres(cube);
  const bool known = to_kind(cube.bands) != AxisKind::index;
  std::string text = name + ": " + (known ? "" : "bands ");
  for (std::size_t channel = 0; channel < 3; ++channel)
    text +=
        (channel > 0 ? ", " : "") + (known ? in_words(centres[bands[channel]]) : std::to_string(bands[channel] + 1));
  return known && !cube.bands.unit.empty() ? text + " " + cube.bands.unit : text;
}

float linear(std::uint8_t byte) {
  const float value = static_cast<float>(byte) / 255;
  return value <= 0.04045F ? value / 12.92F : std::pow((value + 0.055F) / 1.055F, 2.4F);
}

}  // namespace

std::string_view to_string(Composite composite) noexcept {
  switch (composite) {
    case Composite::automatic: return "automatic";
    case Composite::header: return "default bands";
    case Composite::true_colour: return "true colour";
    case Composite::colour_infrared: return "colour infrared";
    case Composite::cie: return "CIE 1931";
  }
  return "";
}

std::vector<Composite> possible_composites(const SpectralCube& cube) {
  std::vector<Composite> possible;
  for (const Composite each : {Composite::header, Composite::true_colour, Composite::colour_infrared}) {
    try {
      (void)composite_bands(cube, each);
      possible.push_back(each);
    } catch (const Error&) {  // the answer is no
    }
  }
  if (visible(cube)) possible.push_back(Composite::cie);
  return possible;
}

std::array<std::size_t, 3> composite_bands(const SpectralCube& cube, Composite composite) {
  switch (composite) {
    case Composite::header: return named(cube);
    case Composite::true_colour: return near(cube, composite, true_colour_nm);
    case Composite::colour_infrared: return near(cube, composite, infrared_nm);
    case Composite::cie: refuse(composite, "it is made of every visible band");
    case Composite::automatic: break;
  }
  for (const Composite each : possible_composites(cube))
    if (each != Composite::cie) return composite_bands(cube, each);
  return spread(cube);
}

ColourImage make_colour_image(const SpectralCube& cube, const ColourOptions& options) {
  check(cube, options);
  if (!options.bands && options.composite == Composite::cie) {
    ColourImage image = stretched(seen_by_a_person(cube), options, true);
    image.caption = "CIE 1931 observer, D65";
    return image;
  }
  const auto bands = options.bands ? *options.bands : composite_bands(cube, options.composite);
  ColourImage image = stretched(three_bands(cube, bands), options, false);
  const auto name = [&]() -> std::string {
    if (options.bands) return "chosen bands";
    if (options.composite != Composite::automatic) return std::string{to_string(options.composite)};
    const auto possible = possible_composites(cube);
    return possible.empty() || possible.front() == Composite::cie ? "three bands"
                                                                  : std::string{to_string(possible.front())};
  };
  image.caption = caption(cube, name(), bands);
  return image;
}

ColourImage make_grey_image(const SpectralCube& cube, std::size_t band, const ColourOptions& options) {
  check(cube, options);
  const Channels channels = three_bands(cube, {band, band, band});
  Range range{};
  if (options.stretch) range = quantiles(channels.values[0], options.low, options.high);
  ColourImage image = painted(channels, {range, range, range}, options.gamma ? Curve::gamma : Curve::straight);
  const auto centres = band_centres(cube);
  image.caption =
      "band " + std::to_string(band + 1) +
      (to_kind(cube.bands) == AxisKind::index ? "" : ": " + in_words(centres[band]) + " " + cube.bands.unit);
  return image;
}

std::vector<Colour> component_colours(std::size_t count) {
  // Okabe and Ito, Color universal design (2008), without black, which is no light in a mixture.
  constexpr std::array<Colour, 8> all{Colour{230, 159, 0},   Colour{86, 180, 233}, Colour{0, 158, 115},
                                      Colour{240, 228, 66},  Colour{0, 114, 178},  Colour{213, 94, 0},
                                      Colour{204, 121, 167}, Colour{190, 190, 190}};
  std::vector<Colour> colours;
  for (std::size_t i = 0; i < count; ++i) {
    Colour colour = all[i % all.size()];
    const std::size_t round = i / all.size();
    for (auto& part : colour) part = static_cast<std::uint8_t>(255 - (255 - part) / (round + 1));
    colours.push_back(colour);
  }
  return colours;
}

ColourImage mix_components(const Pixels& maps, std::span<const Colour> colours, double full) {
  const Shape& shape = maps.spec().shape;
  if (shape[2] != static_cast<std::int64_t>(colours.size()))
    throw Error{Errc::shape_mismatch, "there are " + std::to_string(colours.size()) + " colours for " +
                                          std::to_string(shape[2]) + " components"};
  SpectralCube cube;
  cube.pixels = maps.reshaped(Shape{shape[0], shape[1], shape[2]});
  const detail::CubeShape size{cube};
  Channels out{size.width, size.height, {}};
  for (auto& channel : out.values) channel.assign(size.plane, 0);
  for (std::size_t k = 0; k < colours.size(); ++k) {
    const auto map = detail::band_values(cube, k);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float part = linear(colours[k][channel]);
      for (std::size_t p = 0; p < size.plane; ++p) {
        const float amount = map[p] / static_cast<float>(full);
        out.values[channel][p] += std::isnan(amount) ? no_value : std::clamp(amount, 0.0F, 1.0F) * part;
      }
    }
  }
  ColourImage image = painted(out, {}, Curve::srgb);
  image.caption = std::to_string(colours.size()) + " components";
  return image;
}

}  // namespace iso::spectra
