#include "words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace iso::gui {
namespace {

std::string text(const char* form, double a, double b = 0, double c = 0) {
  std::array<char, 96> words{};
  std::snprintf(words.data(), words.size(), form, a, b, c);
  return words.data();
}

}  // namespace

std::string format_value(double value) {
  if (!std::isfinite(value)) return "not a number";
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e7)) return text("%.3e", value);
  if (value == std::floor(value)) return text("%.0f", value);
  return text(size >= 1000 ? "%.1f" : "%.4g", value);
}

std::string to_words(std::string name) {
  constexpr std::string_view one_word = "k_space";
  for (std::size_t at = 0; (at = name.find(one_word, at)) != std::string::npos; at += one_word.size())
    name[at + 1] = '-';
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string shortened(const std::string& words, double letters) {
  constexpr double least = 8;
  if (static_cast<double>(words.size()) <= letters) return words;
  if (letters < least) return {};  // the list of data has it, too
  const auto is_inside = [&](std::size_t at) { return (static_cast<unsigned char>(words[at]) & 0xC0U) == 0x80U; };
  const auto part = static_cast<std::size_t>((letters - 1) / 2);  // what tells files apart stands at both ends
  std::size_t front = part, back = words.size() - part;
  while (front > 0 && is_inside(front)) --front;
  while (back < words.size() && is_inside(back)) ++back;
  return words.substr(0, front) + "\u2026" + words.substr(back);
}

std::string format_position(const render::Raster& raster, const Vec3& world_mm) {
  if (raster.anatomical && raster.oriented) {
    const auto part = [](double value, const char* negative, const char* positive) {
      return std::string{value < 0 ? negative : positive} + text(" %.1f", std::abs(value));
    };
    return part(world_mm[0], "R", "L") + ", " + part(world_mm[1], "A", "P") + ", " + part(world_mm[2], "I", "S") +
           " mm";
  }
  std::string words;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (raster.frame.size[axis] > 1)
      words += (words.empty() ? "" : ", ") + raster.axes[axis] + text(" %.1f", world_mm[axis]);
  return words + (raster.anatomical ? " mm" : "");
}

}  // namespace iso::gui
