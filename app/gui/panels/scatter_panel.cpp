#include "scatter_panel.h"

#include "gui/model/composite.h"
#include "gui/presenters/gallery.h"
#include "gui/views/scatter_view.h"

#include "iso/base/error.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

const SpectralCube* to_cube(const Item* item) {
  return item == nullptr || !item->raster ? nullptr : std::get_if<SpectralCube>(item->data.get());
}

bool same_scene(const SpectralCube& a, const SpectralCube& b) {
  const Shape &first = a.pixels.spec().shape, &second = b.pixels.spec().shape;
  return first[0] == second[0] && first[1] == second[1];
}

}  // namespace

ScatterPanel::ScatterPanel(Desktop& desktop, QWidget* parent)
    : QWidget{parent}, desktop_{desktop}, view_{new ScatterView}, keep_{new QPushButton{tr("Keep the selection")}} {
  auto* const row = new QHBoxLayout{this};
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(view_, 1);
  auto* const controls = new QWidget;
  controls->setFixedWidth(190);
  auto* const column = new QVBoxLayout{controls};
  column->setContentsMargins(4, 2, 4, 2);
  column->setSpacing(3);
  across_ = make_axis_choice(tr("Across"), "scatter.x");
  up_ = make_axis_choice(tr("Up"), "scatter.y");
  for (const Axis& axis : {across_, up_}) {
    column->addWidget(new QLabel{axis.item->accessibleName()});
    column->addWidget(axis.item);
    column->addWidget(axis.band);
  }
  keep_->setObjectName(QStringLiteral("scatter.keep"));
  keep_->setToolTip(tr("Leave the marked pixels as a label map of their own"));
  column->addWidget(keep_);
  column->addStretch(1);
  row->addWidget(controls);
  view_->setObjectName(QStringLiteral("scatter.view"));
  view_->set_hint(tr("Show a spectral cube as the image: its pixels by two of its bands appear here."));
  connect(view_, &ScatterView::lassoed, this, &ScatterPanel::select_inside);
  connect(keep_, &QPushButton::clicked, this, [this] {
    desktop_.document().keep_live(selection_);
    selection_ = 0;
    follow();
  });
  soon_.setSingleShot(true);
  soon_.setInterval(60);
  connect(&soon_, &QTimer::timeout, this, &ScatterPanel::follow);
  connections_ = desktop_.document().watch([this] { soon_.start(); });
  follow();
}

ScatterPanel::Axis ScatterPanel::make_axis_choice(const QString& name, const char* object) {
  Axis axis{new QComboBox, new QSpinBox};
  axis.item->setAccessibleName(name);
  axis.item->setObjectName(QString::fromLatin1(object));
  axis.item->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  axis.item->setMinimumContentsLength(6);
  axis.band->setAccessibleName(tr("Band of %1").arg(name));
  axis.band->setObjectName(QString::fromLatin1(object) + QStringLiteral(".band"));
  axis.band->setPrefix(tr("band "));
  axis.band->setMinimum(1);
  axis.band->setKeyboardTracking(false);
  connect(axis.item, &QComboBox::activated, this, [this] { follow(); });
  connect(axis.band, &QSpinBox::valueChanged, this, [this] {
    if (!filling_) ask();
  });
  return axis;
}

void ScatterPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
}

void ScatterPanel::follow() {
  fill();
  keep_->setEnabled(selection_ != 0 && desktop_.document().find(selection_) != nullptr);
  if (!isVisible()) return;
  ask();
  show_labels();
}

