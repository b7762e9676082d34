#include "volume_panel.h"

#include "render/scene/ray_caster.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QSlider>

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

constexpr int picture_px = 48;
constexpr std::array<int, 4> detail_sides{0, 128, 256, 512};  ///< 0: as much as the machine allows

QSlider* slider(const QString& name, int low, int high) {
  auto* const made = new QSlider{Qt::Horizontal};
  made->setRange(low, high);
  made->setMinimumWidth(40);
  made->setAccessibleName(name);
  return made;
}

/// A small picture of the volume by every preset.
std::vector<QImage> draw_presets(render::VolumePicture picture) {
  std::vector<QImage> made;
  const auto volume = std::make_shared<const render::CastVolume>(
      render::make_cast_volume(*picture.raster, picture.frame, std::int64_t{64} * 64 * 64));
  render::VolumeEye eye;
  eye.look_at(picture.raster->frame, picture.raster->anatomical ? 'A' : 'S');
  eye.zoom(1.3);
  for (const render::VolumePreset& preset : render::volume_presets()) {
    picture.preset = preset.name;
    const render::RayCaster caster{
        {volume, nullptr, picture, render::transfer_points(picture), eye}, picture_px, picture_px, 1, true};
    QImage image{picture_px, picture_px, QImage::Format_RGB32};
    caster.cast_rows(0, picture_px, 1, reinterpret_cast<std::uint32_t*>(image.bits()));
    made.push_back(std::move(image));
  }
  return made;
}

}  // namespace

VolumePanel::VolumePanel(Document& document, VolumeView& view, Background& background, QWidget* parent)
    : QGroupBox{tr("3-D view"), parent}, document_{document}, view_{view}, background_{background} {
  setObjectName(QStringLiteral("panel.volume"));
  auto* const form = new QFormLayout{this};
  preset_ = new QComboBox;
  preset_->setAccessibleName(tr("3-D rendering"));
  preset_->setIconSize({picture_px / 2, picture_px / 2});
  for (const render::VolumePreset& preset : render::volume_presets())
    preset_->addItem(QString::fromStdString(preset.name));
  shift_ = slider(tr("Shift of the opacity"), -100, 100);
  shift_->setToolTip(tr("Moves colours and opacity to higher values (right: less is seen) or lower ones."));
  labels_ = new QCheckBox{tr("Surfaces of labels")};
  form->addRow(preset_);  // beside a label its names would be cut off
  form->addRow(tr("Shift"), shift_);
  form->addRow(labels_);
  const std::array<QString, 3> names{tr("Crop x"), tr("Crop y"), tr("Crop z")};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto* const row = new QHBoxLayout;
    for (std::size_t end = 0; end < 2; ++end) {
      QSlider* const made = slider(tr("%1, %2").arg(names[axis], end == 0 ? tr("from") : tr("to")), 0, 100);
      made->setToolTip(tr("Cuts the volume along this axis of its voxels, in percent."));
      crop_[2 * axis + end] = made;
      row->addWidget(made);
      connect(made, &QSlider::valueChanged, this, &VolumePanel::change_crop);
    }
    form->addRow(names[axis], row);
  }
  whole_ = new QPushButton{tr("Whole volume")};
  whole_->setToolTip(tr("Takes the crop box away."));
  form->addRow(whole_);
  detail_ = new QComboBox;
  detail_->setAccessibleName(tr("Detail of the 3-D view"));
  for (const int side : detail_sides) detail_->addItem(side == 0 ? tr("automatic") : tr("up to %1 a side").arg(side));
  for (QComboBox* const box : {preset_, detail_}) {  // long entries must not widen the panel
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(4);
  }
  limit_ = new QLabel;
  limit_->setWordWrap(true);
  form->addRow(tr("Detail"), detail_);
  form->addRow(limit_);
  connect(preset_, &QComboBox::activated, this, [this] { view_.set_preset(preset_->currentText().toStdString()); });
  connect(shift_, &QSlider::valueChanged, this, [this](int percent) {
    if (!filling_) view_.set_shift(percent / 100.0);
  });
  connect(labels_, &QCheckBox::clicked, this, [this](bool on) { view_.set_labels_shown(on); });
  connect(whole_, &QPushButton::clicked, this, [this] { view_.set_crop({}); });
  connect(detail_, &QComboBox::activated, this, [this](int at) {
    const std::int64_t side = detail_sides[static_cast<std::size_t>(at)];
    view_.set_limit(side * side * side);
  });
  connect(&view_, &VolumeView::options_changed, this, &VolumePanel::refresh);
  connections_ = document_.watch([this] { refresh(); });
  refresh();
}

void VolumePanel::change_crop() {
  if (filling_) return;
  render::CropBox box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    box.from[axis] = crop_[2 * axis]->value() / 100.0;
    box.to[axis] = crop_[2 * axis + 1]->value() / 100.0;
  }
  view_.set_crop(box);
}

void VolumePanel::refresh() {
  filling_ = true;
  const Item* const base = document_.find(document_.look().layout.base);
  setEnabled(base != nullptr && base->raster && render::has_depth(*base->raster));
  preset_->setCurrentText(QString::fromStdString(view_.preset()));
  shift_->setValue(static_cast<int>(std::lround(100 * view_.shift())));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    crop_[2 * axis]->setValue(static_cast<int>(std::lround(100 * view_.crop().from[axis])));
    crop_[2 * axis + 1]->setValue(static_cast<int>(std::lround(100 * view_.crop().to[axis])));
  }
  whole_->setEnabled(!view_.crop().whole());
  labels_->setChecked(view_.labels_shown());
  const auto side = static_cast<int>(std::lround(std::cbrt(static_cast<double>(view_.limit()))));
  const auto* const choice = std::ranges::find(detail_sides, side);
  detail_->setCurrentIndex(choice == detail_sides.end() ? 0 : static_cast<int>(choice - detail_sides.begin()));
  limit_->setText(view_.reduction() > 1
                      ? tr("Reduced %1 x: at most %2 x %2 x %2 voxels are drawn.").arg(view_.reduction()).arg(side)
                      : tr("Every voxel is drawn; the limit is %1 x %1 x %1.").arg(side));
  filling_ = false;
  if (isEnabled() && !base->raster->labels && pictured_.lock() != base->raster) make_pictures();
}

void VolumePanel::make_pictures() {
  const render::VolumePicture picture = view_.picture();
  pictured_ = picture.raster;
  using Pictures = std::vector<QImage>;
  background_.run<Pictures>([picture] { return draw_presets(picture); },
                            [this, of = std::weak_ptr{picture.raster}](const Pictures& pictures) {
                              if (pictured_.lock() != of.lock()) return;
                              for (std::size_t i = 0; i < pictures.size(); ++i)
                                preset_->setItemIcon(static_cast<int>(i), QIcon{QPixmap::fromImage(pictures[i])});
                            },
                            [](const Error&) {});
}

}  // namespace iso::gui
