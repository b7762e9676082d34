#include "reading_dialog.h"

#include "data_panel.h"
#include "field_editor.h"

#include "gui/desk/fit_screen.h"
#include "gui/model/session.h"
#include "gui/views/slice_view.h"

#include "iso/job/estimate.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace iso::gui {
namespace {

constexpr int pause_ms = 250;         ///< after the last key
constexpr std::size_t kept_part = 8;  ///< of the free memory, for what was read

/// The names of axes in the field's words.
QString words_for(const std::string& role) {
  if (role == "t") return ReadingDialog::tr("time (t)");
  return QString::fromStdString(role);
}

bool is_number(const std::string& role) { return !role.empty() && role[0] >= '0' && role[0] <= '9'; }

}  // namespace

ReadingDialog::ReadingDialog(Background& background, const std::filesystem::path& file, FileFacts facts,
                             const Hints& known, const QString& reason, QWidget* parent)
    : QDialog{parent},
      background_{background},
      form_{file, std::move(facts), known},
      arrays_{job::available_memory_bytes() / kept_part} {
  setObjectName(QStringLiteral("reading"));
  setWindowTitle(tr("How is %1 to be read?").arg(QString::fromStdString(file.filename().string())));
  fit_screen(*this, 860, 560);
  auto* const column = new QVBoxLayout{this};
  auto* const row = new QHBoxLayout;
  row->addWidget(make_answers(reason), 1);
  row->addWidget(make_view(), 1);
  column->addLayout(row, 1);
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Open | QDialogButtonBox::Cancel};
  open_ = buttons->button(QDialogButtonBox::Open);
  column->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, [this] {
    if (!read_) return;
    kept_.clear();
    Q_EMIT chosen(std::exchange(read_, nullptr));  // whoever takes it moves from it
    accept();
  });
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  pause_.setSingleShot(true);
  pause_.setInterval(pause_ms);
  connect(&pause_, &QTimer::timeout, this, &ReadingDialog::read);
  changed_ = form_.changed.connect([this] { refresh(); });
  refresh();
  pause_.stop();  // nothing is being typed yet
  read();
}

ReadingDialog::~ReadingDialog() = default;

QWidget* ReadingDialog::make_answers(const QString& reason) {
  auto* const scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* const content = new QWidget;
  auto* const column = new QVBoxLayout{content};
  if (!reason.isEmpty()) {
    auto* const why = new QLabel{reason};
    why->setObjectName(QStringLiteral("reading.reason"));
    why->setWordWrap(true);
    column->addWidget(why);
  }
  fields_ = new QFormLayout;
  fields_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  for (std::size_t i = 0; i < form_.form().fields().size(); ++i) {
    auto* const editor = new FieldEditor{form_.form(), i, this};
    QString label = QString::fromStdString(form_.form().fields()[i].info.label);
    if (!label.isEmpty()) label[0] = label[0].toUpper();
    fields_->addRow(label, editor);
    editors_.push_back(editor);
  }
  axes_group_ = new QGroupBox{tr("Axes, the fastest first")};
  axes_ = new QFormLayout{axes_group_};
  axes_group_->setVisible(false);  // until there is something to choose
  column->addLayout(fields_);
  column->addWidget(axes_group_);
  column->addStretch(1);
  scroll->setWidget(content);
  return scroll;
}

