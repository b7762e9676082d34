#include "export_dialog.h"

#include "number_field.h"

#include "render/bridge/movie.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

enum What { this_picture, all_slices, all_frames };
constexpr double least_factor = 0.25, most_factor = 8;

}  // namespace

ExportDialog::ExportDialog(const Shown& shown, QWidget* parent)
    : QDialog{parent},
      shown_{shown},
      along_{new QComboBox},
      kind_{new QComboBox},
      first_{new QSpinBox},
      last_{new QSpinBox},
      step_{new QSpinBox},
      factor_{new NumberField},
      rate_{new NumberField},
      words_{new QCheckBox{tr("With letters, scale bar and &texts")}},
      outcome_{new QLabel} {
  setObjectName(QStringLiteral("export"));
  setWindowTitle(tr("Export pictures of the view"));
  setAttribute(Qt::WA_DeleteOnClose);
  along_->addItem(tr("The picture that is shown"), this_picture);
  if (shown.slices > 1) along_->addItem(tr("Slices"), all_slices);
  if (shown.frames > 1) along_->addItem(tr("Frames"), all_frames);
  along_->setCurrentIndex(along_->count() - 1);
  kind_->addItems({tr("Pictures (PNG)"), tr("Movie (Ogg Theora)")});
  for (auto* const box : {first_, last_, step_}) box->setMinimum(1);
  factor_->setRange(least_factor, most_factor);
  factor_->setSingleStep(0.5);
  factor_->setValue(1);
  rate_->setRange(1, 60);
  rate_->setValue(10);
  words_->setChecked(true);
  auto* const form = new QFormLayout;
  form->addRow(tr("&What"), along_);
  form->addRow(tr("&From"), first_);
  form->addRow(tr("Up &to"), last_);
  form->addRow(tr("&Every"), step_);
  form->addRow(tr("&As"), kind_);
  form->addRow(tr("Frames a &second"), rate_);
  form->addRow(tr("&Size factor"), factor_);
  form->addRow(words_);
  const std::pair<QWidget*, const char*> names[]{
      {along_, "export.what"}, {first_, "export.first"}, {last_, "export.last"},     {step_, "export.step"},
      {kind_, "export.kind"},  {rate_, "export.rate"},   {factor_, "export.factor"}, {words_, "export.words"}};
  for (const auto& [widget, name] : names) {
    widget->setObjectName(QString::fromLatin1(name));
    if (auto* const label = qobject_cast<QLabel*>(form->labelForField(widget)))
      widget->setAccessibleName(label->text().remove(QLatin1Char('&')));
  }
  outcome_->setObjectName(QStringLiteral("export.outcome"));
  outcome_->setWordWrap(true);
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Cancel};
  export_ = buttons->addButton(tr("E&xport ..."), QDialogButtonBox::AcceptRole);
  export_->setObjectName(QStringLiteral("export.go"));
  auto* const column = new QVBoxLayout{this};
  column->addLayout(form);
  column->addWidget(outcome_);
  column->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, [this] {
    const PictureSeries wanted = series();
    accept();
    Q_EMIT chosen(wanted);
  });
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(along_, &QComboBox::currentIndexChanged, this, &ExportDialog::change_along);
  connect(kind_, &QComboBox::currentIndexChanged, this, &ExportDialog::refresh);
  for (auto* const box : {first_, last_, step_}) connect(box, &QSpinBox::valueChanged, this, &ExportDialog::refresh);
  for (auto* const box : {factor_, rate_}) connect(box, &QDoubleSpinBox::valueChanged, this, &ExportDialog::refresh);
  change_along();
}

void ExportDialog::change_along() {
  const int what = along_->currentData().toInt();
  const auto count = static_cast<int>(what == all_slices ? shown_.slices : what == all_frames ? shown_.frames : 1);
  for (QSpinBox* const box : {first_, last_, step_}) {
    box->setMaximum(count);
    box->setEnabled(what != this_picture);
  }
  first_->setValue(1);
  last_->setValue(count);
  step_->setValue(1);
  if (what == this_picture) kind_->setCurrentIndex(0);
  kind_->setEnabled(what != this_picture && render::writes_movies());
  refresh();
}

PictureSeries ExportDialog::series() const {
  PictureSeries series;
  const int what = along_->currentData().toInt();
  series.along = what == all_frames ? PictureSeries::Along::frames : PictureSeries::Along::slices;
  series.first = first_->value() - 1;
  series.last = last_->value() - 1;
  if (what == this_picture) series.first = series.last = shown_.slice;
  series.step = step_->value();
  series.factor = factor_->value();
  series.words = words_->isChecked();
  series.movie = kind_->currentIndex() == 1;
  series.frames_a_second = rate_->value();
  return series;
}

void ExportDialog::refresh() {
  const PictureSeries wanted = series();
  const auto numbers =
      picture_numbers(wanted, wanted.along == PictureSeries::Along::frames ? shown_.frames : shown_.slices);
  rate_->setEnabled(wanted.movie);
  export_->setEnabled(!numbers.empty());
  const auto count = static_cast<int>(numbers.size());
  QString text = tr("%1 of %2 x %3 pixels")
                     .arg(count == 1 ? tr("One picture") : tr("%1 pictures").arg(count))
                     .arg(std::lround(shown_.width_px * wanted.factor))
                     .arg(std::lround(shown_.height_px * wanted.factor));
  if (wanted.movie) text += tr(", %1 s").arg(count / wanted.frames_a_second, 0, 'f', 1);
  outcome_->setText(numbers.empty() ? tr("The range holds no picture.") : text + QLatin1Char('.'));
}

}  // namespace iso::gui
