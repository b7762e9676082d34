// What the right button offers in a view, and the bar of window presets.

#include "main_window.h"
#include "view_area.h"

#include "render/scene/volume_scene.h"

#include <QAction>
#include <QMenu>
#include <QToolBar>

namespace iso::gui {
namespace {

/// Presets that a bar has room for; the menu and the keys have all of them.
constexpr char bar_presets[]{'1', '2', '4', '5'};

QString to_name(const render::WindowPreset& preset) {
  return QString::fromLatin1(preset.name.data(), static_cast<qsizetype>(preset.name.size()));
}

}  // namespace

void MainWindow::show_slice_menu(SliceView* view, const QPoint& at) {
  auto* const menu = new QMenu{view};
  menu->setObjectName(QStringLiteral("menu.slice"));
  menu->setAttribute(Qt::WA_DeleteOnClose);
  Document& document = desktop_.document();
  const bool there = view->presenter().item() != nullptr;
  QMenu* const windows = menu->addMenu(tr("Window"));
  windows->setEnabled(there);
  for (const render::WindowPreset& preset : render::window_presets())
    windows->addAction(to_name(preset), view, [view, key = preset.key] { view->presenter().preset(key); });
  windows->addAction(tr("Automatic"), view, [view] { view->presenter().preset('0'); });
  QMenu* const directions = menu->addMenu(tr("Slice direction"));
  for (const auto& [text, orientation] :
       {std::pair{tr("Axial"), render::Orientation::axial}, std::pair{tr("Sagittal"), render::Orientation::sagittal},
        std::pair{tr("Coronal"), render::Orientation::coronal}, std::pair{tr("Oblique"), render::Orientation::oblique}})
    directions->addAction(text, view, [view, orientation = orientation] {
      view->presenter().set_orientation(orientation);
      view->update();
    });
  menu->addSeparator();
  menu->addAction(tr("Reset zoom"), view, [view] { view->presenter().fit(); });
  menu->addAction(tr("Straighten planes"), view, [view] { view->presenter().straighten(); });
  menu->addAction(document.look().layout.maximised >= 0 ? tr("All views") : tr("This view alone"), view,
                  [view] { Q_EMIT view->maximise_asked(); });
  menu->addSeparator();
  const auto toggle = [&](const QString& text, bool on, auto change) {
    QAction* const made = menu->addAction(text, this, [&document, change] {
      Look look = document.look();
      change(look);
      document.set_look(look);
    });
    made->setCheckable(true);
    made->setChecked(on);
  };
  toggle(tr("Crosshair"), document.look().crosshair.visible,
         [](Look& l) { l.crosshair.visible = !l.crosshair.visible; });
  toggle(tr("Words and letters"), document.look().layout.annotations,
         [](Look& l) { l.layout.annotations = !l.layout.annotations; });
  if (document.look().overlay.item != 0)
    toggle(tr("Overlay"), document.look().overlay.shown, [](Look& l) { l.overlay.shown = !l.overlay.shown; });
  if (document.look().layout.arrangement == Arrangement::side_by_side && document.look().layout.compared != 0) {
    menu->addSeparator();
    toggle(tr("Both images move together"), document.look().pairing.position,
           [](Look& l) { l.pairing.position = !l.pairing.position; });
    toggle(tr("Both windows change together"), document.look().pairing.window,
           [](Look& l) { l.pairing.window = !l.pairing.window; });
    menu->addAction(tr("Align centres"), view, [view] { view->presenter().align_centres(); });
    menu->addAction(tr("Align by place in the patient"), view, [view] { view->presenter().align_places(); });
  }
  menu->addSeparator();
  menu->addAction(tr("Save screenshot ..."), this, [this] { save_screenshot(); });
  menu->popup(at);
}

void MainWindow::show_volume_menu(const QPoint& at) {
  VolumeView* const view = views_->volume_view();
  auto* const menu = new QMenu{view};
  menu->setObjectName(QStringLiteral("menu.volume"));
  menu->setAttribute(Qt::WA_DeleteOnClose);
  QMenu* const presets = menu->addMenu(tr("Rendering"));
  for (const render::VolumePreset& preset : render::volume_presets()) {
    QAction* const made = presets->addAction(QString::fromStdString(preset.name), view,
                                             [view, name = preset.name] { view->set_preset(name); });
    made->setCheckable(true);
    made->setChecked(preset.name == view->preset());
  }
  QMenu* const sides = menu->addMenu(tr("Look from"));
  for (const auto& [text, side] :
       {std::pair{tr("Anterior"), 'A'}, std::pair{tr("Posterior"), 'P'}, std::pair{tr("Left"), 'L'},
        std::pair{tr("Right"), 'R'}, std::pair{tr("Superior"), 'S'}, std::pair{tr("Inferior"), 'I'}})
    sides->addAction(text, view, [view, side = side] { view->look_from(side); });
  QAction* const labels =
      menu->addAction(tr("Surfaces of labels"), view, [view] { view->set_labels_shown(!view->labels_shown()); });
  labels->setCheckable(true);
  labels->setChecked(view->labels_shown());
  menu->addAction(tr("Whole volume"), view, [view] { view->set_crop({}); })->setEnabled(!view->crop().whole());
  menu->addAction(tr("Reset the view"), view, [view] { view->reset_eye(); });
  menu->addAction(desktop_.document().look().layout.maximised >= 0 ? tr("All views") : tr("This view alone"), view,
                  [view] { Q_EMIT view->maximise_asked(); });
  menu->popup(at);
}

/// The windows of the View menu; some of them are buttons too.
void MainWindow::add_window_actions() {
  const auto add = [&](const QString& text, const QString& name, const QString& help, char key) {
    QAction* const made =
        window_menu_->addAction(text, this, [this, key] { views_->active_view()->presenter().preset(key); });
    made->setObjectName(QStringLiteral("window.%1").arg(QLatin1Char(key)));
    made->setIconText(name);
    made->setToolTip(help);
  };
  for (const render::WindowPreset& preset : render::window_presets()) {
    const QString name = QString::fromLatin1(preset.name.data(), static_cast<qsizetype>(preset.name.size()));
    add(tr("%1  %2/%3\t%4").arg(name).arg(preset.width).arg(preset.centre).arg(QLatin1Char(preset.key)),
        to_name(preset),
        tr("Shows the image in a window of %1 about %2 (key %3).")
            .arg(preset.width)
            .arg(preset.centre)
            .arg(QLatin1Char(preset.key)),
        preset.key);
  }
  add(tr("Automatic\t0"), tr("Auto"), tr("Shows the image in the window that suits its values (key 0)."), '0');
}

void MainWindow::make_preset_bar() {
  auto* const bar = addToolBar(tr("Windows"));
  bar->setObjectName(QStringLiteral("bar.windows"));
  bar->setMovable(false);
  for (QAction* const action : window_menu_->actions()) {
    const char key = action->objectName().back().toLatin1();
    if (key == '0' || QByteArrayView{bar_presets, std::size(bar_presets)}.contains(key)) bar->addAction(action);
  }
}

}  // namespace iso::gui
