#include "iso/base/error.h"
#include "iso/evaluation/phantoms.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace iso::evaluation {
namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

Mat3 turned_about_z(double angle_deg) {
  const double a = angle_deg * std::numbers::pi / 180, c = std::cos(a), s = std::sin(a);
  return {c, -s, 0, s, c, 0, 0, 0, 1};
}

// One line of a published table: value, half axes, centre, turn about z in degrees.
struct Row {
  double value;
  Vec3 half, centre;
  double turn_deg;
};

Solid solid(Form form, const Row& row, double scale) {
  Solid out;
  out.form = form;
  out.value = row.value;
  for (std::size_t i = 0; i < 3; ++i) {
    out.half_mm[i] = row.half[i] * scale;
    out.centre_mm[i] = row.centre[i] * scale;
  }
  out.axes = turned_about_z(row.turn_deg);
  return out;
}

template <std::size_t N>
Phantom from_rows(std::string name, Form form, const std::array<Row, N>& rows, double scale) {
  Phantom out{std::move(name), {}};
  for (const auto& row : rows) out.solids.push_back(solid(form, row, scale));
  return out;
}

void check_size(double size_mm) {
  if (!(size_mm > 0) || !std::isfinite(size_mm)) {
    throw Error{Errc::invalid_input,
                "the size of the phantom is " + std::to_string(size_mm) + " mm, it must be positive"};
  }
}

Solid disc(double value, double x, double y, double radius) {
  return solid(Form::cylinder, {value, {radius, radius, endless}, {x, y, 0}, 0}, 1);
}

constexpr std::array<std::string_view, 7> names{
    "shepp-logan", "shepp-logan-original", "shepp-logan-3d", "shepp-logan-3d-original", "forbild-like-head", "discs",
    "bars"};

}  // namespace

Phantom shepp_logan_2d(double scale_mm, Contrast contrast) {
  check_size(scale_mm);
  constexpr std::array<double, 10> original{2, -.98, -.02, -.02, .01, .01, .01, .01, .01, .01};
  constexpr std::array<double, 10> modified{1, -.8, -.2, -.2, .1, .1, .1, .1, .1, .1};
  std::array<Row, 10> rows{{{0, {.69, .92, endless}, {0, 0, 0}, 0},
                            {0, {.6624, .874, endless}, {0, -.0184, 0}, 0},
                            {0, {.11, .31, endless}, {.22, 0, 0}, -18},
                            {0, {.16, .41, endless}, {-.22, 0, 0}, 18},
                            {0, {.21, .25, endless}, {0, .35, 0}, 0},
                            {0, {.046, .046, endless}, {0, .1, 0}, 0},
                            {0, {.046, .046, endless}, {0, -.1, 0}, 0},
                            {0, {.046, .023, endless}, {-.08, -.605, 0}, 0},
                            {0, {.023, .023, endless}, {0, -.606, 0}, 0},
                            {0, {.023, .046, endless}, {.06, -.605, 0}, 0}}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i].value = contrast == Contrast::original ? original[i] : modified[i];
  return from_rows(contrast == Contrast::original ? "shepp-logan-original" : "shepp-logan", Form::cylinder, rows,
                   scale_mm);
}

Phantom shepp_logan_3d(double scale_mm, Contrast contrast) {
  check_size(scale_mm);
  constexpr std::array<Row, 10> kak_slaney{{{2, {.69, .92, .9}, {0, 0, 0}, 0},
                                            {-.98, {.6624, .874, .88}, {0, 0, 0}, 0},
                                            {-.02, {.41, .16, .21}, {-.22, 0, -.25}, 108},
                                            {-.02, {.31, .11, .22}, {.22, 0, -.25}, 72},
                                            {.02, {.21, .25, .5}, {0, .35, -.25}, 0},
                                            {.02, {.046, .046, .046}, {0, .1, -.25}, 0},
                                            {.01, {.046, .023, .02}, {-.08, -.65, -.25}, 0},
                                            {.01, {.046, .023, .02}, {.06, -.65, -.25}, 90},
                                            {.02, {.056, .04, .1}, {.06, -.105, .625}, 90},
                                            {-.02, {.056, .056, .1}, {0, .1, .625}, 0}}};
  constexpr std::array<Row, 10> modified{{{1, {.69, .92, .81}, {0, 0, 0}, 0},
                                          {-.8, {.6624, .874, .78}, {0, -.0184, 0}, 0},
                                          {-.2, {.11, .31, .22}, {.22, 0, 0}, -18},
                                          {-.2, {.16, .41, .28}, {-.22, 0, 0}, 18},
                                          {.1, {.21, .25, .41}, {0, .35, -.15}, 0},
                                          {.1, {.046, .046, .05}, {0, .1, .25}, 0},
                                          {.1, {.046, .046, .05}, {0, -.1, .25}, 0},
                                          {.1, {.046, .023, .05}, {-.08, -.605, 0}, 0},
                                          {.1, {.023, .023, .02}, {0, -.606, 0}, 0},
                                          {.1, {.023, .046, .02}, {.06, -.605, 0}, 0}}};
  if (contrast == Contrast::original)
    return from_rows("shepp-logan-3d-original", Form::ellipsoid, kak_slaney, scale_mm);
  return from_rows("shepp-logan-3d", Form::ellipsoid, modified, scale_mm);
}

