#pragma once

#include "gui/model/document.h"
#include "render/scene/slice_scene.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iso::gui {

/// The item that a view shows: the base image or the compared one.
enum class Role : std::uint8_t { base, compared };

struct ViewSize {
  int width_px{1}, height_px{1};  ///< device pixels
  double pixel_ratio{1};
};

/// Position and value under the cursor, as text.
struct Readout {
  std::string place;            ///< "R 17.6, P 35.3, S 12.1 mm"; "u 12.0, view 45.0" of raw data
  std::string index;            ///< "(256, 133, 12)"
  std::string value;            ///< "-994 HU"
  std::string label;            ///< "liver" or "label 3"; empty without labels
  std::optional<Vec3> at_mm{};  ///< nothing away from an image
};

/// Logic of one slice view without a GUI toolkit: makes the picture from the document, and changes of the document from gestures.
/// Pixel coordinates are device pixels from the top left.
class SlicePresenter {
 public:
  SlicePresenter(Document& document, render::Orientation orientation, Role role = Role::base);

  [[nodiscard]] render::SlicePicture picture(const ViewSize& size) const;
  [[nodiscard]] render::Orientation orientation() const noexcept { return orientation_; }
  void set_orientation(render::Orientation orientation) noexcept { orientation_ = orientation; }
  [[nodiscard]] Role role() const noexcept { return role_; }
  [[nodiscard]] const Item* item() const noexcept;
  /// The crosshair of this view: the compared image's may stand apart from the base's.
  [[nodiscard]] Vec3 here_mm() const noexcept;
  void go_to(const Vec3& here_mm);
  /// Whether the slice through the crosshair misses the image.
  [[nodiscard]] bool outside() const;
  /// The compared image beside the base: the middle of this image, both middles, or the same place.
  void go_to_middle();
  void align_centres();
  void align_places();

  [[nodiscard]] std::int64_t slices() const;
  [[nodiscard]] std::int64_t slice() const;
  void go_to_slice(std::int64_t slice);
  void scroll(int slices);
  /// Of a series; of a stack without frames, `around` steps through its bands instead.
  void step_frame(int frames, bool around = false);
  void put_crosshair(double x_px, double y_px, const ViewSize& size);

  void pan(double dx_px, double dy_px, const ViewSize& size);
  void zoom(double factor);    ///< all views together
  void fit();                  ///< resets zoom, pan and mirrors
  void mirror(bool sideways);  ///< swaps left and right (sideways) or top and bottom; the orientation letters follow
  /// Turns the crosshair about its middle by the angle between two positions of the mouse: the two other planes become oblique.
  void turn_planes(double x0_px, double y0_px, double x1_px, double y1_px, const ViewSize& size);
  void straighten();  ///< resets all planes to the standard ones

  /// The item over the image, whether it is shown or not; null without one.
  [[nodiscard]] const Item* overlay() const noexcept;
  void show_overlay(bool on);
  void fade_overlay(double by);  ///< opacity from 0 (only the image) to 1 (only the overlay)
  /// The overlay is drawn left of a movable line, the curtain.
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
  [[nodiscard]] std::uint64_t selected_measurement() const noexcept { return selected_measurement_; }
  /// The measurement that the user is drawing: shown, but not in the document yet.
  void set_draft(std::optional<Measurement> draft) { draft_ = std::move(draft); }
  /// Labels of the stroke that the user is drawing; shown in place of those of the label map.
  /// The values that would be painted, drawn in a colour; nothing: none.
  struct RangePreview {
    double low{0}, high{0};
    std::array<std::uint8_t, 3> colour{};
    friend bool operator==(const RangePreview&, const RangePreview&) = default;
  };
  void set_range_preview(std::optional<RangePreview> range) { range_ = range; }
  void set_working_labels(ItemId id, std::shared_ptr<const render::LabelPatch> patch) {
    working_id_ = id;
    working_ = std::move(patch);
  }

 private:
  [[nodiscard]] render::Plane plane() const;
  [[nodiscard]] bool beside() const noexcept;        ///< two images side by side
  [[nodiscard]] const Item* other() const noexcept;  ///< of those two the one that is not here
  void set_display(const render::Display& display, std::string step_name);
  void add_layers(render::SlicePicture& picture, const Item& shown) const;
  [[nodiscard]] double mm_per_pixel(const ViewSize& size) const;
  [[nodiscard]] render::Layer make_layer(const Item& item) const;
  [[nodiscard]] bool shows_composite(const Item& item) const;
  [[nodiscard]] bool lies_in(const Measurement& measurement, const Item& item, const render::Plane& plane) const;
  [[nodiscard]] const std::string& make_caption(const Measurement& measurement, const Item& item) const;
  void add_figures(render::SlicePicture& picture) const;
  void add_clicks(render::SlicePicture& picture, const Item& item) const;
  void add_words(render::SlicePicture& picture, const Item& item) const;

  Document& document_;
  render::Orientation orientation_;
  Role role_;
  std::uint64_t selected_measurement_{0};
  std::optional<Measurement> draft_;
  std::optional<RangePreview> range_;
  struct Caption {
    Measurement measurement;
    std::shared_ptr<const render::Raster> raster;
    std::string words;
  };
  mutable std::map<std::uint64_t, Caption> captions_;  ///< a region's figures take longer than the picture
  ItemId working_id_{0};
  std::shared_ptr<const render::LabelPatch> working_;
};

}  // namespace iso::gui
