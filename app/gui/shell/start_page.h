#pragma once

#include <QScrollArea>
#include <QStringList>

class QVBoxLayout;

namespace iso::gui {

/// What is seen while nothing is open: how to open something, what was open lately, samples, and what the mouse does. It scrolls,
/// so that the window can be smaller than it.
class StartPage : public QScrollArea {
  Q_OBJECT
 public:
  explicit StartPage(QWidget* parent = nullptr);
  void show_files(const QStringList& recent, const QStringList& samples);

 Q_SIGNALS:
  void open_asked();
  void folder_asked();
  void file_asked(const QString& file);

 private:
  [[nodiscard]] QWidget* gestures();
  void fill(QVBoxLayout* column, const QString& title, const QStringList& files, const char* name);
  QVBoxLayout *recent_, *samples_;
};

}  // namespace iso::gui
