#include "start_page.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int most_files = 5;
constexpr int widest = 760;

QLabel* heading(const QString& text) {
  auto* const label = new QLabel{text};
  QFont font = label->font();
  font.setBold(true);
  label->setFont(font);
  return label;
}

QPushButton* large_button(const QString& text, const char* name) {
  auto* const button = new QPushButton{text};
  button->setObjectName(QString::fromLatin1(name));
  button->setMinimumHeight(38);
  return button;
}

}  // namespace

StartPage::StartPage(QWidget* parent) : QScrollArea{parent}, recent_{new QVBoxLayout}, samples_{new QVBoxLayout} {
  setObjectName(QStringLiteral("start"));
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setFocusPolicy(Qt::NoFocus);
  auto* const page = new QWidget;
  setWidget(page);
  auto* const outer = new QHBoxLayout{page};
  auto* const middle = new QWidget;
  middle->setMaximumWidth(widest);
  outer->addStretch(1);
  outer->addWidget(middle, 8);
  outer->addStretch(1);
  auto* const column = new QVBoxLayout{middle};
  column->setSpacing(12);
  column->addStretch(1);
  auto* const title = heading(tr("Open an image or a scan, or drop it here"));
  QFont large = title->font();
  large.setPointSizeF(large.pointSizeF() * 1.4);
  title->setFont(large);
  title->setWordWrap(true);
  column->addWidget(title);
  auto* const buttons = new QHBoxLayout;
  auto* const open = large_button(tr("Open files ..."), "start.open");
  auto* const folder = large_button(tr("Open a DICOM folder ..."), "start.folder");
  buttons->addWidget(open);
  buttons->addWidget(folder);
  buttons->addStretch(1);
  column->addLayout(buttons);
  auto* const lists = new QHBoxLayout;
  lists->addLayout(recent_, 1);
  lists->addLayout(samples_, 1);
  column->addLayout(lists);
  column->addWidget(heading(tr("In the views")));
  column->addWidget(gestures());
  column->addStretch(2);
  connect(open, &QPushButton::clicked, this, &StartPage::open_asked);
  connect(folder, &QPushButton::clicked, this, &StartPage::folder_asked);
}

QWidget* StartPage::gestures() {
  auto* const box = new QWidget;
  auto* const grid = new QGridLayout{box};
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(18);
  const std::pair<QString, QString> six[]{{tr("Wheel"), tr("goes through the slices")},
                                          {tr("Left drag"), tr("changes brightness and contrast")},
                                          {tr("Right drag"), tr("zooms; a right click opens a menu")},
                                          {tr("Middle drag"), tr("moves the picture")},
                                          {tr("Shift and move"), tr("moves the crosshair in all views")},
                                          {tr("Double click"), tr("shows one view alone, or all again")}};
  int row = 0;
  for (const auto& [what, does] : six) {
    auto* const left = new QLabel{what};
    left->setForegroundRole(QPalette::Link);
    grid->addWidget(left, row, 0);
    grid->addWidget(new QLabel{does}, row++, 1);
  }
  grid->setColumnStretch(2, 1);
  return box;
}

void StartPage::fill(QVBoxLayout* column, const QString& title, const QStringList& files, const char* name) {
  while (QLayoutItem* const item = column->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  if (files.isEmpty()) return;
  column->addWidget(heading(title));
  int count = 0;
  for (const QString& file : files) {
    if (count++ == most_files) break;
    auto* const button = new QPushButton;
    button->setObjectName(QString::fromLatin1(name) + QString::number(count));
    button->setFlat(true);
    button->setAccessibleName(QFileInfo{file}.fileName());
    button->setText(fontMetrics().elidedText(QFileInfo{file}.fileName(), Qt::ElideMiddle, 260));
    button->setToolTip(file);
    connect(button, &QPushButton::clicked, this, [this, file] { Q_EMIT file_asked(file); });
    column->addWidget(button, 0, Qt::AlignLeft);
  }
  column->addStretch(1);
}

void StartPage::show_files(const QStringList& recent, const QStringList& samples) {
  fill(recent_, tr("Opened lately"), recent, "start.recent.");
  fill(samples_, tr("Samples"), samples, "start.sample.");
  if (auto* const lists = qobject_cast<QHBoxLayout*>(samples_->parent()))  // no gap for a list that is empty
    lists->setStretchFactor(recent_, recent.isEmpty() ? 0 : 1);
}

}  // namespace iso::gui
