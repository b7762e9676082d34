#pragma once

#include "gui/desk/desktop.h"
#include "gui/presenters/gallery.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QComboBox;

namespace iso::gui {

class GalleryView;

/// All bands of a cube side by side: the maps of its components. A click shows one as the image.
class GalleryPanel : public QWidget {
  Q_OBJECT
 public:
  explicit GalleryPanel(Desktop& desktop, QWidget* parent = nullptr);
  [[nodiscard]] GalleryView& view() noexcept { return *view_; }

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void follow();
  void choose(std::int64_t band);
  Desktop& desktop_;
  QComboBox* cubes_;
  GalleryView* view_;
  DatasetPtr asked_;  ///< or shown
  QTimer soon_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
