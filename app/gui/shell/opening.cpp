// Opening: a file, a session, a folder of DICOM; what is refused for its geometry is offered with it accepted.

#include "main_window.h"
#include "view_area.h"

#include "gui/model/session.h"
#include "gui/panels/hints_dialog.h"
#include "gui/panels/series_dialog.h"
#include "gui/presenters/replay_inputs.h"

#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>

namespace iso::gui {
namespace {

bool is_session(const std::filesystem::path& file) { return file.filename().string().ends_with(".isocenter.json"); }

bool is_folder(const std::filesystem::path& file) {
  std::error_code problem;
  return std::filesystem::is_directory(file, problem);
}

std::string join_names(const std::vector<Finding>& findings) {
  std::string names;
  for (const Finding finding : findings) names += (names.empty() ? "" : ",") + std::string{to_string(finding)};
  return names;
}

/// What is shown of the data is made with them, off the desktop's thread.
MainWindow::Opened with_raster(DatasetPtr data, const std::filesystem::path& file) {
  MainWindow::Opened opened{std::move(data), {}, {}};
  opened.record = record_beside(file, *opened.data);
  if (!std::holds_alternative<Table>(*opened.data))
    opened.raster = std::make_shared<const render::Raster>(render::make_raster(opened.data));
  return opened;
}

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
  if (!folder.isEmpty()) choose_series(folder.toStdString(), false);
}

void MainWindow::open_with_hints_dialog() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Open with hints"),
                                                    settings_.value(QStringLiteral("files/folder")).toString());
  if (!file.isEmpty()) open_with_hints(file.toStdString());
}

void MainWindow::open_with_hints(const std::filesystem::path& file) {
  try {
    auto* const dialog = new HintsDialog{desktop_.document(), file, this};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, file] { open_file(file, dialog->hints()); });
    dialog->open();
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void MainWindow::choose_series(const std::filesystem::path& folder, bool straight) {
  auto* const dialog = new SeriesDialog{desktop_.background(), folder, straight, this};
  if (straight)
    statusBar()->showMessage(tr("Looking through %1 ...").arg(QString::fromStdString(folder.filename().string())));
  connect(dialog, &SeriesDialog::failed, this, &MainWindow::tell);
  connect(dialog, &SeriesDialog::chosen, this, [this](const SeriesList::Opening& opening) {
    open_file(opening.file, opening.hints, QString::fromStdString(opening.name));
  });
}

void MainWindow::open_file(const std::filesystem::path& file, std::map<std::string, std::string> hints,
                           const QString& name) {
  if (is_session(file)) return open_session(file);
  if (is_folder(file) && hints.empty() && name.isEmpty()) return choose_series(file, true);
  const QString shown = name.isEmpty() ? QString::fromStdString(file.filename().string()) : name;
  statusBar()->showMessage(tr("Reading %1 ...").arg(shown));
  desktop_.background().run<Opened>(
      [file, options = read_options(hints)] { return with_raster(io::read(file, options), file); },
      [this, file, hints, shown](Opened opened) { take(std::move(opened), file, hints, shown); },
      [this, file, hints, shown](const Error& failure) {
        statusBar()->clearMessage();
        if (failure.code() == Errc::geometry_refused) return offer_to_accept(file, hints, shown, failure);
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::take(Opened opened, const std::filesystem::path& file, const std::map<std::string, std::string>& hints,
                      const QString& name) {
  statusBar()->clearMessage();
  const Metadata meta = metadata(*opened.data);
  log::info("app.gui", "opened a ", to_string(to_kind(*opened.data)));
  desktop_.document().add(name.toStdString(), std::move(opened.data), file, hints, std::move(opened.raster),
                          std::move(opened.record));
  log::debug("app.gui", "opened '", file.string(), "'");
  remember(file);
  if (const auto accepted = meta.find("accepted"); accepted != meta.end())
    tell(tr("'%1' was opened although its geometry is no regular grid: %2.")
             .arg(name, QString::fromStdString(accepted->second)),
         tr("Lengths and volumes measured on it may be wrong."));
  views_->active_view()->setFocus();
}

void MainWindow::offer_to_accept(const std::filesystem::path& file, const std::map<std::string, std::string>& hints,
                                 const QString& name, const Error& refusal) {
  if (property("testing").toBool())  // no question is asked
    return tell(QString::fromUtf8(refusal.what()), QString::fromStdString(refusal.hint()));
  auto* const box = new QMessageBox{QMessageBox::Warning, tr("The geometry was refused"),
                                    QString::fromUtf8(refusal.what()), QMessageBox::NoButton, this};
  box->setObjectName(QStringLiteral("geometry"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(
      tr("Opened all the same, lengths, volumes and reconstructions may be wrong. The data and every record of a job "
         "will say that it was accepted."));
  QPushButton* const accept = box->addButton(tr("Open &all the same"), QMessageBox::AcceptRole);
  box->setDefaultButton(box->addButton(QMessageBox::Cancel));
  connect(box, &QMessageBox::buttonClicked, this, [this, file, hints, name, accept](QAbstractButton* button) {
    if (button == accept) open_accepted(file, hints, name);
  });
  box->open();
}

void MainWindow::open_accepted(const std::filesystem::path& file, std::map<std::string, std::string> hints,
                               const QString& name) {
  statusBar()->showMessage(tr("Reading %1 ...").arg(name));
  struct Accepted {
    Opened opened;
    std::string names;
  };
  desktop_.background().run<Accepted>(
      [file, options = read_options(hints)] {
        io::ReadAllTheSame read = io::read_accepting_findings(file, options);
        return Accepted{with_raster(std::move(read.data), file), join_names(read.accepted)};
      },
      [this, file, hints, name](Accepted accepted) mutable {
        hints["accept_geometry"] = accepted.names;
        take(std::move(accepted.opened), file, hints, name);
      },
      [this](const Error& failure) {
        statusBar()->clearMessage();
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::open_session(const std::filesystem::path& file) {
  if (!may_replace_work(file)) return;
  statusBar()->showMessage(tr("Reading the session ..."));
  std::error_code ignored;
  const auto stamp = std::filesystem::last_write_time(file, ignored);  // before reading: a change during it is seen
  desktop_.background().run<LoadedSession>([file] { return read_session(file); },
                                           [this, file, stamp](LoadedSession loaded) {
                                             statusBar()->clearMessage();
                                             take_session(std::move(loaded), file, stamp);
                                           },
                                           [this](const Error& failure) {
                                             statusBar()->clearMessage();
                                             tell(QString::fromUtf8(failure.what()),
                                                  QString::fromStdString(failure.hint()));
                                           });
}

void MainWindow::take_session(LoadedSession loaded, const std::filesystem::path& file,
                              std::filesystem::file_time_type stamp) {
  QStringList problems;
  for (const std::string& problem : loaded.problems) problems << QString::fromStdString(problem);
  apply(desktop_.document(), std::move(loaded));
  const bool whole = problems.isEmpty();
  // One that lacks something is not saved over: what is missing now would be missing for ever.
  session_file_ = whole ? file : std::filesystem::path{};
  session_stamp_ = stamp;
  session_saved(changes_);
  remember(file);
  if (!whole)
    tell(problems.join('\n'),
         tr("The session on the disk keeps naming what is missing: saving asks for another name."));
}

}  // namespace iso::gui
