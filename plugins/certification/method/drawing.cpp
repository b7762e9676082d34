#include "method/summary.h"

#include <iso/base/xml_text.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <sstream>

/// The curve of a summary as SVG and as a raster with the same axes.
namespace certification {
namespace {

constexpr int width = 640, height = 400, left = 60, right = 20, top = 30, bottom = 50;

/// Radii from 0 to the last of the curve, shares from 0 to 1, in pixels.
struct Frame {
  double last;
  [[nodiscard]] double x(double radius) const { return left + (width - left - right) * radius / last; }
  [[nodiscard]] static double y(double share) { return top + (height - top - bottom) * (1 - share); }
};

Frame make_frame(const Summary& summary) { return {std::max(0.1, summary.curve.back().radius)}; }

/// Of the steps of the curve, from the radius 0 to its end: across at each share, then down.
template <class Corner>
void follow_steps(const Summary& summary, double CurvePoint::*share, const Corner& corner) {
  double from = 0;
  for (const CurvePoint& step : summary.steps) {
    corner(from, step.*share);
    corner(step.radius, step.*share);
    from = step.radius;
  }
}

/// Spacing of ticks: 1, 2 or 5 times a power of ten, at most eight of them.
double tick_spacing(double last) {
  double spacing = std::pow(10, std::floor(std::log10(last / 8)));
  for (const double step : {1.0, 2.0, 5.0, 10.0})
    if (last / (spacing * step) <= 8) return spacing * step;
  return spacing * 10;
}

std::string label(double value) {
  std::ostringstream out;
  out.precision(3);
  out << std::round(value * 1e6) / 1e6;
  return out.str();
}

// Digits and the point, five columns of seven dots each, the lowest bit on top.
constexpr std::array<std::array<unsigned char, 5>, 11> digits{{{0x3e, 0x51, 0x49, 0x45, 0x3e},
                                                               {0x00, 0x42, 0x7f, 0x40, 0x00},
                                                               {0x62, 0x51, 0x49, 0x49, 0x46},
                                                               {0x22, 0x41, 0x49, 0x49, 0x36},
                                                               {0x18, 0x14, 0x12, 0x7f, 0x10},
                                                               {0x27, 0x45, 0x45, 0x45, 0x39},
                                                               {0x3c, 0x4a, 0x49, 0x49, 0x30},
                                                               {0x01, 0x71, 0x09, 0x05, 0x03},
                                                               {0x36, 0x49, 0x49, 0x49, 0x36},
                                                               {0x06, 0x49, 0x49, 0x29, 0x1e},
                                                               {0x00, 0x60, 0x60, 0x00, 0x00}}};

class Raster {
 public:
  Raster() : pixels_{iso::PixelBuffer::allocate({iso::Shape{width, height, 1}, iso::ScalarType::f32})} {
    std::ranges::fill(pixels_.values<float>(), 1.0F);
  }
  void dot(double x, double y, float ink) {
    const auto column = std::lround(x), row = std::lround(y);
    if (column < 0 || row < 0 || column >= width || row >= height) return;
    float& at = pixels_.values<float>()[static_cast<std::size_t>(row * width + column)];
    at = std::min(at, ink);
  }
  void line(double x0, double y0, double x1, double y1, float ink, int thick = 1) {
    const double steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0});
    for (double i = 0; i <= steps; ++i)
      for (int j = 0; j < thick; ++j) dot(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps + j, ink);
  }
  /// Six pixels a sign, its middle at x.
  void number(const std::string& text, double x, double y) {
    double at = x - 3.0 * static_cast<double>(text.size());
    for (const char sign : text) {
      const std::size_t which = sign == '.' ? 10 : static_cast<std::size_t>(sign - '0');
      for (std::size_t column = 0; which < digits.size() && column < 5; ++column)
        for (int row = 0; row < 7; ++row)
          if ((digits[which][column] >> row & 1) != 0) dot(at + static_cast<double>(column), y + row, 0);
      at += 6;
    }
  }
  [[nodiscard]] iso::Pixels take() { return std::move(pixels_); }

