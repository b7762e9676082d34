#pragma once

#include "gui/desk/background.h"
#include "gui/presenters/reading_form.h"
#include "gui/views/tools.h"

#include "iso/io/kept_arrays.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

class QComboBox;
class QFormLayout;
class QGroupBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace iso::gui {

class FieldEditor;
class SliceView;

/// "How is this to be read?": what a file leaves unsaid, with a view of what comes of it. The view shows what the reader made of
/// the file with these answers; what is accepted is what was seen.
class ReadingDialog : public QDialog {
  Q_OBJECT
 public:
  /// `reason` is the sentence of a reader that refused; `known` what was said before.
  ReadingDialog(Background& background, const std::filesystem::path& file, FileFacts facts, const Hints& known,
                const QString& reason, QWidget* parent);
  ~ReadingDialog() override;
  [[nodiscard]] ReadingForm& form() noexcept { return form_; }
  /// How often the file was read: answers that were given before are shown from memory.
  [[nodiscard]] int readings() const noexcept { return readings_; }
  /// How many of these needed no values from the disk.
  [[nodiscard]] int readings_from_memory() const { return static_cast<int>(arrays_.taken()); }
  [[nodiscard]] bool ready() const noexcept { return read_ != nullptr; }  ///< what is seen belongs to the answers

 Q_SIGNALS:
  /// Accepted: the data as they were seen, and the hints that they were read with.
  void chosen(const std::shared_ptr<iso::gui::Item>& item);

 private:
  QWidget* make_answers(const QString& reason);
  QWidget* make_view();
  void make_axes();
  void refresh();
  void read();
  void show_read(std::shared_ptr<Item> item);
  void keep(const Hints& hints, const std::shared_ptr<Item>& item);
  struct AxisRow {
    QComboBox* role;
    QSpinBox* element;
  };
  Background& background_;
  ReadingForm form_;
  Document seen_;  ///< what the view shows
  Tools tools_;
  std::vector<FieldEditor*> editors_;
  std::vector<AxisRow> rows_;
  QFormLayout *fields_{nullptr}, *axes_{nullptr};
  QGroupBox* axes_group_{nullptr};
  SliceView* view_{nullptr};
  QLabel *words_{nullptr}, *problem_{nullptr};
  QPushButton* open_{nullptr};
  QTimer pause_;
  std::shared_ptr<Item> read_;
  std::vector<std::pair<Hints, std::shared_ptr<Item>>> kept_;  ///< the newest last
  int readings_{0};
  io::KeptArrays arrays_;  ///< an answer that gives the same array another meaning does not read it again
  bool reading_{false}, filling_{false};
  Signal<>::Connection changed_;
};

}  // namespace iso::gui
