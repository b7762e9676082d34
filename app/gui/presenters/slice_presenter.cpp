#include "slice_presenter.h"

#include "gui/model/composite.h"
#include "gui/model/measure.h"
#include "gui/model/slice_turn.h"
#include "gui/model/stack_place.h"
#include "gui/model/words.h"

#include "iso/data/case_names.h"
#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace iso::gui {
namespace {

using render::Raster;

/// Extent of the frame along a direction, voxel edges included.
double extent(const VoxelGrid& frame, const Vec3& direction) {
  double sum = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 along = column(frame.direction, axis);
    sum += std::abs(dot(along, direction)) * frame.spacing_mm[axis] * static_cast<double>(frame.size[axis]);
  }
  return sum;
}

double distance_to_segment(const std::array<double, 2>& p, const std::array<double, 2>& a,
                           const std::array<double, 2>& b) {
  const double dx = b[0] - a[0], dy = b[1] - a[1], squares = dx * dx + dy * dy;
  const double t = squares > 0 ? std::clamp(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squares, 0.0, 1.0) : 0;
  return std::hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

render::Mark to_mark(MeasureKind kind) {
  switch (kind) {
    case MeasureKind::line: return render::Mark::line;
    case MeasureKind::angle: return render::Mark::angle;
    case MeasureKind::rectangle: return render::Mark::rectangle;
    case MeasureKind::ellipse: return render::Mark::ellipse;
    case MeasureKind::polygon: return render::Mark::polygon;
    case MeasureKind::point: return render::Mark::point;
  }
  return render::Mark::line;
}

}  // namespace

SlicePresenter::SlicePresenter(Document& document, render::Orientation orientation, Role role)
    : document_{document}, orientation_{orientation}, role_{role} {}

const Item* SlicePresenter::item() const noexcept {
  const Look& look = document_.look();
  if (role_ == Role::base && document_.preview() != nullptr) return document_.preview();
  const Item* const found = document_.find(role_ == Role::base ? look.layout.base : look.layout.compared);
  return found != nullptr && found->raster ? found : nullptr;
}

bool SlicePresenter::beside() const noexcept {
  return document_.look().layout.arrangement == Arrangement::side_by_side;
}

const Item* SlicePresenter::other() const noexcept {
  if (!beside()) return nullptr;
  const Layout& layout = document_.look().layout;
  const Item* const found = document_.find(role_ == Role::base ? layout.compared : layout.base);
  return found != nullptr && found->raster && found != item() ? found : nullptr;
}

Vec3 SlicePresenter::here_mm() const noexcept {
  const Look& look = document_.look();
  return role_ == Role::base ? look.crosshair.position_mm : add(look.crosshair.position_mm, look.pairing.offset_mm);
}

void SlicePresenter::go_to(const Vec3& here_mm) {
  Look look = document_.look();
  const Vec3 by = subtract(here_mm, this->here_mm());
  if (role_ == Role::compared && !look.pairing.position) {
    look.pairing.offset_mm = add(look.pairing.offset_mm, by);
  } else {
    look.crosshair.position_mm = add(look.crosshair.position_mm, by);
    if (!look.pairing.position) look.pairing.offset_mm = subtract(look.pairing.offset_mm, by);  // the other one stays
  }
  document_.set_look(look);
}

bool SlicePresenter::outside() const {
  const Item* const shown = item();
  if (shown == nullptr) return false;
  const render::Plane here = plane();
  const Vec3 n = here.normal(), middle = shown->raster->frame.centre_mm();
  return std::abs(dot(here_mm(), n) - dot(middle, n)) > extent(shown->raster->frame, n) / 2 + 1e-6;
}

void SlicePresenter::go_to_middle() {
  if (item() == nullptr) return;
  Look look = document_.look();
  const Vec3 by = subtract(item()->raster->frame.centre_mm(), here_mm());
  if (role_ == Role::compared)
    look.pairing.offset_mm = add(look.pairing.offset_mm, by);  // the base stays where it is
  else
    look.crosshair.position_mm = add(look.crosshair.position_mm, by);
  document_.set_look(look);
}

