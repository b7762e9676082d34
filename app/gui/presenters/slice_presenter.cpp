#include "slice_presenter.h"

#include "measure.h"
#include "slice_turn.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace iso::gui {
namespace {

using render::Raster;

double dot(const Vec3& a, const Vec3& b) noexcept { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 plus(const Vec3& a, double factor, const Vec3& b) noexcept {
  return {a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]};
}

Vec3 middle_of(const VoxelGrid& frame) {
  Vec3 index{};
  for (std::size_t axis = 0; axis < 3; ++axis) index[axis] = static_cast<double>(frame.size[axis] - 1) / 2;
  return frame.to_world(index);
}

/// Extent of the frame along a direction, voxel edges included.
double extent(const VoxelGrid& frame, const Vec3& direction) {
  double sum = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 along{frame.direction[axis], frame.direction[3 + axis], frame.direction[6 + axis]};
    sum += std::abs(dot(along, direction)) * frame.spacing_mm[axis] * static_cast<double>(frame.size[axis]);
  }
  return sum;
}

std::string text(const char* form, double a, double b = 0, double c = 0) {
  std::array<char, 96> words{};
  std::snprintf(words.data(), words.size(), form, a, b, c);
  return words.data();
}

double distance_to_segment(const std::array<double, 2>& p, const std::array<double, 2>& a,
                           const std::array<double, 2>& b) {
  const double dx = b[0] - a[0], dy = b[1] - a[1], squares = dx * dx + dy * dy;
  const double t = squares > 0 ? std::clamp(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squares, 0.0, 1.0) : 0;
  return std::hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

render::Mark mark_of(MeasureKind kind) {
  switch (kind) {
    case MeasureKind::line: return render::Mark::line;
    case MeasureKind::angle: return render::Mark::angle;
    case MeasureKind::rectangle: return render::Mark::rectangle;
    case MeasureKind::ellipse: return render::Mark::ellipse;
    case MeasureKind::polygon: return render::Mark::polygon;
  }
  return render::Mark::line;
}

}  // namespace

std::string number_in_words(double value) {
  if (!std::isfinite(value)) return "not a number";
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e7)) return text("%.3e", value);
  if (value == std::floor(value)) return text("%.0f", value);
  return text(size >= 1000 ? "%.1f" : "%.4g", value);
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

