// Opening and saving: everything of the main window that touches files, each on a thread of its own.

#include "main_window.h"

#include "gui/jobs/provenance_dialog.h"
#include "gui/presenters/session.h"
#include "view_area.h"

#include "iso/io/registry.h"

#include <QApplication>
#include <QFileDialog>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>

#include <fstream>

namespace iso::gui {
namespace {

constexpr int most_recent = 10;

void save_pixmap(const QImage& picture, const std::filesystem::path& file) {
  io::write_atomically(file, true, [&](const std::filesystem::path& temporary) {
    if (!picture.save(QString::fromStdString(temporary.string()), "PNG"))
      throw Error{Errc::cannot_write, "the picture '" + file.string() + "' cannot be written", "is the disk full?"};
  });
}

bool is_session(const std::filesystem::path& file) { return file.filename().string().ends_with(".isocenter.json"); }

}  // namespace

void MainWindow::open_dialog() {
  QStringList patterns;
  for (const auto& handler : io::handlers())
    if (!handler->format().reads.empty())
      for (const std::string& extension : handler->format().extensions)
        patterns << QStringLiteral("*") + QString::fromStdString(extension);
  patterns.removeDuplicates();
  const QString folder = settings_.value(QStringLiteral("files/folder")).toString();
  const QStringList files = QFileDialog::getOpenFileNames(
      this, tr("Open"), folder,
      tr("Images and scans (%1);;Sessions (*.isocenter.json);;All files (*)").arg(patterns.join(' ')));
  for (const QString& file : files) open_file(file.toStdString());
}

void MainWindow::open_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open DICOM folder"),
                                                           settings_.value(QStringLiteral("files/folder")).toString());
  if (!folder.isEmpty()) open_file(folder.toStdString());
}

