// What the label table does with a label as a whole, and the table of its figures.

#include "label_table.h"

#include "iso/base/file_replacement.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QMenu>
#include <QPointer>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace iso::gui {

void LabelTable::make_edit_menu(QHBoxLayout& row) {
  auto* const button = new QToolButton;
  button->setText(tr("Change"));
  button->setToolTip(tr("Changes the chosen label as a whole; other labels are left alone."));
  button->setObjectName(QStringLiteral("labels.change"));
  button->setPopupMode(QToolButton::InstantPopup);
  auto* const menu = new QMenu{button};
  menu->setObjectName(QStringLiteral("menu.labels"));
  const auto add = [&](const QString& text, const QString& help, auto what) {
    menu->addAction(text, this, what)->setToolTip(help);
  };
  add(tr("Keep the largest island"), tr("Voxels that share a face belong together; the largest group stays."),
      [this] { edit(LabelEdit::keep_largest, tr("Largest island")); });
  add(tr("Remove small islands ..."), tr("Takes groups of fewer voxels away."), [this] {
    bool sure = false;
    const int voxels = QInputDialog::getInt(this, tr("Remove small islands"), tr("Islands of fewer voxels than"), 100,
                                            1, 1000000000, 1, &sure);
    if (sure) edit(LabelEdit::drop_islands, tr("Small islands"), {.voxels = voxels});
  });
  add(tr("Fill holes"), tr("Labels what the label encloses."),
      [this] { edit(LabelEdit::fill_holes, tr("Fill holes")); });
  const auto ask_mm = [this](const QString& title, const QString& words, double least, LabelEdit what) {
    bool sure = false;
    const double mm = QInputDialog::getDouble(this, title, words, 2, least, 1000, 2, &sure);
    if (sure) edit(what, title, {.mm = mm});
  };
  add(tr("Smooth ..."), tr("Rounds the surface; the volume stays about the same."),
      [this, ask_mm] { ask_mm(tr("Smooth a label"), tr("Corners go within about (mm)"), 0.01, LabelEdit::smooth); });
  add(tr("Grow or shrink ..."), tr("Moves the surface outwards, or inwards for a negative number."), [this, ask_mm] {
    ask_mm(tr("Grow or shrink a label"), tr("Outwards by (mm; below 0: inwards)"), -1000, LabelEdit::margin);
  });
  menu->addSeparator();
  add(tr("Fill between slices"), tr("Labels the slices between labelled ones, in the direction of the view used last."),
      [this] { edit(LabelEdit::interpolate, tr("Fill between slices"), {.axis = slice_axis()}); });
  add(tr("Copy to the next slice"), tr("In the direction of the view used last; the crosshair goes along."),
      [this] { copy_slice(1); });
  add(tr("Copy to the slice before"), tr("In the direction of the view used last; the crosshair goes along."),
      [this] { copy_slice(-1); });
  menu->addSeparator();
  add(tr("Label all values in the range"), tr("Every unlabelled voxel whose value lies in \"Only values\"."), [this] {
    if (!tools_.range)
      return void(
          Q_EMIT problem(tr("No range of values was chosen."), tr("Tick \"Only values\" and set from and to.")));
    LabelEditOptions options;
    options.low = tools_.range->first;
    options.high = tools_.range->second;
    edit(LabelEdit::threshold, tr("Label values"), options);
  });
  menu->setToolTipsVisible(true);
  button->setMenu(menu);
  row.addWidget(button);
}

std::size_t LabelTable::slice_axis() const {
  const Item* const item = document_.find(item_);
  std::size_t axis = 2;
  double most = -1;
  for (std::size_t k = 0; item != nullptr && item->raster && k < 3; ++k)
    if (const double part = std::abs(dot(column(item->raster->frame.direction, k), tools_.normal)); part > most + 1e-9)
      most = part, axis = k;
  return axis;
}