void SlicePresenter::align_centres() {
  const Layout& layout = document_.look().layout;
  const Item *const base = document_.find(layout.base), *const compared = document_.find(layout.compared);
  if (base == nullptr || compared == nullptr || !base->raster || !compared->raster) return;
  Look look = document_.look();
  look.pairing.offset_mm = subtract(compared->raster->frame.centre_mm(), base->raster->frame.centre_mm());
  document_.set_look(look);
}

void SlicePresenter::align_places() {
  Look look = document_.look();
  look.pairing.offset_mm = {};
  document_.set_look(look);
}

/// Of this image, and where both windows change together of the one beside it.
void SlicePresenter::set_display(const render::Display& display, std::string step_name) {
  std::vector<std::pair<ItemId, render::Display>> all{{item()->id, display}};
  if (const Item* const beside = other();
      beside != nullptr && document_.look().pairing.window && !beside->raster->labels) {
    render::Display same = beside->display;
    same.width = display.width;
    same.centre = display.centre;
    same.voi = display.voi;
    all.emplace_back(beside->id, same);
  }
  document_.set_displays(all, std::move(step_name));
}

render::Plane SlicePresenter::plane() const {
  const Item* const shown = item();
  if (shown == nullptr) return {};
  const Look& look = document_.look();
  render::Plane plane = turned_plane(*shown->raster, orientation_, look, here_mm());
  const Camera& camera = look.cameras[static_cast<std::size_t>(orientation_)];
  for (double& part : plane.right) part *= camera.mirrored ? -1 : 1;
  for (double& part : plane.up) part *= camera.upside_down ? -1 : 1;
  // Through the crosshair, but centred on the data: moving the crosshair in the
  // plane does not move the picture.
  const Vec3 middle = shown->raster->frame.centre_mm(), n = plane.normal();
  Vec3 centre = add_scaled(middle, dot(here_mm(), n) - dot(middle, n), n);
  centre = add_scaled(centre, dot(camera.pan_mm, plane.right),
                      plane.right);  // what a plane turned since was moved out of
                                     // itself is left out
  plane.centre_mm = add_scaled(centre, dot(camera.pan_mm, plane.up), plane.up);
  return plane;
}

double SlicePresenter::mm_per_pixel(const ViewSize& size) const {
  const Item* const shown = item();
  if (shown == nullptr) return 1;
  const render::Plane plane = standard_plane(*shown->raster, orientation_, {});
  double fit = std::max(extent(shown->raster->frame, plane.right) / size.width_px,
                        extent(shown->raster->frame, plane.up) / size.height_px);
  if (const Item* const beside = other(); beside != nullptr && beside->raster->anatomical == shown->raster->anatomical)
    fit = std::max({fit, extent(beside->raster->frame, plane.right) / size.width_px,  // both at one scale
                    extent(beside->raster->frame, plane.up) / size.height_px});
  return std::max(1e-9, 1.05 * fit / document_.look().cameras[static_cast<std::size_t>(orientation_)].zoom);
}

render::Layer SlicePresenter::make_layer(const Item& shown) const {
  const std::int64_t frame = std::clamp<std::int64_t>(document_.look().frame, 0, shown.raster->frames - 1);
  if (shows_composite(shown)) return {shown.composite_raster, shown.display, 0, nullptr};
  return {shown.raster, shown.display, frame, working_ && shown.id == working_id_ ? working_ : nullptr};
}

bool SlicePresenter::shows_composite(const Item& shown) const {
  return !shown.composite.empty() && shown.composite_raster && shown.composite_of == shown.composite &&
         std::abs(standard_plane(*shown.raster, orientation_, {}).normal()[2]) > 0.999;
}

/// Whether a figure of the item lies in the plane; on a stack of bands it lies in all of them.
bool SlicePresenter::lies_in(const Measurement& m, const Item& shown, const render::Plane& plane) const {
  const double off = dot(m.plane.centre_mm, plane.normal()) - dot(plane.centre_mm, plane.normal());
  const double half = *std::ranges::min_element(shown.raster->frame.spacing_mm) / 2 + 1e-6;
  return m.item == shown.id && std::abs(dot(m.plane.normal(), plane.normal())) >= 0.999 &&
         (shown.raster->stack || std::abs(off) <= half);
}