QWidget* ReadingDialog::make_view() {
  auto* const side = new QWidget;
  auto* const column = new QVBoxLayout{side};
  column->setContentsMargins(0, 0, 0, 0);
  view_ = new SliceView{seen_, tools_, render::Orientation::axial, Role::base, this};
  view_->setObjectName(QStringLiteral("reading.view"));
  view_->setAccessibleName(tr("What comes of it"));
  words_ = new QLabel;
  words_->setObjectName(QStringLiteral("reading.words"));
  problem_ = new QLabel;
  problem_->setObjectName(QStringLiteral("reading.problem"));
  problem_->setStyleSheet(QStringLiteral("color: #e06c5c"));
  for (QLabel* label : {words_, problem_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  column->addWidget(view_, 1);
  column->addWidget(words_);
  column->addWidget(problem_);
  return side;
}

void ReadingDialog::make_axes() {
  const auto roles = form_.roles();
  const auto& axes = form_.axes();
  filling_ = true;
  while (axes_->rowCount() > 0) axes_->removeRow(0);
  rows_.clear();
  for (std::size_t i = 0; i < axes.size() && !roles.empty(); ++i) {
    auto* const role = new QComboBox;
    role->setObjectName(QStringLiteral("axis.%1").arg(i));
    role->setAccessibleName(tr("What axis %1 is").arg(i + 1));
    if (axes[i].role.empty()) role->addItem(tr("as the sizes say"), QString{});
    for (const std::string& name : roles) role->addItem(words_for(name), QString::fromStdString(name));
    role->addItem(tr("only number"), QStringLiteral("0"));
    auto* const element = new QSpinBox;
    element->setObjectName(QStringLiteral("axis.%1.element").arg(i));
    element->setAccessibleName(tr("Which element of axis %1").arg(i + 1));
    element->setRange(1, static_cast<int>(std::min<std::int64_t>(axes[i].extent, 1'000'000'000)));
    auto* const both = new QWidget;
    auto* const line = new QHBoxLayout{both};
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(role, 1);
    line->addWidget(element);
    axes_->addRow(tr("%1 long").arg(axes[i].extent), both);
    rows_.push_back({role, element});
    const bool number = is_number(axes[i].role);
    role->setCurrentIndex(number ? role->count() - 1
                                 : std::max(0, role->findData(QString::fromStdString(axes[i].role))));
    element->setVisible(number);
    if (number) element->setValue(std::stoi(axes[i].role) + 1);
    connect(role, &QComboBox::activated, this,
            [this, i, role] { form_.set_role(i, role->currentData().toString().toStdString()); });
    connect(element, &QSpinBox::valueChanged, this, [this, i](int value) {
      if (!filling_) form_.set_role(i, std::to_string(value - 1));
    });
  }
  axes_group_->setVisible(!rows_.empty());
  filling_ = false;
}

void ReadingDialog::refresh() {
  const auto fields = form_.form().fields();
  for (std::size_t i = 0; i < editors_.size(); ++i) {
    editors_[i]->refresh();
    fields_->setRowVisible(editors_[i], fields[i].visible);
  }
  const auto same = [&] {
    if (rows_.size() != (form_.roles().empty() ? 0 : form_.axes().size())) return false;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::string& role = form_.axes()[i].role;
      const bool number = is_number(role);
      if (rows_[i].role->count() != static_cast<int>(form_.roles().size()) + (role.empty() ? 2 : 1)) return false;
      if (number != (rows_[i].role->currentIndex() == rows_[i].role->count() - 1)) return false;
      if (number ? rows_[i].element->value() != std::stoi(role) + 1
                 : rows_[i].role->currentData().toString().toStdString() != role)
        return false;
      if (rows_[i].element->maximum() != form_.axes()[i].extent || rows_[i].element->isHidden() == number) return false;
    }
    return true;
  };
  // Rows are made anew a moment later: the box that asked for it is one of them.
  if (!same()) QTimer::singleShot(0, this, &ReadingDialog::make_axes);
  read_.reset();
  open_->setEnabled(false);
  if (form_.valid()) pause_.start();
}

void ReadingDialog::read() {
  if (reading_ || !form_.valid()) return;  // the end of the reading that goes on asks again
  const Hints hints = form_.hints();
  if (const auto found = std::ranges::find(kept_, hints, &std::pair<Hints, std::shared_ptr<Item>>::first);
      found != kept_.end()) {
    problem_->clear();
    return show_read(found->second);
  }
  reading_ = true;
  ++readings_;
  words_->setText(tr("Reading ..."));
  problem_->clear();
  const QPointer<ReadingDialog> self{this};
  const auto finish = [self, hints](const std::function<void(ReadingDialog&)>& what) {
    if (!self) return;
    self->reading_ = false;
    if (self->form_.hints() != hints) return self->pause_.start();
    what(*self);
  };
  background_.run<std::shared_ptr<Item>>(
      [file = form_.file(), hints] {
        return std::make_shared<Item>(make_item(io::read(file, read_options(hints)), file, hints));
      },
      [self, hints, finish](const std::shared_ptr<Item>& item) {
        if (self) self->keep(hints, item);
        finish([&](ReadingDialog& d) { d.show_read(item); });
      },
      [finish](const Error& failure) {
        finish([&](ReadingDialog& d) {
          d.show_read(nullptr);
          d.problem_->setText(QString::fromUtf8(failure.what()));
        });
      });
}

/// As many readings as an eighth of the free memory holds, the newest first.
void ReadingDialog::keep(const Hints& hints, const std::shared_ptr<Item>& item) {
  kept_.emplace_back(hints, item);
  const auto bytes_of = [](const Item& kept) {
    const Pixels* const pixels = to_pixels(*kept.data);
    return pixels == nullptr ? std::size_t{0} : pixels->spec().bytes();
  };
  std::size_t bytes = 0;
  for (const auto& [answers, kept] : kept_) bytes += bytes_of(*kept);
  while (kept_.size() > 1 && bytes > job::available_memory_bytes() / kept_part) {
    bytes -= bytes_of(*kept_.front().second);
    kept_.erase(kept_.begin());
  }
}

void ReadingDialog::show_read(std::shared_ptr<Item> item) {
  read_ = std::move(item);
  open_->setEnabled(read_ != nullptr);
  words_->clear();
  std::vector<Item> shown;
  Look look;
  if (read_) {
    QString words = QString::fromStdString(to_text(*read_));
    const Metadata& meta = metadata(*read_->data);
    if (const auto assumed = meta.find("assumed"); assumed != meta.end())
      words += tr("\nAssumed: %1").arg(QString::fromStdString(assumed->second));
    words_->setText(words);
  }
  seen_.restore({}, {}, look, 0);
  if (read_ && read_->raster) seen_.add(Item{*read_});
  view_->setVisible(!read_ || read_->raster != nullptr);
}

}  // namespace iso::gui
