#include "gallery_panel.h"

#include "gui/views/gallery_view.h"

#include <QComboBox>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int thumbnail_side = 220;

}  // namespace

GalleryPanel::GalleryPanel(Desktop& desktop, QWidget* parent)
    : QWidget{parent}, desktop_{desktop}, cubes_{new QComboBox}, view_{new GalleryView} {
  auto* const column = new QVBoxLayout{this};
  column->setContentsMargins(0, 0, 0, 0);
  cubes_->setObjectName(QStringLiteral("gallery.cube"));
  cubes_->setAccessibleName(tr("Cube of the gallery"));
  column->addWidget(cubes_);
  column->addWidget(view_, 1);
  view_->setObjectName(QStringLiteral("gallery.view"));
  view_->set_hint(tr("Open a spectral cube, or compute abundances: their maps appear here."));
  connect(cubes_, &QComboBox::activated, this, [this] { follow(); });
  connect(view_, &GalleryView::chosen, this, [this](qint64 band) { choose(band); });
  soon_.setSingleShot(true);
  soon_.setInterval(60);
  connect(&soon_, &QTimer::timeout, this, &GalleryPanel::follow);
  connections_ = desktop_.document().watch([this] { soon_.start(); });
  follow();
}

void GalleryPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
}

/// Abundances come first, because their maps are what a gallery is for.
void GalleryPanel::follow() {
  const Document& document = desktop_.document();
  const ItemId before = cubes_->currentData().toULongLong();
  {
    const QSignalBlocker quiet{cubes_};
    cubes_->clear();
    for (const bool abundances : {true, false})
      for (const auto& item : document.items()) {
        const auto* const cube = std::get_if<SpectralCube>(item->data.get());
        if (cube != nullptr && !is_complex(cube->pixels.spec().type) &&
            (cube->quantity == Quantity::abundance) == abundances)
          cubes_->addItem(QString::fromStdString(item->name), QVariant::fromValue<qulonglong>(item->id));
      }
    cubes_->setCurrentIndex(std::max(0, cubes_->findData(QVariant::fromValue<qulonglong>(before))));
  }
  cubes_->setEnabled(cubes_->count() > 0);
  const Item* const item = document.find(cubes_->currentData().toULongLong());
  const DatasetPtr cube = item == nullptr ? nullptr : item->data;
  if (!isVisible() || cube == asked_) return;
  asked_ = cube;
  if (!cube) return view_->set_thumbnails({});
  using Gallery = std::vector<Thumbnail>;
  desktop_.background().run<Gallery>([cube] { return make_gallery(cube, thumbnail_side); },
                                     [this, cube](Gallery gallery) {
                                       if (cube == asked_) view_->set_thumbnails(std::move(gallery));
                                     },
                                     [this](const Error& failure) {
                                       Q_EMIT problem(QString::fromUtf8(failure.what()),
                                                      QString::fromStdString(failure.hint()));
                                     });
}

void GalleryPanel::choose(std::int64_t band) {
  Document& document = desktop_.document();
  const Item* const item = document.find(cubes_->currentData().toULongLong());
  if (item == nullptr || !item->raster) return;
  document.show(item->id);
  document.set_composite(item->id, band < 0 ? components_composite : "");
  if (band < 0) return;
  Look look = document.look();
  Vec3 index = item->raster->frame.to_index(look.crosshair.position_mm);
  index[2] = static_cast<double>(band);
  look.crosshair.position_mm = item->raster->frame.to_world(index);
  document.set_look(look);
}

}  // namespace iso::gui
