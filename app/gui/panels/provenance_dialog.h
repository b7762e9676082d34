#pragma once

#include "gui/desk/desktop.h"

#include <QDialog>

#include <stop_token>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace iso::gui {

/// Provenance of an item, and two ways to reproduce it: as a command line, or by repeating the recorded run ("Replay"), which
/// reports whether the bits agree. The dialog is not modal.
class ProvenanceDialog : public QDialog {
  Q_OBJECT
 public:
  ProvenanceDialog(Desktop& desktop, ItemId item, QWidget* parent = nullptr);
  ~ProvenanceDialog() override;
  [[nodiscard]] std::uint64_t job() const noexcept { return job_; }  ///< of the last replay; 0 before
  /// The replay is still searching for its inputs; its job has not started.
  [[nodiscard]] bool searching() const noexcept { return searching_; }

 private:
  void fill(const Item& item);
  void replay();
  void begin(std::map<std::string, DatasetPtr> inputs);
  void refuse(const Error& failure);
  void follow();
  void copy_command();
  Desktop& desktop_;
  Document& document_;
  JobList& jobs_;
  job::Record record_;
  std::string name_;
  std::uint64_t job_{0};
  bool searching_{false};
  std::stop_source stop_search_;
  QTreeWidget* tree_;
  QLabel* verdict_;
  QPushButton *replay_, *command_, *text_;
  std::vector<Signal<std::uint64_t>::Connection> connections_;
};

}  // namespace iso::gui
