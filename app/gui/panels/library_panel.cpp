#include "library_panel.h"

#include "gui/views/plot_view.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QListWidget>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <numbers>

namespace iso::gui {
namespace {

constexpr std::size_t best_shown = 3;

std::vector<std::pair<double, double>> points(const std::vector<double>& places, std::span<const double> values) {
  std::vector<std::pair<double, double>> made;
  made.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    made.emplace_back(places[i], spectra::is_missing(values[i]) ? std::numeric_limits<double>::quiet_NaN() : values[i]);
  return made;
}

}  // namespace

LibraryPanel::LibraryPanel(Document& document, QWidget* parent)
    : QWidget{parent},
      document_{document},
      shown_{new QComboBox},
      beside_{new QComboBox},
      names_{new QListWidget},
      plot_{new PlotView} {
  auto* const row = new QHBoxLayout{this};
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(plot_, 1);
  auto* const controls = new QWidget;
  controls->setFixedWidth(190);
  auto* const column = new QVBoxLayout{controls};
  column->setContentsMargins(4, 2, 4, 2);
  column->setSpacing(3);
  shown_->setAccessibleName(tr("Spectra"));
  shown_->setObjectName(QStringLiteral("library.shown"));
  shown_->setToolTip(tr("Endmembers that were found, or a library"));
  beside_->setAccessibleName(tr("Library to compare with"));
  beside_->setObjectName(QStringLiteral("library.beside"));
  beside_->setToolTip(tr("The most similar spectra of this library are drawn beside the chosen one, scaled to it"));
  for (QComboBox* box : {shown_, beside_}) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(6);
    column->addWidget(box);
    connect(box, &QComboBox::activated, this, [this] { fill_names(); });
  }
  names_->setAccessibleName(tr("Names of the spectra"));
  names_->setObjectName(QStringLiteral("library.names"));
  names_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  column->addWidget(names_, 1);
  row->addWidget(controls);
  plot_->setObjectName(QStringLiteral("library.plot"));
  plot_->setAccessibleName(tr("Spectra of the library"));
  plot_->set_hint(tr("Open a spectral library, or compute endmembers: their spectra appear here."));
  connect(names_, &QListWidget::itemSelectionChanged, this, &LibraryPanel::show_curves);
  soon_.setSingleShot(true);
  soon_.setInterval(60);
  connect(&soon_, &QTimer::timeout, this, &LibraryPanel::follow);
  connections_.push_back(document_.items_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.item_changed.connect([this](ItemId) { soon_.start(); }));
  follow();
}

void LibraryPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
}

const Table* LibraryPanel::table(const QComboBox& choice) const {
  const Item* const item = document_.find(choice.currentData().toULongLong());
  return item == nullptr ? nullptr : std::get_if<Table>(item->data.get());
}

void LibraryPanel::follow() {
  if (!isVisible()) return;
  const std::array before{shown_->currentData(), beside_->currentData()};
  for (std::size_t i = 0; i < 2; ++i) {
    QComboBox& box = i == 0 ? *shown_ : *beside_;
    const QSignalBlocker quiet{box};
    box.clear();
    if (i == 1) box.addItem(tr("compare with ..."), QVariant::fromValue<qulonglong>(0));
    for (const auto& item : document_.items())
      if (const auto* const held = std::get_if<Table>(item->data.get()); held != nullptr && spectra::is_library(*held))
        box.addItem(QString::fromStdString(item->name), QVariant::fromValue<qulonglong>(item->id));
    box.setCurrentIndex(std::max(0, box.findData(before[i])));
    box.setEnabled(box.count() > static_cast<int>(i));
  }
  if (shown_->currentData() != before[0] || beside_->currentData() != before[1] || names_->count() == 0) fill_names();
}

void LibraryPanel::fill_names() {
  const QSignalBlocker quiet{names_};
  names_->clear();
  if (const Table* const held = table(*shown_)) {
    try {
      for (const std::string& name : spectra::to_library(*held).names) names_->addItem(QString::fromStdString(name));
    } catch (const Error& failure) {
      plot_->set_hint(QString::fromUtf8(failure.what()));
    }
  }
  show_curves();
}

/// The chosen spectra, or all; beside one alone its best matches.
void LibraryPanel::show_curves() {
  const Table* const held = table(*shown_);
  if (held == nullptr || names_->count() == 0) return plot_->set_curves({}, {}, {});
  const spectra::SpectralLibrary library = spectra::to_library(*held);
  std::vector<Curve> curves;
  const bool all = names_->selectedItems().isEmpty();
  for (std::size_t i = 0; i < library.count(); ++i)
    if (all || names_->item(static_cast<int>(i))->isSelected())
      curves.push_back({QString::fromStdString(library.names[i]),
                        points(library.bands.values, library.spectrum(i)),
                        {},
                        to_colour(line_colour(i))});
  const Table* const other = table(*beside_);
  if (other != nullptr && names_->selectedItems().size() == 1) {
    const spectra::SpectralLibrary theirs = spectra::to_library(*other);
    const auto at = static_cast<std::size_t>(names_->row(names_->selectedItems().front()));
    std::vector<double> values;
    for (const auto& [x, y] : curves.front().points) values.push_back(y);
    if (spectra::to_kind(theirs.bands) != spectra::to_kind(library.bands)) {
      plot_->set_curves(std::move(curves), QString::fromStdString(spectra::axis_label(library.bands)), {},
                        tr("the two are not on one axis"));
      return;
    }
    std::size_t number = at;
    for (const Match& match : best_matches(library.bands.values, values, theirs, best_shown))
      curves.push_back({tr("%1 %2\u00b0")
                            .arg(QString::fromStdString(theirs.names[match.index]))
                            .arg(match.angle_rad * 180 / std::numbers::pi, 0, 'f', 1),
                        points(library.bands.values, match.scaled),
                        {},
                        to_colour(line_colour(++number)),
                        true});
  }
  plot_->set_curves(std::move(curves), QString::fromStdString(spectra::axis_label(library.bands)), {});
}

}  // namespace iso::gui
