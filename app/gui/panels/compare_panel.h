#pragma once

#include "gui/desk/background.h"
#include "gui/presenters/compare.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QTableWidget;

namespace iso::gui {

/// Figures of the image against the compared one: live for the slice, a moment later for the volume and the regions.
class ComparePanel : public QWidget {
  Q_OBJECT
 public:
  ComparePanel(Document& document, Background& background, QWidget* parent = nullptr);
  [[nodiscard]] QString table() const;  ///< tab separated

 Q_SIGNALS:
  void problem(const QString& sentence);

 private:
  void refresh();
  void refresh_all();
  void fill(const std::vector<Figures>& rows);
  void add_difference();
  Document& document_;
  Background& background_;
  QLabel* heading_;
  QTableWidget* table_;
  QComboBox* factor_;  ///< by how much a difference is shown stronger than the image
  QTimer soon_, later_;
  int question_{0};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
