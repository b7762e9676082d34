// Spectra of a cube in the main window: their dock, which comes with the first cube, and their actions.

#include "main_window.h"
#include "view_area.h"

#include "gui/panels/spectra_panel.h"

#include <QAction>
#include <QDockWidget>
#include <QMenu>

namespace iso::gui {

void MainWindow::make_spectra_dock() {
  spectra_ = new SpectraPanel{desktop_};
  QDockWidget* const dock = add_dock("dock.spectra", tr("Spectra"), spectra_, Qt::BottomDockWidgetArea);
  for (QDockWidget* other : findChildren<QDockWidget*>())
    if (other != dock && dockWidgetArea(other) == Qt::BottomDockWidgetArea) {
      tabifyDockWidget(other, dock);
      break;
    }
  dock->hide();  // until there is a cube
  connect(spectra_, &SpectraPanel::cube_shown, this, [dock] {
    dock->show();
    dock->raise();
  });
  connect(spectra_, &SpectraPanel::problem, this, &MainWindow::tell);
  connect(spectra_, &SpectraPanel::play_asked, this, [this] { action(QStringLiteral("view.cine"))->trigger(); });
  connect(spectra_, &SpectraPanel::save_asked, this, &MainWindow::save_item_dialog);
  connect(views_, &ViewArea::hovered, spectra_, &SpectraPanel::hover);
}

void MainWindow::make_spectra_actions(QMenu* menu) {
  add_action(menu, "spectra.pin", tr("&Pin the spectrum under the pointer"), QKeySequence{QStringLiteral("P")},
             [this] { spectra_->pin(); });
  menu->addSeparator();
}

}  // namespace iso::gui
