#include "iso/spectra/transform.h"

#include "values_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/row_blocks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace iso::spectra {
namespace {

constexpr std::array<std::string_view, 3> names{"none", "optical_density", "unit_length"};

std::string exact(double value) {
  std::array<char, 32> text{};
  const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

void check(const Transform& transform, std::size_t bands) {
  if (transform.domain != Domain::optical_density) return;
  const auto& open = transform.unattenuated;
  if (open.size() != 1 && open.size() != bands)
    throw Error{Errc::invalid_input,
                "optical density needs the intensity without sample of every band or one for all, " +
                    std::to_string(open.size()) + " are given for " + std::to_string(bands) + " bands"};
  if (std::ranges::any_of(open, [](double value) { return !(value > 0) || !std::isfinite(value); }))
    throw Error{Errc::invalid_input, "an intensity without sample is not above 0"};
  if (!(transform.floor >= 0))
    throw Error{Errc::invalid_input,
                "the floor of the optical density is " + exact(transform.floor) + ", 0 or more was expected"};
}

}  // namespace

std::string_view to_string(Domain domain) noexcept { return names[static_cast<std::size_t>(domain)]; }

Domain domain_from_string(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Domain>(found - names.begin());
  throw Error{Errc::usage, "there is no domain '" + std::string{name} + "'",
              "use one of none, optical_density, unit_length"};
}

void apply(const Transform& transform, std::span<const std::size_t> bands, std::span<float> values) {
  switch (transform.domain) {
    case Domain::none: return;
    case Domain::optical_density:
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double open =
            transform.unattenuated.size() == 1 ? transform.unattenuated[0] : transform.unattenuated[bands[i]];
        const double part = (static_cast<double>(values[i]) + transform.floor) / (open + transform.floor);
        values[i] = part > 0 ? static_cast<float>(-std::log10(part)) : std::numeric_limits<float>::quiet_NaN();
      }
      return;
    case Domain::unit_length: {
      double sum = 0;
      for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
      const auto factor = static_cast<float>(1 / std::sqrt(sum));  // of a spectrum of zeros: NaN, it has no direction
      for (float& value : values) value *= factor;
      return;
    }
  }
}

std::string describe(const Transform& transform) {
  if (transform.domain != Domain::optical_density) return std::string{to_string(transform.domain)};
  std::string open;
  for (const double value : transform.unattenuated) open += (open.empty() ? "" : " ") + exact(value);
  return "optical_density(unattenuated=" + open + ", floor=" + exact(transform.floor) + ")";
}

SpectralCube transformed(const SpectralCube& cube, const Transform& transform) {
  if (transform.domain == Domain::none) return cube;
  if (const auto before = cube.meta.find(domain_key); before != cube.meta.end())
    throw Error{Errc::invalid_input, "the cube was transformed before, by " + before->second,
                "transform the values as they were measured"};
  const detail::CubeShape shape{cube};
  check(transform, shape.bands);
  const RowBlocks rows{cube, transform};
  const ArraySpec spec{cube.pixels.spec().shape, ScalarType::f32};
  PixelBuffer out = PixelBuffer::allocate(spec);
  std::ranges::fill(out.values<float>(), std::numeric_limits<float>::quiet_NaN());
  PixelBuffer mask = PixelBuffer::allocate({Shape{spec.shape[0], spec.shape[1]}, ScalarType::u8});
  SpectraBlock block;
  std::uint64_t hidden = shape.plane;
  for (const RowRange& range : rows.ranges(std::size_t{32} << 20)) {
    rows.read(range, block);
    for (std::size_t column = 0; column < block.count(); ++column) {
      const auto spectrum = block.spectrum(column);
      const std::size_t at = block.pixels[column];
      for (std::size_t i = 0; i < spectrum.size(); ++i)
        out.values<float>()[rows.bands()[i] * shape.plane + at] = spectrum[i];
      mask.values<std::uint8_t>()[at] = 1;
      --hidden;
    }
  }
  SpectralCube result = cube;
  result.pixels = std::move(out);
  result.mask = hidden > 0 ? Pixels{std::move(mask)} : Pixels{};
  if (rows.bands().size() < shape.bands && result.band_mask.empty())
    throw Error{Errc::internal, "bands were left out that no mask hides"};
  if (transform.domain == Domain::optical_density) result.quantity = Quantity::absorbance;
  result.meta[domain_key] = describe(transform);
  for (const char* const key : {scale_factor_key, stored_type_key, ignore_value_key}) result.meta.erase(key);
  return result;
}

}  // namespace iso::spectra
