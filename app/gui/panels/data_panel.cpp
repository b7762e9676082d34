#include "data_panel.h"

#include "gui/model/sampling.h"
#include "gui/model/words.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QMenu>
#include <QPainter>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <utility>

namespace iso::gui {

std::string to_text(const Item& item) {
  std::string kind = to_words(std::string{to_string(to_kind(*item.data))});
  if (!item.raster) return kind;
  const Pixels* const pixels = to_pixels(*item.data);
  std::string words = kind + ", " + pixels->spec().shape.text();
  if (item.raster->anatomical) {
    const auto& s = item.raster->frame.spacing_mm;
    words += ", " + format_value(s[0]) + " x " + format_value(s[1]) + " x " + format_value(s[2]) + " mm";
  }
  return words + ", " + std::string{to_string(pixels->spec().type)};
}

namespace {

constexpr int detail_role = Qt::UserRole + 1;

/// The name over a line on what it is. Both ends of a name that is cut are kept, because they tell files apart.
class TwoLines final : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return {QStyledItemDelegate::sizeHint(option, index).width(), 2 * option.fontMetrics.height() + 6};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const override {
    QStyleOptionViewItem option{given};
    initStyleOption(&option, index);
    option.text.clear();
    const QWidget* const widget = given.widget;
    (widget == nullptr ? QApplication::style() : widget->style())
        ->drawControl(QStyle::CE_ItemViewItem, &option, painter, widget);
    const bool chosen = option.state & QStyle::State_Selected;
    const QRect whole = option.rect.adjusted(5, 2, -3, -2);
    const int line = option.fontMetrics.height();
    painter->save();
    painter->setPen(option.palette.color(chosen ? QPalette::HighlightedText : QPalette::Text));
    painter->drawText(QRect{whole.topLeft(), QSize{whole.width(), line}}, Qt::AlignVCenter,
                      option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, whole.width()));
    if (!chosen) painter->setPen(option.palette.color(QPalette::PlaceholderText));
    painter->drawText(QRect{whole.left(), whole.top() + line + 1, whole.width(), line}, Qt::AlignVCenter,
                      option.fontMetrics.elidedText(index.data(detail_role).toString(), Qt::ElideRight, whole.width()));
    painter->restore();
  }
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override {
    editor->setGeometry(option.rect.adjusted(0, 0, 0, -option.rect.height() / 2 + 3));
  }
};

/// What stands under the name: kind, size, and the folder that tells files of one name apart.
QString make_detail(const Item& item) {
  QString words = QString::fromStdString(to_words(std::string{to_string(to_kind(*item.data))}));
  if (const Pixels* const pixels = to_pixels(*item.data); pixels != nullptr && item.raster)
    words += QStringLiteral("  ") + QString::fromStdString(pixels->spec().shape.text());
  if (!item.file.empty())
    words += QStringLiteral("  ") + QString::fromStdString(item.file.parent_path().filename().string());
  return words;
}

}  // namespace

