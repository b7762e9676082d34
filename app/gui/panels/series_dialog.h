#pragma once

#include "gui/desk/background.h"
#include "gui/presenters/series_list.h"
#include "gui/views/tools.h"

#include <QDialog>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>

class QCheckBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTreeWidget;

namespace iso::gui {

class SliceView;

/// The DICOM series of a folder, to choose from: filtered by words, with the slice in the middle of the one that is chosen. Looks through the folder in the background; closing it ends that.
class SeriesDialog : public QDialog {
  Q_OBJECT
 public:
  /// `straight`: a folder with one sound series is opened without asking; the dialog then never appears.
  SeriesDialog(Background& background, const std::filesystem::path& place, bool straight, QWidget* parent);
  ~SeriesDialog() override;

 Q_SIGNALS:
  void chosen(const iso::gui::SeriesList::Opening& opening);  ///< once a series
  void failed(const QString& sentence, const QString& hint);

 private:
  struct Look {
    std::stop_source stop;
    std::atomic<std::size_t> done{0}, all{0};
  };
  void build();
  void fill(SeriesList list);
  void refresh();
  void open_chosen();
  void filter();
  void preview();
  void show_preview(std::size_t row);
  [[nodiscard]] std::vector<std::size_t> selected_rows() const;

  Background& background_;
  bool straight_;
  Document seen_;  ///< what the small view shows
  Tools tools_;
  struct Seen {
    std::shared_ptr<Item> item;  ///< null: it cannot be shown
    bool asked{false};
  };
  std::map<std::size_t, Seen> seen_of_;  ///< by row
  SliceView* view_{nullptr};
  QLineEdit* filter_{nullptr};
  std::shared_ptr<Look> look_{std::make_shared<Look>()};
  std::optional<SeriesList> list_;
  QTreeWidget* tree_{nullptr};
  QLabel *place_{nullptr}, *advice_{nullptr};
  QCheckBox* accept_{nullptr};
  QProgressBar* progress_{nullptr};
  QPushButton* open_{nullptr};
};

}  // namespace iso::gui
