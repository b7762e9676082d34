#include "spectra_panel.h"

#include "gallery_panel.h"
#include "library_panel.h"
#include "scatter_panel.h"

#include "gui/presenters/gallery.h"
#include "gui/presenters/slice_presenter.h"
#include "gui/views/plot_view.h"

#include "iso/base/error.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace iso::gui {
namespace {

Curve to_curve(const ShownSpectrum& spectrum, const std::vector<double>& centres, const QColor& colour) {
  Curve curve{QString::fromStdString(spectrum.name), {}, spectrum.deviation, colour, false};
  if (spectrum.pixels > 1) curve.name += QStringLiteral(" (n %1)").arg(spectrum.pixels);
  for (std::size_t i = 0; i < std::min(centres.size(), spectrum.mean.size()); ++i)
    curve.points.emplace_back(centres[i], spectrum.mean[i]);
  return curve;
}

QToolButton* tool(const QString& text, const char* name, const QString& tip) {
  auto* const made = new QToolButton;
  made->setText(text);
  made->setObjectName(QString::fromLatin1(name));
  made->setToolTip(tip);
  made->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  return made;
}

}  // namespace

SpectraPanel::SpectraPanel(Desktop& desktop, QWidget* parent)
    : QWidget{parent},
      desktop_{desktop},
      board_{desktop.document()},
      plot_{new PlotView},
      tabs_{new QTabWidget},
      scatter_{new ScatterPanel{desktop}},
      gallery_{new GalleryPanel{desktop}},
      library_{new LibraryPanel{desktop.document()}} {
  auto* const column = new QVBoxLayout{this};
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(tabs_);
  auto* const page = new QWidget;
  auto* const row = new QHBoxLayout{page};
  row->setContentsMargins(0, 0, 0, 0);
  plot_->setObjectName(QStringLiteral("spectra.plot"));
  plot_->setAccessibleName(tr("Spectra"));
  plot_->set_hint(tr("Show a spectral cube as the image: its spectra appear here."));
  row->addWidget(plot_, 1);
  row->addWidget(make_controls());
  tabs_->addTab(page, tr("Spectra"));
  tabs_->addTab(scatter_, tr("Scatter"));
  tabs_->addTab(gallery_, tr("Gallery"));
  tabs_->addTab(library_, tr("Library"));
  connect(plot_, &PlotView::picked, this, [this](double x) { board_.go_to_band(board_.nearest_band(x)); });
  connect(plot_, &PlotView::range_dragged, this, [this](double low, double high, bool good) { mark(low, high, good); });
  connect(scatter_, &ScatterPanel::problem, this, &SpectraPanel::problem);
  connect(gallery_, &GalleryPanel::problem, this, &SpectraPanel::problem);
  soon_.setSingleShot(true);
  soon_.setInterval(0);
  connect(&soon_, &QTimer::timeout, this, &SpectraPanel::follow);
  curves_soon_.setSingleShot(true);
  curves_soon_.setInterval(15);  // a mouse moves more often than anybody sees
  connect(&curves_soon_, &QTimer::timeout, this, &SpectraPanel::show_curves);
  connections_ = desktop_.document().watch([this] { soon_.start(); });
  follow();
}

QWidget* SpectraPanel::make_controls() {
  auto* const controls = new QWidget;
  controls->setFixedWidth(270);  // four rows: the dock is low on a small screen
  auto* const column = new QVBoxLayout{controls};
  column->setContentsMargins(4, 2, 4, 2);
  column->setSpacing(3);
  picture_ = new QComboBox;
  picture_->setObjectName(QStringLiteral("spectra.picture"));
  picture_->setAccessibleName(tr("Picture of the cube"));
  picture_->setToolTip(tr("One band at a time, or several as colours"));
  band_ = new QSlider{Qt::Horizontal};
  band_->setObjectName(QStringLiteral("spectra.band"));
  band_->setAccessibleName(tr("Band"));
  band_words_ = new QLabel;
  band_words_->setMinimumWidth(110);
  play_ = tool(tr("Play"), "spectra.play", tr("Band after band (C)"));
  bad_ = tool(tr("Mark bad bands"), "spectra.bad",
              tr("Drag over the plot: those bands are left out by every method. With Shift they are used again."));
  bad_->setCheckable(true);
  pin_ = new QPushButton{tr("Pin")};
  pin_->setObjectName(QStringLiteral("spectra.pin_button"));
  pin_->setToolTip(tr("Keep the spectrum at the crosshair (P: under the pointer)"));
  keep_ = new QPushButton{tr("Use as data")};
  keep_->setObjectName(QStringLiteral("spectra.keep"));
  keep_->setToolTip(tr("A library of what is pinned, as an input of methods (fixed endmembers)"));
  save_ = new QPushButton{tr("Save ...")};
  save_->setObjectName(QStringLiteral("spectra.save"));
  save_->setToolTip(tr("A library of what is pinned, as CSV or ENVI .sli"));
  const auto add_row = [column](std::initializer_list<QWidget*> widgets) {
    auto* const row = new QHBoxLayout;
    for (QWidget* widget : widgets) row->addWidget(widget);
    column->addLayout(row);
  };
  play_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  add_row({picture_, play_});
  add_row({band_, band_words_});
  add_row({bad_, pin_});
  add_row({keep_, save_});
  column->addStretch(1);
  connect(picture_, &QComboBox::activated, this, [this](int index) {
    if (const Item* const item = board_.item())
      desktop_.document().set_composite(item->id, picture_->itemData(index).toString().toStdString());
  });
  connect(band_, &QSlider::valueChanged, this, &SpectraPanel::show_band);
  connect(play_, &QToolButton::clicked, this, &SpectraPanel::play_asked);
  connect(bad_, &QToolButton::toggled, plot_, &PlotView::set_draggable);
  connect(pin_, &QPushButton::clicked, this, [this] {
    pointer_mm_.reset();
    pin();
  });
  connect(keep_, &QPushButton::clicked, this, [this] { keep(false); });
  connect(save_, &QPushButton::clicked, this, [this] { keep(true); });
  return controls;
}

