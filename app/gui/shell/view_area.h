#pragma once

#include "gui/views/slice_view.h"
#include "gui/views/time_profile_view.h"
#include "gui/views/volume_view.h"

#include <QWidget>

#include <array>
#include <functional>
#include <vector>

class QGridLayout;

namespace iso::gui {

/// The views in their layouts: 2 x 2, one alone, or two volumes side by side; beside the frames of a series, in place of the
/// volume, the time profile of a line drawn on them. A double click maximises a view and brings
/// the others back.
class ViewArea : public QWidget {
  Q_OBJECT
 public:
  ViewArea(Document& document, Tools& tools, QWidget* parent = nullptr);
  /// axial, sagittal, coronal
  [[nodiscard]] SliceView* slice_view(render::Orientation orientation) noexcept;
  [[nodiscard]] SliceView* compared_view() noexcept { return compared_; }
  [[nodiscard]] VolumeView* volume_view() noexcept { return volume_; }
  [[nodiscard]] TimeProfileView* time_view() noexcept { return time_; }
  [[nodiscard]] std::vector<SliceView*> slice_views() const;
  [[nodiscard]] SliceView* active_view();  ///< the one that had the focus last and is visible; it has a frame
  void refresh_all();

 Q_SIGNALS:
  void hovered(const iso::gui::Readout& words);
  void message(const QString& sentence);
  void clicked(const iso::Vec3& world_mm, bool positive);
  void measured(std::uint64_t measurement);
  void slice_menu_asked(iso::gui::SliceView* view, const QPoint& global);
  void volume_menu_asked(const QPoint& global);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void arrange();
  [[nodiscard]] bool flat() const;
  void toggle_maximised(int view);
  Document& document_;
  QGridLayout* grid_;
  SliceView *axial_, *sagittal_, *coronal_, *compared_;
  VolumeView* volume_;
  TimeProfileView* time_;
  std::vector<QWidget*> arranged_;
  SliceView* last_active_{nullptr};
  std::vector<Signal<>::Connection> connections_;
};

}  // namespace iso::gui