const std::string& SlicePresenter::make_caption(const Measurement& measurement, const Item& item) const {
  Caption& kept = captions_[measurement.id];
  if (kept.raster != item.raster || kept.measurement != measurement)
    kept = {measurement, item.raster, caption(document_, measurement)};
  return kept.words;
}

void SlicePresenter::add_figures(render::SlicePicture& picture) const {
  const Item* const shown = item();
  const auto add = [&](const Measurement& m, bool selected) {
    if (!lies_in(m, *shown, picture.plane)) return;
    std::array<double, 3> colour{1, 0.85, 0.2};
    if (shown->raster->stack && m.id != 0) {  // that of its spectrum
      const Rgb own = line_colour(m.id - 1);
      for (std::size_t i = 0; i < 3; ++i) colour[i] = own[i] / 255.0;
    }
    picture.figures.push_back({to_mark(m.kind), m.points_mm, colour, make_caption(m, *shown), selected});
  };
  for (const Measurement& m : document_.measurements())
    if (!draft_ || draft_->id != m.id) add(m, m.id == selected_measurement_);
  if (draft_) add(*draft_, true);
  add_clicks(picture, *shown);
  if (captions_.size() > document_.measurements().size() + 100) captions_.clear();
}

void SlicePresenter::add_clicks(render::SlicePicture& picture, const Item& shown) const {
  if (shown.id != document_.look().layout.base) return;
  const Vec3 n = picture.plane.normal();
  const double half = extent(shown.raster->frame, n) / static_cast<double>(std::max<std::int64_t>(1, slices())) / 2;
  for (const ClickMark& mark : document_.click_marks()) {
    if (std::abs(dot(mark.place_mm, n) - dot(picture.plane.centre_mm, n)) > half + 1e-6) continue;
    using Kind = ClickMark::Kind;
    const render::Mark shape = mark.kind == Kind::adds         ? render::Mark::plus
                               : mark.kind == Kind::takes_away ? render::Mark::minus
                                                               : render::Mark::ring;
    const Rgb colour = line_colour(mark.kind == Kind::adds ? 2 : mark.kind == Kind::takes_away ? 5 : 4);
    picture.figures.push_back(
        {shape, {mark.place_mm}, {colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0}, {}, false});
  }
}

/// "estimated from 24 views by unet", as the result says of itself, wherever it was made; empty for what no network made.
std::string estimate_words(const Item& shown) {
  const auto* const volume = shown.data ? std::get_if<Volume>(shown.data.get()) : nullptr;
  if (volume != nullptr)
    if (const auto said = volume->meta.find("estimate"); said != volume->meta.end()) return said->second;
  return shown.record && !shown.record->models.empty() ? "model-based estimate" : std::string{};
}

/// ", 650.2 nm" of a band that has a centre.
std::string band_words(const Dataset& data, std::int64_t band) {
  const auto* const cube = std::get_if<SpectralCube>(&data);
  if (cube == nullptr || cube->bands.empty()) return {};
  const double centre = cube->bands.at(static_cast<std::size_t>(band));
  return std::isfinite(centre) ? ", " + format_value(centre) + " " + cube->bands.unit : std::string{};
}

/// "\ncase v017" of a slice that is one (iso/data/case_names.h).
std::string case_words(const Item& shown, std::int64_t slice) {
  const auto* const volume = shown.data ? std::get_if<Volume>(shown.data.get()) : nullptr;
  if (volume == nullptr || !volume->meta.contains(case_names_key)) return {};
  const auto names = find_case_names(*volume);
  const auto at = static_cast<std::size_t>(slice);
  return at < names.size() ? "\ncase " + names[at] : std::string{};
}

constexpr double corner_letter_px = 7.2;  ///< mean width of a letter in a corner