std::string place_in_words(const Raster& raster, const Vec3& world_mm) {
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

SlicePresenter::SlicePresenter(Document& document, render::Orientation orientation, Role role)
    : document_{document}, orientation_{orientation}, role_{role} {}

const Item* SlicePresenter::item() const noexcept {
  const Look& look = document_.look();
  if (role_ == Role::base && document_.preview() != nullptr) return document_.preview();
  const Item* const found = document_.find(role_ == Role::base ? look.base : look.compared);
  return found != nullptr && found->raster ? found : nullptr;
}

render::Plane SlicePresenter::plane() const {
  const Item* const shown = item();
  if (shown == nullptr) return {};
  const Look& look = document_.look();
  render::Plane plane = turned_plane(*shown->raster, orientation_, look, look.crosshair_mm);
  const auto view = static_cast<std::size_t>(orientation_);
  for (double& part : plane.right) part *= look.mirrored[view] ? -1 : 1;
  for (double& part : plane.up) part *= look.upside_down[view] ? -1 : 1;
  // Through the crosshair, but centred on the data: moving the crosshair in the
  // plane does not move the picture.
  const Vec3 middle = middle_of(shown->raster->frame), n = plane.normal();
  const Vec3& pan = look.pan_mm[static_cast<std::size_t>(orientation_)];
  Vec3 centre = plus(middle, dot(look.crosshair_mm, n) - dot(middle, n), n);
  centre = plus(centre, dot(pan, plane.right),
                plane.right);  // what a plane turned since was moved out of
                               // itself is left out
  plane.centre_mm = plus(centre, dot(pan, plane.up), plane.up);
  return plane;
}

double SlicePresenter::mm_per_pixel(const ViewSize& size) const {
  const Item* const shown = item();
  if (shown == nullptr) return 1;
  const render::Plane plane = standard_plane(*shown->raster, orientation_, {});
  const double fit = std::max(extent(shown->raster->frame, plane.right) / size.width_px,
                              extent(shown->raster->frame, plane.up) / size.height_px);
  return std::max(1e-9, 1.05 * fit / document_.look().zoom);
}

render::Layer SlicePresenter::layer_of(const Item& shown) const {
  const std::int64_t frame = std::clamp<std::int64_t>(document_.look().frame, 0, shown.raster->frames - 1);
  return {shown.raster, shown.display, frame, working_ && shown.id == working_id_ ? working_ : nullptr};
}

const std::string& SlicePresenter::caption_of(const Measurement& measurement, const Item& item) const {
  Caption& kept = captions_[measurement.id];
  if (kept.raster != item.raster || kept.measurement != measurement)
    kept = {measurement, item.raster, caption(document_, measurement)};
  return kept.words;
}

void SlicePresenter::add_figures(render::SlicePicture& picture) const {
  const Item* const shown = item();
  const auto add = [&](const Measurement& m, bool selected) {
    const double off =
        dot(m.plane.centre_mm, picture.plane.normal()) - dot(picture.plane.centre_mm, picture.plane.normal());
    const double parallel = std::abs(dot(m.plane.normal(), picture.plane.normal()));
    const double half = *std::ranges::min_element(shown->raster->frame.spacing_mm) / 2 + 1e-6;
    if (m.item != shown->id || parallel < 0.999 || std::abs(off) > half) return;
    picture.figures.push_back({mark_of(m.kind), m.points_mm, {1, 0.85, 0.2}, caption_of(m, *shown), selected});
  };
  for (const Measurement& m : document_.measurements())
    if (!draft_ || draft_->id != m.id) add(m, m.id == selected_measurement_);
  if (draft_) add(*draft_, true);
  if (captions_.size() > document_.measurements().size() + 100) captions_.clear();
}

constexpr double corner_letter_px = 7.2;  ///< mean width of a letter in a corner

void SlicePresenter::add_words(render::SlicePicture& picture, const Item& shown) const {
  const Raster& raster = *shown.raster;
  const render::Display& display = shown.display;
  picture.corners[0] = shown.name;
  if (!shown.raster->anatomical && shown.part == render::Part::phase) picture.corners[0] += " (phase)";
  if (!raster.labels)
    picture.corners[1] = "W " + number_in_words(display.width) + "  L " + number_in_words(display.centre) +
                         (raster.unit.empty() ? "" : " " + raster.unit);
  const std::int64_t count = slices();
  if (count > 1) picture.corners[2] = "slice " + std::to_string(slice() + 1) + " / " + std::to_string(count);
  if (const double by = turned_by_rad(raster, orientation_, document_.look()); by > 1e-3)
    picture.corners[2] = text("turned %.0f\u00b0\n", by * 180 / std::numbers::pi) + picture.corners[2];  // narrow views
  if (raster.frames > 1)
    picture.corners[3] = raster.axes[3] + " " +
                         std::to_string(std::min(document_.look().frame, raster.frames - 1) + 1) + " / " +
                         std::to_string(raster.frames);
  if (shown.record && !shown.record->models.empty()) picture.badge = "model-based estimate";
  if (&shown == document_.preview()) picture.badge = "preview: the job is still running";
}

render::SlicePicture SlicePresenter::picture(const ViewSize& size) const {
  render::SlicePicture picture;
  picture.frame_colour = colour_of(orientation_);
  const Item* const shown = item();
  if (shown == nullptr) {
    picture.letters = picture.scale_bar = false;
    const bool first = role_ == Role::base && orientation_ == render::Orientation::axial;
    if (first && document_.items().empty()) picture.hint = "Open a file, or drop it here";
    return picture;
  }
  const Look& look = document_.look();
  picture.plane = plane();
  picture.mm_per_pixel = mm_per_pixel(size);
  picture.layers.push_back(layer_of(*shown));
  if (const Item* const over = overlay(); over != nullptr && look.overlay_shown) {
    render::Layer layer = layer_of(*over);
    layer.display.opacity = look.overlay_opacity;
    picture.layers.push_back(layer);
  }
  picture.slab = look.slab;
  picture.slab_mm = look.slab_mm;
  picture.reveal = look.reveal;
  picture.annotations = picture.letters = picture.scale_bar = look.annotations;
  if (look.crosshair_visible) {
    picture.crosshair_mm = look.crosshair_mm;
    picture.cross_axes = cross_axes(*shown->raster, orientation_, look);
  }
  add_figures(picture);
  add_words(picture, *shown);
  // In a narrow view the name would run into the window's words.
  const double room = (size.width_px / size.pixel_ratio - 16) / corner_letter_px;
  picture.corners[0] = shortened(picture.corners[0], room - static_cast<double>(picture.corners[1].size()));
  return picture;
}

std::int64_t SlicePresenter::slices() const { return item() == nullptr ? 0 : slice_count(*item()->raster, plane()); }
std::int64_t SlicePresenter::slice() const { return item() == nullptr ? 0 : slice_at(*item()->raster, plane()); }

void SlicePresenter::go_to_slice(std::int64_t target) {
  if (item() == nullptr) return;
  render::Plane here = plane();
  here.centre_mm = document_.look().crosshair_mm;
  Look look = document_.look();
  look.crosshair_mm = at_slice(*item()->raster, here, target).centre_mm;
  document_.set_look(look);
}

void SlicePresenter::scroll(int count) { go_to_slice(slice() + count); }

void SlicePresenter::step_frame(int frames, bool around) {
  const Item* const shown = item();
  if (shown == nullptr || shown->raster->frames < 2) return;
  Look look = document_.look();
  const std::int64_t count = shown->raster->frames, next = look.frame + frames;
  look.frame = around ? ((next % count) + count) % count : std::clamp<std::int64_t>(next, 0, count - 1);
  document_.set_look(look);
}

void SlicePresenter::put_crosshair(double x_px, double y_px, const ViewSize& size) {
  if (item() == nullptr) return;
  Look look = document_.look();
  look.crosshair_mm = to_world(x_px, y_px, size);
  document_.set_look(look);
}

void SlicePresenter::pan(double dx_px, double dy_px, const ViewSize& size) {
  if (item() == nullptr) return;
  Look look = document_.look();
  const render::Plane here = plane();
  Vec3& pan = look.pan_mm[static_cast<std::size_t>(orientation_)];
  pan = plus(plus(pan, -dx_px * mm_per_pixel(size), here.right), dy_px * mm_per_pixel(size), here.up);
  document_.set_look(look);
}

void SlicePresenter::zoom(double factor) {
  Look look = document_.look();
  look.zoom = std::clamp(look.zoom * factor, 0.1, 100.0);
  document_.set_look(look);
}

void SlicePresenter::turn_planes(double x0_px, double y0_px, double x1_px, double y1_px, const ViewSize& size) {
  const Item* const shown = item();
  if (shown == nullptr || !shown->raster->anatomical) return;
  Look look = document_.look();
  const auto [x, y] = to_pixel(look.crosshair_mm, size);
  if (std::hypot(x0_px - x, y0_px - y) < 1 || std::hypot(x1_px - x, y1_px - y) < 1) return;
  const double by = std::atan2(y - y1_px, x1_px - x) - std::atan2(y - y0_px, x0_px - x);
  look.turn = turned_about(look.turn, plane().normal(), by);
  document_.set_look(look);
}

void SlicePresenter::straighten() {
  Look look = document_.look();
  look.turn = identity3;
  look.oblique_turn_rad = look.oblique_tilt_rad = 0;
  document_.set_look(look);
}

const Item* SlicePresenter::overlay() const noexcept {
  const Item* const over = document_.find(document_.look().overlay);
  return over != nullptr && over->raster && over != item() ? over : nullptr;
}

void SlicePresenter::show_overlay(bool on) {
  Look look = document_.look();
  look.overlay_shown = on;
  document_.set_look(look);
}

void SlicePresenter::fade_overlay(double by) {
  Look look = document_.look();
  look.overlay_opacity = std::clamp(look.overlay_opacity + by, 0.0, 1.0);
  look.overlay_shown = true;
  document_.set_look(look);
}

bool SlicePresenter::on_curtain(double x_px, const ViewSize& size, double reach_px) const {
  const Look& look = document_.look();
  return overlay() != nullptr && look.overlay_shown &&
         std::abs(x_px - look.reveal * size.width_px) <= reach_px * size.pixel_ratio;
}

void SlicePresenter::draw_curtain(double x_px, const ViewSize& size) {
  Look look = document_.look();
  look.reveal = std::clamp(x_px / size.width_px, 0.0, 1.0);
  document_.set_look(look);
}

void SlicePresenter::fit() {
  Look look = document_.look();
  look.zoom = 1;
  look.pan_mm = {};
  look.mirrored = look.upside_down = {};
  document_.set_look(look);
}

void SlicePresenter::mirror(bool sideways) {
  Look look = document_.look();
  bool& turned_over = (sideways ? look.mirrored : look.upside_down)[static_cast<std::size_t>(orientation_)];
  turned_over = !turned_over;
  document_.set_look(look);
}

void SlicePresenter::drag_window(double dx_px, double dy_px) {
  const Item* const shown = item();
  if (shown == nullptr || shown->raster->labels) return;
  const Raster& raster = *shown->raster;
  double range = raster.high_percentile - raster.low_percentile;
  if (!(range > 0)) range = std::max(1e-12, raster.high - raster.low);
  const double gain = range / 512;
  render::Display display = shown->display;
  const double narrowest = display.voi == render::VoiFunction::linear ? 1 : range * 1e-4;
  display.width = std::max(narrowest, display.width + gain * dx_px);
  display.centre -= gain * dy_px;  // up is towards smaller y
  document_.set_display(shown->id, display);
}

void SlicePresenter::preset(char key) {
  const Item* const shown = item();
  if (shown == nullptr || shown->raster->labels) return;
  if (key == '0') {
    render::Display display = shown->display;
    render::set_automatic_window(display, *shown->raster);
    document_.set_display(shown->id, display, "Automatic window");
    return;
  }
  for (const render::WindowPreset& preset : render::window_presets()) {
    if (preset.key != key) continue;
    render::Display display = shown->display;
    display.width = preset.width;
    display.centre = preset.centre;
    display.voi = render::VoiFunction::linear;
    document_.set_display(shown->id, display, "Window " + std::string{preset.name});
  }
}

void SlicePresenter::window_from_box(double x0, double y0, double x1, double y1, const ViewSize& size) {
  const Item* const shown = item();
  if (shown == nullptr) return;
  double low = 0, high = 0;
  bool any = false;
  const double step = std::max({1.0, std::abs(x1 - x0) / 200, std::abs(y1 - y0) / 200});
  for (double y = std::min(y0, y1); y <= std::max(y0, y1); y += step)
    for (double x = std::min(x0, x1); x <= std::max(x0, x1); x += step) {
      const Vec3 index = shown->raster->frame.to_index(to_world(x, y, size));
      const auto value = value_at(*shown->raster, {std::llround(index[0]), std::llround(index[1]),
                                                   std::llround(index[2]), layer_of(*shown).frame});
      if (!value) continue;
      low = any ? std::min(low, *value) : *value;
      high = any ? std::max(high, *value) : *value;
      any = true;
    }
  if (!any || !(high > low)) return;
  render::Display display = shown->display;
  display.width = high - low;
  display.centre = (low + high) / 2;
  display.voi = render::VoiFunction::linear_exact;
  document_.set_display(shown->id, display, "Window from a box");
}

void SlicePresenter::reset_window() {
  const Item* const shown = item();
  if (shown == nullptr) return;
  if (!shown->raster->asked_window) return preset('0');
  render::Display display = shown->display;
  display.width = (*shown->raster->asked_window)[0];
  display.centre = (*shown->raster->asked_window)[1];
  display.voi = render::VoiFunction::linear;
  document_.set_display(shown->id, display, "Reset window");
}

void SlicePresenter::invert() {
  const Item* const shown = item();
  if (shown == nullptr) return;
  render::Display display = shown->display;
  display.inverted = !display.inverted;
  document_.set_display(shown->id, display, "Invert");
}

Vec3 SlicePresenter::to_world(double x_px, double y_px, const ViewSize& size) const {
  const render::Plane here = plane();
  const double mm = mm_per_pixel(size);
  return plus(plus(here.centre_mm, (x_px - size.width_px / 2.0) * mm, here.right), (size.height_px / 2.0 - y_px) * mm,
              here.up);
}

std::array<double, 2> SlicePresenter::to_pixel(const Vec3& world_mm, const ViewSize& size) const {
  const render::Plane here = plane();
  const double mm = mm_per_pixel(size);
  const Vec3 from = plus(world_mm, -1, here.centre_mm);
  return {size.width_px / 2.0 + dot(from, here.right) / mm, size.height_px / 2.0 - dot(from, here.up) / mm};
}

Readout SlicePresenter::readout(double x_px, double y_px, const ViewSize& size) const {
  const Item* const shown = item();
  if (shown == nullptr) return {};
  const Vec3 world = to_world(x_px, y_px, size), exact = shown->raster->frame.to_index(world);
  const std::array<std::int64_t, 4> index{std::llround(exact[0]), std::llround(exact[1]), std::llround(exact[2]),
                                          layer_of(*shown).frame};
  Readout words;
  words.place = place_in_words(*shown->raster, world);
  words.index =
      "(" + std::to_string(index[0]) + ", " + std::to_string(index[1]) + ", " + std::to_string(index[2]) + ")";
  const auto value = value_at(*shown->raster, index);
  words.value =
      value ? number_in_words(*value) + (shown->raster->unit.empty() ? "" : " " + shown->raster->unit) : "outside";
  if (const Item* const over = document_.find(document_.look().overlay);
      over != nullptr && over->raster && over->raster->labels) {
    const Vec3 at = over->raster->frame.to_index(world);
    const auto label = value_at(*over->raster, {std::llround(at[0]), std::llround(at[1]), std::llround(at[2]), 0});
    const auto& names = get<LabelMap>(over->data).names;
    if (label && *label > 0) {
      const auto number = static_cast<std::size_t>(*label);
      words.label = number < names.size() && !names[number].empty() ? names[number] : "label " + std::to_string(number);
    }
  }
  return words;
}

std::optional<SlicePresenter::Hit> SlicePresenter::hit(double x_px, double y_px, const ViewSize& size,
                                                       double reach_px) const {
  const Item* const shown = item();
  if (shown == nullptr) return {};
  const double reach = reach_px * size.pixel_ratio;
  std::optional<Hit> edge;
  for (const Measurement& m : document_.measurements()) {
    if (m.item != shown->id || std::abs(dot(m.plane.normal(), plane().normal())) < 0.999) continue;
    const double off = dot(m.plane.centre_mm, plane().normal()) - dot(plane().centre_mm, plane().normal());
    if (std::abs(off) > *std::ranges::min_element(shown->raster->frame.spacing_mm) / 2 + 1e-6) continue;
    std::vector<std::array<double, 2>> at;
    for (const Vec3& p : m.points_mm) at.push_back(to_pixel(p, size));
    for (std::size_t i = 0; i < at.size(); ++i)
      if (std::hypot(at[i][0] - x_px, at[i][1] - y_px) <= reach) return Hit{m.id, static_cast<int>(i)};
    for (std::size_t i = 1; i < at.size(); ++i)
      if (distance_to_segment({x_px, y_px}, at[i - 1], at[i]) <= reach) edge = Hit{m.id, -1};
  }
  return edge;
}

}  // namespace iso::gui
