#include "tool_panel.h"

#include "label_table.h"
#include "layer_group.h"
#include "number_field.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QTimer>
#include <QVBoxLayout>

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

QSlider* percent(const QString& name) {
  auto* const slider = new QSlider{Qt::Horizontal};
  slider->setRange(0, 100);
  slider->setAccessibleName(name);
  return slider;
}

}  // namespace

ToolPanel::ToolPanel(Document& document, Tools& tools, Background& background, QWidget* parent)
    : QWidget{parent}, document_{document}, tools_{tools} {
  auto* const outer = new QVBoxLayout{this};
  outer->setContentsMargins(0, 0, 0, 0);
  auto* const scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  outer->addWidget(scroll);
  auto* const content = new QWidget;
  column_ = new QVBoxLayout{content};
  paint_ = paint_group();
  column_->addWidget(paint_);  // first, so that it is seen when a tool that paints is taken
  table_ = new LabelTable{document, tools, background};
  connect(table_, &LabelTable::problem, this, &ToolPanel::problem);
  column_->addWidget(table_);
  layers_ = {new LayerGroup{document, LayerGroup::Place::image, [this] { return document_.look().layout.base; }},
             new LayerGroup{document, LayerGroup::Place::overlay, [this] { return document_.look().overlay.item; }},
             new LayerGroup{document, LayerGroup::Place::beneath, [this] { return document_.look().overlay.beneath; }}};
  for (LayerGroup* const layer : layers_) column_->addWidget(layer);
  column_->addWidget(overlay_group());
  column_->addStretch(1);
  scroll->setWidget(content);
  connections_ = document_.watch([this] { refresh(); });
  connect(&tools_, &Tools::changed, this, &ToolPanel::refresh);
  refresh();
}

void ToolPanel::add_group(QWidget* group) { column_->insertWidget(column_->count() - 1, group); }

QWidget* ToolPanel::overlay_group() {
  auto* const group = new QGroupBox{tr("Overlay and slab")};
  auto* const form = new QFormLayout{group};
  opacity_ = percent(tr("Fade from the image to the overlay"));
  opacity_->setToolTip(tr("From the image alone to the overlay alone (Q and E)"));
  reveal_ = percent(tr("Part of the width that shows the overlay"));
  reveal_->setToolTip(tr("The overlay is seen left of a line, which the mouse can draw too"));
  auto* const flicker = new QPushButton{tr("Flicker")};
  flicker->setCheckable(true);
  flicker->setObjectName(QStringLiteral("overlay.flicker"));
  flicker->setToolTip(tr("The overlay comes and goes (Shift+T)"));
  auto* const clock = new QTimer{this};
  clock->setInterval(400);
  const auto show_overlay = [this](bool on) {
    Look look = document_.look();
    look.overlay.shown = on;
    document_.set_look(look);
  };
  connect(flicker, &QPushButton::toggled, this, [show_overlay, clock](bool on) {
    on ? clock->start() : clock->stop();
    show_overlay(true);
  });
  connect(clock, &QTimer::timeout, this, [this, show_overlay] { show_overlay(!document_.look().overlay.shown); });
  slab_ = new QComboBox;
  slab_->setAccessibleName(tr("Slab"));
  slab_->addItems({tr("none"), tr("maximum"), tr("minimum"), tr("mean")});
  slab_mm_ = number(tr("Thickness of the slab"), 0.1, 1000);
  slab_mm_->setSuffix(QStringLiteral(" mm"));
  form->addRow(tr("Fade"), opacity_);
  form->addRow(tr("Reveal"), reveal_);
  form->addRow(flicker);
  form->addRow(tr("Slab"), slab_);
  form->addRow(tr("Thickness"), slab_mm_);
  connect(opacity_, &QSlider::valueChanged, this, &ToolPanel::change_look);
  connect(reveal_, &QSlider::valueChanged, this, &ToolPanel::change_look);
  connect(slab_, &QComboBox::activated, this, &ToolPanel::change_look);
  connect(slab_mm_, &QDoubleSpinBox::valueChanged, this, &ToolPanel::change_look);
  return group;
}