void SlicePresenter::add_words(render::SlicePicture& picture, const Item& shown) const {
  const Raster& raster = *shown.raster;
  const render::Display& display = shown.display;
  picture.corners[0] = shown.name;
  if (!shown.raster->anatomical && shown.part == render::Part::phase) picture.corners[0] += " (phase)";
  if (shows_composite(shown))
    picture.corners[1] = shown.composite;
  else if (!raster.labels)
    picture.corners[1] = "W " + format_value(display.width) + "  L " + format_value(display.centre) +
                         (raster.unit.empty() ? "" : " " + raster.unit);
  const std::int64_t count = slices();
  const bool bands = raster.stack && std::abs(plane().normal()[2]) > 0.999;
  if (count > 1)
    picture.corners[2] = (bands ? "band " : "slice ") + std::to_string(slice() + 1) + " / " + std::to_string(count) +
                         (bands ? band_words(*shown.data, slice()) : std::string{});
  if (std::abs(plane().normal()[2]) > 0.999) picture.corners[2] += case_words(shown, slice());
  if (const auto stack = find_stack_place(document_, shown); stack && std::abs(plane().normal()[2]) > 0.999)
    picture.corners[2] = to_text(*stack);
  if (const double by = turned_by_rad(raster, orientation_, document_.look()); by > 1e-3)
    picture.corners[2] = "turned " + std::to_string(std::llround(by * 180 / std::numbers::pi)) + "\u00b0\n" +
                         picture.corners[2];  // narrow views
  if (raster.frames > 1)
    picture.corners[3] = raster.axes[3] + " " +
                         std::to_string(std::min(document_.look().frame, raster.frames - 1) + 1) + " / " +
                         std::to_string(raster.frames);
  picture.badge = estimate_words(shown);
  if (&shown == document_.preview()) picture.badge = "preview: the job is still running";
}

void SlicePresenter::add_layers(render::SlicePicture& picture, const Item& shown) const {
  const Look& look = document_.look();
  picture.layers.push_back(make_layer(shown));
  const auto draw_over = [&](const Item* over) {
    if (over == nullptr || !over->raster || over == &shown || !look.overlay.shown) return;
    render::Layer layer = make_layer(*over);
    layer.display.opacity = look.overlay.opacity * (over->raster->labels ? 1 : over->display.opacity);
    picture.layers.push_back(layer);
  };
  draw_over(document_.find(look.overlay.beneath));
  draw_over(overlay());
  if (range_ && !shown.raster->labels && !shown.raster->colour) {
    render::Layer layer = make_layer(shown);
    layer.display.shown_range = {{range_->low, range_->high}};
    layer.display.opacity = 0.5;
    const auto& c = range_->colour;
    layer.display.palette =
        std::make_shared<const render::Palette>(render::Palette{{0, 0, 0, 0}, {c[0], c[1], c[2], 255}});
    picture.layers.push_back(layer);
  }
}

render::SlicePicture SlicePresenter::picture(const ViewSize& size) const {
  render::SlicePicture picture;
  picture.frame_colour = to_colour(orientation_);
  const Item* const shown = item();
  if (shown == nullptr) {
    picture.letters = picture.scale_bar = false;
    const bool first = role_ == Role::base && orientation_ == render::Orientation::axial;
    if (first && document_.items().empty()) picture.hint = "Open a file, or drop it here";
    if (role_ == Role::compared && document_.find(document_.look().layout.base) != nullptr)
      picture.hint = "Right-click another image in Data and choose \"Compare beside the image\"";
    return picture;
  }
  const Look& look = document_.look();
  picture.plane = plane();
  picture.mm_per_pixel = mm_per_pixel(size);
  add_layers(picture, *shown);
  picture.slab = look.planes.slab;
  picture.slab_mm = look.planes.slab_mm;
  picture.reveal = look.overlay.curtain;
  picture.annotations = picture.letters = picture.scale_bar = look.layout.annotations;
  if (look.crosshair.visible) {
    picture.crosshair_mm = here_mm();
    picture.cross_axes = cross_axes(*shown->raster, orientation_, look);
  }
  add_figures(picture);
  add_words(picture, *shown);
  if (outside()) picture.hint = "The crosshair lies outside this image";
  // In a narrow view the name would run into the window's words.
  const double room = (size.width_px / size.pixel_ratio - 16) / corner_letter_px;
  picture.corners[0] = shortened(picture.corners[0], room - static_cast<double>(picture.corners[1].size()));
  return picture;
}

