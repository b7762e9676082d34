#include "label_table.h"

#include "gui/model/labels.h"
#include "gui/model/words.h"

#include "iso/base/file_replacement.h"
#include "iso/io/label_file.h"

#include <QColorDialog>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPointer>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

enum Column : std::uint8_t { eye, lock, number, name, volume };

QColor to_colour(const LabelColour& c) { return {c[0], c[1], c[2]}; }

QIcon swatch(const LabelColour& colour) {
  QPixmap square{12, 12};
  square.fill(to_colour(colour));
  return QIcon{square};
}

std::uint16_t to_label(const QTreeWidgetItem& row) {
  return static_cast<std::uint16_t>(row.data(number, Qt::UserRole).toUInt());
}

}  // namespace

LabelTable::LabelTable(Document& document, Tools& tools, Background& background, QWidget* parent)
    : QGroupBox{tr("Label table"), parent},
      document_{document},
      tools_{tools},
      background_{background},
      tree_{new QTreeWidget} {
  setObjectName(QStringLiteral("labels.table"));
  auto* const column = new QVBoxLayout{this};
  make_tree();
  column->addWidget(tree_);
  auto* buttons = new QHBoxLayout;
  const auto button = [&](const QString& text, const QString& help, const char* object, void (LabelTable::*what)()) {
    auto* const made = new QToolButton;
    made->setText(text);
    made->setToolTip(help);
    made->setObjectName(QString::fromLatin1(object));
    connect(made, &QToolButton::clicked, this, what);
    buttons->addWidget(made);
  };
  button(tr("New"), tr("The next free label, which is painted from now on"), "labels.new", &LabelTable::add_label);
  button(tr("Read ..."), tr("Names and colours from a table of ITK-SNAP or 3D Slicer"), "labels.read",
         &LabelTable::read_table);
  button(tr("Write ..."), tr("Names and colours to a table of ITK-SNAP or 3D Slicer"), "labels.write",
         &LabelTable::write_table);
  buttons->addStretch(1);
  column->addLayout(buttons);
  buttons = new QHBoxLayout;  // one row would be wider than the panel
  make_edit_menu(*buttons);
  button(tr("Statistics ..."), tr("Voxels, volume, place and values of every label, as CSV"), "labels.statistics",
         &LabelTable::write_statistics_dialog);
  buttons->addStretch(1);
  column->addLayout(buttons);
  connect_tree();
  connect(&tools_, &Tools::changed, this, &LabelTable::follow_tool);
  follow_document();
}

void LabelTable::make_tree() {
  tree_->setObjectName(QStringLiteral("labels.tree"));
  tree_->setAccessibleName(tr("Labels"));
  tree_->setRootIsDecorated(false);
  tree_->setUniformRowHeights(true);
  tree_->setHeaderLabels({tr("See"), tr("Lock"), tr("No."), tr("Name"), tr("ml")});
  tree_->headerItem()->setToolTip(eye, tr("Whether the label is seen"));
  tree_->headerItem()->setToolTip(lock, tr("A locked label is not painted over"));
  tree_->header()->setStretchLastSection(false);
  for (const Column each : {eye, lock, number, volume})
    tree_->header()->setSectionResizeMode(each, QHeaderView::ResizeToContents);
  tree_->header()->setSectionResizeMode(name, QHeaderView::Stretch);
  tree_->setEditTriggers(QAbstractItemView::EditKeyPressed);
  tree_->setMinimumHeight(110);
}

void LabelTable::connect_tree() {
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* now) {
    if (filling_ || now == nullptr) return;
    tools_.label = to_label(*now);
    Q_EMIT tools_.changed();
  });
  connect(tree_, &QTreeWidget::itemDoubleClicked, this, [this](QTreeWidgetItem* row, int at) {
    if (at == number) choose_colour(to_label(*row));
    if (at == name) tree_->editItem(row, name);
  });
  connect(tree_, &QTreeWidget::itemChanged, this, [this](QTreeWidgetItem* row, int at) {
    if (filling_) return;
    const std::uint16_t label = to_label(*row);
    if (at == eye)
      change(
          label, [&](LabelStyle& s) { s.shown = row->checkState(eye) == Qt::Checked; }, tr("Eye of a label"));
    else if (at == lock)
      change(
          label, [&](LabelStyle& s) { s.locked = row->checkState(lock) == Qt::Checked; }, tr("Lock of a label"));
    else if (at == name)
      change(
          label, [&](LabelStyle& s) { s.name = row->text(name).trimmed().toStdString(); }, tr("Name of a label"));
  });
}