void MainWindow::open_file(const std::filesystem::path& file, std::map<std::string, std::string> hints) {
  if (is_session(file)) return open_session(file);
  io::ReadOptions options;
  options.hints = hints;
  if (const auto geometry = options.hints.find("geometry"); geometry != options.hints.end()) {
    options.geometry = geometry->second;
    options.hints.erase(geometry);
  }
  statusBar()->showMessage(tr("Reading %1 ...").arg(QString::fromStdString(file.filename().string())));
  struct Read {
    DatasetPtr data;
    std::shared_ptr<const render::Raster> raster;
  };
  desktop_.background().run<Read>(
      [file, options] {
        Read read{io::read(file, options), {}};
        if (!std::holds_alternative<Table>(*read.data))
          read.raster = std::make_shared<const render::Raster>(render::raster_of(read.data));
        return read;
      },
      [this, file, hints](Read read) {
        statusBar()->clearMessage();
        desktop_.document().add(file.filename().string(), std::move(read.data), file, hints, std::move(read.raster));
        remember(file);
        views_->active_view()->setFocus();
      },
      [this, file, hints](const Error& failure) {
        statusBar()->clearMessage();
        if (failure.code() != Errc::geometry_refused || property("testing").toBool())
          return tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::open_session(const std::filesystem::path& file) {
  statusBar()->showMessage(tr("Reading the session ..."));
  desktop_.background().run<LoadedSession>([file] { return read_session(file); },
                                           [this, file](LoadedSession loaded) {
                                             statusBar()->clearMessage();
                                             QStringList problems;
                                             for (const std::string& problem : loaded.problems)
                                               problems << QString::fromStdString(problem);
                                             apply(desktop_.document(), std::move(loaded));
                                             session_file_ = file;
                                             remember(file);
                                             refresh_title();
                                             if (!problems.isEmpty()) tell(problems.join('\n'));
                                           },
                                           [this](const Error& failure) {
                                             tell(QString::fromUtf8(failure.what()),
                                                  QString::fromStdString(failure.hint()));
                                           });
}

void MainWindow::save_session(const std::filesystem::path& file) {
  struct Done {};
  const auto writing = std::make_shared<SessionWriting>(prepare_session(desktop_.document(), file));
  desktop_.background().run<Done>(
      [writing] {
        write_session(*writing);
        return Done{};
      },
      [this, file](Done) {
        session_file_ = file;
        remember(file);
        refresh_title();
        statusBar()->showMessage(tr("Session saved"), 4000);
      },
      [this](const Error& failure) {
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::save_session_dialog() {
  QString file = QFileDialog::getSaveFileName(
      this, tr("Save session"),
      settings_.value(QStringLiteral("files/folder")).toString() + QStringLiteral("/work.isocenter.json"),
      tr("Sessions (*.isocenter.json)"));
  if (file.isEmpty()) return;
  if (!file.endsWith(QStringLiteral(".isocenter.json"))) file += QStringLiteral(".isocenter.json");
  save_session(file.toStdString());
}

void MainWindow::save_item_dialog(ItemId id) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr) return;
  QStringList filters;
  const Kind kind = kind_of(*item->data);
  for (const auto& handler : io::handlers()) {
    const io::Format& format = handler->format();
    if (std::ranges::find(format.writes, kind) == format.writes.end()) continue;
    filters << QStringLiteral("%1 (*%2)")
                   .arg(QString::fromStdString(format.name), QString::fromStdString(format.extensions.front()));
  }
  const QString start = settings_.value(QStringLiteral("files/folder")).toString() + QLatin1Char('/') +
                        QString::fromStdString(item->name).replace('/', '_');
  const QString file = QFileDialog::getSaveFileName(this, tr("Save as"), start, filters.join(QStringLiteral(";;")));
  if (!file.isEmpty()) save_item(id, file.toStdString(), true);  // the dialog has asked before replacing
}

void MainWindow::save_item(ItemId id, const std::filesystem::path& file, bool overwrite) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr) return;
  struct Done {};
  std::optional<job::Record> record = item->record;
  if (record) {
    for (auto& [port, place] : record->recipe.outputs) place = file.string();
    for (auto& [port, place] : record->recipe.inputs) {
      const std::string prefix = std::string{job::workspace_prefix} + "item-";
      const Item* const input =
          place.starts_with(prefix) ? desktop_.document().find(std::stoull(place.substr(prefix.size()))) : nullptr;
      if (input == nullptr || input->file.empty()) continue;
      place = input->file.string();
      if (!input->hints.empty()) record->recipe.hints[port] = input->hints;
    }
  }
  desktop_.background().run<Done>(
      [data = item->data, file, overwrite, record] {
        io::write(file, *data, {.overwrite = overwrite});
        if (record) write_record(job::record_path(file), *record);
        return Done{};
      },
      [this, id, file](Done) {
        desktop_.document().mark_saved(id, file);
        remember(file);
        statusBar()->showMessage(tr("Saved %1").arg(QString::fromStdString(file.filename().string())), 4000);
      },
      [this](const Error& failure) {
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::save_screenshot() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save screenshot"), QStringLiteral("screenshot.png"),
                                                    tr("Pictures (*.png)"));
  if (file.isEmpty()) return;
  try {
    save_pixmap(views_->grab().toImage(), file.toStdString());
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void MainWindow::export_sweep() {
  SliceView* const view = views_->active_view();
  const std::int64_t count = view->presenter().slices();
  if (count < 1) return tell(tr("There is nothing to export: open an image first."));
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Export every slice into a folder"));
  if (folder.isEmpty()) return;
  const std::int64_t before = view->presenter().slice();
  try {
    for (std::int64_t slice = 0; slice < count; ++slice) {
      view->presenter().go_to_slice(slice);
      const ViewSize size = view->view_size();
      const auto name = QStringLiteral("slice_%1.png").arg(slice + 1, 4, 10, QLatin1Char('0'));
      const render::Bitmap bitmap =
          render::draw(view->presenter().picture(size), size.width_px, size.height_px, size.pixel_ratio);
      io::write_atomically((folder + QLatin1Char('/') + name).toStdString(), true,
                           [&](const std::filesystem::path& temporary) { write_png(bitmap, temporary.string()); });
      statusBar()->showMessage(tr("Exported %1 of %2").arg(slice + 1).arg(count));
      QApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
    }
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
  view->presenter().go_to_slice(before);
}

void MainWindow::show_provenance(ItemId id) {
  if (desktop_.document().find(id) != nullptr)
    (new ProvenanceDialog{desktop_.document(), desktop_.jobs(), id, this})->show();
}

void MainWindow::offer_recovery() {
  const auto found = find_recoveries(desktop_.recovery_parent());
  if (found.empty()) return;
  const Recovery& newest = found.front();
  const QDateTime when = QDateTime::fromSecsSinceEpoch(
      std::chrono::duration_cast<std::chrono::seconds>(newest.last_change.time_since_epoch()).count());
  QMessageBox box{QMessageBox::Question, tr("Work was kept"),
                  tr("Isocenter did not end properly. It kept your work of %1 (%2 images and results).")
                      .arg(QLocale{}.toString(when, QLocale::ShortFormat))
                      .arg(newest.items),
                  QMessageBox::NoButton, this};
  QPushButton* const restore = box.addButton(tr("Restore"), QMessageBox::AcceptRole);
  QPushButton* const drop = box.addButton(tr("Discard"), QMessageBox::DestructiveRole);
  box.addButton(tr("Ask again next time"), QMessageBox::RejectRole);
  box.setDefaultButton(restore);
  box.exec();
  if (box.clickedButton() == drop) return discard(newest);
  if (box.clickedButton() == restore) restore_recovery(newest);
}

void MainWindow::restore_recovery(const Recovery& recovery) {
  desktop_.background().run<LoadedSession>(
      [folder = recovery.folder] { return recover(folder); },
      [this, recovery](LoadedSession loaded) {
        QStringList problems;
        for (const std::string& problem : loaded.problems) problems << QString::fromStdString(problem);
        const bool whole = problems.isEmpty();
        apply(desktop_.document(), std::move(loaded));
        if (Journal* const journal = desktop_.journal(); journal != nullptr) {
          journal->tick();
          struct Done {};
          desktop_.background().run<Done>(
              [journal, recovery, whole] {
                journal->wait_until_written();  // only then is the old copy not needed any more
                if (whole && !journal->take_problem()) discard(recovery);
                return Done{};
              },
              [](Done) {}, [](const Error&) {});
        }
        if (!whole) tell(problems.join('\n'));
      },
      [this](const Error& failure) {
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::remember(const std::filesystem::path& file) {
  const QString name = QString::fromStdString(std::filesystem::absolute(file).string());
  QStringList recent = settings_.value(QStringLiteral("files/recent")).toStringList();
  recent.removeAll(name);
  recent.prepend(name);
  while (recent.size() > most_recent) recent.removeLast();
  settings_.setValue(QStringLiteral("files/recent"), recent);
  settings_.setValue(QStringLiteral("files/folder"),
                     QString::fromStdString(std::filesystem::absolute(file).parent_path().string()));
}

void MainWindow::fill_recent() {
  recent_->clear();
  for (const QString& name : settings_.value(QStringLiteral("files/recent")).toStringList())
    recent_->addAction(name, this, [this, name] { open_file(name.toStdString()); });
  if (recent_->isEmpty()) recent_->addAction(tr("(none yet)"))->setEnabled(false);
}

}  // namespace iso::gui
