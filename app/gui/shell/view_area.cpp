#include "view_area.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>

namespace iso::gui {

ViewArea::ViewArea(Document& document, Tools& tools, QWidget* parent)
    : QWidget{parent},
      document_{document},
      grid_{new QGridLayout{this}},
      axial_{new SliceView{document, tools, render::Orientation::axial, Role::base, this}},
      sagittal_{new SliceView{document, tools, render::Orientation::sagittal, Role::base, this}},
      coronal_{new SliceView{document, tools, render::Orientation::coronal, Role::base, this}},
      compared_{new SliceView{document, tools, render::Orientation::axial, Role::compared, this}},
      volume_{new VolumeView{document, this}},
      time_{new TimeProfileView{document, this}} {
  grid_->setContentsMargins(2, 2, 2, 2);
  grid_->setSpacing(3);
  axial_->setAccessibleName(tr("Axial slice"));
  sagittal_->setAccessibleName(tr("Sagittal slice"));
  coronal_->setAccessibleName(tr("Coronal slice"));
  compared_->setAccessibleName(tr("Axial slice of the compared image"));
  volume_->setAccessibleName(tr("3-D view"));
  for (SliceView* view : slice_views()) {
    view->setObjectName(view->accessibleName());
    connect(view, &SliceView::hovered, this, &ViewArea::hovered);
    connect(view, &SliceView::message, this, &ViewArea::message);
    connect(view, &SliceView::clicked, this, &ViewArea::clicked);
    connect(view, &SliceView::measured, this, &ViewArea::measured);
    connect(view, &SliceView::menu_asked, this, [this, view](const QPoint& at) { Q_EMIT slice_menu_asked(view, at); });
    connect(view, &SliceView::focused, this, [this, view] {
      last_active_ = view;
      update();
    });
  }
  const std::array<SliceView*, 4> views{axial_, sagittal_, coronal_, compared_};
  for (std::size_t i = 0; i < views.size(); ++i)
    connect(views[i], &SliceView::maximise_asked, this, [this, i] { toggle_maximised(static_cast<int>(i)); });
  connect(volume_, &VolumeView::maximise_asked, this, [this] { toggle_maximised(4); });
  connect(volume_, &VolumeView::menu_asked, this, &ViewArea::volume_menu_asked);
  connect(time_, &TimeProfileView::maximise_asked, this, [this] { toggle_maximised(5); });
  connections_.push_back(document_.look_changed.connect([this] { arrange(); }));
  connections_.push_back(document_.measurements_changed.connect([this] { arrange(); }));
  arrange();
}

std::vector<SliceView*> ViewArea::slice_views() const { return {axial_, sagittal_, coronal_, compared_}; }

SliceView* ViewArea::slice_view(render::Orientation orientation) noexcept {
  if (orientation == render::Orientation::sagittal) return sagittal_;
  if (orientation == render::Orientation::coronal) return coronal_;
  return axial_;
}

SliceView* ViewArea::active_view() {
  for (SliceView* view : slice_views())
    if (view->hasFocus()) return view;
  if (last_active_ != nullptr && last_active_->isVisible()) return last_active_;
  for (SliceView* view : slice_views())
    if (view->isVisible()) return view;
  return axial_;
}

/// A frame about the active view, in the gap between the views, so that it covers no picture.
void ViewArea::paintEvent(QPaintEvent*) {
  if (arranged_.size() < 2) return;
  QPainter painter{this};
  painter.fillRect(active_view()->geometry().adjusted(-2, -2, 2, 2), palette().color(QPalette::Highlight));
}

void ViewArea::refresh_all() {
  for (SliceView* view : slice_views()) view->update();
  volume_->update();
}

void ViewArea::toggle_maximised(int view) {
  Look look = document_.look();
  look.layout.maximised = look.layout.maximised == view ? -1 : view;
  document_.set_look(look);
}

/// One slice only, so that the other planes would show a line.
bool ViewArea::flat() const {
  const Item* const item = axial_->presenter().item();
  if (item == nullptr) return false;
  if (item->raster->stack) return true;  // beside a picture of the scene its bands edge on say little
  const auto& size = item->raster->frame.size;
  return std::ranges::count_if(size, [](std::int64_t n) { return n > 1; }) < 3;
}

void ViewArea::arrange() {
  const Look& look = document_.look();
  const std::array<QWidget*, 6> all{axial_, sagittal_, coronal_, compared_, volume_, time_};
  std::vector<QWidget*> shown;
  if (look.layout.maximised >= 0 && look.layout.maximised < static_cast<int>(all.size()))
    shown = {all[static_cast<std::size_t>(look.layout.maximised)]};
  else if (look.layout.arrangement == Arrangement::one_up ||
           (look.layout.arrangement == Arrangement::four_up && flat()))
    shown = {axial_};  // of a flat image three views would tell nothing
  else if (look.layout.arrangement == Arrangement::side_by_side)
    shown = {axial_, compared_};
  else
    shown = {axial_, sagittal_, coronal_, volume_};
  if (look.layout.maximised < 0 && look.layout.arrangement != Arrangement::side_by_side && look.layout.time_profile &&
      time_profile_line(document_) != nullptr) {
    if (shown.size() == 4)
      shown.back() = time_;
    else
      shown.push_back(time_);
  }
  if (shown == arranged_) return;
  const bool focus_goes = std::ranges::any_of(
      arranged_, [&](QWidget* view) { return view->hasFocus() && std::ranges::find(shown, view) == shown.end(); });
  arranged_ = shown;
  for (QWidget* view : all) {
    grid_->removeWidget(view);
    view->setVisible(false);
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const int row = static_cast<int>(i) / 2, column = static_cast<int>(i) % 2;
    grid_->addWidget(shown[i], row, column);
    shown[i]->setVisible(true);
  }
  for (int i = 0; i < 2; ++i) {
    grid_->setRowStretch(i, i == 0 || shown.size() > 2 ? 1 : 0);
    grid_->setColumnStretch(i, i == 0 || shown.size() > 1 ? 1 : 0);
  }
  if (focus_goes) shown.front()->setFocus();  // keys go on working
  update();
}

}  // namespace iso::gui
