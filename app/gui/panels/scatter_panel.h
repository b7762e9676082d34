#pragma once

#include "gui/desk/desktop.h"
#include "gui/presenters/scatter.h"

#include <QTimer>
#include <QWidget>

#include <array>
#include <memory>
#include <vector>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace iso::gui {

class ScatterView;

/// The scatter plot of two bands, or of the abundances of two components: what is drawn around in it is marked in the
/// picture, and what is labelled in the picture is marked in it.
class ScatterPanel : public QWidget {
  Q_OBJECT
 public:
  explicit ScatterPanel(Desktop& desktop, QWidget* parent = nullptr);
  [[nodiscard]] ScatterView& view() noexcept { return *view_; }

 Q_SIGNALS:
  void problem(const QString& sentence, const QString& hint);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  struct Axis {
    QComboBox* item;
    QSpinBox* band;
  };
  [[nodiscard]] Axis make_axis_choice(const QString& name, const char* object);
  void follow();
  void fill();
  void ask();
  void show_labels();
  void select_inside(const std::vector<std::array<double, 2>>& polygon);
  [[nodiscard]] ScatterAxis axis(const Axis& choice) const;
  [[nodiscard]] QString words(const Axis& choice) const;
  Desktop& desktop_;
  ScatterView* view_;
  Axis across_, up_;
  QPushButton* keep_;
  ItemId selection_{0}, base_{0};
  std::array<ScatterAxis, 2> asked_;              ///< or shown
  std::shared_ptr<const render::Raster> labels_;  ///< as they are marked in the plot
  int question_{0};
  bool filling_{false};
  QTimer soon_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
