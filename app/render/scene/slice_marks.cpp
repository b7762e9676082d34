#include "slice_marks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <sstream>

namespace iso::render {
namespace {

using Pixel = std::array<double, 2>;
using Colour = std::array<double, 3>;
constexpr int ellipse_segments = 72;
constexpr double text_points = 12, margin_points = 6;
constexpr Colour white{0.92, 0.92, 0.92}, orange{1, 0.65, 0.1}, blue{0.35, 0.75, 1};

/// The figure's outline in pixels; an ellipse and a rectangle stand upright on the screen between opposite corners.
std::vector<Pixel> outline(const Figure& figure, const std::vector<Pixel>& at) {
  if (at.size() < 2) return at;
  const auto [x0, x1] = std::minmax(at[0][0], at[1][0]);
  const auto [y0, y1] = std::minmax(at[0][1], at[1][1]);
  if (figure.mark == Mark::rectangle) return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}};
  if (figure.mark == Mark::ellipse) {
    std::vector<Pixel> round;
    for (int i = 0; i <= ellipse_segments; ++i) {
      const double angle = 2 * std::numbers::pi * i / ellipse_segments;
      round.push_back(
          {(x0 + x1) / 2 + (x1 - x0) / 2 * std::cos(angle), (y0 + y1) / 2 + (y1 - y0) / 2 * std::sin(angle)});
    }
    return round;
  }
  std::vector<Pixel> line = at;
  if (figure.mark == Mark::polygon && line.size() > 2) line.push_back(line.front());
  return line;
}

std::vector<Pixel> ring(const Pixel& centre, double radius) {
  std::vector<Pixel> round;
  for (int i = 0; i <= ellipse_segments; ++i) {
    const double angle = 2 * std::numbers::pi * i / ellipse_segments;
    round.push_back({centre[0] + radius * std::cos(angle), centre[1] + radius * std::sin(angle)});
  }
  return round;
}

std::vector<Pixel> handle(const Pixel& p, double half) {
  return {{p[0] - half, p[1] - half},
          {p[0] + half, p[1] - half},
          {p[0] + half, p[1] + half},
          {p[0] - half, p[1] + half},
          {p[0] - half, p[1] - half}};
}

/// Where the words of a figure stand: right of its last point, lower or higher where other words stand already, or left of it
/// where the picture ends. Empty for a figure without words.
struct WordBox {
  double left{0}, top{0}, right{0}, bottom{0};
};

bool meet(const WordBox& a, const WordBox& b) noexcept {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/// Letters and lines of words as UTF-8.
std::array<double, 2> size_in_letters(const std::string& text) {
  double longest = 0, lines = 1, here = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++lines, here = 0;
      continue;
    }
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++here;
    longest = std::max(longest, here);
  }
  return {longest, lines};
}

std::vector<WordBox> place_words(const SlicePicture& picture, int width, int height, double ratio) {
  constexpr double letter = 0.58, line = 1.25, gap = 8;  // of the size of the text; pixels
  std::vector<WordBox> boxes;
  for (const Figure& figure : picture.figures) {
    if (figure.text.empty() || figure.points_mm.empty()) {
      boxes.emplace_back();
      continue;
    }
    const auto [letters, lines] = size_in_letters(figure.text);
    const double size = text_points * ratio, w = letter * size * letters, h = line * size * lines;
    const auto box = [&](double left, double middle) {
      return WordBox{left, middle - h / 2, left + w, middle + h / 2};
    };
    const Pixel at = to_pixel(picture, width, height, figure.points_mm.back());
    const WordBox beside = box(at[0] + gap * ratio, at[1]);
    std::vector<WordBox> places;  // right of the point, then left of it; the nearest lines first
    for (const double left : {at[0] + gap * ratio, at[0] - gap * ratio - w})
      for (const int lines_off : {0, 1, -1, 2, -2, 3, -3}) places.push_back(box(left, at[1] + 1.05 * h * lines_off));
    const auto is_free = [&](const WordBox& place) {
      return place.left >= 0 && place.right <= width && place.top >= 0 && place.bottom <= height &&
             std::ranges::none_of(boxes, [&](const WordBox& other) { return meet(place, other); });
    };
    const auto found = std::ranges::find_if(places, is_free);
    boxes.push_back(found == places.end() ? beside : *found);
  }
  return boxes;
}

/// Lines of at most so many letters, broken between words.
std::string wrapped(const std::string& text, double letters) {
  std::string out;
  std::size_t in_line = 0;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    const bool fits = in_line == 0 || static_cast<double>(in_line + 1 + word.size()) <= letters;
    if (!out.empty()) out += fits ? ' ' : '\n';
    in_line = fits && in_line > 0 ? in_line + 1 + word.size() : word.size();
    out += word;
  }
  return out;
}

