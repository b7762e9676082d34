#include "iso/evaluation/spectral_phantom.h"

#include "iso/base/error.h"
#include "iso/base/random.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace iso::evaluation {
namespace {

constexpr std::array<std::string_view, 2> names{"minerals", "cells"};
constexpr std::int64_t block = 8, blur = 2;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

std::string digits(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

void check(const SpectralPhantom& p) {
  const auto refuse = [](const std::string& what) { throw Error{Errc::invalid_input, what}; };
  if (p.width < 1 || p.height < 1 || p.bands < 1 || p.components < 1)
    refuse("a spectral phantom has at least one pixel, band and component");
  if (!(p.purity <= 1) || p.purity * p.components < 1)
    refuse("a purity of " + digits(p.purity) + " is not possible with " + std::to_string(p.components) + " components");
  if (p.bad_bands < 0 || p.bad_bands > p.bands)
    refuse(std::to_string(p.bad_bands) + " bad bands do not fit into " + std::to_string(p.bands));
  if (std::isnan(p.snr_db)) refuse("the signal-to-noise ratio is not a number");
}

// Values at the bands; x runs from 0 to 1 over the axis.
std::vector<double> make_spectrum(bool peaks, std::int64_t bands, const Philox& random, int component) {
  const auto first = static_cast<std::uint64_t>(component) * 1000;
  std::vector<double> out(at(bands));
  const double level = 0.25 + 0.5 * random.uniform(first), slope = 0.5 * random.uniform(first + 1) - 0.25;
  const int features = peaks ? 6 : 4;
  for (std::int64_t l = 0; l < bands; ++l) {
    const double x = bands > 1 ? static_cast<double>(l) / static_cast<double>(bands - 1) : 0.5;
    double value = peaks ? 0.04 : level + slope * (x - 0.5) + 0.12 * std::sin(5 * x + 6 * random.uniform(first + 2));
    for (int f = 0; f < features; ++f) {
      const auto own = first + 10 + static_cast<std::uint64_t>(4 * f);
      const double centre = random.uniform(own), depth = random.uniform(own + 1);
      const double width = peaks ? 0.008 + 0.012 * random.uniform(own + 2) : 0.02 + 0.06 * random.uniform(own + 2);
      const double shape = std::exp(-0.5 * (x - centre) * (x - centre) / (width * width));
      value += peaks ? depth * shape : -0.45 * depth * level * shape;
    }
    out[at(l)] = std::max(value, 0.01);
  }
  return out;
}

// One material a block, then means over 5 x 5 pixels.
std::vector<double> block_abundances(const SpectralPhantom& p, const Philox& random) {
  const std::int64_t n = p.width * p.height, across = (p.width + block - 1) / block;
  std::vector<double> out(at(n * p.components), 0);
  const auto material = [&](std::int64_t x, std::int64_t y) {
    const auto index = static_cast<std::uint64_t>((y / block) * across + x / block);
    return std::min<std::int64_t>(static_cast<std::int64_t>(random.uniform(index) * p.components), p.components - 1);
  };
  for (std::int64_t y = 0; y < p.height; ++y) {
    for (std::int64_t x = 0; x < p.width; ++x) {
      double count = 0;
      for (std::int64_t v = std::max<std::int64_t>(0, y - blur); v <= std::min(y + blur, p.height - 1); ++v) {
        for (std::int64_t u = std::max<std::int64_t>(0, x - blur); u <= std::min(x + blur, p.width - 1); ++u) {
          out[at(material(u, v) * n + y * p.width + x)] += 1;
          ++count;
        }
      }
      double most = 0;
      for (int k = 0; k < p.components; ++k) most = std::max(most, out[at(k * n + y * p.width + x)] /= count);
      if (most <= p.purity || p.components == 1) continue;
      const double even = 1.0 / p.components, part = (p.purity - even) / (most - even);
      for (int k = 0; k < p.components; ++k) {
        double& a = out[at(k * n + y * p.width + x)];
        a = even + part * (a - even);
      }
    }
  }
  return out;
}

// Round patches of a component each on a faint background of all.
std::vector<double> patch_abundances(const SpectralPhantom& p, const Philox& random) {
  const std::int64_t n = p.width * p.height;
  std::vector<double> out(at(n * p.components), 0.02);
  const auto size = static_cast<double>(std::min(p.width, p.height));
  for (int k = 0; k < p.components; ++k) {
    for (int patch = 0; patch < 6; ++patch) {
      const auto own = 100 * static_cast<std::uint64_t>(k) + 4 * static_cast<std::uint64_t>(patch);
      const double cx = random.uniform(own) * static_cast<double>(p.width),
                   cy = random.uniform(own + 1) * static_cast<double>(p.height);
      const double radius = size * (0.05 + 0.1 * random.uniform(own + 2)), height = 0.3 + 0.7 * random.uniform(own + 3);
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t x = i % p.width, y = i / p.width;
        const double dx = static_cast<double>(x) - cx, dy = static_cast<double>(y) - cy;
        out[at(k * n + i)] += height * std::exp(-0.5 * (dx * dx + dy * dy) / (radius * radius));
      }
    }
  }
  return out;
}

}  // namespace

