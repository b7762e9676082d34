#pragma once

#include "gui/presenters/help_book.h"

#include <QDialog>

#include <string>

class QLineEdit;
class QListWidget;
class QTextBrowser;

namespace iso::gui {

/// The help: pages at the left, found by a search over all of them, the page at the right. Links between pages stay in the
/// window; others are opened by the system, and only when clicked.
class HelpWindow : public QDialog {
  Q_OBJECT
 public:
  explicit HelpWindow(HelpBook book, QWidget* parent = nullptr);
  void show_page(const std::string& id);
  /// The page of a task, at one of its parameters if that is not empty.
  void show_method(const std::string& task_id, const std::string& parameter);
  void search(const QString& words);
  [[nodiscard]] std::string page() const { return page_; }

 private:
  void fill();
  void follow(const QUrl& link);
  void mark(const QString& words);
  HelpBook book_;
  std::string page_;
  std::vector<std::string> past_;
  QLineEdit* search_;
  QListWidget* list_;
  QTextBrowser* text_;
};

}  // namespace iso::gui
