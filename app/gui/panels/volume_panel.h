#pragma once

#include "gui/desk/background.h"
#include "gui/model/document.h"
#include "gui/views/volume_view.h"

#include <QGroupBox>

#include <array>
#include <memory>
#include <vector>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSlider;

namespace iso::gui {

/// How the 3-D view draws: presets with small pictures of the volume shown, a shift of opacity along the values, a crop box,
/// surfaces of labels, and the detail that the machine allows.
class VolumePanel : public QGroupBox {
  Q_OBJECT
 public:
  VolumePanel(Document& document, VolumeView& view, Background& background, QWidget* parent = nullptr);

 private:
  void refresh();
  void change_crop();
  void make_pictures();
  Document& document_;
  VolumeView& view_;
  Background& background_;
  QComboBox *preset_, *detail_;
  QSlider* shift_;
  std::array<QSlider*, 6> crop_{};  ///< from and to of each axis
  QPushButton* whole_;
  QCheckBox* labels_;
  QLabel* limit_;
  std::weak_ptr<const render::Raster> pictured_;  ///< what the small pictures are of
  bool filling_{false};
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
