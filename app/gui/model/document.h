#pragma once

#include "label_styles.h"
#include "signals.h"
#include "undo_stack.h"

#include "render/scene/display.h"
#include "render/scene/plane.h"
#include "render/scene/raster.h"
#include "render/scene/slice_scene.h"

#include "iso/job/record.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The document: open data sets, how they are displayed, measurements, labels, results, and the history. No GUI toolkit.
/// Every change is a method here, is one named undo step, and emits a signal; the journal (`journal.h`) records it. The
/// document is used on one thread, the desktop's. Data sets are constant and other threads may read them.
namespace iso::gui {

using ItemId = std::uint64_t;  ///< never reused in a session; 0 is none

/// One entry of the data tree.
struct Item {
  ItemId id{0};
  std::string name;
  DatasetPtr data;  ///< constant, except that a stroke changes a label map in place if nothing else holds it
  /// The memory of `data`, if that is a label map of this document: strokes write here.
  std::shared_ptr<PixelBuffer> painted;
  std::map<std::uint16_t, std::int64_t> label_counts;  ///< voxels of each label of the data `counted`
  std::weak_ptr<const Dataset> counted;
  std::filesystem::path file;  ///< where it came from or was saved to; empty for a result not saved yet
  bool saved{true};
  bool live{
      false};  ///< a further output of a running interaction, which every answer replaces; the journal leaves it out
  std::optional<job::Record> record;         ///< of a result
  std::map<std::string, std::string> hints;  ///< reader hints ("geometry", "unattenuated", ...)
  render::Display display;
  LabelStyles label_styles;  ///< of a label map: what was given a name, a colour, an eye or a lock
  render::Part part{render::Part::magnitude};
  std::shared_ptr<const render::Raster> raster;  ///< null for a table
  std::string composite;                         ///< a cube as a picture in colours (composite.h); empty: one band
  std::shared_ptr<const render::Raster> composite_raster;  ///< of `composite_of`; null until it has been made
  std::string composite_of;
};

enum class MeasureKind : std::uint8_t { line, angle, rectangle, ellipse, polygon, point };
[[nodiscard]] std::string_view to_string(MeasureKind kind) noexcept;

struct Measurement {
  std::uint64_t id{0};
  ItemId item{0};
  MeasureKind kind{MeasureKind::line};
  std::string name;     ///< "Line 1"
  render::Plane plane;  ///< where it was drawn
  std::vector<Vec3>
      points_mm;  ///< line 2, angle 3 (apex second), rectangle, ellipse 2 opposite corners, polygon n, point 1
  std::int64_t frame{0};
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

/// A click of a running interactive segmentation, or where the task would like the next one.
struct ClickMark {
  enum class Kind : std::uint8_t { adds, takes_away, suggested };
  Vec3 place_mm{};
  Kind kind{Kind::adds};
  friend bool operator==(const ClickMark&, const ClickMark&) = default;
};

enum class Arrangement : std::uint8_t { four_up, one_up, side_by_side };

/// Which views are on the screen, and of what.
struct Layout {
  Arrangement arrangement{Arrangement::four_up};
  int maximised{-1};        ///< view shown alone by a double click; -1: none
  ItemId base{0};           ///< the item in the planes; 0: none
  ItemId compared{0};       ///< beside it in side_by_side; 0: none
  bool time_profile{true};  ///< beside the frames of a series, once a line is drawn on them
  bool annotations{true};
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// The point that all views show.
struct Crosshair {
  Vec3 position_mm{};  ///< LPS
  bool visible{true};
  friend bool operator==(const Crosshair&, const Crosshair&) = default;
};

/// The slice planes through the crosshair, and the slab they average over.
struct SlicePlanes {
  Mat3 turn{identity3};  ///< rotation (LPS) of the three standard planes together about the crosshair
  double oblique_turn_rad{0}, oblique_tilt_rad{0};
  render::Slab slab{render::Slab::none};
  double slab_mm{10};
  friend bool operator==(const SlicePlanes&, const SlicePlanes&) = default;
};

/// How a slice view looks onto its plane.
struct Camera {
  double zoom{1};  ///< 1: the picture fits
  Vec3 pan_mm{};   ///< LPS; the part along the view's right and up counts
  bool mirrored{false}, upside_down{false};
  friend bool operator==(const Camera&, const Camera&) = default;
};

/// The item drawn over the image.
struct Overlay {
  ItemId item{0};     ///< 0: none
  ItemId beneath{0};  ///< between the image and that item: what a map is laid over; 0: none
  bool shown{true};
  double opacity{0.5};
  double curtain{1};  ///< fraction of the view's width, from the left, in which the overlay is drawn
  friend bool operator==(const Overlay&, const Overlay&) = default;
};

/// How the compared image follows the base.
struct Pairing {
  bool position{true};  ///< both crosshairs move together
  bool window{false};   ///< both windows change together
  Vec3 offset_mm{};     ///< the compared image's crosshair from the base's, LPS
  friend bool operator==(const Pairing&, const Pairing&) = default;
};

/// What the views show and how. Session and journal keep it.
struct Look {
  Layout layout;
  Crosshair crosshair;
  std::int64_t frame{0};
  SlicePlanes planes;
  std::array<Camera, 4> cameras;  ///< by view: axial, coronal, sagittal, oblique
  Overlay overlay;
  Pairing pairing;
  friend bool operator==(const Look&, const Look&) = default;
};

class Document {
 public:
  Document();
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Data tree. `add` sets the display (window of the file, else percentiles) and shows the first item. The caller may pass the
  // raster if it made one on the thread that read the data, which takes long for complex data, and the record of the run
  // that wrote the file. `add(Item)` takes the data with all that was made there (`own_labels`); it sets id and display.
  ItemId add(std::string name, DatasetPtr data, std::filesystem::path file,
             std::map<std::string, std::string> hints = {}, std::shared_ptr<const render::Raster> raster = {},
             std::optional<job::Record> record = {});
  // and shows it: an image in the planes, labels over the image that they lie on.
  ItemId add(Item item, bool shown = true);
  /// The same file read in another way, or the same values as another kind: one undo step. Id, name and measurements stay.
  void reread(ItemId id, Item read, const std::string& step_name);
  ItemId add_result(std::string name, DatasetPtr data, const job::Record& record);  ///< one undo step "Result NAME"
  /// All outputs of a job as one step.
  std::vector<ItemId> add_results(const std::vector<std::pair<std::string, DatasetPtr>>& outputs,
                                  const job::Record& record);
  void remove(ItemId id);  ///< undoable
  /// A further output of a running interaction, by no undo step: adds a live item (id 0), or replaces the data of one and keeps
  /// its display. Returns its id; 0, and no change, if the item is gone.
  ItemId show_live(ItemId id, const std::string& name, DatasetPtr data);
  void keep_live(ItemId id);    ///< the interaction has ended: the item is as any other
  void remove_live(ItemId id);  ///< no undo step; nothing for an item that is not live
  void rename(ItemId id, const std::string& name);
  void mark_saved(ItemId id, std::filesystem::path file);
  [[nodiscard]] const Item* find(ItemId id) const noexcept;
  [[nodiscard]] std::span<const std::unique_ptr<Item>> items() const noexcept;
  void select(ItemId id);
  /// Makes an item the base image. The crosshair keeps its position if it is inside the item, else it moves to the middle.
  void show(ItemId id);
  [[nodiscard]] ItemId selected() const noexcept;