DataPanel::DataPanel(Document& document, QWidget* parent)
    : QWidget{parent}, document_{document}, tree_{new QTreeWidget{this}} {
  auto* const layout = new QVBoxLayout{this};
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(tree_);
  tree_->setColumnCount(2);
  tree_->setHeaderLabels({tr("Name"), tr("Shown as")});
  tree_->setRootIsDecorated(false);
  tree_->setUniformRowHeights(true);
  tree_->setItemDelegateForColumn(0, new TwoLines{tree_});
  tree_->setTextElideMode(Qt::ElideMiddle);
  tree_->setEditTriggers(QAbstractItemView::EditKeyPressed);
  for (const QKeySequence& key : {QKeySequence{Qt::Key_Delete}, QKeySequence{Qt::Key_Return}}) {
    auto* const shortcut = new QShortcut{key, tree_};
    shortcut->setContext(Qt::WidgetShortcut);
    connect(shortcut, &QShortcut::activated, this, [this, key] {
      const ItemId id = to_id(tree_->currentItem());
      key == QKeySequence{Qt::Key_Delete} ? document_.remove(id) : show_in_place(id);
    });
  }
  tree_->header()->setStretchLastSection(false);
  tree_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  tree_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  tree_->setContextMenuPolicy(Qt::CustomContextMenu);
  tree_->setAccessibleName(tr("Data"));
  tree_->setObjectName(QStringLiteral("data.tree"));
  connect(tree_, &QTreeWidget::customContextMenuRequested, this, &DataPanel::menu);
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* row) {
    if (!filling_) document_.select(to_id(row));
  });
  connect(tree_, &QTreeWidget::itemDoubleClicked, this, [this](QTreeWidgetItem* row) { show_in_place(to_id(row)); });
  connect(tree_, &QTreeWidget::itemChanged, this, [this](QTreeWidgetItem* row, int column) {
    if (!filling_ && column == 0) document_.rename(to_id(row), row->text(0).toStdString());
  });
  connections_.push_back(document_.items_changed.connect([this] { rebuild(); }));
  connections_.push_back(document_.look_changed.connect([this] { rebuild(); }));
  connections_.push_back(document_.selection_changed.connect([this] { follow_selection(); }));
  rebuild();
}

ItemId DataPanel::to_id(const QTreeWidgetItem* row) const {
  return row == nullptr ? 0 : row->data(0, Qt::UserRole).toULongLong();
}

void DataPanel::set_in_session(bool on) {
  if (std::exchange(in_session_, on) != on) rebuild();
}

void DataPanel::rebuild() {
  filling_ = true;
  const Look& look = document_.look();
  const auto items = document_.items();
  while (tree_->topLevelItemCount() > static_cast<int>(items.size()))
    delete tree_->takeTopLevelItem(tree_->topLevelItemCount() - 1);
  while (tree_->topLevelItemCount() < static_cast<int>(items.size())) tree_->addTopLevelItem(new QTreeWidgetItem);
  for (int i = 0; i < static_cast<int>(items.size()); ++i) {
    const Item& item = *items[static_cast<std::size_t>(i)];
    QTreeWidgetItem& row = *tree_->topLevelItem(i);
    row.setFlags(row.flags() | Qt::ItemIsEditable);
    row.setData(0, Qt::UserRole, QVariant::fromValue<qulonglong>(item.id));
    row.setText(0, QString::fromStdString(item.name));
    QStringList shown;
    if (item.id == look.layout.base) shown << tr("image");
    if (item.id == look.overlay.item) shown << tr("overlay");
    if (item.id == look.layout.compared) shown << tr("compared");
    if (!item.saved) shown << (in_session_ ? tr("in the session") : tr("not saved"));
    row.setText(1, shown.join(QLatin1Char('\n')));  // a row has two lines, and the name its width
    row.setData(0, detail_role, make_detail(item));
    row.setToolTip(0, QString::fromStdString(item.name + "\n" + to_text(item) +
                                             (item.file.empty() ? "" : "\n" + item.file.string())));
  }
  filling_ = false;
  follow_selection();
}

void DataPanel::follow_selection() {
  filling_ = true;
  for (int i = 0; i < tree_->topLevelItemCount(); ++i)
    if (to_id(tree_->topLevelItem(i)) == document_.selected()) tree_->setCurrentItem(tree_->topLevelItem(i));
  filling_ = false;
}

void DataPanel::show_as(ItemId item, Showing showing) {
  const Item* const shown = document_.find(item);
  if (shown == nullptr || !shown->raster) return;
  if (showing == Showing::image) return document_.show(item);
  Look look = document_.look();
  ItemId& place = showing == Showing::overlay ? look.overlay.item : look.layout.compared;
  place = place == item ? 0 : item;
  if (showing == Showing::compared) look.pairing.offset_mm = {};
  if (showing == Showing::compared && place != 0) look.layout.arrangement = Arrangement::side_by_side;
  document_.set_look(look);
  // Grey over grey cannot be told apart; who chose other colours keeps them.
  if (showing != Showing::overlay || look.overlay.item != item || shown->raster->labels || shown->raster->colour ||
      shown->display.colour_map != "grey")
    return;
  render::Display display = shown->display;
  display.colour_map = "hot";
  document_.set_display(item, display, "Colours of the overlay");
}

