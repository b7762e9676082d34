#pragma once

#include "gui/desk/background.h"
#include "gui/model/document.h"
#include "gui/views/tools.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QPushButton;
class QSlider;
class QSpinBox;
class QVBoxLayout;

namespace iso::gui {

class LabelTable;
class LayerGroup;

/// How each layer of the picture is drawn, and the paint tool's settings with the table of labels.
class ToolPanel : public QWidget {
  Q_OBJECT
 public:
  ToolPanel(Document& document, Tools& tools, Background& background, QWidget* parent = nullptr);
  void add_group(QWidget* group);  ///< below the others

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 private:
  void refresh();
  [[nodiscard]] ItemId label_item() const;
  [[nodiscard]] QWidget* overlay_group();
  [[nodiscard]] QWidget* paint_group();
  void change_look();
  Document& document_;
  Tools& tools_;
  std::vector<LayerGroup*> layers_;
  QDoubleSpinBox *slab_mm_, *radius_, *low_, *high_;
  QComboBox* slab_;
  QCheckBox *sphere_, *range_, *range_shown_;
  QSlider *opacity_, *reveal_;
  QSpinBox* label_;
  QPushButton* from_click_;
  QVBoxLayout* column_;
  QWidget* paint_;
  LabelTable* table_;
  bool filling_{false};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
