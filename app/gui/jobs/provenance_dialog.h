#pragma once

#include "gui/presenters/job_list.h"

#include <QDialog>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace iso::gui {

/// Where an item came from, and how to have it again: as a command, or by running the record once more ("Replay"), which says
/// whether the bits agree. Stays open beside the window.
class ProvenanceDialog : public QDialog {
  Q_OBJECT
 public:
  ProvenanceDialog(Document& document, JobList& jobs, ItemId item, QWidget* parent = nullptr);
  [[nodiscard]] std::uint64_t job() const noexcept { return job_; }  ///< of the last replay; 0 before

 private:
  void fill(const Item& item);
  void replay();
  void follow();
  void copy_command();
  Document& document_;
  JobList& jobs_;
  job::Record record_;
  std::string name_;
  std::uint64_t job_{0};
  QTreeWidget* tree_;
  QLabel* verdict_;
  QPushButton *replay_, *command_, *text_;
  std::vector<Signal<std::uint64_t>::Connection> connections_;
};

}  // namespace iso::gui
