#include "iso/data/label_table.h"

#include "iso/base/dispatch.h"
#include "iso/base/error.h"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cmath>
#include <memory>
#include <string_view>
#include <vector>

namespace iso {
namespace {

constexpr const char* colours_key = "label_colours";
constexpr double most_label = 65535;

bool is_label(double value) noexcept { return value >= 0 && value <= most_label && value == std::floor(value); }

std::string words(double value) {
  std::array<char, 40> text{};
  const auto [end, problem] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6);
  return {text.data(), end};
}

}  // namespace

LabelColour usual_label_colour(std::uint16_t label) noexcept {
  if (label == 0) return {0, 0, 0};
  const int number = (label - 1) % 255 + 1;
  const double hue = std::fmod(static_cast<double>(number - 1) * 0.618033988749895, 1.0) * 6;
  const double strength = number % 3 == 0 ? 0.75 : 1.0;
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue, 6.0);
    const double value = strength * (1 - 0.85 * std::max(0.0, std::min({k, 4 - k, 1.0})));
    return static_cast<std::uint8_t>(std::lround(255 * value));
  };
  return {channel(5), channel(3), channel(1)};
}

std::string to_text(const LabelColour& colour) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t part : colour) text += {digits[part >> 4U], digits[part & 15U]};
  return text;
}

std::optional<LabelColour> label_colour_from_text(const std::string& text) {
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  LabelColour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const char* const from = text.data() + 1 + 2 * i;
    if (const auto [end, problem] = std::from_chars(from, from + 2, colour[i], 16);
        problem != std::errc{} || end != from + 2)
      return std::nullopt;
  }
  return colour;
}

LabelColours label_colours(const Metadata& meta) {
  LabelColours colours;
  const auto found = meta.find(colours_key);
  if (found == meta.end()) return colours;
  const std::string& text = found->second;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::uint16_t label = 0;
    const auto [stop, problem] = std::from_chars(text.data() + at, text.data() + end, label);
    if (problem == std::errc{} && stop != text.data() + end && *stop == ':') {
      const auto from = static_cast<std::size_t>(stop + 1 - text.data());
      if (const auto colour = label_colour_from_text(text.substr(from, end - from))) colours[label] = *colour;
    }
    at = end + 1;
  }
  return colours;
}

void set_label_colours(Metadata& meta, const LabelColours& colours) {
  std::string text;
  for (const auto& [label, colour] : colours)
    text += (text.empty() ? "" : ",") + std::to_string(label) + ":" + to_text(colour);
  if (text.empty())
    meta.erase(colours_key);
  else
    meta[colours_key] = std::move(text);
}

Pixels to_label_pixels(const Pixels& pixels) {
  const ScalarType type = pixels.spec().type;
  if (type == ScalarType::u8 || type == ScalarType::u16) return pixels;
  if (pixels.is_outline()) return Pixels::outline({pixels.spec().shape, ScalarType::u16});
  if (is_complex(type)) throw Error{Errc::type_mismatch, "labels are whole numbers, these are complex"};
  const Pixels values = pixels.converted(ScalarType::f64);
  const auto from = values.values<double>();
  double most = 0;
  for (const double v : from) {
    if (!is_label(v))
      throw Error{Errc::type_mismatch, "a label map holds whole numbers from 0 to 65535, this holds " + words(v)};
    most = std::max(most, v);
  }
  PixelBuffer labels = PixelBuffer::allocate({values.spec().shape, most < 256 ? ScalarType::u8 : ScalarType::u16});
  const auto fill = [&]<class T>(std::span<T> to) {
    std::ranges::transform(from, to.begin(), [](double v) { return static_cast<T>(v); });
  };
  most < 256 ? fill(labels.values<std::uint8_t>()) : fill(labels.values<std::uint16_t>());
  return labels;
}

LabelMap to_label_map(const Volume& volume) {
  const Shape& shape = volume.pixels.spec().shape;
  for (std::size_t axis = 3; axis < shape.rank(); ++axis)
    if (shape[axis] > 1)
      throw Error{Errc::shape_mismatch, "labels have three axes, this is a series of " + shape.text()};
  LabelMap map;
  map.labels = to_label_pixels(volume.pixels).reshaped(volume.grid.shape());
  map.grid = volume.grid;
  map.meta = volume.meta;
  return map;
}

Volume to_volume(const LabelMap& labels) {
  Volume volume;
  volume.pixels = labels.labels;
  volume.grid = labels.grid;
  volume.meta = labels.meta;
  return volume;
}

std::map<std::uint16_t, std::int64_t> label_counts(const Pixels& pixels) {
  std::vector<std::int64_t> counts(65536);
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(pixels.spec().type, [&](auto type) {
    for (const auto label : pixels.values<decltype(type)>()) ++counts[label];
  });
  std::map<std::uint16_t, std::int64_t> found;
  for (std::size_t label = 0; label < counts.size(); ++label)
    if (counts[label] > 0) found[static_cast<std::uint16_t>(label)] = counts[label];
  return found;
}

std::optional<std::vector<std::uint16_t>> labels_in(const Pixels& pixels, std::size_t most) {
  if (pixels.empty() || is_complex(pixels.spec().type)) return std::nullopt;
  const auto seen = std::make_unique<std::bitset<65536>>();
  std::size_t count = 0;
  const bool all = dispatch<RealTypes>(pixels.spec().type, [&](auto type) {
    using T = decltype(type);
    T before{};
    bool first = true;
    for (const T value : pixels.values<T>()) {
      if (!first && value == before) continue;  // labels come in runs
      first = false;
      before = value;
      if (!is_label(static_cast<double>(value))) return false;
      const auto label = static_cast<std::size_t>(value);
      if (seen->test(label)) continue;
      seen->set(label);
      if (++count > most) return false;
    }
    return true;
  });
  if (!all) return std::nullopt;
  std::vector<std::uint16_t> labels;
  for (std::size_t label = 0; label < seen->size(); ++label)
    if (seen->test(label)) labels.push_back(static_cast<std::uint16_t>(label));
  return labels;
}

}  // namespace iso