void DataPanel::show_in_place(ItemId id) {
  const Item* const item = document_.find(id);
  const Item* const base = document_.find(document_.look().layout.base);
  if (item == nullptr || !item->raster) return;
  const bool over = item->raster->labels && base != nullptr && base->raster && !base->raster->labels;
  if (!over) return document_.show(id);
  Look look = document_.look();
  look.overlay.item = id;
  look.overlay.shown = true;
  document_.set_look(look);
}

void DataPanel::show_sampling(ItemId id) {
  const Item* const item = document_.find(id);
  if (item == nullptr) return;
  auto sampling = make_sampling_item(*item);
  if (!sampling) return;
  const ItemId picture = document_.add(std::move(*sampling));
  render::Display display = document_.find(picture)->display;
  display.interpolate = false;  // a line was measured or not
  document_.set_display(picture, display, "Sampling");
}

void DataPanel::rename_selected() {
  if (QTreeWidgetItem* const row = tree_->currentItem(); row != nullptr) tree_->editItem(row, 0);
}

void DataPanel::fill_menu(QMenu& menu, ItemId id) {
  menu.clear();
  const Item* const item = document_.find(id);
  if (item == nullptr) {
    menu.addAction(tr("(nothing is selected)"))->setEnabled(false);
    return;
  }
  const bool picture = item->raster != nullptr;
  const Kind kind = to_kind(*item->data);
  menu.addAction(tr("Show as image"), this, [=, this] { show_as(id, Showing::image); })->setEnabled(picture);
  menu.addAction(document_.look().overlay.item == id ? tr("Remove overlay") : tr("Show as overlay"), this,
                 [=, this] { show_as(id, Showing::overlay); })
      ->setEnabled(picture);
  menu.addAction(document_.look().layout.compared == id ? tr("Stop comparing") : tr("Compare beside the image"), this,
                 [=, this] { show_as(id, Showing::compared); })
      ->setEnabled(picture);
  if (picture && is_complex(to_pixels(*item->data)->spec().type)) {
    menu.addAction(tr("Show magnitude"), this, [=, this] { document_.set_part(id, render::Part::magnitude); });
    menu.addAction(tr("Show phase"), this, [=, this] { document_.set_part(id, render::Part::phase); });
  }
  if (kind == Kind::k_space)
    menu.addAction(tr("Show its sampling"), this, [=, this] { show_sampling(id); })
        ->setEnabled(get<KSpace>(item->data).trajectory.cartesian());
  menu.addSeparator();
  if (kind == Kind::label_map)
    menu.addAction(tr("Use as image"), this, [=, this] { Q_EMIT use_as_asked(id, Kind::volume); });
  else
    menu.addAction(tr("Use as labels"), this, [=, this] { Q_EMIT use_as_asked(id, Kind::label_map); })
        ->setEnabled(kind == Kind::volume);
  menu.addAction(tr("Read again as ..."), this, [=, this] { Q_EMIT read_again_asked(id); })
      ->setEnabled(!item->file.empty());
  menu.addSeparator();
  menu.addAction(tr("Rename"), this, [this] { rename_selected(); });
  menu.addAction(tr("Save as ..."), this, [=, this] { Q_EMIT save_asked(id); });
  menu.addAction(tr("Where it came from ..."), this, [=, this] { Q_EMIT provenance_asked(id); });
  menu.addSeparator();
  menu.addAction(tr("Delete"), this, [=, this] { document_.remove(id); });
}

void DataPanel::menu(const QPoint& at) {
  const ItemId id = to_id(tree_->itemAt(at));
  if (document_.find(id) == nullptr) return;
  QMenu menu;
  fill_menu(menu, id);
  menu.exec(tree_->viewport()->mapToGlobal(at));
}

}  // namespace iso::gui
