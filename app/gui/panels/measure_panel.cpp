#include "measure_panel.h"

#include "gui/views/plot_view.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

namespace iso::gui {

MeasurePanel::MeasurePanel(Document& document, QWidget* parent)
    : QWidget{parent}, document_{document}, table_{new QTableWidget}, plot_{new PlotView} {
  auto* const column = new QVBoxLayout{this};
  column->setContentsMargins(0, 0, 0, 0);
  auto* const split = new QSplitter{Qt::Horizontal};
  column->addWidget(split, 1);
  auto* const left = new QWidget;
  auto* const left_column = new QVBoxLayout{left};
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->verticalHeader()->setVisible(false);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->setAccessibleName(tr("Measurements"));
  left_column->addWidget(table_, 1);
  auto* const row = new QHBoxLayout;
  auto* const copy = new QPushButton{tr("Copy table")};
  auto* const remove = new QPushButton{tr("Delete")};
  auto* const save = new QPushButton{tr("Save table ...")};
  save->setToolTip(tr("As CSV, for spreadsheets and scripts."));
  row->addWidget(copy);
  row->addWidget(save);
  row->addWidget(remove);
  row->addStretch(1);
  left_column->addLayout(row);
  split->addWidget(left);
  split->addWidget(plot_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table()); });
  connect(save, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the measurements"),
                                                      QStringLiteral("measurements.csv"), tr("Table (*.csv)"));
    if (!file.isEmpty()) save_table(file.toStdString());
  });
  connect(remove, &QPushButton::clicked, this, &MeasurePanel::remove_selected);
  auto* const key = new QShortcut{QKeySequence{Qt::Key_Delete}, table_};
  key->setContext(Qt::WidgetShortcut);
  connect(key, &QShortcut::activated, this, &MeasurePanel::remove_selected);
  connect(table_, &QTableWidget::itemSelectionChanged, this, &MeasurePanel::show_profile);
  soon_.setSingleShot(true);
  soon_.setInterval(50);
  connect(&soon_, &QTimer::timeout, this, &MeasurePanel::rebuild);
  connections_.push_back(document_.measurements_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.items_changed.connect([this] { soon_.start(); }));
  rebuild();
}

void MeasurePanel::rebuild() {
  const auto rows = measurement_table(document_);
  const int selected = table_->currentRow();
  ids_.clear();
  for (const Measurement& m : document_.measurements()) ids_.push_back(m.id);
  table_->setColumnCount(static_cast<int>(rows[0].size()));
  table_->setRowCount(static_cast<int>(rows.size()) - 1);
  for (int k = 0; k < table_->columnCount(); ++k)
    table_->setHorizontalHeaderItem(k,
                                    new QTableWidgetItem{QString::fromStdString(rows[0][static_cast<std::size_t>(k)])});
  for (int i = 0; i < table_->rowCount(); ++i)
    for (int k = 0; k < table_->columnCount(); ++k)
      table_->setItem(i, k,
                      new QTableWidgetItem{
                          QString::fromStdString(rows[static_cast<std::size_t>(i) + 1][static_cast<std::size_t>(k)])});
  if (selected >= 0 && selected < table_->rowCount()) table_->selectRow(selected);
  show_profile();
}

void MeasurePanel::select(std::uint64_t measurement) {
  rebuild();
  for (std::size_t i = 0; i < ids_.size(); ++i)
    if (ids_[i] == measurement) table_->selectRow(static_cast<int>(i));
}

void MeasurePanel::show_profile() {
  const int row = table_->currentRow();
  if (row >= 0 && row < static_cast<int>(ids_.size()))
    for (const Measurement& m : document_.measurements()) {
      if (m.id != ids_[static_cast<std::size_t>(row)] || m.kind != MeasureKind::line) continue;
      std::vector<Curve> curves;
      QString note;
      for (const ItemId id : {m.item, document_.look().layout.compared}) {
        const Item* const item = document_.find(id);
        if (item == nullptr || !item->raster ||
            (id != m.item && item->raster->anatomical != document_.find(m.item)->raster->anatomical))
          continue;
        const Profile profile = make_profile(*item->raster, m);
        Curve curve{QString::fromStdString(item->name), {}};
        for (std::size_t i = 0; i < profile.value.size(); ++i)
          curve.points.emplace_back(profile.place_mm[i], profile.value[i]);
        if (id == m.item && profile.fwhm_mm) note = tr("FWHM %1 mm").arg(*profile.fwhm_mm, 0, 'f', 2);
        if (id == m.item || curves.size() == 1) curves.push_back(std::move(curve));
        if (document_.look().layout.compared == m.item) break;
      }
      return plot_->set_curves(std::move(curves), tr("mm"), {}, note);
    }
  plot_->set_curves({}, {}, {});
}

void MeasurePanel::remove_selected() {
  const int row = table_->currentRow();
  if (row >= 0 && row < static_cast<int>(ids_.size()))
    document_.remove_measurement(ids_[static_cast<std::size_t>(row)]);
}

void MeasurePanel::save_table(const std::filesystem::path& file) {
  std::string text;
  for (const auto& row : measurement_table(document_)) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string cell = row[i];
      if (cell.find_first_of(",\"\r\n") != std::string::npos) {
        for (std::size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2) cell.insert(at, 1, '"');
        cell = '"' + cell + '"';
      }
      text += (i > 0 ? "," : "") + cell;
    }
    text += "\r\n";
  }
  try {
    replace_file(file, text, ExistingFile::replace);
  } catch (const Error& failure) {
    QMessageBox::warning(this, tr("Save the measurements"), QString::fromUtf8(failure.what()));
  }
}

QString MeasurePanel::table() const {
  QString text;
  for (const auto& row : measurement_table(document_)) {
    QStringList cells;
    for (const std::string& cell : row) cells << QString::fromStdString(cell);
    text += cells.join('\t') + '\n';
  }
  return text;
}

}  // namespace iso::gui