Phantom forbild_like_head(double scale_mm) {
  check_size(scale_mm);
  // Values are differences to what already lies there: air 0, bone 1.8, brain 1.05, fluid 1.045, eyes 1.06.
  constexpr std::array<Row, 12> rows{{{1.8, {9.6, 12.0, 12.5}, {0, 0, 0}, 0},       // skull
                                      {-.75, {9.0, 11.4, 11.9}, {0, 0, 0}, 0},      // brain
                                      {.01, {2.0, 2.0, 2.0}, {-4.7, 4.3, .87}, 0},  // eyes
                                      {.01, {2.0, 2.0, 2.0}, {4.7, 4.3, .87}, 0},
                                      {-.005, {1.8, 3.6, 3.6}, {0, -3.6, 0}, 0},        // ventricle
                                      {.005, {1.2, .42, 1.2}, {6.39, -6.39, 0}, 58},    // haematoma
                                      {-1.05, {1.8, 1.8, 1.8}, {0, 8.4, 0}, 0},         // frontal sinus
                                      {.75, {4.0, 1.2, 1.2}, {-5.0, -1.5, -5.5}, -25},  // petrous bones
                                      {.75, {4.0, 1.2, 1.2}, {5.0, -1.5, -5.5}, 25},
                                      {.75, {.4, 1.0, 4.0}, {0, -11.0, 0}, 0},      // inner occipital protuberance
                                      {-.8, {.5, .5, 1.0}, {-5.5, -1.7, -5.5}, 0},  // air cells in the bones
                                      {-.8, {.5, .5, 1.0}, {5.5, -1.7, -5.5}, 0}}};
  Phantom out = from_rows("forbild-like-head", Form::ellipsoid, rows, scale_mm);
  out.solids[9].cuts = {{{0, -1, 0}, 11.3 * scale_mm}};  // ends inside the skull
  // Holes of falling size in a row: what the eye reads resolution from.
  double x = -4.4;
  for (int i = 0; i < 8; ++i) {
    const double radius = .35 * std::pow(.82, i);
    out.solids.push_back(solid(Form::cylinder, {-.35, {radius, radius, 1.5}, {x + radius, 6.8, -3.0}, 0}, scale_mm));
    x += 3.2 * radius;
  }
  return out;
}

Phantom discs(double radius_mm) {
  check_size(radius_mm);
  Phantom out{"discs", {disc(1, 0, 0, radius_mm)}};
  for (int ring = 0; ring < 2; ++ring) {
    const double at = radius_mm * (ring == 0 ? .72 : .38), value = ring == 0 ? .5 : -.5;
    for (int i = 0; i < 8; ++i) {
      const double angle = i * std::numbers::pi / 4, radius = at * .22 * std::pow(.75, i);
      out.solids.push_back(disc(value, at * std::cos(angle), at * std::sin(angle), radius));
    }
  }
  return out;
}

Phantom resolution_bars(double radius_mm) {
  check_size(radius_mm);
  Phantom out{"bars", {disc(.5, 0, 0, radius_mm)}};
  const double at = .62 * radius_mm;
  for (int group = 0; group < 7; ++group) {
    const double turn = 360.0 * group / 7, width = .08 * radius_mm * std::pow(std::numbers::sqrt2, -group);
    const Mat3 axes = turned_about_z(turn);
    for (int bar = 0; bar < 4; ++bar) {
      const double along = (2 * bar - 3) * width;  // bars and gaps are equally wide
      Solid one;
      one.form = Form::box;
      one.half_mm = {.18 * radius_mm, width / 2, endless};
      one.axes = axes;
      one.centre_mm = {axes[0] * at + axes[1] * along, axes[3] * at + axes[4] * along, 0};
      one.value = .5;
      out.solids.push_back(one);
    }
  }
  return out;
}

std::span<const std::string_view> phantom_names() noexcept { return names; }

Phantom phantom(std::string_view name, double radius_mm) {
  if (name == "shepp-logan") return shepp_logan_2d(radius_mm / .92, Contrast::modified);
  if (name == "shepp-logan-original") return shepp_logan_2d(radius_mm / .92, Contrast::original);
  if (name == "shepp-logan-3d") return shepp_logan_3d(radius_mm / .92, Contrast::modified);
  if (name == "shepp-logan-3d-original") return shepp_logan_3d(radius_mm / .92, Contrast::original);
  if (name == "forbild-like-head") return forbild_like_head(radius_mm / 12.5);
  if (name == "discs") return discs(radius_mm);
  if (name == "bars") return resolution_bars(radius_mm);
  std::string all;
  for (const auto known : names) all += (all.empty() ? "" : ", ") + std::string{known};
  throw Error{Errc::usage, "there is no phantom named \"" + std::string{name} + "\"", "known phantoms: " + all};
}

}  // namespace iso::evaluation