/// The cubes of the scene that is shown, and the bands of each.
void ScatterPanel::fill() {
  const Document& document = desktop_.document();
  const Item* const base = document.find(document.look().layout.base);
  const SpectralCube* const shown = to_cube(base);
  filling_ = true;
  const ItemId now = shown == nullptr ? 0 : base->id;
  for (const Axis& axis : {across_, up_}) {
    const bool fresh = now != base_ || axis.item->count() == 0;
    const QVariant before = fresh ? QVariant::fromValue<qulonglong>(now) : axis.item->currentData();
    axis.item->clear();
    for (const auto& item : document.items())
      if (const SpectralCube* const cube = to_cube(item.get());
          shown != nullptr && cube != nullptr && same_scene(*cube, *shown))
        axis.item->addItem(QString::fromStdString(item->name), QVariant::fromValue<qulonglong>(item->id));
    axis.item->setCurrentIndex(std::max(0, axis.item->findData(before)));
    const SpectralCube* const chosen = to_cube(document.find(axis.item->currentData().toULongLong()));
    const int bands = chosen == nullptr ? 1 : static_cast<int>(chosen->pixels.spec().shape[2]);
    axis.band->setMaximum(bands);
    // At first two bands that lie apart: neighbours tell the same.
    if (fresh && chosen != nullptr) axis.band->setValue(axis.band == across_.band ? bands / 3 + 1 : 2 * bands / 3 + 1);
    axis.band->setSuffix(chosen == nullptr ? QString{}
                                           : QStringLiteral(" (%1)").arg(
                                                 QString::fromStdString(band_name(*chosen, axis.band->value() - 1))));
    axis.item->setEnabled(shown != nullptr);
    axis.band->setEnabled(shown != nullptr);
  }
  base_ = now;
  filling_ = false;
}

ScatterAxis ScatterPanel::axis(const Axis& choice) const {
  const Item* const item = desktop_.document().find(choice.item->currentData().toULongLong());
  return {item == nullptr ? nullptr : item->data, choice.band->value() - 1};
}

QString ScatterPanel::words(const Axis& choice) const {
  const Item* const item = desktop_.document().find(choice.item->currentData().toULongLong());
  return to_cube(item) == nullptr ? QString{}
                                  : QString::fromStdString(band_name(*to_cube(item), choice.band->value() - 1));
}

void ScatterPanel::ask() {
  const std::array<ScatterAxis, 2> asked{axis(across_), axis(up_)};
  if (asked == asked_) return;
  asked_ = asked;
  const int question = ++question_;
  labels_.reset();
  if (!asked[0].cube || !asked[1].cube) return view_->set_scatter(nullptr, {}, {});
  using Made = std::shared_ptr<const Scatter>;
  desktop_.background().run<Made>([asked] { return std::make_shared<const Scatter>(make_scatter(asked[0], asked[1])); },
                                  [this, question, x = words(across_), y = words(up_)](const Made& made) {
                                    if (question != question_) return;  // another one has been asked for since
                                    view_->set_scatter(made, x, y);
                                    fill();
                                    show_labels();
                                  },
                                  [this, question](const Error& failure) {
                                    if (question != question_) return;
                                    view_->set_scatter(nullptr, {}, {});
                                    view_->set_hint(QString::fromUtf8(failure.what()));
                                  });
}

void ScatterPanel::show_labels() {
  const Document& document = desktop_.document();
  const Item* const over = document.find(document.look().overlay.item);
  const bool there = view_->scatter() != nullptr && over != nullptr && std::holds_alternative<LabelMap>(*over->data);
  const auto now = there ? over->raster : nullptr;
  if (now == labels_) return;
  labels_ = now;
  view_->set_labels(there ? labels_in(*view_->scatter(), get<LabelMap>(over->data)) : std::vector<std::uint16_t>{});
}

void ScatterPanel::select_inside(const std::vector<std::array<double, 2>>& polygon) {
  Document& document = desktop_.document();
  const Item* const base = document.find(document.look().layout.base);
  if (base == nullptr || view_->scatter() == nullptr) return;
  DatasetPtr selected = freeze(select(*view_->scatter(), polygon, flat_frame(base->raster->frame)));
  if (selection_ != 0 && document.find(selection_) == nullptr) selection_ = 0;
  selection_ = document.show_live(selection_, tr("Selection").toStdString(), std::move(selected));
  Look look = document.look();
  look.overlay.item = selection_;
  look.overlay.shown = true;
  document.set_look(look);
}

}  // namespace iso::gui
