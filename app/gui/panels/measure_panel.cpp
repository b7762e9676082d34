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

#include <algorithm>
#include <cmath>
#include <utility>

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
  connect(table_, &QTableWidget::itemSelectionChanged, this, &MeasurePanel::show_plot);
  connect(plot_, &PlotView::picked, this, [this](double x) {
    if (times_.empty()) return;
    const auto nearest = std::ranges::min_element(times_, {}, [x](double at) { return std::abs(at - x); });
    Look look = document_.look();
    look.frame = nearest - times_.begin();
    document_.set_look(look);
  });
  soon_.setSingleShot(true);
  soon_.setInterval(50);
  connect(&soon_, &QTimer::timeout, this, &MeasurePanel::rebuild);
  connections_.push_back(document_.measurements_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.items_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.selection_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.look_changed.connect([this, shown = ItemId{0}]() mutable {
    if (std::exchange(shown, document_.look().layout.base) != document_.look().layout.base) soon_.start();
    show_frame_marker();
  }));
  rebuild();
}

void MeasurePanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  soon_.start();  // what a hidden plot did not follow
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
  for (int k = 0; k < table_->columnCount(); ++k) {  // what none of them has takes no room
    bool any = false;
    for (int i = 0; i < table_->rowCount(); ++i) any = any || !table_->item(i, k)->text().isEmpty();
    table_->setColumnHidden(k, !any && table_->rowCount() > 0);
  }
  if (selected >= 0 && selected < table_->rowCount()) table_->selectRow(selected);
  show_plot();
}

void MeasurePanel::select(std::uint64_t measurement) {
  rebuild();
  for (std::size_t i = 0; i < ids_.size(); ++i)
    if (ids_[i] == measurement) table_->selectRow(static_cast<int>(i));
}

const Measurement* MeasurePanel::selected() const {
  const int row = table_->currentRow();
  if (row < 0 || row >= static_cast<int>(ids_.size())) return nullptr;
  const auto found = std::ranges::find(document_.measurements(), ids_[static_cast<std::size_t>(row)], &Measurement::id);
  return found == document_.measurements().end() ? nullptr : &*found;
}

void MeasurePanel::show_plot() {
  times_.clear();
  plot_->set_shaded({});
  const Measurement* const chosen = selected();
  const Item* const item = document_.find(chosen != nullptr ? chosen->item : document_.look().layout.base);
  const bool shown = item != nullptr && item->raster &&
                     (chosen == nullptr                   ? isVisible() && show_frames(*item)
                      : chosen->kind == MeasureKind::line ? show_profile(*chosen)
                                                          : show_over_time(*item));
  if (!shown) plot_->set_curves({}, {}, {});
  show_frame_marker();
}

bool MeasurePanel::show_profile(const Measurement& m) {
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
  plot_->set_curves(std::move(curves), tr("mm"), {}, note);
  return true;
}

/// All regions and points of the series together, so that they can be compared.
bool MeasurePanel::show_over_time(const Item& item) {
  std::vector<Curve> curves;
  QString unit, values;
  for (const Measurement& m : document_.measurements()) {
    if (m.item != item.id) continue;
    const auto over_time = make_time_curve(item, m);
    if (!over_time) continue;
    Curve curve{QString::fromStdString(over_time->name), {}};
    for (std::size_t i = 0; i < over_time->at.size(); ++i)
      curve.points.emplace_back(over_time->at[i], over_time->mean[i]);
    curve.deviation = over_time->deviation;
    times_ = over_time->at;
    unit = QString::fromStdString(over_time->time_unit);
    values = QString::fromStdString(over_time->value_unit);
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) return false;
  plot_->set_curves(std::move(curves), unit, values);
  return true;
}

std::vector<TimeCurve> MeasurePanel::curves_of_table(const Item& series) const {
  std::vector<TimeCurve> newest;
  for (const auto& item : document_.items()) {
    auto curves = make_table_curves(*item);
    if (curves.empty() || curves[0].at.size() != static_cast<std::size_t>(series.raster->frames)) continue;
    newest = std::move(curves);
    if (item->id == document_.selected()) break;
  }
  return newest;
}

bool MeasurePanel::show_frames(const Item& item) {
  if (item.raster->frames < 2) return false;
  std::vector<TimeCurve> all = curves_of_table(item);
  if (all.empty()) {
    auto frames = make_frame_curve(item);
    if (!frames) return false;
    frames->name = tr("root mean square of each frame").toStdString();
    all.push_back(*std::move(frames));
  }
  std::vector<Curve> curves;
  for (const TimeCurve& values : all) {
    Curve curve{QString::fromStdString(values.name), {}};
    for (std::size_t i = 0; i < values.at.size(); ++i) curve.points.emplace_back(values.at[i], values.mean[i]);
    curves.push_back(std::move(curve));
  }
  const TimeCurve& first = all.front();
  times_ = first.at;
  const auto odd = frames_that_stand_out(first.mean);
  const double half = (times_.back() - times_.front()) / static_cast<double>(times_.size() - 1) / 2;
  std::vector<std::pair<double, double>> ranges;
  ranges.reserve(odd.size());
  for (const std::size_t frame : odd) ranges.emplace_back(times_[frame] - half, times_[frame] + half);
  const QString note = odd.empty()       ? QString{}
                       : odd.size() == 1 ? tr("frame %1 stands out").arg(odd.front() + 1)
                                         : tr("%1 frames stand out").arg(odd.size());
  plot_->set_curves(std::move(curves), QString::fromStdString(first.time_unit),
                    QString::fromStdString(first.value_unit), note);
  plot_->set_shaded(std::move(ranges));
  return true;
}

void MeasurePanel::show_frame_marker() {
  const auto frame = static_cast<std::size_t>(std::max<std::int64_t>(0, document_.look().frame));
  plot_->set_marker(times_.empty() ? std::nullopt : std::optional{times_[std::min(frame, times_.size() - 1)]});
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
