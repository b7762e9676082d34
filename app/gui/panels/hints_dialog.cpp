#include "hints_dialog.h"

#include "field_editor.h"

#include "gui/desk/fit_screen.h"

#include "iso/io/registry.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

plugin::TaskManifest questions(const std::filesystem::path& file) {
  params::FieldInfo geometry;
  geometry.name = "geometry";
  geometry.label = "geometry";
  geometry.help = "Geometry of a scan: JSON, or RTK's XML.";
  geometry.kind = params::FieldKind::path;
  geometry.default_value = std::string{};
  plugin::TaskManifest form;
  form.id = "open";
  form.parameters = io::hints_for(file);
  form.parameters.fields.insert(form.parameters.fields.begin(), std::move(geometry));
  return form;
}

}  // namespace

HintsDialog::HintsDialog(const Document& document, const std::filesystem::path& file, QWidget* parent)
    : QDialog{parent}, form_{std::make_unique<TaskForm>(questions(file), document, ItemId{0})} {
  setObjectName(QStringLiteral("hints"));
  setWindowTitle(tr("Open %1").arg(QString::fromStdString(file.filename().string())));
  fit_screen(*this, 560, 420);
  auto* const column = new QVBoxLayout{this};
  auto* const words = new QLabel{tr("What the file leaves unsaid. What you leave as it is is not told to the reader.")};
  words->setWordWrap(true);
  column->addWidget(words);
  auto* const rows = new QFormLayout;
  std::vector<FieldEditor*> editors;
  for (std::size_t i = 0; i < form_->fields().size(); ++i) {
    const TaskForm::FieldState& field = form_->fields()[i];
    untouched_[field.info.name] = field.text;
    auto* const editor = new FieldEditor{*form_, i, this};
    rows->addRow(QString::fromStdString(field.info.label), editor);
    editors.push_back(editor);
  }
  column->addLayout(rows);
  column->addStretch(1);
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Open | QDialogButtonBox::Cancel};
  column->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  changed_ = form_->changed.connect([this, editors, open = buttons->button(QDialogButtonBox::Open)] {
    for (FieldEditor* const editor : editors) editor->refresh();
    open->setEnabled(form_->valid());
  });
}

std::map<std::string, std::string> HintsDialog::hints() const {
  std::map<std::string, std::string> told;
  for (const TaskForm::FieldState& field : form_->fields())
    if (field.text != untouched_.at(field.info.name)) told[field.info.name] = field.text;
  return told;
}

}  // namespace iso::gui
