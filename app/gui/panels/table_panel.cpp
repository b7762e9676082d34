#include "table_panel.h"

#include <QAbstractTableModel>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

#include <utility>

namespace iso::gui {

/// Rows in the order of a column; cells are made when they are seen.
class SheetModel final : public QAbstractTableModel {
 public:
  void show(TableSheet sheet) {
    beginResetModel();
    sheet_ = std::move(sheet);
    order_ = sheet_.order(sheet_.columns(), false);
    endResetModel();
  }
  [[nodiscard]] const TableSheet& sheet() const noexcept { return sheet_; }
  [[nodiscard]] std::size_t to_row(int place) const { return order_[static_cast<std::size_t>(place)]; }
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(sheet_.rows());
  }
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(sheet_.columns());
  }
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override {
    const auto column = static_cast<std::size_t>(index.column());
    if (role == Qt::DisplayRole) return QString::fromStdString(sheet_.cell(to_row(index.row()), column));
    if (role == Qt::TextAlignmentRole)
      return static_cast<int>((sheet_.is_number(column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return {};
  }
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return static_cast<int>(to_row(section)) + 1;
    return QString::fromStdString(sheet_.heading(static_cast<std::size_t>(section)));
  }
  void sort(int column, Qt::SortOrder order) override {
    beginResetModel();
    order_ =
        sheet_.order(column < 0 ? sheet_.columns() : static_cast<std::size_t>(column), order == Qt::DescendingOrder);
    endResetModel();
  }

 private:
  TableSheet sheet_;
  std::vector<std::size_t> order_;
};

TablePanel::TablePanel(Document& document, QWidget* parent)
    : QWidget{parent},
      document_{document},
      chosen_{new QComboBox},
      words_{new QLabel},
      rows_{new QTableView},
      model_{std::make_unique<SheetModel>()} {
  auto* const column = new QVBoxLayout{this};
  auto* const row = new QHBoxLayout;
  chosen_->setAccessibleName(tr("Table"));
  chosen_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(chosen_);
  row->addWidget(words_, 1);
  column->addLayout(row);
  rows_->setModel(model_.get());
  rows_->setAccessibleName(tr("Rows of the table"));
  rows_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  rows_->setSelectionBehavior(QAbstractItemView::SelectRows);
  rows_->setSelectionMode(QAbstractItemView::SingleSelection);
  rows_->setTabKeyNavigation(false);
  rows_->horizontalHeader()->setSortIndicatorClearable(true);
  rows_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  rows_->setSortingEnabled(true);
  column->addWidget(rows_, 1);
  connect(chosen_, &QComboBox::currentIndexChanged, this, [this] { show_chosen(); });
  connect(rows_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { show_case_of_row(); });
  soon_.setSingleShot(true);
  soon_.setInterval(50);
  connect(&soon_, &QTimer::timeout, this, &TablePanel::list_tables);
  connections_.push_back(document_.items_changed.connect([this] { soon_.start(); }));
  connections_.push_back(document_.selection_changed.connect([this] { follow_selection(); }));
  list_tables();
}

TablePanel::~TablePanel() { rows_->setModel(nullptr); }

/// The newest first; what is shown stays shown.
void TablePanel::list_tables() {
  const quint64 before = chosen_->currentData().toULongLong();
  {
    const QSignalBlocker quiet{chosen_};
    chosen_->clear();
    const auto items = document_.items();
    for (auto item = items.rbegin(); item != items.rend(); ++item)
      if ((*item)->data && std::holds_alternative<Table>(*(*item)->data))
        chosen_->addItem(QString::fromStdString((*item)->name), quint64{(*item)->id});
    if (const int at = chosen_->findData(before); at >= 0) chosen_->setCurrentIndex(at);
  }
  if (chosen_->currentData().toULongLong() != before || before == 0) show_chosen();
}

void TablePanel::follow_selection() {
  const Item* const item = document_.find(document_.selected());
  if (item == nullptr || !item->data || !std::holds_alternative<Table>(*item->data)) return;
  list_tables();
  chosen_->setCurrentIndex(chosen_->findData(quint64{item->id}));
  Q_EMIT table_selected();
}

void TablePanel::show_chosen() {
  const Item* const item = document_.find(chosen_->currentData().toULongLong());
  rows_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  model_->show(item == nullptr ? TableSheet{} : TableSheet{item->data});
  rows_->resizeColumnsToContents();
  words_->setText(item == nullptr
                      ? tr("No table is open.")
                      : tr("%1 rows, %2 columns; a heading sorts").arg(model_->rowCount()).arg(model_->columnCount()));
}

void TablePanel::show_case_of_row() {
  const QModelIndex at = rows_->currentIndex();
  if (!at.isValid()) return;
  if (const auto place = find_case(document_, model_->sheet().case_name(model_->to_row(at.row()))))
    show_case(document_, *place);
}

}  // namespace iso::gui
