#pragma once

#include "gui/presenters/log_book.h"

#include <QDialog>

#include <filesystem>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace iso::gui {

/// The log of this run as it grows, and those of earlier ones: by level, by words, to be copied into a report.
class LogWindow : public QDialog {
  Q_OBJECT
 public:
  explicit LogWindow(const LogBook& book, QWidget* parent = nullptr);

 private:
  void build();
  void fill_files();
  void read_chosen();
  void refresh(bool always);
  const LogBook& book_;
  std::vector<LogLine> earlier_;  ///< of the file chosen; unused while this run's log is shown
  std::uint64_t shown_{0};
  QComboBox *files_{nullptr}, *level_{nullptr};
  QLineEdit* search_{nullptr};
  QPlainTextEdit* text_{nullptr};
  QLabel* count_{nullptr};
};

}  // namespace iso::gui