std::int64_t SlicePresenter::slices() const { return item() == nullptr ? 0 : slice_count(*item()->raster, plane()); }
std::int64_t SlicePresenter::slice() const { return item() == nullptr ? 0 : slice_at(*item()->raster, plane()); }

void SlicePresenter::go_to_slice(std::int64_t target) {
  if (item() == nullptr) return;
  if (shows_composite(*item())) document_.set_composite(item()->id, {});  // who turns to a band wants to see it
  render::Plane here = plane();
  here.centre_mm = here_mm();
  go_to(at_slice(*item()->raster, here, target).centre_mm);
}

void SlicePresenter::scroll(int count) { go_to_slice(slice() + count); }

void SlicePresenter::step_frame(int frames, bool around) {
  const Item* const shown = item();
  if (shown == nullptr) return;
  if (shown->raster->frames < 2) {
    const std::int64_t count = slices(), next = slice() + frames;
    if (count > 1 && around && shown->raster->stack) go_to_slice(((next % count) + count) % count);
    return;
  }
  Look look = document_.look();
  const std::int64_t count = shown->raster->frames, next = look.frame + frames;
  look.frame = around ? ((next % count) + count) % count : std::clamp<std::int64_t>(next, 0, count - 1);
  document_.set_look(look);
}

void SlicePresenter::put_crosshair(double x_px, double y_px, const ViewSize& size) {
  if (item() != nullptr) go_to(to_world(x_px, y_px, size));
}

void SlicePresenter::pan(double dx_px, double dy_px, const ViewSize& size) {
  if (item() == nullptr) return;
  Look look = document_.look();
  const render::Plane here = plane();
  Vec3& pan = look.cameras[static_cast<std::size_t>(orientation_)].pan_mm;
  pan = add_scaled(add_scaled(pan, -dx_px * mm_per_pixel(size), here.right), dy_px * mm_per_pixel(size), here.up);
  document_.set_look(look);
}

void SlicePresenter::zoom(double factor) {
  Look look = document_.look();
  for (Camera& camera : look.cameras) camera.zoom = std::clamp(camera.zoom * factor, 0.1, 100.0);
  document_.set_look(look);
}

void SlicePresenter::turn_planes(double x0_px, double y0_px, double x1_px, double y1_px, const ViewSize& size) {
  const Item* const shown = item();
  if (shown == nullptr || !shown->raster->anatomical) return;
  Look look = document_.look();
  const auto [x, y] = to_pixel(here_mm(), size);
  if (std::hypot(x0_px - x, y0_px - y) < 1 || std::hypot(x1_px - x, y1_px - y) < 1) return;
  const double by = std::atan2(y - y1_px, x1_px - x) - std::atan2(y - y0_px, x0_px - x);
  look.planes.turn = turned_about(look.planes.turn, plane().normal(), by);
  document_.set_look(look);
}

void SlicePresenter::straighten() {
  Look look = document_.look();
  look.planes.turn = identity3;
  look.planes.oblique_turn_rad = look.planes.oblique_tilt_rad = 0;
  document_.set_look(look);
}

const Item* SlicePresenter::overlay() const noexcept {
  const Item* const over = document_.find(document_.look().overlay.item);
  return over != nullptr && over->raster && over != item() ? over : nullptr;
}

void SlicePresenter::show_overlay(bool on) {
  Look look = document_.look();
  look.overlay.shown = on;
  document_.set_look(look);
}

void SlicePresenter::fade_overlay(double by) {
  Look look = document_.look();
  look.overlay.opacity = std::clamp(look.overlay.opacity + by, 0.0, 1.0);
  look.overlay.shown = true;
  document_.set_look(look);
}

bool SlicePresenter::on_curtain(double x_px, const ViewSize& size, double reach_px) const {
  const Look& look = document_.look();
  return overlay() != nullptr && look.overlay.shown &&
         std::abs(x_px - look.overlay.curtain * size.width_px) <= reach_px * size.pixel_ratio;
}