QWidget* ToolPanel::paint_group() {
  auto* const group = new QGroupBox{tr("Labels")};
  auto* const form = new QFormLayout{group};
  label_ = new QSpinBox;
  label_->setRange(1, 65535);
  label_->setAccessibleName(tr("Label"));
  radius_ = number(tr("Radius of the brush"), 0.1, 500);
  radius_->setSuffix(QStringLiteral(" mm"));
  sphere_ = new QCheckBox{tr("Ball through slices")};
  range_ = new QCheckBox{tr("Only values")};
  low_ = number(tr("Lowest value"), -1e9, 1e9);
  high_ = number(tr("Highest value"), -1e9, 1e9);
  from_click_ = new QPushButton{tr("Take from the next click")};
  from_click_->setCheckable(true);
  from_click_->setToolTip(tr("The next click on the image sets the range to the values under the cursor."));
  form->addRow(tr("Label"), label_);
  form->addRow(tr("Brush"), radius_);
  form->addRow(sphere_);
  form->addRow(range_);
  form->addRow(tr("from"), low_);
  form->addRow(tr("to"), high_);
  form->addRow(from_click_);
  range_shown_ = new QCheckBox{tr("Show these values")};
  range_shown_->setToolTip(tr("Draws the voxels in the range in the colour of the label, before anything is painted."));
  form->addRow(range_shown_);
  connect(range_shown_, &QCheckBox::clicked, this, [this](bool on) {
    tools_.range_shown = on;
    Q_EMIT tools_.changed();
  });
  connect(range_, &QCheckBox::clicked, this, [this](bool on) {
    // Nobody has said a range yet: what lies under the next click is one, and 0 to 0 would paint nothing.
    if (on && low_->value() == high_->value()) from_click_->setChecked(true);
    if (!on) from_click_->setChecked(false);
  });
  connect(from_click_, &QPushButton::toggled, this, [this](bool on) {
    tools_.range_from_click = on;
    if (on) range_->setChecked(true);
  });
  const auto take = [this] {
    if (filling_) return;
    tools_.label = static_cast<std::uint16_t>(label_->value());
    tools_.brush_radius_mm = radius_->value();
    tools_.sphere = sphere_->isChecked();
    tools_.range = range_->isChecked() ? std::optional{std::pair{low_->value(), high_->value()}} : std::nullopt;
    Q_EMIT tools_.changed();
  };
  connect(label_, &QSpinBox::valueChanged, this, take);
  for (QDoubleSpinBox* box : {radius_, low_, high_}) connect(box, &QDoubleSpinBox::valueChanged, this, take);
  for (QCheckBox* box : {sphere_, range_}) connect(box, &QCheckBox::clicked, this, take);
  return group;
}

/// The labels that are seen, and painted on.
ItemId ToolPanel::label_item() const {
  for (const ItemId id : {document_.look().overlay.item, document_.look().layout.base})
    if (const Item* const item = document_.find(id); item != nullptr && to_kind(*item->data) == Kind::label_map)
      return id;
  return 0;
}

void ToolPanel::change_look() {
  if (filling_) return;
  Look look = document_.look();
  look.overlay.opacity = opacity_->value() / 100.0;
  look.overlay.curtain = reveal_->value() / 100.0;
  look.planes.slab = static_cast<render::Slab>(slab_->currentIndex());
  look.planes.slab_mm = slab_mm_->value();
  document_.set_look(look);
}

void ToolPanel::refresh() {
  filling_ = true;
  for (LayerGroup* const layer : layers_) layer->refresh();
  const Look& look = document_.look();
  opacity_->setValue(static_cast<int>(std::lround(100 * look.overlay.opacity)));
  reveal_->setValue(static_cast<int>(std::lround(100 * look.overlay.curtain)));
  slab_->setCurrentIndex(static_cast<int>(look.planes.slab));
  slab_mm_->setValue(look.planes.slab_mm);
  label_->setValue(tools_.label);
  radius_->setValue(tools_.brush_radius_mm);
  sphere_->setChecked(tools_.sphere);
  if (tools_.range) {
    range_->setChecked(true);
    low_->setValue(tools_.range->first);
    high_->setValue(tools_.range->second);
  }
  for (QWidget* const widget : std::initializer_list<QWidget*>{low_, high_, range_shown_})
    widget->setEnabled(range_->isChecked());
  from_click_->setChecked(tools_.range_from_click);
  range_shown_->setChecked(tools_.range_shown);
  paint_->setVisible(tools_.paints());
  table_->show_map(label_item());
  table_->setVisible(tools_.paints() || label_item() != 0);
  filling_ = false;
}

}  // namespace iso::gui
