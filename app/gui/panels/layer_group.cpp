#include "layer_group.h"

#include "number_field.h"

#include "gui/model/stack_place.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QSlider>

#include <cmath>

namespace iso::gui {
namespace {

NumberField* number(const QString& name, double low, double high) {
  auto* const box = new NumberField;
  box->setRange(low, high);
  box->setMinimumWidth(70);  // not as wide as the largest number that could stand in it
  box->setAccessibleName(name);
  return box;
}

}  // namespace

LayerGroup::LayerGroup(Document& document, Place place, std::function<ItemId()> which, QWidget* parent)
    : QGroupBox{parent}, document_{document}, place_{place}, which_{std::move(which)}, name_{new QLabel} {
  setTitle(place == Place::image ? tr("Image") : place == Place::overlay ? tr("Overlay") : tr("Under the overlay"));
  const auto named = [&](const QString& words) {
    return place_ == Place::image ? words : tr("%1: %2").arg(title(), words.toLower());
  };
  auto* const form = new QFormLayout{this};
  name_->setVisible(place != Place::image);
  name_->setWordWrap(true);
  width_ = number(named(tr("Window width")), 1e-9, 1e9);
  width_->setSpecialValueText(QStringLiteral(" "));  // while nothing is open
  centre_ = number(named(tr("Window level")), -1e9, 1e9);
  voi_ = new QComboBox;
  voi_->setAccessibleName(named(tr("Window function")));
  voi_->addItems({tr("linear"), tr("linear exact"), tr("sigmoid"), tr("logarithm")});
  map_ = new QComboBox;
  map_->setAccessibleName(named(tr("Colours")));
  for (const std::string& name : render::colour_map_names())
    if (name != "labels") map_->addItem(QString::fromStdString(name));
  inverted_ = new QCheckBox{tr("Inverted")};
  interpolate_ = new QCheckBox{tr("Smooth between voxels")};
  range_ = new QCheckBox{tr("Show only values")};
  range_->setAccessibleName(named(tr("Show only values")));
  range_->setToolTip(tr("Values outside of the range are clear."));
  from_ = number(named(tr("Lowest value shown")), -1e9, 1e9);
  to_ = number(named(tr("Highest value shown")), -1e9, 1e9);
  opacity_ = new QSlider{Qt::Horizontal};
  opacity_->setRange(0, 100);
  opacity_->setAccessibleName(named(tr("Opacity")));
  part_ = new QSlider{Qt::Horizontal};
  part_->setObjectName(QStringLiteral("layer.part"));
  part_->setPageStep(1);
  part_->setTickPosition(QSlider::TicksBelow);
  if (place != Place::image) form->addRow(name_);
  form->addRow(tr("Part"), part_);
  form_ = form;
  form->addRow(tr("Window"), width_);
  form->addRow(tr("Level"), centre_);
  form->addRow(tr("Function"), voi_);
  form->addRow(tr("Colours"), map_);
  form->addRow(tr("Opacity"), opacity_);
  form->addRow(range_);
  form->addRow(tr("from"), from_);
  form->addRow(tr("to"), to_);
  form->addRow(inverted_);
  form->addRow(interpolate_);
  connect(part_, &QSlider::valueChanged, this, [this](int part) {
    const Item* const shown = item();
    if (!filling_ && shown != nullptr) go_to_part(document_, *shown, part - 1);
  });
  for (QDoubleSpinBox* box : {width_, centre_, from_, to_})
    connect(box, &QDoubleSpinBox::valueChanged, this, &LayerGroup::change);
  for (QComboBox* box : {voi_, map_}) connect(box, &QComboBox::activated, this, &LayerGroup::change);
  for (QCheckBox* box : {inverted_, interpolate_}) connect(box, &QCheckBox::clicked, this, &LayerGroup::change);
  connect(range_, &QCheckBox::clicked, this, &LayerGroup::change_range);
  connect(opacity_, &QSlider::valueChanged, this, &LayerGroup::change);
}

const Item* LayerGroup::item() const {
  const Item* const found = document_.find(which_());
  return found != nullptr && found->raster && !found->raster->labels ? found : nullptr;
}

void LayerGroup::change_range(bool on) {
  const Item* const shown = item();
  if (shown == nullptr) return;
  render::Display display = shown->display;
  display.shown_range.reset();
  // All that is brighter than the lower end of the window, until somebody says otherwise.
  if (on) display.shown_range = {{display.centre - display.width / 2, std::max(shown->raster->high, display.centre)}};
  document_.set_display(shown->id, display, on ? "Show only values" : "Show all values");
}

void LayerGroup::change() {
  const Item* const shown = item();
  if (filling_ || shown == nullptr) return;
  render::Display display = shown->display;
  display.width = width_->value();
  display.centre = centre_->value();
  display.voi = static_cast<render::VoiFunction>(voi_->currentIndex());
  if (display.voi == render::VoiFunction::linear && display.width < 1) display.voi = render::VoiFunction::linear_exact;
  display.colour_map = map_->currentText().toStdString();
  display.inverted = inverted_->isChecked();
  display.interpolate = interpolate_->isChecked();
  display.opacity = opacity_->value() / 100.0;
  if (display.shown_range) display.shown_range = {{from_->value(), to_->value()}};
  document_.set_display(shown->id, display);
}

/// A row for a stack of volumes alone, with the name that the data give one of them.
void LayerGroup::refresh_stack(const Item* shown) {
  const auto place = shown == nullptr ? std::nullopt : find_stack_place(document_, *shown);
  form_->setRowVisible(part_, place.has_value());
  if (!place) return;
  QString name = QString::fromStdString(place->stack.name);
  name[0] = name[0].toUpper();
  part_->setRange(1, static_cast<int>(place->stack.count));
  part_->setValue(static_cast<int>(place->part) + 1);
  part_->setToolTip(QString::fromStdString(to_text(*place)));
  part_->setAccessibleName(name);
  if (auto* const label = qobject_cast<QLabel*>(form_->labelForField(part_)))
    label->setText(tr("%1 %2 of %3").arg(name).arg(place->part + 1).arg(place->stack.count));
}

void LayerGroup::refresh() {
  filling_ = true;
  // What a running job shows has a window of its own, which is not the user's to change.
  const Item* const preview = place_ == Place::image ? document_.preview() : nullptr;
  const Item* const shown = preview != nullptr ? preview : item();
  const bool there = shown != nullptr;
  if (place_ != Place::image)
    setVisible(there);
  else
    setTitle(preview != nullptr ? tr("Image: preview of a job") : tr("Image"));
  for (QWidget* widget :
       std::initializer_list<QWidget*>{width_, centre_, voi_, map_, inverted_, interpolate_, range_, opacity_})
    widget->setEnabled(there && preview == nullptr);
  const bool ranged = there && shown->display.shown_range.has_value();
  for (QDoubleSpinBox* box : {from_, to_}) box->setEnabled(ranged && preview == nullptr);
  range_->setChecked(ranged);
  refresh_stack(shown);
  if (!there) width_->setValue(width_->minimum());
  if (there) {
    const render::Display& display = shown->display;
    name_->setText(QString::fromStdString(shown->name));
    width_->setValue(display.width);
    centre_->setValue(display.centre);
    voi_->setCurrentIndex(static_cast<int>(display.voi));
    map_->setCurrentText(QString::fromStdString(display.colour_map));
    inverted_->setChecked(display.inverted);
    interpolate_->setChecked(display.interpolate);
    opacity_->setValue(static_cast<int>(std::lround(100 * display.opacity)));
    if (ranged) from_->setValue((*display.shown_range)[0]), to_->setValue((*display.shown_range)[1]);
  }
  filling_ = false;
}

}  // namespace iso::gui