std::int64_t LabelTable::crosshair_slice() const {
  const Item* const item = document_.find(item_);
  if (item == nullptr || !item->raster) return 0;
  return std::llround(item->raster->frame.to_index(document_.look().crosshair.position_mm)[slice_axis()]);
}

void LabelTable::copy_slice(int step) {
  const Item* const item = document_.find(item_);
  if (item == nullptr || !item->raster) return;
  const std::size_t axis = slice_axis();
  // Views count their slices towards left, posterior and superior.
  const Vec3 along = column(item->raster->frame.direction, axis);
  const int sign = *std::ranges::max_element(along, {}, [](double part) { return std::abs(part); }) < 0 ? -1 : 1;
  LabelEditOptions options{.axis = axis};
  options.from = crosshair_slice();
  options.to = options.from + sign * step;
  edit(LabelEdit::copy_slice, tr("Copy to slice"), options);
  if (options.to < 0 || options.to >= item->raster->frame.size[axis]) return;
  Look look = document_.look();
  look.crosshair.position_mm =
      add_scaled(look.crosshair.position_mm, sign * step * item->raster->frame.spacing_mm[axis], along);
  document_.set_look(look);
}

void LabelTable::edit(LabelEdit what, const QString& step, LabelEditOptions options) {
  const Item* const item = document_.find(item_);
  if (item == nullptr || to_kind(*item->data) != Kind::label_map) return;
  options.label = tools_.label;
  if (const auto style = item->label_styles.find(options.label);
      style != item->label_styles.end() && style->second.locked)
    return void(Q_EMIT problem(tr("Label %1 is locked.").arg(options.label), tr("Take its lock away in the table.")));
  const Item* const base = document_.find(document_.look().layout.base);
  if (base != nullptr && base->id != item_) options.image = base->raster;
  if (options.image) options.frame = std::clamp<std::int64_t>(document_.look().frame, 0, options.image->frames - 1);
  using Delta = std::shared_ptr<const Document::LabelDelta>;
  const QPointer<LabelTable> self{this};
  background_.run<Delta>(
      [data = item->data, what, options] { return edit_labels(get<LabelMap>(data), what, options); },
      [self, id = item_, of = std::weak_ptr{item->data}, step](const Delta& delta) {
        if (!self) return;
        const Item* const now = self->document_.find(id);
        if (now == nullptr || now->data != of.lock())
          return void(
              Q_EMIT self->problem(tr("The labels were changed meanwhile, so nothing was done."), tr("Do it again.")));
        if (!delta) return void(Q_EMIT self->problem(tr("There is nothing to change."), {}));
        self->document_.apply_label_delta(id, delta, step.toStdString());
      },
      [self](const Error& failure) {
        if (self) Q_EMIT self->problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void LabelTable::write_statistics_dialog() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Statistics of labels"), QStringLiteral("labels.csv"),
                                                    tr("Tables (*.csv)"));
  if (!file.isEmpty()) write_statistics(file.toStdString());
}

void LabelTable::write_statistics(const std::filesystem::path& file) {
  const Item* const item = document_.find(item_);
  if (item == nullptr || to_kind(*item->data) != Kind::label_map) return;
  const Item* const base = document_.find(document_.look().layout.base);
  const auto image =
      base != nullptr && base->id != item_ && base->raster && !base->raster->labels ? base->raster : nullptr;
  const std::int64_t frame = image ? std::clamp<std::int64_t>(document_.look().frame, 0, image->frames - 1) : 0;
  const QPointer<LabelTable> self{this};
  background_.run<bool>(
      [data = item->data, image, frame, styles = item->label_styles, file] {
        const auto rows = make_label_statistics(get<LabelMap>(data), image.get(), frame);
        replace_file(file, label_statistics_csv(rows, styles, image ? image->unit : std::string{}),
                     ExistingFile::replace);
        return true;
      },
      [](bool) {},
      [self](const Error& failure) {
        if (self) Q_EMIT self->problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

}  // namespace iso::gui
