#pragma once

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

/// What the desktop holds, without a toolkit: data, how they are shown, measurements, labels, results and their history.
/// Every change goes through a method here, becomes one named undo step, and is announced; the journal
/// (`journal.h`) listens and writes it down. One thread, the desktop's; data sets are frozen and may be read by others.
namespace iso::gui {

using ItemId = std::uint64_t;  ///< never reused in a session; 0 is none

/// One entry of the data tree.
struct Item {
  ItemId id{0};
  std::string name;
  DatasetPtr data;             ///< frozen; but a stroke changes a label map that nobody else holds where it is
  std::filesystem::path file;  ///< where it came from or was saved to; empty for a result not saved yet
  bool saved{true};
  std::optional<job::Record> record;         ///< of a result
  std::map<std::string, std::string> hints;  ///< what the reader was told ("geometry", "unattenuated", ...)
  render::Display display;
  render::Part part{render::Part::magnitude};
  std::shared_ptr<const render::Raster> raster;  ///< null for a table
};

enum class MeasureKind : std::uint8_t { line, angle, rectangle, ellipse, polygon };
[[nodiscard]] std::string_view to_string(MeasureKind kind) noexcept;

struct Measurement {
  std::uint64_t id{0};
  ItemId item{0};
  MeasureKind kind{MeasureKind::line};
  std::string name;             ///< "Line 1"
  render::Plane plane;          ///< where it was drawn
  std::vector<Vec3> points_mm;  ///< line 2, angle 3 (apex second), rectangle and ellipse 2 opposite corners, polygon n
  std::int64_t frame{0};
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

enum class Layout : std::uint8_t { four_up, one_up, side_by_side };

/// What all views share.
struct Look {
  Layout layout{Layout::four_up};
  int maximised{-1};   ///< view shown alone by a double click; -1: none
  ItemId base{0};      ///< the item in the planes
  ItemId overlay{0};   ///< drawn over it; 0: none
  ItemId compared{0};  ///< beside it in side_by_side
  Vec3 crosshair_mm{};
  bool crosshair_visible{true};
  std::int64_t frame{0};
  double zoom{1};                                 ///< 1: the picture fits
  std::array<Vec3, 4> pan_mm{};                   ///< a view: axial, coronal, sagittal, oblique
  std::array<bool, 4> mirrored{}, upside_down{};  ///< a view, as the pan
  Mat3 turn{identity3};  ///< rotation (LPS) of the three slice planes together about the crosshair
  double oblique_turn_rad{0}, oblique_tilt_rad{0};
  render::Slab slab{render::Slab::none};
  double slab_mm{10};
  double reveal{1}, overlay_opacity{0.5};
  bool overlay_shown{true};
  bool time_profile{true};  ///< beside the frames of a series, once a line is drawn on them
  bool annotations{true};
  friend bool operator==(const Look&, const Look&) = default;
};

class Document {
 public:
  Document();
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Data tree. `add` chooses the display (file's window, else percentiles) and, for the first item, shows it. A raster made
  // by who read the data (on another thread: complex data take their time) is used as it is; a record is that of the run the
  // file was saved from.
  ItemId add(std::string name, DatasetPtr data, std::filesystem::path file,
             std::map<std::string, std::string> hints = {}, std::shared_ptr<const render::Raster> raster = {},
             std::optional<job::Record> record = {});
  ItemId add_result(std::string name, DatasetPtr data, const job::Record& record);  ///< one undo step "Result NAME"
  /// All outputs of a job as one step.
  std::vector<ItemId> add_results(const std::vector<std::pair<std::string, DatasetPtr>>& outputs,
                                  const job::Record& record);
  void remove(ItemId id);  ///< undoable
  void rename(ItemId id, const std::string& name);
  void mark_saved(ItemId id, std::filesystem::path file);
  [[nodiscard]] const Item* find(ItemId id) const noexcept;
  [[nodiscard]] std::span<const std::unique_ptr<Item>> items() const noexcept;
  void select(ItemId id);
  /// Makes an item the image in the planes. The crosshair stays where it is if that lies inside the item, else goes to its middle.
  void show(ItemId id);
  [[nodiscard]] ItemId selected() const noexcept;

  // Looking. Display changes are undoable (drags merge); look changes are not, but are kept in session and journal.
  void set_display(ItemId id, const render::Display& display, std::string step_name = "Window");
  void set_part(ItemId id, render::Part part);
  void set_look(const Look& look);
  [[nodiscard]] const Look& look() const noexcept;

  /// Something shown in place of the base for a while (what a running job has so far): not in the tree, not kept.
  void set_preview(std::string name, DatasetPtr data);
  void clear_preview();
  [[nodiscard]] const Item* preview() const noexcept;

  // Measuring.
  std::uint64_t add_measurement(Measurement measurement);
  void change_measurement(const Measurement& measurement);
  void remove_measurement(std::uint64_t id);
  [[nodiscard]] std::span<const Measurement> measurements() const noexcept;

  // Labels: see labels.h for painting; this replaces the pixels of one item by a delta, as one undo step.
  struct LabelDelta;  ///< run-length coded change of some slices, in both directions
  ItemId add_label_map(ItemId on_grid_of, std::string name);
  /// `beside` is told when the step is undone (false) or redone (true), after the labels have changed.
  void apply_label_delta(ItemId id, std::shared_ptr<const LabelDelta> delta, std::string step_name,
                         std::function<void(bool forwards)> beside = {});
  /// More of what the newest step began, if that is a label delta of `id` and done: both become one step. False if it is not.
  bool extend_label_delta(ItemId id, const LabelDelta& more);

  [[nodiscard]] UndoStack& undo_stack() noexcept;

  /// Everything replaced by what a session file or a journal held; the history starts anew. Numbers of items may mean others
  /// afterwards, so `restoring` is told first.
  void restore(std::vector<Item> items, std::vector<Measurement> measurements, const Look& look, ItemId selected);

  /// Calls `what` whenever something changes that a picture may show: items, one of them, the look, measurements.
  [[nodiscard]] std::vector<Connection> watch(std::function<void()> what);

  Signal<> restoring;           ///< everything is about to be replaced
  Signal<> items_changed;       ///< tree: added, removed, renamed, saved
  Signal<ItemId> item_changed;  ///< display or pixels of one
  Signal<> look_changed, selection_changed, measurements_changed;
  /// What a stroke (or its undo: not forwards) changed; the journal writes this instead of the whole map.
  Signal<ItemId, const LabelDelta&, bool> labels_changed;

 private:
  ItemId insert(std::unique_ptr<Item> item, const std::string& step_name);
  void change_labels(ItemId id, const LabelDelta& delta, bool forwards);
  void show_if_first(ItemId id);
  void take_out(ItemId id);
  void put_back(const Item& item, std::size_t position);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::gui