class Maker {
 public:
  Maker(const SlicePicture& picture, int width, int height, double ratio)
      : picture_{picture}, width_{width}, height_{height}, ratio_{ratio}, w_(width), h_(height) {}

  Marks make() {
    cross();
    curtain();
    figures();
    frame();
    scale_bar();
    words();
    return std::move(marks_);
  }

 private:
  void line(const Colour& colour, double width, std::vector<Pixel> points) {
    marks_.lines.push_back({colour, width, std::move(points)});
  }
  void put(const std::string& text, double x, double y, Across across, Along along, double size,
           const Colour& colour = white) {
    if (!text.empty()) marks_.texts.push_back({text, x, y, across, along, static_cast<int>(size), colour});
  }

  void words() {
    const double size = text_points * ratio_, large = 1.2 * size, m = margin_points * ratio_;
    const auto corner = [&](std::size_t i) { return picture_.annotations ? picture_.corners[i] : std::string{}; };
    put(corner(0), m, m, Across::left, Along::top, size);
    put(corner(1), w_ - m, m, Across::right, Along::top, size);
    put(corner(2), m, h_ - m, Across::left, Along::bottom, size);
    put(corner(3), w_ - m, h_ - m, Across::right, Along::bottom, size);
    put(wrapped(picture_.hint, (w_ - 4 * m) / (0.6 * size)), w_ / 2, h_ / 2, Across::centre, Along::centre, size,
        {0.6, 0.6, 0.6});
    // In a narrow view the words of a corner reach the middle: the letter then stands below them.
    const double longest = 0.65 * size * static_cast<double>(std::max(corner(0).size(), corner(1).size()));
    const double top = longest > w_ / 2 - m - large ? m + 1.4 * size : m;
    put(picture_.badge, w_ / 2, top + 1.8 * large, Across::centre, Along::top, size, orange);
    if (!picture_.letters || picture_.layers.empty() || !picture_.layers[0].raster) return;
    const EdgeLetters letters = edge_letters(*picture_.layers[0].raster, picture_.plane);
    put(letters.left, m, h_ / 2, Across::left, Along::centre, large);
    put(letters.right, w_ - m, h_ / 2, Across::right, Along::centre, large);
    put(letters.top, w_ / 2, top, Across::centre, Along::top, large);
    put(letters.bottom, w_ / 2, h_ - m, Across::centre, Along::bottom, large);
  }

  void scale_bar() {
    const double mm = picture_.scale_bar ? scale_bar_mm(w_, picture_.mm_per_pixel) : 0;
    const bool raw = picture_.layers.empty() || !picture_.layers[0].raster || !picture_.layers[0].raster->anatomical;
    if (!(mm > 0) || raw) return;
    const double length = mm / picture_.mm_per_pixel, tick = 4 * ratio_;
    const double x = (w_ - length) / 2, y = h_ - (margin_points + 2.4 * text_points) * ratio_;
    line(white, 2 * ratio_, {{x, y - tick}, {x, y}, {x + length, y}, {x + length, y - tick}});
    std::array<char, 32> text{};
    const bool voxels = !picture_.layers[0].raster->measured;  // the file does not say how long one is
    std::snprintf(text.data(), text.size(), mm >= 10 ? "%.0f %s" : "%g %s", mm, voxels ? "voxels" : "mm");
    put(text.data(), w_ / 2, h_ - (margin_points + 2.6 * text_points) * ratio_, Across::centre, Along::bottom,
        0.85 * text_points * ratio_);
  }

