#pragma once

#include "gui/desk/desktop.h"
#include "gui/presenters/spectra_board.h"

#include <QTimer>
#include <QWidget>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QSlider;
class QTabWidget;
class QToolButton;

namespace iso::gui {

class GalleryPanel;
class LibraryPanel;
class PlotView;
class ScatterPanel;
struct Readout;

/// The spectra of the cube that is shown: of the pixel under the pointer, of pinned pixels, regions and labels; which bands
/// make the picture, and which are bad. Beside it, in tabs, the scatter plot, the gallery of bands, and libraries.
class SpectraPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SpectraPanel(Desktop& desktop, QWidget* parent = nullptr);
  [[nodiscard]] PlotView& plot() noexcept { return *plot_; }
  [[nodiscard]] const SpectraBoard& board() const noexcept { return board_; }
  void hover(const Readout& words);  ///< the pointer is over a view
  void pin();                        ///< the spectrum under the pointer, or else at the crosshair

 Q_SIGNALS:
  void cube_shown();  ///< another cube has become the image
  void play_asked();  ///< band after band
  void save_asked(iso::gui::ItemId item);
  void problem(const QString& sentence, const QString& hint);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  [[nodiscard]] QWidget* make_controls();
  void follow();   ///< the document
  void compute();  ///< regions, on another thread
  void show_curves();
  void show_controls();
  void show_band(int band);
  void mark(double low, double high, bool good);
  void keep(bool and_save);
  [[nodiscard]] Vec3 place() const;  ///< of the live spectrum
  Desktop& desktop_;
  SpectraBoard board_;
  PlotView* plot_;
  QTabWidget* tabs_;
  QComboBox* picture_;
  QSlider* band_;
  QLabel* band_words_;
  QToolButton *play_, *bad_;
  QPushButton *pin_, *keep_, *save_;
  ScatterPanel* scatter_;
  GalleryPanel* gallery_;
  LibraryPanel* library_;
  std::optional<Vec3> pointer_mm_;
  ItemId shown_{0};
  bool filling_{false}, computing_{false};
  QTimer soon_, curves_soon_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
