#include "compare_panel.h"

#include "gui/model/words.h"

#include "iso/base/error.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

QString cell(const std::optional<double>& value, const char* form) {
  return value ? QString::asprintf(form, *value) : QStringLiteral("\u2013");
}

}  // namespace

ComparePanel::ComparePanel(Document& document, Background& background, QWidget* parent)
    : QWidget{parent},
      document_{document},
      background_{background},
      heading_{new QLabel},
      table_{new QTableWidget{0, 6}},
      factor_{new QComboBox} {
  auto* const column = new QVBoxLayout{this};
  heading_->setWordWrap(true);
  column->addWidget(heading_);
  table_->setHorizontalHeaderLabels(
      {tr("Part"), tr("PSNR dB"), tr("SSIM"), tr("NRMSE"), tr("HFEN"), tr("Max. difference")});
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->verticalHeader()->setVisible(false);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setAccessibleName(tr("Figures of the comparison"));
  column->addWidget(table_, 1);
  auto* const row = new QHBoxLayout;
  auto* const difference = new QPushButton{tr("Add difference image")};
  auto* const copy = new QPushButton{tr("Copy table")};
  factor_->setObjectName(QStringLiteral("compare.factor"));
  factor_->setAccessibleName(tr("Window of the difference"));
  factor_->setToolTip(tr("A difference is shown in its own range, or so many times as strong as the image."));
  factor_->addItem(tr("own range"), 0);
  for (const int times : {1, 5, 10}) factor_->addItem(tr("image x %1").arg(times), times);
  difference->setObjectName(QStringLiteral("compare.difference"));
  row->addWidget(difference);
  row->addWidget(factor_);
  row->addWidget(copy);
  row->addStretch(1);
  column->addLayout(row);
  connect(difference, &QPushButton::clicked, this, &ComparePanel::add_difference);
  connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(table()); });
  for (QTimer* timer : {&soon_, &later_}) timer->setSingleShot(true);
  soon_.setInterval(30);
  later_.setInterval(400);
  connect(&soon_, &QTimer::timeout, this, &ComparePanel::refresh);
  connect(&later_, &QTimer::timeout, this, &ComparePanel::refresh_all);
  connections_ = document_.watch([this] { soon_.start(); });
  refresh();
}

void ComparePanel::refresh() {
  const Comparison what = make_comparison(document_);
  ++question_;  // discards answers to earlier questions
  if (!what.problem.empty()) {
    heading_->setText(QString::fromStdString(what.problem));
    table_->setRowCount(0);
    return;
  }
  heading_->setText(
      tr("%1 against %2 (reference)").arg(QString::fromStdString(what.image), QString::fromStdString(what.reference)));
  if (!isVisible()) return;
  fill({slice_figures(what)});
  later_.start();
}

void ComparePanel::refresh_all() {
  Comparison what = make_comparison(document_);
  if (!what.problem.empty()) return;
  const int question = question_;
  background_.run<std::vector<Figures>>(
      [what = std::move(what)] { return all_figures(what); },
      [this, question](const std::vector<Figures>& rows) {
        if (question == question_) fill(rows);
      },
      [this](const Error& failure) { Q_EMIT problem(QString::fromUtf8(failure.what())); });
}

void ComparePanel::fill(const std::vector<Figures>& rows) {
  table_->setRowCount(static_cast<int>(rows.size()));
  for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
    const Figures& f = rows[static_cast<std::size_t>(i)];
    const QStringList cells{QString::fromStdString(f.part),
                            cell(f.psnr_db, "%.2f"),
                            cell(f.ssim, "%.4f"),
                            cell(f.nrmse, "%.4f"),
                            cell(f.hfen, "%.4f"),
                            f.problem.empty()
                                ? (f.max_absolute ? QString::fromStdString(format_value(*f.max_absolute)) : QString{})
                                : QString::fromStdString(f.problem)};
    for (int k = 0; k < cells.size(); ++k) table_->setItem(i, k, new QTableWidgetItem{cells[k]});
  }
}

QString ComparePanel::table() const {
  QString text;
  for (int k = 0; k < table_->columnCount(); ++k)
    text += (k == 0 ? QString{} : QStringLiteral("\t")) + table_->horizontalHeaderItem(k)->text();
  for (int i = 0; i < table_->rowCount(); ++i) {
    text += QLatin1Char('\n');
    for (int k = 0; k < table_->columnCount(); ++k)
      text +=
          (k == 0 ? QString{} : QStringLiteral("\t")) + (table_->item(i, k) ? table_->item(i, k)->text() : QString{});
  }
  return text + QLatin1Char('\n');
}

void ComparePanel::add_difference() {
  try {
    const Item* const image = document_.find(document_.look().layout.base);
    const double image_width = image == nullptr ? 0 : image->display.width;
    const ItemId id = document_.add("difference", make_difference(document_), {});
    render::Display display = document_.find(id)->display;
    const double reach = std::max(std::abs(document_.find(id)->raster->low_percentile),
                                  std::abs(document_.find(id)->raster->high_percentile));
    display.colour_map = "cool-warm";
    display.centre = 0;
    const int times = factor_->currentData().toInt();
    display.width = std::max(times > 0 && image_width > 0 ? image_width / times : 2 * reach, 1e-12);
    document_.set_display(id, display, "Window of the difference");
    Look look = document_.look();
    look.overlay.item = id;
    document_.set_look(look);
  } catch (const Error& failure) {
    Q_EMIT problem(QString::fromUtf8(failure.what()));
  }
}

}  // namespace iso::gui