  // Display and look. A change of a display is an undo step (a drag is one step); a change of the look is none. Session and
  // journal keep both.
  void set_display(ItemId id, const render::Display& display, std::string step_name = "Window");
  /// Of several items as one step, which a drag extends.
  void set_displays(const std::vector<std::pair<ItemId, render::Display>>& displays, std::string step_name);
  void set_part(ItemId id, render::Part part);
  /// How a cube is shown, as a step of its own; a name of `composite_names`, or empty for its bands.
  void set_composite(ItemId id, const std::string& name);
  /// The picture by that name, once the background has made it; no step. Nothing happens if another is asked for by now.
  void set_composite_raster(ItemId id, const std::string& name, std::shared_ptr<const render::Raster> raster);
  /// Other data of the same kind and size in an item, as a step: a band mask was changed.
  void set_data(ItemId id, DatasetPtr data, std::string step_name);
  void set_look(const Look& look);
  [[nodiscard]] const Look& look() const noexcept;

  /// Shows the intermediate result of a running job in place of the base image. The preview is in no tree and is not saved.
  void set_preview(std::string name, DatasetPtr data);
  void clear_preview();
  [[nodiscard]] const Item* preview() const noexcept;

  /// The clicks on the base image that are drawn; not kept by session or journal.
  void set_click_marks(std::vector<ClickMark> marks);
  [[nodiscard]] std::span<const ClickMark> click_marks() const noexcept;

  // Measurements.
  std::uint64_t add_measurement(Measurement measurement);
  void change_measurement(const Measurement& measurement);
  void remove_measurement(std::uint64_t id);
  [[nodiscard]] std::span<const Measurement> measurements() const noexcept;

  // Labels. `labels.h` paints; here a delta changes the labels of one item as one undo step.
  struct LabelDelta;  ///< run-length coded change of some slices, in both directions
  ItemId add_label_map(ItemId on_grid_of, std::string name);
  /// The table of a label map, as one undo step.
  void set_label_styles(ItemId id, const LabelStyles& styles, std::string step_name);
  /// `on_replay` is called after an undo (false) or redo (true) of this step, when the labels have changed.
  void apply_label_delta(ItemId id, std::shared_ptr<const LabelDelta> delta, std::string step_name,
                         std::function<void(bool forwards)> on_replay = {});
  /// Extends the newest step by a second delta, so that both are one step. False, and no change, if the newest step is not a
  /// done label delta of `id`.
  bool extend_label_delta(ItemId id, const LabelDelta& more);

  [[nodiscard]] UndoStack& undo_stack() noexcept;

  /// Replaces everything by the content of a session file or a journal and clears the history. An item id may denote another
  /// item afterwards, so `restoring` is emitted first.
  void restore(std::vector<Item> items, std::vector<Measurement> measurements, const Look& look, ItemId selected);

  /// Calls `what` at every change that can alter a picture: items, one item, the look, measurements.
  [[nodiscard]] std::vector<Connection> watch(std::function<void()> what);

  Signal<> restoring;           ///< everything is about to be replaced
  Signal<> items_changed;       ///< tree: added, removed, renamed, saved
  Signal<ItemId> item_changed;  ///< display or pixels of one
  Signal<> look_changed, selection_changed, measurements_changed;
  /// A delta was applied to a label map, or undone (forwards = false). The journal writes the delta instead of the map.
  Signal<ItemId, const LabelDelta&, bool> labels_changed;

 private:
  ItemId insert(std::unique_ptr<Item> item, const std::string& step_name, bool opened = false);
  void change_labels(ItemId id, const LabelDelta& delta, bool forwards);
  void show_if_first(ItemId id);
  void show_opened(ItemId id);
  void remove_item(ItemId id);
  void insert_item(const Item& item, std::size_t position);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::gui
