#include "display.h"

#include "raster.h"

#include "iso/data/label_table.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace iso::render {
namespace {

using Colour = std::array<std::uint8_t, 4>;

/// Colours at equal distances along the map, linearly interpolated between.
std::vector<Colour> between(const std::vector<std::array<int, 3>>& stops) {
  std::vector<Colour> map(256);
  for (std::size_t i = 0; i < map.size(); ++i) {
    const double at = static_cast<double>(i) / 255 * static_cast<double>(stops.size() - 1);
    const auto lower = std::min(static_cast<std::size_t>(at), stops.size() - 2);
    const double part = at - static_cast<double>(lower);
    for (std::size_t c = 0; c < 3; ++c) {
      map[i][c] = static_cast<std::uint8_t>(std::lround(stops[lower][c] * (1 - part) + stops[lower + 1][c] * part));
    }
    map[i][3] = 255;
  }
  return map;
}

/// Label colours; 0 is clear.
std::vector<Colour> label_colours() {
  std::vector<Colour> map(256, Colour{0, 0, 0, 0});
  for (std::size_t label = 1; label < map.size(); ++label) {
    const LabelColour c = usual_label_colour(static_cast<std::uint16_t>(label));
    map[label] = {c[0], c[1], c[2], 255};
  }
  return map;
}

const std::map<std::string, std::vector<Colour>, std::less<>>& maps() {
  // Stops after the published tables of these maps (viridis, inferno: matplotlib, CC0), thinned to what interpolation needs.
  static const std::map<std::string, std::vector<Colour>, std::less<>> all{
      {"grey", between({{0, 0, 0}, {255, 255, 255}})},
      {"hot", between({{0, 0, 0}, {110, 0, 0}, {230, 30, 0}, {255, 145, 0}, {255, 225, 60}, {255, 255, 255}})},
      {"viridis", between({{68, 1, 84},
                           {71, 44, 122},
                           {59, 81, 139},
                           {44, 113, 142},
                           {33, 144, 141},
                           {39, 173, 129},
                           {92, 200, 99},
                           {170, 220, 50},
                           {253, 231, 37}})},
      {"inferno", between({{0, 0, 4},
                           {31, 12, 72},
                           {85, 15, 109},
                           {136, 34, 106},
                           {186, 54, 85},
                           {227, 89, 51},
                           {249, 140, 10},
                           {249, 201, 50},
                           {252, 255, 164}})},
      {"cool-warm", between({{59, 76, 192},
                             {124, 159, 249},
                             {192, 212, 245},
                             {221, 221, 221},
                             {245, 196, 173},
                             {231, 116, 91},
                             {180, 4, 38}})},
      {"phase", between({{200, 60, 60}, {180, 170, 40}, {50, 170, 80}, {50, 140, 200}, {150, 80, 190}, {200, 60, 60}})},
      {"labels", label_colours()}};
  return all;
}

}  // namespace

double voi(const Display& display, double value) noexcept {
  const double c = display.centre, w = display.width;
  switch (display.voi) {
    case VoiFunction::linear:  // PS3.3 C.11.2.1.2.1
      if (value <= c - 0.5 - (w - 1) / 2) return 0;
      if (value > c - 0.5 + (w - 1) / 2) return 1;
      return (value - (c - 0.5)) / (w - 1) + 0.5;
    case VoiFunction::linear_exact:  // C.11.2.1.3.2
      if (value <= c - w / 2) return 0;
      if (value > c + w / 2) return 1;
      return (value - c) / w + 0.5;
    case VoiFunction::sigmoid:  // C.11.2.1.3.1
      return 1 / (1 + std::exp(-4 * (value - c) / w));
    case VoiFunction::logarithm: {
      constexpr double decades = 1000;
      return std::log1p(decades * std::clamp((value - c) / w + 0.5, 0.0, 1.0)) / std::log1p(decades);
    }
  }
  return 0;
}

void set_automatic_window(Display& display, const Raster& raster) noexcept {
  double low = raster.spectrum ? 0 : raster.low_percentile,
         high = raster.spectrum ? raster.high : raster.high_percentile;
  if (!(high > low)) low = raster.low, high = raster.high;
  if (!(high > low)) high = low + 1;
  display.width = high - low;
  display.centre = (low + high) / 2;
  display.voi = raster.spectrum ? VoiFunction::logarithm
                                : VoiFunction::linear_exact;  // `linear` has no meaning for widths below 1
}

void set_first_window(Display& display, const Raster& raster) noexcept {
  set_automatic_window(display, raster);
  if (raster.asked_window) {
    display.width = (*raster.asked_window)[0];
    display.centre = (*raster.asked_window)[1];
  } else if (raster.computed_tomography) {
    const WindowPreset& soft_tissue = window_presets().front();
    display.width = soft_tissue.width;
    display.centre = soft_tissue.centre;
  }
}

std::span<const WindowPreset> window_presets() noexcept {
  static constexpr std::array<WindowPreset, 9> presets{{{"Soft tissue", 400, 40, '1'},
                                                        {"Lung", 1500, -600, '2'},
                                                        {"Liver", 150, 90, '3'},
                                                        {"Bone", 2500, 480, '4'},
                                                        {"Brain", 80, 40, '5'},
                                                        {"Abdomen", 350, 40, '6'},
                                                        {"Mediastinum", 400, 80, '7'},
                                                        {"Air", 1000, -426, '8'},
                                                        {"MIP / vessel", 380, 120, '9'}}};
  return presets;
}

std::span<const std::string> colour_map_names() {
  static const std::vector<std::string> names{"grey", "hot", "viridis", "inferno", "cool-warm", "phase", "labels"};
  return names;
}

const std::vector<std::array<std::uint8_t, 4>>& colour_map(std::string_view name) {
  const auto found = maps().find(name);
  return found == maps().end() ? maps().find("grey")->second : found->second;
}

}  // namespace iso::render