  /// Two lines through the crosshair with a gap about it: where the other planes cut this one.
  void cross() {
    if (!picture_.crosshair_mm) return;
    const Pixel at = to_pixel(picture_, width_, height_, *picture_.crosshair_mm);
    std::vector<CrossAxis> axes = picture_.cross_axes;
    if (axes.empty()) axes = {{picture_.plane.right, blue}, {picture_.plane.up, blue}};
    const double gap = 8 * ratio_, reach = std::hypot(w_, h_) + std::hypot(at[0] - w_ / 2, at[1] - h_ / 2);
    for (const CrossAxis& axis : axes) {
      double dx = 0, dy = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        dx += axis.direction[i] * picture_.plane.right[i];
        dy -= axis.direction[i] * picture_.plane.up[i];
      }
      const double length = std::hypot(dx, dy);
      if (length < 1e-6) continue;
      dx /= length, dy /= length;
      for (const double side : {-1.0, 1.0}) {
        Pixel from{at[0] + side * gap * dx, at[1] + side * gap * dy},
            to{at[0] + side * reach * dx, at[1] + side * reach * dy};
        if (clip(from, to)) line(axis.colour, ratio_, {from, to});
      }
    }
  }

  /// Liang and Barsky: the part of a line inside the picture; false if there is none.
  bool clip(Pixel& from, Pixel& to) const {
    const double dx = to[0] - from[0], dy = to[1] - from[1];
    double first = 0, last = 1;
    for (const auto& [p, q] : {std::pair{-dx, from[0]}, {dx, w_ - from[0]}, {-dy, from[1]}, {dy, h_ - from[1]}}) {
      if (p == 0) {
        if (q < 0) return false;
      } else if (p < 0) {
        first = std::max(first, q / p);
      } else {
        last = std::min(last, q / p);
      }
    }
    if (first >= last) return false;
    const Pixel start = from;
    from = {start[0] + first * dx, start[1] + first * dy};
    to = {start[0] + last * dx, start[1] + last * dy};
    return true;
  }

  void curtain() {
    if (picture_.layers.size() < 2 || picture_.reveal <= 0 || picture_.reveal >= 1) return;
    const double x = picture_.reveal * w_, half = 5 * ratio_;
    line(orange, ratio_, {{x, 0}, {x, h_}});
    line(orange, ratio_, handle({x, h_ / 2}, half));
  }

  void frame() {
    const double edge = ratio_, w = w_ - ratio_, h = h_ - ratio_;
    line(picture_.frame_colour, 2 * ratio_, {{edge, edge}, {w, edge}, {w, h}, {edge, h}, {edge, edge}});
  }

  void figures() {
    const std::vector<WordBox> boxes = place_words(picture_, width_, height_, ratio_);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const Figure& figure = picture_.figures[i];
      std::vector<Pixel> at;
      at.reserve(figure.points_mm.size());
      for (const Vec3& p : figure.points_mm) at.push_back(to_pixel(picture_, width_, height_, p));
      if (at.empty()) continue;
      const double width = (figure.selected ? 2.5 : 1.5) * ratio_;
      if (figure.mark >= Mark::plus) {
        small_mark(figure, at.front());
        continue;
      }
      if (at.size() > 1 && figure.mark != Mark::point) line(figure.colour, width, outline(figure, at));
      if (figure.selected || figure.mark == Mark::point)
        for (const Pixel& p : at) line(figure.colour, width, handle(p, 3 * ratio_));
      put(figure.text, boxes[i].left, (boxes[i].top + boxes[i].bottom) / 2, Across::left, Along::centre,
          text_points * ratio_, figure.colour);
    }
  }

  /// Told apart by shape and not by colour alone; dark below, so that it is seen on white too.
  void small_mark(const Figure& figure, const Pixel& at) {
    const double reach = 5 * ratio_, dark = 4.5 * ratio_, bright = 2 * ratio_;
    for (const auto& [colour, width] : {std::pair{Colour{0, 0, 0}, dark}, {figure.colour, bright}}) {
      if (figure.mark == Mark::ring) {
        line(colour, width, ring(at, 2 * reach));
        continue;
      }
      line(colour, width, {{at[0] - reach, at[1]}, {at[0] + reach, at[1]}});
      if (figure.mark == Mark::plus) line(colour, width, {{at[0], at[1] - reach}, {at[0], at[1] + reach}});
    }
  }

  const SlicePicture& picture_;
  int width_, height_;
  double ratio_, w_, h_;
  Marks marks_;
};

}  // namespace

double scale_bar_mm(double width_px, double mm_per_pixel) noexcept {
  const double longest = width_px * mm_per_pixel / 5;
  if (!(longest > 0)) return 0;
  const double decade = std::pow(10, std::floor(std::log10(longest)));
  for (const double factor : {5.0, 2.0})
    if (factor * decade <= longest) return factor * decade;
  return decade;
}

std::array<double, 2> to_pixel(const SlicePicture& picture, int width, int height, const Vec3& world_mm) noexcept {
  double across = 0, along = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    across += (world_mm[i] - picture.plane.centre_mm[i]) * picture.plane.right[i];
    along += (world_mm[i] - picture.plane.centre_mm[i]) * picture.plane.up[i];
  }
  return {width / 2.0 + across / picture.mm_per_pixel, height / 2.0 - along / picture.mm_per_pixel};
}

Marks make_marks(const SlicePicture& picture, int width, int height, double pixel_ratio) {
  return Maker{picture, width, height, pixel_ratio}.make();
}

}  // namespace iso::render
