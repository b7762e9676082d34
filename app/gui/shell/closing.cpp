// What would be lost by closing, and the question about it.

#include "main_window.h"

#include "gui/panels/data_panel.h"

#include <QMessageBox>
#include <QPushButton>

namespace iso::gui {

void MainWindow::follow_changes() {
  Document& document = desktop_.document();
  const auto changed = [this] {
    ++changes_;
    refresh_title();
  };
  connections_.push_back(document.items_changed.connect(changed));
  connections_.push_back(document.measurements_changed.connect([this, changed] {
    measures_changed_ = true;
    changed();
  }));
  item_connection_ = document.item_changed.connect([changed](ItemId) { changed(); });
}

void MainWindow::session_saved(std::uint64_t changes) {
  saved_changes_ = changes;
  if (changes == changes_) measures_changed_ = false;
  refresh_title();
}

QString MainWindow::unsaved_work() const {
  if (!session_file_.empty() && saved_changes_ == changes_) return {};
  std::size_t unsaved = 0;
  for (const auto& item : desktop_.document().items()) unsaved += !item->saved;
  const std::size_t measures = measures_changed_ ? desktop_.document().measurements().size() : 0;
  QStringList sentences;
  if (unsaved == 1) sentences << tr("One result or label map is not saved.");
  if (unsaved > 1) sentences << tr("%1 results or label maps are not saved.").arg(unsaved);
  if (measures == 1) sentences << tr("One measurement is not saved in a session.");
  if (measures > 1) sentences << tr("%1 measurements are not saved in a session.").arg(measures);
  return sentences.join(QLatin1Char('\n'));
}

void MainWindow::refresh_title() {
  const QString name = session_file_.empty()
                           ? tr("Isocenter")
                           : QString::fromStdString(session_file_.filename().string()) + tr(" \u2013 Isocenter");
  setWindowTitle(name + QStringLiteral("[*]"));
  setWindowModified(!unsaved_work().isEmpty());
  if (data_ != nullptr) data_->set_in_session(!session_file_.empty() && saved_changes_ == changes_);
}

bool MainWindow::may_close() {
  if (property("ending").toBool()) return true;
  QString question = unsaved_work();
  const bool unsaved = !question.isEmpty();
  const bool busy = desktop_.jobs().busy();
  if ((!unsaved && !busy) || property("testing").toBool()) return true;
  if (busy)
    question += (unsaved ? QStringLiteral("\n") : QString{}) + tr("A job is still running and will be cancelled.");
  QMessageBox box{QMessageBox::Question, tr("Close Isocenter"), question, QMessageBox::NoButton, this};
  box.setObjectName(QStringLiteral("closing"));
  QPushButton* const save = unsaved ? box.addButton(tr("&Save session"), QMessageBox::AcceptRole) : nullptr;
  QPushButton* const lose =
      box.addButton(unsaved ? tr("Close &without saving") : tr("&Close"), QMessageBox::DestructiveRole);
  QPushButton* const stay = box.addButton(QMessageBox::Cancel);
  box.setDefaultButton(unsaved ? save : stay);
  box.setEscapeButton(stay);
  box.exec();
  if (box.clickedButton() == lose) return true;
  if (save == nullptr || box.clickedButton() != save) return false;
  save_then([this] { close(); });  // it stays if the session cannot be written
  return false;
}

void MainWindow::save_then(std::function<void()> what) {
  after_saving_ = std::move(what);
  if (session_file_.empty())
    save_session_dialog();
  else
    save_session(session_file_);
}

bool MainWindow::may_replace_work(const std::filesystem::path& session) {
  const QString unsaved = unsaved_work();
  if (unsaved.isEmpty() || property("testing").toBool()) return true;
  QMessageBox box{QMessageBox::Question, tr("Open session"),
                  unsaved + tr("\nA session takes the place of everything that is open."), QMessageBox::NoButton, this};
  box.setObjectName(QStringLiteral("replacing"));
  QPushButton* const save = box.addButton(tr("&Save session first"), QMessageBox::AcceptRole);
  QPushButton* const lose = box.addButton(tr("Open &without saving"), QMessageBox::DestructiveRole);
  QPushButton* const stay = box.addButton(QMessageBox::Cancel);
  box.setDefaultButton(save);
  box.setEscapeButton(stay);
  box.exec();
  if (box.clickedButton() == save) save_then([this, session] { open_session(session); });
  return box.clickedButton() == lose;
}

}  // namespace iso::gui