void LabelTable::follow_document() {
  connections_.push_back(document_.item_changed.connect([this](ItemId id) {
    if (id == item_) rebuild();
  }));
  connections_.push_back(
      document_.labels_changed.connect([this](ItemId id, const Document::LabelDelta& delta, bool forwards) {
        if (id != item_ || !counted_) return;
        for (const LabelRun& run : delta.runs) {
          counts_[forwards ? run.before : run.after] -= run.length;
          counts_[forwards ? run.after : run.before] += run.length;
        }
        known_ = document_.find(id)->data;
        rebuild();
      }));
  connections_.push_back(document_.items_changed.connect([this] {
    const Item* const item = document_.find(item_);
    if (item != nullptr && counted_ && known_.lock() != item->data) count();  // read again in another way
  }));
}

void LabelTable::show_map(ItemId item) {
  if (item == item_) return;
  item_ = item;
  count();
  rebuild();
}

/// All of it once, off this thread; strokes tell their changes afterwards.
void LabelTable::count() {
  counts_.clear();
  counted_ = false;
  const Item* const item = document_.find(item_);
  if (item == nullptr || to_kind(*item->data) != Kind::label_map) return;
  if (item->counted.lock() == item->data) {
    counts_ = item->label_counts;
    known_ = item->data;
    counted_ = true;
    return rebuild();
  }
  const QPointer<LabelTable> self{this};
  background_.run<std::map<std::uint16_t, std::int64_t>>(
      [data = item->data] { return label_counts(get<LabelMap>(data).labels); },
      [self, id = item_, asked = ++counting_, data = item->data](std::map<std::uint16_t, std::int64_t> counts) {
        if (!self || self->item_ != id || self->counting_ != asked) return;
        const Item* const now = self->document_.find(id);
        if (now == nullptr) return;
        if (now->data != data) return self->count();  // painted on meanwhile
        self->counts_ = std::move(counts);
        self->known_ = now->data;
        self->counted_ = true;
        self->rebuild();
      },
      [](const Error&) {});
}

QTreeWidgetItem* LabelTable::find_row(std::uint16_t label) const {
  for (int i = 0; i < tree_->topLevelItemCount(); ++i)
    if (to_label(*tree_->topLevelItem(i)) == label) return tree_->topLevelItem(i);
  return nullptr;
}

void LabelTable::rebuild() {
  const Item* const item = document_.find(item_);
  filling_ = true;
  std::map<std::uint16_t, std::int64_t> shown;
  double voxel_ml = 0;
  if (item != nullptr && to_kind(*item->data) == Kind::label_map) {
    const VoxelGrid& grid = get<LabelMap>(item->data).grid;
    voxel_ml = grid.spacing_mm[0] * grid.spacing_mm[1] * grid.spacing_mm[2] / 1000;
    for (const auto& [label, voxels] : counts_)
      if (label != 0 && voxels > 0) shown[label] = voxels;
    for (const auto& [label, style] : item->label_styles) shown.try_emplace(label, 0);
    shown.try_emplace(tools_.label, 0);
  }
  while (tree_->topLevelItemCount() > static_cast<int>(shown.size())) delete tree_->takeTopLevelItem(0);
  while (tree_->topLevelItemCount() < static_cast<int>(shown.size())) tree_->addTopLevelItem(new QTreeWidgetItem);
  int at = 0;
  for (const auto& [label, voxels] : shown) {
    QTreeWidgetItem& row = *tree_->topLevelItem(at++);
    const auto style = item->label_styles.find(label);
    const bool given = style != item->label_styles.end();
    row.setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemIsUserCheckable);
    row.setData(number, Qt::UserRole, label);
    row.setText(number, QString::number(label));
    row.setIcon(number, swatch(to_label_colour(item->label_styles, label)));
    row.setText(name, QString::fromStdString(to_label_name(item->label_styles, label)));
    row.setToolTip(name, row.text(name));
    row.setToolTip(number, tr("A double click chooses the colour."));
    row.setText(volume,
                counted_ ? QString::fromStdString(format_value(static_cast<double>(voxels) * voxel_ml)) : QString{});
    row.setTextAlignment(volume, Qt::AlignRight | Qt::AlignVCenter);
    row.setCheckState(eye, !given || style->second.shown ? Qt::Checked : Qt::Unchecked);
    row.setCheckState(lock, given && style->second.locked ? Qt::Checked : Qt::Unchecked);
  }
  if (QTreeWidgetItem* const row = find_row(tools_.label); row != nullptr) tree_->setCurrentItem(row);
  filling_ = false;
}

