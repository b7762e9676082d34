#pragma once

#include "gui/model/document.h"
#include "render/scene/volume_caster.h"
#include "render/scene/volume_scene.h"

#include <QImage>
#include <QPointF>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <string>
#include <vector>

namespace iso::gui {

class GlView;

/// The base item in three dimensions with the surfaces of the labels over it, the outlines of the slice planes and a cube that
/// says how it is turned. Mouse and keypad as convention C1 and C2. A graphics card draws it by VTK; without one a thread of its
/// own casts the rays (VolumeCaster), coarse while the eye moves and finer and finer when it rests, and this widget only
/// paints what has come. Rays are cast when the volume, its colours or the eye change; a moved crosshair only draws the
/// outlines over the picture, and a window being dragged, or labels being painted, are followed when they rest.
class VolumeView : public QWidget {
  Q_OBJECT
 public:
  explicit VolumeView(Document& document, QWidget* parent = nullptr);
  ~VolumeView() override;
  void set_preset(const std::string& name);
  void set_shift(double part);  ///< VolumePicture::shift
  void set_crop(const render::CropBox& crop);
  void set_labels_shown(bool on);
  void set_limit(std::int64_t voxels);  ///< 0: that of the machine
  void look_from(char side);            ///< 'A', 'P', 'L', 'R', 'S', 'I'
  void reset_eye();
  [[nodiscard]] const std::string& preset() const noexcept { return preset_; }
  [[nodiscard]] double shift() const noexcept { return shift_; }
  [[nodiscard]] const render::CropBox& crop() const noexcept { return crop_; }
  [[nodiscard]] bool labels_shown() const noexcept { return labels_shown_; }
  [[nodiscard]] std::int64_t limit() const noexcept { return limit_ > 0 ? limit_ : machine_limit_; }
  /// What is to be shown now.
  [[nodiscard]] render::VolumePicture picture() const;
  /// How often rays were asked for.
  [[nodiscard]] std::uint64_t pictures_made() const noexcept { return made_; }
  /// The picture on screen is the finest one of what was asked for last.
  [[nodiscard]] bool finished() const noexcept { return !due_ && finished_; }
  /// Every so many pixels of the picture on screen; 1: all.
  [[nodiscard]] int stride() const noexcept { return stride_; }
  [[nodiscard]] render::Marks outlines() const;
  [[nodiscard]] render::Marks cube() const;
  [[nodiscard]] int reduction() const noexcept { return reduction_; }  ///< of the volume shown; 1: none
  [[nodiscard]] QString badge() const;                                 ///< what is said of the reduction

 Q_SIGNALS:
  void maximise_asked();
  void menu_asked(const QPoint& global);  ///< the right button without a drag, or the key
  void options_changed();                 ///< preset, shift, crop, labels, limit, reduction

 protected:
  void contextMenuEvent(QContextMenuEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] const Item* label_item() const;
  [[nodiscard]] bool drawable() const;
  void follow();  ///< draws what the document's change asks for, and no more
  void again();   ///< casts rays anew
  void ask();
  void take(const render::CastPicture& made);
  void moving(bool now);
  void make_card_view();
  void set_reduction(int reduction);
  Document& document_;
  std::unique_ptr<render::VolumeScene> scene_;  ///< of a graphics card, else null
  GlView* card_{nullptr};
  std::unique_ptr<render::VolumeCaster> caster_;  ///< without one
  std::string preset_{"maximum intensity"};
  double shift_{0};
  render::CropBox crop_;
  bool labels_shown_{true};
  std::int64_t limit_{0};
  const std::int64_t machine_limit_;
  QWidget* over_;  ///< transparent, for the outlines
  render::VolumePicture drawn_;
  render::VolumeEye eye_;
  std::optional<VoxelGrid> placed_;  ///< of the volume that the eye was placed for
  QImage image_;
  bool due_{true};  ///< rays are to be cast
  bool moving_{false}, finished_{false};
  int stride_{0}, reduction_{1};
  std::uint64_t made_{0};
  QPointF last_, pressed_;
  bool moved_{false};
  QTimer rest_, settle_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
