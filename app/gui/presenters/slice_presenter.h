#pragma once

#include "document.h"

#include "render/scene/slice_scene.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iso::gui {

/// Which item of the look a view shows.
enum class Role : std::uint8_t { base, compared };

struct ViewSize {
  int width_px{1}, height_px{1};  ///< device pixels
  double pixel_ratio{1};
};

/// What stands under the cursor, in words.
struct Readout {
  std::string place;  ///< "R 17.6, P 35.3, S 12.1 mm"; "u 12.0, view 45.0" of raw data
  std::string index;  ///< "(256, 133, 12)"
  std::string value;  ///< "-994 HU"
  std::string label;  ///< "liver" or "label 3"; empty without labels
};

/// One slice view without a toolkit: turns the document into a picture, and gestures into changes of the document.
/// Pixels are device pixels from the top left.
class SlicePresenter {
 public:
  SlicePresenter(Document& document, render::Orientation orientation, Role role = Role::base);

  [[nodiscard]] render::SlicePicture picture(const ViewSize& size) const;
  [[nodiscard]] render::Orientation orientation() const noexcept { return orientation_; }
  void set_orientation(render::Orientation orientation) noexcept { orientation_ = orientation; }
  [[nodiscard]] Role role() const noexcept { return role_; }
  [[nodiscard]] const Item* item() const noexcept;

  [[nodiscard]] std::int64_t slices() const;
  [[nodiscard]] std::int64_t slice() const;
  void go_to_slice(std::int64_t slice);
  void scroll(int slices);
  void step_frame(int frames, bool around = false);
  void put_crosshair(double x_px, double y_px, const ViewSize& size);

  void pan(double dx_px, double dy_px, const ViewSize& size);
  void zoom(double factor);
  void fit();                  ///< zoom, pan and mirrors as they were at first
  void mirror(bool sideways);  ///< left for right, else top for bottom; the letters follow
  /// Turns the crosshair with the mouse about its middle: the other two planes
  /// become oblique, this one stays.
  void turn_planes(double x0_px, double y0_px, double x1_px, double y1_px, const ViewSize& size);
  void straighten();  ///< takes every turn back

  /// The item over the image, whether it is shown or not; null without one.
  [[nodiscard]] const Item* overlay() const noexcept;
  void show_overlay(bool on);
  void fade_overlay(double by);  ///< opacity from 0 (only the image) to 1 (only the overlay)
  /// The overlay is seen left of a line, the curtain, that can be drawn aside.
  [[nodiscard]] bool on_curtain(double x_px, const ViewSize& size, double reach_px = 5) const;
  void draw_curtain(double x_px, const ViewSize& size);

  /// Slicer's directions: right is wider, up is higher.
  void drag_window(double dx_px, double dy_px);
  void preset(char key);  ///< '1' to '9'; '0' automatic
  void window_from_box(double x0, double y0, double x1, double y1, const ViewSize& size);
  void reset_window();
  void invert();

  [[nodiscard]] Vec3 to_world(double x_px, double y_px, const ViewSize& size) const;
  [[nodiscard]] std::array<double, 2> to_pixel(const Vec3& world_mm, const ViewSize& size) const;
  [[nodiscard]] Readout readout(double x_px, double y_px, const ViewSize& size) const;
  /// The measurement with a point or an edge within `reach_px`, and the point hit (-1: an edge).
  struct Hit {
    std::uint64_t measurement{0};
    int point{-1};
  };
  [[nodiscard]] std::optional<Hit> hit(double x_px, double y_px, const ViewSize& size, double reach_px = 8) const;

  void select_measurement(std::uint64_t id) noexcept { selected_measurement_ = id; }
  /// A measurement being drawn; shown, not yet in the document.
  void set_draft(std::optional<Measurement> draft) { draft_ = std::move(draft); }
  /// What a stroke in the making has changed, drawn in place of the label map's own.
  void set_working_labels(ItemId id, std::shared_ptr<const render::LabelPatch> patch) {
    working_id_ = id;
    working_ = std::move(patch);
  }

 private:
  [[nodiscard]] render::Plane plane() const;
  [[nodiscard]] double mm_per_pixel(const ViewSize& size) const;
  [[nodiscard]] render::Layer layer_of(const Item& item) const;
  [[nodiscard]] const std::string& caption_of(const Measurement& measurement, const Item& item) const;
  void add_figures(render::SlicePicture& picture) const;
  void add_words(render::SlicePicture& picture, const Item& item) const;

  Document& document_;
  render::Orientation orientation_;
  Role role_;
  std::uint64_t selected_measurement_{0};
  std::optional<Measurement> draft_;
  struct Caption {
    Measurement measurement;
    std::shared_ptr<const render::Raster> raster;
    std::string words;
  };
  mutable std::map<std::uint64_t, Caption> captions_;  ///< a region's figures take longer than the picture
  ItemId working_id_{0};
  std::shared_ptr<const render::LabelPatch> working_;
};

/// "R 17.6, P 35.3, S 12.1 mm"
/// With an ellipsis in the middle where it has more letters; empty where even that has no room.
[[nodiscard]] std::string shortened(const std::string& words, double letters);
[[nodiscard]] std::string place_in_words(const render::Raster& raster, const Vec3& world_mm);
/// Four significant digits, no exponent where it can be helped.
[[nodiscard]] std::string number_in_words(double value);

}  // namespace iso::gui
