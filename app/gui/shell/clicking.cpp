// Interactive segmentation in the main window: its bar above the views, the keys of the views, and click logs.

#include "main_window.h"
#include "view_area.h"

#include "gui/desk/interaction_controller.h"
#include "gui/panels/click_bar.h"

#include "iso/base/text_file.h"
#include "iso/io/registry.h"

#include <QFileDialog>
#include <QSettings>
#include <QStatusBar>
#include <QVBoxLayout>

#include <fstream>

namespace iso::gui {

void MainWindow::make_click_bar(QVBoxLayout* column) {
  auto* const bar = new ClickBar{*interaction_};
  column->insertWidget(column->indexOf(views_), bar);
  connect(bar, &ClickBar::next_slice_shown, this, [this] { views_->active_view()->presenter().scroll(1); });
  const QString folder = QStringLiteral("files/folder"), filter = tr("Clicks (*.json)");
  connect(bar, &ClickBar::open_asked, this, [this, folder, filter] {
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open clicks"), settings_.value(folder).toString(), filter);
    if (!file.isEmpty()) open_clicks(file.toStdString());
  });
  connect(bar, &ClickBar::save_asked, this, [this, folder, filter] {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save clicks"), settings_.value(folder).toString() + QStringLiteral("/clicks.json"), filter);
    if (!file.isEmpty()) save_clicks(file.toStdString());
  });
  for (SliceView* view : views_->findChildren<SliceView*>())
    connect(view, &SliceView::click_asked, this, [this](ViewCommand command) {
      if (command == ViewCommand::take_back) return interaction_->take_back();
      if (!interaction_->abilities().everywhere)
        return statusBar()->showMessage(tr("This method acts on what touches the clicks only"), 4000);
      interaction_->set_on("everywhere", !interaction_->is_on("everywhere"));
    });
}

void MainWindow::save_clicks(const std::filesystem::path& file) {
  try {
    const job::ClickLog log = interaction_->log();
    io::write_atomically(file, true, [&](const std::filesystem::path& temporary) {
      std::ofstream stream{temporary, std::ios::binary};
      stream << job::to_json(log);
      stream.close();
      if (!stream) throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written", "is the disk full?"};
    });
    statusBar()->showMessage(tr("Saved %1").arg(QString::fromStdString(file.filename().string())), 4000);
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void MainWindow::open_clicks(const std::filesystem::path& file) {
  try {
    interaction_->open_log(job::click_log_from_json(read_text_file(file)));
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

}  // namespace iso::gui