void SpectraPanel::hover(const Readout& words) {
  if (board_.cube() == nullptr || pointer_mm_ == words.at_mm) return;
  pointer_mm_ = words.at_mm;
  if (isVisible() && !curves_soon_.isActive()) curves_soon_.start();
}

void SpectraPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  curves_soon_.start();
}

Vec3 SpectraPanel::place() const { return pointer_mm_.value_or(desktop_.document().look().crosshair.position_mm); }

void SpectraPanel::pin() {
  if (board_.cube() == nullptr)
    return void(Q_EMIT problem(tr("There is no spectrum to pin"), tr("Show a spectral cube as the image first")));
  if (!board_.pin(place())) Q_EMIT problem(tr("This is beside the cube"), {});
}

void SpectraPanel::follow() {
  const Item* const item = board_.item();
  const ItemId now = board_.cube() == nullptr ? 0 : item->id;
  const bool other = now != shown_;
  if (other) pointer_mm_.reset();
  shown_ = now;
  show_controls();
  compute();
  show_curves();
  if (other && now != 0) Q_EMIT cube_shown();
}

/// One at a time: what was asked for meanwhile is asked for when it is there.
void SpectraPanel::compute() {
  if (computing_) return;
  auto work = board_.pending();
  if (!work) return;
  computing_ = true;
  desktop_.background().run<SpectraBoard::Spectra>(
      work->make,
      [this, work = *work](SpectraBoard::Spectra spectra) {
        computing_ = false;
        board_.take(work, std::move(spectra));
        follow();
      },
      [this, work = *work](const Error& failure) {
        computing_ = false;
        board_.take(work, {});
        Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
      });
}

void SpectraPanel::show_controls() {
  const SpectralCube* const cube = board_.cube();
  for (QWidget* widget : std::initializer_list<QWidget*>{picture_, band_, play_, bad_, pin_})
    widget->setEnabled(cube != nullptr);
  for (QWidget* widget : std::initializer_list<QWidget*>{keep_, save_}) widget->setEnabled(!board_.pinned().empty());
  if (cube == nullptr) {
    band_words_->clear();
    return;
  }
  const QSignalBlocker quiet{band_};
  const auto names = composite_names(*board_.item()->data);
  if (picture_->count() != static_cast<int>(names.size()) + 1 ||
      picture_->property("item").toULongLong() != board_.item()->id) {
    picture_->clear();
    picture_->addItem(tr("Bands"), QString{});
    for (const std::string& name : names) {
      QString words = QString::fromStdString(name);
      words[0] = words[0].toUpper();
      picture_->addItem(words, QString::fromStdString(name));
    }
    picture_->setProperty("item", QVariant::fromValue<qulonglong>(board_.item()->id));
  }
  picture_->setCurrentIndex(std::max(0, picture_->findData(QString::fromStdString(board_.item()->composite))));
  band_->setRange(0, static_cast<int>(cube->pixels.spec().shape[2]) - 1);
  band_->setValue(static_cast<int>(board_.band()));
  band_words_->setText(QString::fromStdString(band_name(*cube, board_.band())));
  band_words_->setToolTip(tr("Band %1 of %2").arg(board_.band() + 1).arg(cube->pixels.spec().shape[2]));
}

void SpectraPanel::show_band(int band) { board_.go_to_band(band); }

void SpectraPanel::show_curves() {
  const SpectralCube* const cube = board_.cube();
  if (cube == nullptr) {
    plot_->set_shaded({});
    plot_->set_marker({});
    return plot_->set_curves({}, {}, {});
  }
  if (!isVisible()) return;
  const auto centres = board_.centres();
  std::vector<Curve> curves;
  if (const auto live = board_.at(place()))
    curves.push_back(to_curve(*live, centres, plot_->palette().color(QPalette::Text)));
  for (const ShownSpectrum& one : board_.pinned())
    if (one.mean.size() == centres.size()) curves.push_back(to_curve(one, centres, to_colour(one.colour)));
  QString quantity =
      cube->quantity == Quantity::unknown ? QString{} : QString::fromStdString(to_string(cube->quantity));
  plot_->set_curves(std::move(curves), QString::fromStdString(board_.axis_words()), quantity.replace('_', ' '));
  plot_->set_shaded(board_.bad_ranges());
  const auto band = static_cast<std::size_t>(board_.band());
  plot_->set_marker(band < centres.size() ? std::optional{centres[band]} : std::nullopt);
}

void SpectraPanel::mark(double low, double high, bool good) {
  if (const auto refused = board_.mark_bands(low, high, good)) Q_EMIT problem(QString::fromStdString(*refused), {});
}

void SpectraPanel::keep(bool and_save) {
  try {
    const Item* const item = board_.item();
    const std::string name = (item == nullptr ? std::string{} : item->name + " ") + "spectra";
    const ItemId id = desktop_.document().add(name, freeze(spectra::to_table(board_.library())), {});
    if (and_save) Q_EMIT save_asked(id);
  } catch (const Error& failure) {
    Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

}  // namespace iso::gui
