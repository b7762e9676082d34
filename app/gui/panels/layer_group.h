#pragma once

#include "gui/model/document.h"

#include <QGroupBox>

#include <functional>
#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSlider;

namespace iso::gui {

/// How one layer of the picture is drawn: window, colours, the values that are seen, opacity.
class LayerGroup : public QGroupBox {
  Q_OBJECT
 public:
  enum class Place : std::uint8_t { image, overlay, beneath };
  /// `which` names the item that lies there now; 0: none.
  LayerGroup(Document& document, Place place, std::function<ItemId()> which, QWidget* parent = nullptr);
  void refresh();

 private:
  [[nodiscard]] const Item* item() const;
  void change();
  void change_range(bool on);
  void refresh_stack(const Item* shown);
  Document& document_;
  Place place_;
  std::function<ItemId()> which_;
  QLabel* name_;
  QFormLayout* form_{nullptr};
  QDoubleSpinBox *width_, *centre_, *from_, *to_;
  QComboBox *voi_, *map_;
  QCheckBox *inverted_, *interpolate_, *range_;
  QSlider *opacity_, *part_;  ///< `part_`: which of a stack of volumes
  bool filling_{false};
};

}  // namespace iso::gui