std::span<const std::string_view> spectral_phantom_names() noexcept { return names; }

SpectralScene make_spectral_scene(std::string_view name, const SpectralPhantom& p) {
  if (std::ranges::find(names, name) == names.end())
    throw Error{Errc::usage, "there is no spectral phantom '" + std::string{name} + "'", "there are: minerals, cells"};
  check(p);
  const bool cells = name == "cells";
  const std::int64_t n = p.width * p.height;
  const double low = 400, high = cells ? 1800 : 2500;
  SpectralScene out;
  out.cube.bands = {.name = cells ? "Raman shift" : "wavelength",
                    .unit = cells ? "1/cm" : "nm",
                    .first = low,
                    .step = p.bands > 1 ? (high - low) / static_cast<double>(p.bands - 1) : 1};
  out.cube.quantity = cells ? Quantity::signal : Quantity::reflectance;
  const Philox shapes{p.seed, 1}, places{p.seed, 2}, noise{p.seed, 3};
  const auto abundances = cells ? patch_abundances(p, places) : block_abundances(p, places);
  std::vector<std::vector<double>> spectra;
  spectra.reserve(at(p.components));
  for (int k = 0; k < p.components; ++k) spectra.push_back(make_spectrum(cells, p.bands, shapes, k));
  PixelBuffer cube = PixelBuffer::allocate({Shape{p.width, p.height, p.bands}, ScalarType::f32});
  PixelBuffer maps = PixelBuffer::allocate({Shape{p.width, p.height, p.components}, ScalarType::f32});
  std::ranges::transform(abundances, maps.values<float>().begin(), [](double a) { return static_cast<float>(a); });
  const auto to = cube.values<float>();
  double power = 0;
  for (std::int64_t l = 0; l < p.bands; ++l) {
    for (std::int64_t i = 0; i < n; ++i) {
      double value = 0;
      for (int k = 0; k < p.components; ++k) value += spectra[at(k)][at(l)] * abundances[at(k * n + i)];
      power += value * value;
      to[at(l * n + i)] = static_cast<float>(value);
    }
  }
  const double deviation = std::sqrt(power / static_cast<double>(n * p.bands)) * std::pow(10, -p.snr_db / 20);
  for (std::int64_t i = 0; deviation > 0 && i < n * p.bands; ++i)
    to[at(i)] += static_cast<float>(deviation * noise.normal(static_cast<std::uint64_t>(i)));
  for (int b = 0; b < p.bad_bands; ++b) {
    const std::int64_t band = (2 * b + 1) * p.bands / (2 * p.bad_bands);
    for (std::int64_t i = 0; i < n; ++i)
      to[at(band * n + i)] = static_cast<float>(noise.uniform(static_cast<std::uint64_t>((p.bands + b) * n + i)));
  }
  out.cube.pixels = std::move(cube);
  out.abundances.pixels = std::move(maps);
  out.abundances.bands = {.name = "endmember", .unit = "", .first = 1, .step = 1};
  out.abundances.quantity = Quantity::abundance;
  for (std::int64_t l = 0; l < p.bands; ++l) out.endmembers.columns.push_back(digits(out.cube.bands.at(at(l))));
  out.endmembers.values = std::move(spectra);
  out.endmembers.texts = {{"name", {}}};
  for (int k = 0; k < p.components; ++k) out.endmembers.texts[0].values.push_back("material " + std::to_string(k + 1));
  out.endmembers.meta["bands"] = out.cube.bands.name + " [" + out.cube.bands.unit + "]";
  const std::string made = "spectral phantom " + std::string{name} + ", seed " + std::to_string(p.seed);
  for (Metadata* meta : {&out.cube.meta, &out.abundances.meta, &out.endmembers.meta}) (*meta)["origin"] = made;
  return out;
}

}  // namespace iso::evaluation
