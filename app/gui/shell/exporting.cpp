// Pictures for people outside: the views as they are, and every slice of one view.

#include "main_window.h"

#include "view_area.h"

#include "iso/base/file_replacement.h"
#include "iso/io/registry.h"

#include <QApplication>
#include <QBuffer>
#include <QFileDialog>
#include <QStatusBar>

#include <string_view>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

/// "slice_", or "slice-2_" where a folder has pictures of that name already, and so on.
std::string free_series(const fs::path& folder) {
  const auto taken = [&](std::string_view begin) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator{folder, problem})
      if (entry.path().filename().string().starts_with(begin)) return true;
    return false;
  };
  std::string begin = "slice_";
  for (int n = 2; taken(begin); ++n) begin = "slice-" + std::to_string(n) + "_";
  return begin;
}

}  // namespace

void MainWindow::save_screenshot() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save screenshot"), QStringLiteral("screenshot.png"),
                                                    tr("Pictures (*.png)"));
  if (!file.isEmpty()) save_screenshot(file.toStdString());
}

void MainWindow::save_screenshot(const fs::path& file) {
  try {
    const QImage picture = views_->grab().toImage();
    QByteArray bytes;
    QBuffer buffer{&bytes};
    buffer.open(QIODevice::WriteOnly);
    if (!picture.save(&buffer, "PNG"))
      throw Error{Errc::internal, "the picture '" + file.string() + "' cannot be encoded"};
    const std::string_view content{bytes.constData(), static_cast<std::size_t>(bytes.size())};
    replace_file(file, content, ExistingFile::replace);  // the dialog has asked
    statusBar()->showMessage(tr("Saved %1").arg(QString::fromStdString(file.filename().string())), 4000);
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void MainWindow::export_sweep() {
  if (views_->active_view()->presenter().slices() < 1)
    return tell(tr("There is nothing to export: open an image first."));
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Export every slice into a folder"));
  if (!folder.isEmpty()) export_sweep(folder.toStdString());
}

void MainWindow::export_sweep(const fs::path& folder) {
  SliceView* const view = views_->active_view();
  SlicePresenter& shown = view->presenter();
  const auto item = [&] { return shown.item() == nullptr ? ItemId{0} : shown.item()->id; };
  const ItemId exported = item();
  const std::int64_t count = shown.slices(), before = shown.slice();
  const std::string series = free_series(folder);
  std::int64_t done = 0;
  try {
    for (; done < count; ++done) {
      if (item() != exported || shown.slices() != count)
        throw Error{Errc::cancelled, "another image came into the view", "export it again"};
      shown.go_to_slice(done);
      const ViewSize size = view->view_size();
      const auto number = QStringLiteral("%1.png").arg(done + 1, 4, 10, QLatin1Char('0')).toStdString();
      const render::Bitmap bitmap = render::draw(shown.picture(size), size.width_px, size.height_px, size.pixel_ratio);
      io::write_atomically(folder / (series + number), false,
                           [&](const fs::path& temporary) { write_png(bitmap, temporary.string()); });
      statusBar()->showMessage(tr("Exported %1 of %2").arg(done + 1).arg(count));
      QApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
    }
    if (series != "slice_")
      tell(tr("The folder held pictures of that name, so these are called %1 and so on; the others are as they were.")
               .arg(QString::fromStdString(series + "0001.png")));
  } catch (const Error& failure) {
    tell(tr("%1 of %2 slices were exported as %3 and so on: %4.")
             .arg(done)
             .arg(count)
             .arg(QString::fromStdString(series + "0001.png"), QString::fromUtf8(failure.what())),
         QString::fromStdString(failure.hint()));
  }
  if (item() == exported) shown.go_to_slice(before);
}

}  // namespace iso::gui
