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

namespace iso::gui {

class LabelTable;

/// How the selected image and its overlay are drawn, and the paint tool's settings with the table of labels.
class ToolPanel : public QWidget {
  Q_OBJECT
 public:
  ToolPanel(Document& document, Tools& tools, Background& background, QWidget* parent = nullptr);

 private:
  void refresh();
  [[nodiscard]] ItemId label_item() const;
  [[nodiscard]] QWidget* display_group();
  [[nodiscard]] QWidget* overlay_group();
  [[nodiscard]] QWidget* paint_group();
  void change_display();
  void change_look();
  Document& document_;
  Tools& tools_;
  QDoubleSpinBox *width_, *centre_, *slab_mm_, *radius_, *low_, *high_;
  QComboBox *voi_, *map_, *slab_;
  QCheckBox *inverted_, *interpolate_, *sphere_, *range_;
  QSlider *opacity_, *reveal_;
  QSpinBox* label_;
  QPushButton* from_click_;
  QWidget* paint_;
  LabelTable* table_;
  bool filling_{false};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
