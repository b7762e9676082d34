#pragma once

#include "gui/model/document.h"
#include "gui/presenters/spectra_board.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QComboBox;
class QListWidget;

namespace iso::gui {

class PlotView;

/// The spectra of a library or of endmembers that were found, and beside each the most similar ones of another library.
class LibraryPanel : public QWidget {
  Q_OBJECT
 public:
  explicit LibraryPanel(Document& document, QWidget* parent = nullptr);
  [[nodiscard]] PlotView& plot() noexcept { return *plot_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void follow();
  void fill_names();
  void show_curves();
  [[nodiscard]] const Table* table(const QComboBox& choice) const;
  Document& document_;
  QComboBox *shown_, *beside_;
  QListWidget* names_;
  PlotView* plot_;
  QTimer soon_;
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