 private:
  iso::PixelBuffer pixels_;
};

}  // namespace

std::string to_svg(const Summary& summary, const std::string& title) {
  const Frame frame = make_frame(summary);
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
      << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"white\"/>\n<text x=\""
      << left << "\" y=\"18\">" << iso::escape_xml(title) << "</text>\n";
  std::string band, line, below;
  const auto place = [&frame](double radius, double share) {
    return label(frame.x(radius)) + "," + label(Frame::y(share)) + " ";
  };
  follow_steps(summary, &CurvePoint::share, [&](double radius, double share) { line += place(radius, share); });
  follow_steps(summary, &CurvePoint::high, [&](double radius, double share) { band += place(radius, share); });
  follow_steps(summary, &CurvePoint::low, [&](double radius, double share) { below = place(radius, share) + below; });
  band += below;
  out << "<polygon points=\"" << band << "\" fill=\"#cfe0f3\"/>\n";
  const double spacing = tick_spacing(frame.last);
  for (double r = 0; r <= frame.last * 1.0001; r += spacing)
    out << "<line x1=\"" << frame.x(r) << "\" x2=\"" << frame.x(r) << "\" y1=\"" << Frame::y(0) << "\" y2=\""
        << Frame::y(0) + 5 << "\" stroke=\"black\"/><text x=\"" << frame.x(r) << "\" y=\"" << Frame::y(0) + 18
        << "\" text-anchor=\"middle\">" << label(r) << "</text>\n";
  for (int i = 0; i <= 5; ++i)
    out << "<line x1=\"" << left - 5 << "\" x2=\"" << width - right << "\" y1=\"" << Frame::y(0.2 * i) << "\" y2=\""
        << Frame::y(0.2 * i) << "\" stroke=\"#bbb\"/><text x=\"" << left - 8 << "\" y=\"" << Frame::y(0.2 * i) + 4
        << "\" text-anchor=\"end\">" << label(0.2 * i) << "</text>\n";
  out << "<polyline points=\"" << line << "\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>\n<line x1=\""
      << left << "\" x2=\"" << left << "\" y1=\"" << top << "\" y2=\"" << Frame::y(0)
      << "\" stroke=\"black\"/>\n<text x=\"" << (left + width - right) / 2 << "\" y=\"" << height - 10
      << "\" text-anchor=\"middle\">certified l2 radius, values from 0 to 1</text>\n<text transform=\"translate(16 "
      << (top + height - bottom) / 2 << ") rotate(-90)\" text-anchor=\"middle\">"
      << (summary.labelled == summary.images ? "certified accuracy" : "certified share") << "</text>\n</svg>\n";
  return out.str();
}

iso::Pixels to_picture(const Summary& summary) {
  const Frame frame = make_frame(summary);
  Raster raster;
  double from = frame.x(0);
  for (const CurvePoint& step : summary.steps)
    for (; from <= frame.x(step.radius); ++from)
      raster.line(from, Frame::y(step.low), from, Frame::y(step.high), 0.85F);
  for (int i = 0; i <= 5; ++i) {
    raster.line(left, Frame::y(0.2 * i), width - right, Frame::y(0.2 * i), 0.7F);
    raster.number(label(0.2 * i), left - 20, Frame::y(0.2 * i) - 3);
  }
  const double spacing = tick_spacing(frame.last);
  for (double r = 0; r <= frame.last * 1.0001; r += spacing) {
    raster.line(frame.x(r), Frame::y(0), frame.x(r), Frame::y(0) + 5, 0);
    raster.number(label(r), frame.x(r), Frame::y(0) + 12);
  }
  raster.line(left, top, left, Frame::y(0), 0);
  raster.line(left, Frame::y(0), width - right, Frame::y(0), 0);
  double radius = 0, share = summary.steps.front().share;
  follow_steps(summary, &CurvePoint::share, [&](double next_radius, double next_share) {
    raster.line(frame.x(radius), Frame::y(share), frame.x(next_radius), Frame::y(next_share), 0, 2);
    radius = next_radius, share = next_share;
  });
  return raster.take();
}

}  // namespace certification
