// Saving and recovering: what the main window does with files besides opening them, each on a thread of its own.

#include "main_window.h"

#include "gui/model/data_places.h"
#include "gui/model/known_files.h"
#include "gui/model/session.h"
#include "gui/panels/provenance_dialog.h"
#include "gui/presenters/saved_name.h"

#include "iso/io/input_files.h"
#include "iso/io/registry.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>

#include <fstream>
#include <optional>
#include <utility>

namespace iso::gui {
namespace {

constexpr int most_recent = 10;

/// When the file was last written; none if it is not there.
std::optional<std::filesystem::file_time_type> changed_at(const std::filesystem::path& file) {
  std::error_code problem;
  const auto when = std::filesystem::last_write_time(file, problem);
  return problem ? std::nullopt : std::optional{when};
}

}  // namespace

void MainWindow::save_session(const std::filesystem::path& file) {
  struct Done {};
  if (file == session_file_ && session_stamp_ && changed_at(file) && changed_at(file) != session_stamp_ &&
      !may_replace_session(file)) {
    after_saving_ = {};
    return;
  }
  const auto writing = std::make_shared<SessionWriting>(prepare_session(desktop_.document(), file));
  desktop_.background().run<Done>(
      [writing] {
        write_session(*writing);
        return Done{};
      },
      [this, file, changes = changes_](Done) {
        session_file_ = file;
        session_stamp_ = changed_at(file);
        session_saved(changes);
        remember(file);
        statusBar()->showMessage(tr("Session saved"), 4000);
        if (const auto then = std::exchange(after_saving_, {})) then();
      },
      [this](const Error& failure) {
        after_saving_ = {};
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

/// Another desktop, or another person, saved the same session meanwhile: theirs is not replaced without a question.
bool MainWindow::may_replace_session(const std::filesystem::path& file) {
  const QString sentence = tr("The session '%1' was changed by another program since it was opened here.")
                               .arg(QString::fromStdString(file.filename().string()));
  if (property("testing").toBool()) {
    tell(sentence, tr("Save it under another name."));
    return false;
  }
  return QMessageBox::warning(this, tr("Save session"),
                              sentence + tr("\nReplace what was saved there? Save as ... keeps both."),
                              QMessageBox::Save | QMessageBox::Cancel, QMessageBox::Cancel) == QMessageBox::Save;
}

void MainWindow::save_session_dialog() {
  QString file = QFileDialog::getSaveFileName(
      this, tr("Save session"),
      settings_.value(QStringLiteral("files/folder")).toString() + QStringLiteral("/work.isocenter.json"),
      tr("Sessions (*.isocenter.json)"));
  if (file.isEmpty()) {
    after_saving_ = {};
    return;
  }
  if (!file.endsWith(QStringLiteral(".isocenter.json"))) file += QStringLiteral(".isocenter.json");
  save_session(file.toStdString());
}

void MainWindow::save_item_dialog(ItemId id) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr) return;
  QStringList filters;
  std::vector<std::string> own, all;  // endings: the first of each format that can hold it, and all there are
  const Kind kind = to_kind(*item->data);
  for (const auto& handler : io::handlers()) {
    const io::Format& format = handler->format();
    all.insert(all.end(), format.extensions.begin(), format.extensions.end());
    if (std::ranges::find(format.writes, kind) == format.writes.end()) continue;
    own.push_back(format.extensions.front());
    filters << QStringLiteral("%1 (*%2)").arg(QString::fromStdString(format.name), QString::fromStdString(own.back()));
  }
  const std::string offered = own.empty() ? std::string{} : own.front();
  const QString start = settings_.value(QStringLiteral("files/folder")).toString() + QLatin1Char('/') +
                        QString::fromStdString(offered_name(item->name, all) + offered);
  QString filter = filters.value(0);
  const QString file =
      QFileDialog::getSaveFileName(this, tr("Save as"), start, filters.join(QStringLiteral(";;")), &filter);
  if (file.isEmpty()) return;
  const auto at = filters.indexOf(filter);
  const SavedName name =
      to_saved_name(file.toStdString(), at < 0 ? offered : own[static_cast<std::size_t>(at)], offered, all);
  save_item(id, name.file, name.as_typed);  // the dialog has asked before replacing what was typed
}

void MainWindow::save_item(ItemId id, const std::filesystem::path& file, bool overwrite) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr) return;
  struct Done {
    bool whole;
  };
  std::optional<job::Record> record = item->record;
  if (record) {
    for (auto& [port, place] : record->recipe.outputs) place = file.string();
    record->recipe = job::relative_to(with_files(std::move(record->recipe), desktop_.document()),
                                      std::filesystem::absolute(file).parent_path().string());
  }
  std::vector<std::filesystem::path> others;  // what other items were read from is not replaced
  for (const auto& other : desktop_.document().items())
    if (other->id != id && !other->file.empty() && other->file != item->file) others.push_back(other->file);
  desktop_.background().run<Done>(
      [data = with_styles(item->data, item->label_styles), file, overwrite, record, others] {
        io::InputFiles inputs;
        for (const auto& other : others) inputs.add(other);
        inputs.refuse(file, "the file");
        if (const io::Handler* const handler = io::handler_for_writing(file); handler != nullptr)
          for (const auto& companion : handler->companions(file)) inputs.refuse(companion, "the file");
        io::write(file, *data, {.overwrite = overwrite});
        if (record) write_record(job::record_path(file), *record);
        return Done{gives_back(file, *data)};
      },
      [this, id, file](Done done) {
        remember(file);
        if (!done.whole)
          return tell(tr("Saved %1. It does not hold all of the data, which therefore still count as not saved.")
                          .arg(QString::fromStdString(file.filename().string())),
                      tr("Save them as .h5 or .mha, too, or save the session."));
        desktop_.document().mark_saved(id, file);
        statusBar()->showMessage(tr("Saved %1").arg(QString::fromStdString(file.filename().string())), 4000);
      },
      [this](const Error& failure) {
        tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void MainWindow::show_provenance(ItemId id) {
  if (desktop_.document().find(id) != nullptr) (new ProvenanceDialog{desktop_, id, this})->show();
}

void MainWindow::offer_recovery() {
  const auto found = find_recoveries(desktop_.recovery_parent());
  if (found.empty()) return;
  const Recovery& newest = found.front();
  const QDateTime when = QDateTime::fromSecsSinceEpoch(
      std::chrono::duration_cast<std::chrono::seconds>(newest.last_change.time_since_epoch()).count());
  QMessageBox box{
      QMessageBox::Question, tr("Work was kept"),
      tr("Isocenter did not end properly. It kept your work of %1 (%2).")
          .arg(QLocale{}.toString(when, QLocale::ShortFormat))
          .arg(newest.items == 1 ? tr("one image or result") : tr("%1 images and results").arg(newest.items)),
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
  desktop_.background().run<LoadedSession>([folder = recovery.folder] { return recover(folder); },
                                           [this, recovery](LoadedSession loaded) {
                                             QStringList problems;
                                             for (const std::string& problem : loaded.problems)
                                               problems << QString::fromStdString(problem);
                                             const bool whole = problems.isEmpty();
                                             apply(desktop_.document(), std::move(loaded));
                                             if (Journal* const journal = desktop_.journal(); journal != nullptr) {
                                               journal->tick();
                                               struct Done {};
                                               desktop_.background().run<Done>(
                                                   [journal, recovery, whole] {
                                                     // Only then is the old copy not needed any more.
                                                     if (journal->wait_until_written() && whole) discard(recovery);
                                                     return Done{};
                                                   },
                                                   [](Done) {}, [](const Error&) {});
                                             }
                                             if (!whole) tell(problems.join('\n'));
                                           },
                                           [this](const Error& failure) {
                                             tell(QString::fromUtf8(failure.what()),
                                                  QString::fromStdString(failure.hint()));
                                           });
}

void MainWindow::remember(const std::filesystem::path& file) {
  const QString name = QString::fromStdString(std::filesystem::absolute(file).string());
  settings_.sync();  // a second desktop may have opened files meanwhile
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
  QStringList gone;
  for (const QString& name : settings_.value(QStringLiteral("files/recent")).toStringList()) {
    // Asked of the disk only now; a file that is gone stays in the list, because its disk may come back.
    const bool there = QFileInfo::exists(name);
    QAction* const made = recent_->addAction(there ? name : tr("%1 (not there)").arg(name), this,
                                             [this, name] { open_file(name.toStdString()); });
    made->setEnabled(there);
    if (!there) gone << name;
  }
  if (recent_->isEmpty()) recent_->addAction(tr("(none yet)"))->setEnabled(false);
  if (gone.isEmpty()) return;
  recent_->addSeparator();
  recent_->addAction(tr("Forget those that are not there"), this, [this, gone] {
    QStringList rest = settings_.value(QStringLiteral("files/recent")).toStringList();
    for (const QString& name : gone) rest.removeAll(name);
    settings_.setValue(QStringLiteral("files/recent"), rest);
  });
}

}  // namespace iso::gui
