#include "series_dialog.h"

#include "gui/desk/fit_screen.h"
#include "gui/presenters/file_reading.h"
#include "gui/views/slice_view.h"

#include "iso/io/registry.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>

namespace iso::gui {
namespace {

constexpr int row_role = Qt::UserRole;
constexpr int columns = 6, geometry_column = 5, column_gap = 12, row_gap = 6, view_px = 220;
constexpr std::uintmax_t most_preview_bytes = std::uintmax_t{64} << 20;  ///< of a file that is looked at beforehand

QString text(const std::string& words) { return QString::fromStdString(words); }

}  // namespace

SeriesDialog::SeriesDialog(Background& background, const std::filesystem::path& place, bool straight, QWidget* parent)
    : QDialog{parent}, background_{background}, straight_{straight} {
  setObjectName(QStringLiteral("series"));
  setWindowTitle(tr("Open DICOM folder"));
  setAttribute(Qt::WA_DeleteOnClose);
  build();
  place_->setText(tr("Looking through %1 ...").arg(text(place.string())));
  auto* const clock = new QTimer{this};
  connect(clock, &QTimer::timeout, this, [this] {
    progress_->setMaximum(static_cast<int>(look_->all));  // 0: not known, which the bar shows as busy
    progress_->setValue(static_cast<int>(look_->done));
  });
  clock->start(50);
  background.run<SeriesList>(
      [place, look = look_] {
        return SeriesList{place,
                          io::list_dicom(place, look->stop.get_token(), [&look](std::size_t done, std::size_t all) {
                            look->done = done;
                            look->all = all;
                          })};
      },
      [dialog = QPointer{this}, clock = QPointer{clock}](SeriesList list) {
        if (!dialog) return;
        clock->stop();
        dialog->fill(std::move(list));
      },
      [dialog = QPointer{this}](const Error& failure) {
        if (!dialog) return;
        Q_EMIT dialog->failed(QString::fromUtf8(failure.what()), text(failure.hint()));
        dialog->close();
        dialog->deleteLater();  // one that was never shown is not deleted by closing
      });
  if (!straight_) show();
}

SeriesDialog::~SeriesDialog() { look_->stop.request_stop(); }

void SeriesDialog::build() {
  fit_screen(*this, 1080, 460);
  auto* const column = new QVBoxLayout{this};
  place_ = new QLabel;
  place_->setWordWrap(true);
  tree_ = new QTreeWidget;
  tree_->setObjectName(QStringLiteral("series.tree"));
  tree_->setAccessibleName(tr("Series of the folder"));
  tree_->setHeaderLabels({tr("Series"), tr("Modality"), tr("Images"), tr("Size"), tr("Spacing"), tr("Geometry")});
  tree_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  tree_->setAllColumnsShowFocus(true);
  tree_->header()->setStretchLastSection(true);
  advice_ = new QLabel;
  advice_->setObjectName(QStringLiteral("series.advice"));
  advice_->setWordWrap(true);
  advice_->setMinimumHeight(3 * advice_->fontMetrics().lineSpacing());
  advice_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  accept_ = new QCheckBox{tr("Open &all the same, with the geometry as it is")};
  accept_->setObjectName(QStringLiteral("series.accept"));
  accept_->setEnabled(false);
  progress_ = new QProgressBar;
  progress_->setAccessibleName(tr("Files looked at"));
  auto* const buttons = new QDialogButtonBox;
  open_ = buttons->addButton(tr("&Open"), QDialogButtonBox::AcceptRole);
  open_->setObjectName(QStringLiteral("series.open"));
  open_->setEnabled(false);
  open_->setDefault(true);
  buttons->addButton(QDialogButtonBox::Cancel);
  filter_ = new QLineEdit;
  filter_->setObjectName(QStringLiteral("series.filter"));
  filter_->setPlaceholderText(tr("Filter by patient, date, description, modality ..."));
  filter_->setAccessibleName(tr("Filter"));
  filter_->setClearButtonEnabled(true);
  view_ = new SliceView{seen_, tools_, render::Orientation::axial, Role::base, this};
  view_->setObjectName(QStringLiteral("series.view"));
  view_->setAccessibleName(tr("The slice in the middle"));
  view_->setFixedWidth(view_px);
  view_->setFocusPolicy(Qt::NoFocus);
  auto* const both = new QHBoxLayout;
  both->addWidget(tree_, 1);
  both->addWidget(view_);
  column->addWidget(place_);
  column->addWidget(progress_);
  column->addWidget(filter_);
  column->addLayout(both, 1);
  for (QWidget* widget : std::initializer_list<QWidget*>{advice_, accept_, buttons}) column->addWidget(widget);
  connect(filter_, &QLineEdit::textChanged, this, &SeriesDialog::filter);
  connect(buttons, &QDialogButtonBox::accepted, this, &SeriesDialog::open_chosen);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
  connect(tree_, &QTreeWidget::itemSelectionChanged, this, &SeriesDialog::refresh);
  connect(tree_, &QTreeWidget::itemSelectionChanged, this, &SeriesDialog::preview);
  connect(tree_, &QTreeWidget::itemDoubleClicked, this, [this] {
    if (open_->isEnabled()) open_chosen();
  });
  connect(accept_, &QCheckBox::toggled, this, &SeriesDialog::refresh);
}

void SeriesDialog::fill(SeriesList list) {
  list_ = std::move(list);
  progress_->hide();
  place_->setText(text(list_->summary()));
  if (straight_ && list_->one_sound()) {
    const std::vector<std::size_t> only{0};
    for (const auto& opening : list_->openings(only, false)) Q_EMIT chosen(opening);
    deleteLater();
    return;
  }
  QTreeWidgetItem* study = nullptr;
  std::string last;
  QTreeWidgetItem* first_sound = nullptr;
  for (std::size_t i = 0; i < list_->rows().size(); ++i) {
    const SeriesList::Row& row = list_->rows()[i];
    if (study == nullptr || row.study != last) {
      study = new QTreeWidgetItem{tree_, {text(row.study)}};
      study->setFirstColumnSpanned(true);
      study->setFlags(Qt::ItemIsEnabled);
      last = row.study;
    }
    auto* const item = new QTreeWidgetItem{study,
                                           {text(row.description), text(row.modality), text(row.images), text(row.size),
                                            text(row.spacing), text(row.geometry)}};
    item->setSizeHint(geometry_column,
                      {1, tree_->fontMetrics().height() + row_gap});  // rows with a sign are as high as the others
    item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    item->setData(0, row_role, static_cast<qulonglong>(i));
    item->setToolTip(geometry_column, text(row.remark));
    if (!row.sound) item->setIcon(geometry_column, style()->standardIcon(QStyle::SP_MessageBoxWarning));
    if (row.sound && first_sound == nullptr) first_sound = item;
  }
  tree_->expandAll();
  for (int i = 0; i + 1 < columns; ++i) {
    tree_->resizeColumnToContents(i);
    tree_->setColumnWidth(i, std::min(tree_->columnWidth(i) + column_gap, i == 0 ? 320 : 240));
  }
  if (first_sound != nullptr) tree_->setCurrentItem(first_sound);
  refresh();
  if (!isVisible()) show();
  tree_->setFocus();
}

std::vector<std::size_t> SeriesDialog::selected_rows() const {
  std::vector<std::size_t> rows;
  for (const QTreeWidgetItem* item : tree_->selectedItems())
    if (item->data(0, row_role).isValid()) rows.push_back(item->data(0, row_role).toULongLong());
  std::ranges::sort(rows);
  return rows;
}

/// Rows without the words are hidden, and no longer chosen.
void SeriesDialog::filter() {
  if (!list_) return;
  const std::string words = filter_->text().toStdString();
  for (int i = 0; i < tree_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* const study = tree_->topLevelItem(i);
    bool any = false;
    for (int k = 0; k < study->childCount(); ++k) {
      QTreeWidgetItem* const row = study->child(k);
      const bool fits = list_->matches(row->data(0, row_role).toULongLong(), words);
      row->setHidden(!fits);
      if (!fits) row->setSelected(false);
      any = any || fits;
    }
    study->setHidden(!any);
  }
}

/// The middle slice of the series that was chosen last, read in the background and once.
void SeriesDialog::preview() {
  const auto rows = selected_rows();
  seen_.restore({}, {}, {}, 0);
  if (!list_ || rows.size() != 1) return;
  const std::size_t row = rows.front();
  Seen& seen = seen_of_[row];
  if (seen.asked) return show_preview(row);
  seen.asked = true;
  const std::filesystem::path file = list_->rows()[row].middle;
  std::error_code problem;
  if (file.empty() || std::filesystem::file_size(file, problem) > most_preview_bytes || problem) return;
  background_.run<std::shared_ptr<Item>>([file] { return std::make_shared<Item>(make_item(io::read(file), file, {})); },
                                         [dialog = QPointer{this}, row](const std::shared_ptr<Item>& item) {
                                           if (!dialog) return;
                                           dialog->seen_of_[row].item = item;
                                           dialog->show_preview(row);
                                         },
                                         [](const Error&) {});  // the advice says what is wrong with a series
}

void SeriesDialog::show_preview(std::size_t row) {
  const Seen& seen = seen_of_[row];
  if (!seen.item || !seen.item->raster || selected_rows() != std::vector{row}) return;
  gui::Look look;
  look.crosshair.visible = look.layout.annotations = false;
  seen_.restore({}, {}, look, 0);
  const Mat3& direction = seen.item->raster->frame.direction;
  const std::array<double, 3> normal{std::abs(direction[2]), std::abs(direction[5]), std::abs(direction[8])};
  const bool sagittal = normal[0] > std::max(normal[1], normal[2]), coronal = !sagittal && normal[1] > normal[2];
  view_->presenter().set_orientation(sagittal  ? render::Orientation::sagittal
                                     : coronal ? render::Orientation::coronal
                                               : render::Orientation::axial);  // as it was taken
  seen_.add(Item{*seen.item});
}

void SeriesDialog::refresh() {
  if (!list_) return;
  const auto rows = selected_rows();
  const SeriesList::Advice advice = list_->advice(rows, accept_->isChecked());
  advice_->setText(text(advice.sentence));
  accept_->setEnabled(advice.asks_to_accept);
  if (!advice.asks_to_accept) accept_->setChecked(false);
  open_->setEnabled(advice.can_open);
}

void SeriesDialog::open_chosen() {
  for (const auto& opening : list_->openings(selected_rows(), accept_->isChecked())) Q_EMIT chosen(opening);
  close();
}

}  // namespace iso::gui