void SlicePresenter::draw_curtain(double x_px, const ViewSize& size) {
  Look look = document_.look();
  look.overlay.curtain = std::clamp(x_px / size.width_px, 0.0, 1.0);
  document_.set_look(look);
}

void SlicePresenter::fit() {
  Look look = document_.look();
  look.cameras = {};
  document_.set_look(look);
}

void SlicePresenter::mirror(bool sideways) {
  Look look = document_.look();
  Camera& camera = look.cameras[static_cast<std::size_t>(orientation_)];
  bool& turned_over = sideways ? camera.mirrored : camera.upside_down;
  turned_over = !turned_over;
  document_.set_look(look);
}

Vec3 SlicePresenter::to_world(double x_px, double y_px, const ViewSize& size) const {
  const render::Plane here = plane();
  const double mm = mm_per_pixel(size);
  return add_scaled(add_scaled(here.centre_mm, (x_px - size.width_px / 2.0) * mm, here.right),
                    (size.height_px / 2.0 - y_px) * mm, here.up);
}

std::array<double, 2> SlicePresenter::to_pixel(const Vec3& world_mm, const ViewSize& size) const {
  const render::Plane here = plane();
  const double mm = mm_per_pixel(size);
  const Vec3 from = add_scaled(world_mm, -1, here.centre_mm);
  return {size.width_px / 2.0 + dot(from, here.right) / mm, size.height_px / 2.0 - dot(from, here.up) / mm};
}

Readout SlicePresenter::readout(double x_px, double y_px, const ViewSize& size) const {
  const Item* const shown = item();
  if (shown == nullptr) return {};
  const Vec3 world = to_world(x_px, y_px, size), exact = shown->raster->frame.to_index(world);
  const std::array<std::int64_t, 4> index{std::llround(exact[0]), std::llround(exact[1]), std::llround(exact[2]),
                                          make_layer(*shown).frame};
  Readout words;
  words.at_mm = world;
  words.place = format_position(*shown->raster, world);
  words.index =
      "(" + std::to_string(index[0]) + ", " + std::to_string(index[1]) + ", " + std::to_string(index[2]) + ")";
  const auto value = value_at(*shown->raster, index);
  words.value =
      value ? format_value(*value) + (shown->raster->unit.empty() ? "" : " " + shown->raster->unit) : "outside";
  for (const ItemId id : {document_.look().overlay.beneath, document_.look().overlay.item}) {
    const Item* const over = document_.find(id);
    if (over == nullptr || !over->raster || over->raster->labels || over == shown) continue;
    const Vec3 at = over->raster->frame.to_index(world);
    const auto there = value_at(
        *over->raster, {std::llround(at[0]), std::llround(at[1]), std::llround(at[2]), make_layer(*over).frame});
    words.value +=
        ", " + shortened(over->name, 24) + " " +
        (there ? format_value(*there) + (over->raster->unit.empty() ? "" : " " + over->raster->unit) : "outside");
  }
  if (const Item* const over = document_.find(document_.look().overlay.item);
      over != nullptr && over->raster && over->raster->labels) {
    const Vec3 at = over->raster->frame.to_index(world);
    const auto label = value_at(*over->raster, {std::llround(at[0]), std::llround(at[1]), std::llround(at[2]), 0});
    if (label && *label > 0) words.label = to_label_name(over->label_styles, static_cast<std::uint16_t>(*label));
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
    if (!lies_in(m, *shown, plane())) continue;
    std::vector<std::array<double, 2>> at;
    at.reserve(m.points_mm.size());
    for (const Vec3& p : m.points_mm) at.push_back(to_pixel(p, size));
    for (std::size_t i = 0; i < at.size(); ++i)
      if (std::hypot(at[i][0] - x_px, at[i][1] - y_px) <= reach) return Hit{m.id, static_cast<int>(i)};
    for (std::size_t i = 1; i < at.size(); ++i)
      if (distance_to_segment({x_px, y_px}, at[i - 1], at[i]) <= reach) edge = Hit{m.id, -1};
  }
  return edge;
}

}  // namespace iso::gui