void LabelTable::follow_tool() {
  if (item_ == 0) return;
  if (find_row(tools_.label) == nullptr) return rebuild();
  filling_ = true;
  tree_->setCurrentItem(find_row(tools_.label));
  filling_ = false;
}

void LabelTable::change(std::uint16_t label, const std::function<void(LabelStyle&)>& what, const QString& step) {
  const Item* const item = document_.find(item_);
  if (item == nullptr) return;
  LabelStyles styles = item->label_styles;
  what(styles.try_emplace(label, LabelStyle{{}, usual_label_colour(label), true, false}).first->second);
  document_.set_label_styles(item_, styles, step.toStdString());
}

void LabelTable::choose_colour(std::uint16_t label) {
  const Item* const item = document_.find(item_);
  if (item == nullptr) return;
  const QColor colour =
      QColorDialog::getColor(to_colour(to_label_colour(item->label_styles, label)), this, tr("Colour of a label"));
  if (!colour.isValid()) return;
  change(
      label,
      [&](LabelStyle& style) {
        style.colour = {static_cast<std::uint8_t>(colour.red()), static_cast<std::uint8_t>(colour.green()),
                        static_cast<std::uint8_t>(colour.blue())};
      },
      tr("Colour of a label"));
}

std::uint16_t LabelTable::next_free() const {
  const Item* const item = document_.find(item_);
  for (std::uint16_t label = 1; label < 65535; ++label) {
    const auto voxels = counts_.find(label);
    const bool painted = voxels != counts_.end() && voxels->second > 0;
    if (!painted && (item == nullptr || !item->label_styles.contains(label))) return label;
  }
  return 65535;
}

void LabelTable::add_label() {
  const std::uint16_t label = next_free();
  if (item_ != 0)
    change(
        label, [](LabelStyle&) {}, tr("New label"));
  tools_.label = label;
  Q_EMIT tools_.changed();
}

void LabelTable::read_table() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Names and colours of labels"), {},
                                                    tr("Label tables (*.txt *.label *.ctbl);;All files (*)"));
  const Item* const item = document_.find(item_);
  if (file.isEmpty() || item == nullptr) return;
  try {
    const io::LabelNames labels = io::read_label_file(file.toStdString());
    LabelStyles styles = item->label_styles;
    for (std::size_t label = 1; label < std::min<std::size_t>(labels.names.size(), 65536); ++label) {
      if (labels.names[label].empty()) continue;
      LabelStyle& style = styles[static_cast<std::uint16_t>(label)];
      style.name = labels.names[label];
      const auto colour = labels.colours.find(static_cast<std::uint16_t>(label));
      style.colour =
          colour == labels.colours.end() ? usual_label_colour(static_cast<std::uint16_t>(label)) : colour->second;
    }
    document_.set_label_styles(item_, styles, tr("Names of labels").toStdString());
  } catch (const Error& failure) {
    QMessageBox::warning(this, tr("Names and colours of labels"), QString::fromUtf8(failure.what()));
  }
}

void LabelTable::write_table() {
  const QString file =
      QFileDialog::getSaveFileName(this, tr("Names and colours of labels"), QStringLiteral("labels.txt"),
                                   tr("ITK-SNAP (*.txt *.label);;3D Slicer (*.ctbl)"));
  const Item* const item = document_.find(item_);
  if (file.isEmpty() || item == nullptr) return;
  io::LabelNames labels;
  for (const auto& [label, style] : item->label_styles) {
    if (labels.names.size() <= label) labels.names.resize(label + std::size_t{1});
    labels.names[label] = to_label_name(item->label_styles, label);
    labels.colours[label] = style.colour;
  }
  for (const auto& [label, voxels] : counts_)
    if (label != 0 && voxels > 0) labels.colours.try_emplace(label, to_label_colour(item->label_styles, label));
  try {
    replace_file(file.toStdString(), io::label_file_text(file.toStdString(), labels), ExistingFile::replace);
  } catch (const Error& failure) {
    QMessageBox::warning(this, tr("Names and colours of labels"), QString::fromUtf8(failure.what()));
  }
}

}  // namespace iso::gui
