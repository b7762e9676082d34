#pragma once

#include "gui/presenters/gallery.h"

#include <QAbstractScrollArea>
#include <QImage>

#include <vector>

namespace iso::gui {

/// The bands of a cube as a wall of small pictures; a click, or Return on the one with the frame, chooses one.
class GalleryView : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit GalleryView(QWidget* parent = nullptr);
  void set_thumbnails(std::vector<Thumbnail> thumbnails);
  void set_hint(QString hint);
  void set_current(std::int64_t band);  ///< the one with the frame
  [[nodiscard]] const std::vector<Thumbnail>& thumbnails() const noexcept { return thumbnails_; }
  [[nodiscard]] QRect to_place(std::size_t number) const;  ///< in the viewport
  [[nodiscard]] QSize sizeHint() const override { return {320, 180}; }

 Q_SIGNALS:
  void chosen(qint64 band);  ///< -1: the components mixed

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Grid {
    int columns{1}, width{1}, height{1};  ///< of a cell
  };
  [[nodiscard]] Grid grid() const;
  void update_scroll_bar();
  void move_to(int number);
  std::vector<Thumbnail> thumbnails_;
  std::vector<QImage> pictures_;
  QString hint_;
  int current_{0};
};

}  // namespace iso::gui
