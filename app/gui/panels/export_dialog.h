#pragma once

#include "gui/presenters/picture_series.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace iso::gui {

class NumberField;

/// Which pictures of the active view are exported: slices or frames from, to and step, size, with or without words, as PNGs
/// or as a movie.
class ExportDialog : public QDialog {
  Q_OBJECT
 public:
  /// `slice` and `frame` are those that are shown.
  struct Shown {
    std::int64_t slices{1}, frames{1}, slice{0}, frame{0};
    int width_px{0}, height_px{0};  ///< of a picture at the size of the view
  };
  ExportDialog(const Shown& shown, QWidget* parent);
  [[nodiscard]] PictureSeries series() const;

 Q_SIGNALS:
  void chosen(const iso::gui::PictureSeries& series);

 private:
  void change_along();
  void refresh();
  Shown shown_;
  QComboBox *along_, *kind_;
  QSpinBox *first_, *last_, *step_;
  NumberField *factor_, *rate_;
  QCheckBox* words_;
  QLabel* outcome_;
  QPushButton* export_;
};

}  // namespace iso::gui
