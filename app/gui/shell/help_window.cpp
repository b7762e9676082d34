#include "help_window.h"

#include "iso/params/schema.h"

#include <QDesktopServices>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTextBrowser>
#include <QTextCursor>
#include <QTextFrame>
#include <QTextTable>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include <array>

namespace iso::gui {
namespace {

constexpr int picture_width = 620;  ///< screenshots of the whole window would push the text aside

/// Pictures of the manual, no wider than the page.
class Browser final : public QTextBrowser {
 public:
  QVariant loadResource(int type, const QUrl& name) override {
    if (type != QTextDocument::ImageResource) return QTextBrowser::loadResource(type, name);
    QImage image{document()->baseUrl().resolved(name).toLocalFile()};
    image = image.convertToFormat(QImage::Format_RGB32);  // a palette cannot hold what lies between two colours
    return image.width() > picture_width ? image.scaledToWidth(picture_width, Qt::SmoothTransformation) : image;
  }
};

/// Option, type, default, unit, range, help of a parameter, in percent: left alone the longest word of a column decides.
constexpr std::array parameter_columns{16, 9, 18, 9, 17, 31};

/// Room in the cells, and lines between them: Markdown asks for neither.
void dress_tables(QTextFrame* frame) {
  for (QTextFrame* child : frame->childFrames()) {
    if (auto* const table = qobject_cast<QTextTable*>(child)) {
      QTextTableFormat format = table->format();
      format.setCellPadding(3);
      format.setCellSpacing(0);
      format.setBorder(1);
      format.setBorderCollapse(true);
      format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
      format.setBorderBrush(QColor{110, 110, 110});
      if (table->columns() == static_cast<int>(parameter_columns.size())) {
        QList<QTextLength> widths;
        for (const int percent : parameter_columns)
          widths << QTextLength{QTextLength::PercentageLength, double(percent)};
        format.setColumnWidthConstraints(widths);
        format.setWidth(QTextLength{QTextLength::PercentageLength, 100});
      }
      table->setFormat(format);
    }
    dress_tables(child);
  }
}

}  // namespace

HelpWindow::HelpWindow(HelpBook book, QWidget* parent)
    : QDialog{parent}, book_{std::move(book)}, search_{new QLineEdit}, list_{new QListWidget}, text_{new Browser} {
  setObjectName(QStringLiteral("help"));
  setWindowTitle(tr("Help"));
  resize(1040, 680);
  auto* const layout = new QVBoxLayout{this};
  auto* const split = new QSplitter{Qt::Horizontal};
  layout->addWidget(split);
  auto* const side = new QWidget;
  auto* const column = new QVBoxLayout{side};
  column->setContentsMargins(0, 0, 0, 0);
  auto* const top = new QHBoxLayout;
  auto* const back = new QToolButton;
  back->setText(QStringLiteral("\u2190"));
  back->setToolTip(tr("Back (Alt+Left)"));
  back->setShortcut(QKeySequence{QStringLiteral("Alt+Left")});
  back->setAccessibleName(tr("Back"));
  search_->setPlaceholderText(tr("Search all pages"));
  search_->setClearButtonEnabled(true);
  search_->setAccessibleName(tr("Search all pages"));
  search_->setObjectName(QStringLiteral("help.search"));
  list_->setWordWrap(true);
  list_->setAccessibleName(tr("Pages"));
  text_->setOpenLinks(false);
  text_->setAccessibleName(tr("Page"));
  top->addWidget(back);
  top->addWidget(search_, 1);
  column->addLayout(top);
  column->addWidget(list_, 1);
  split->addWidget(side);
  split->addWidget(text_);
  split->setStretchFactor(1, 1);
  split->setSizes({290, 750});
  connect(search_, &QLineEdit::textChanged, this, &HelpWindow::fill);
  connect(list_, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* row) {
    if (row == nullptr || !row->data(Qt::UserRole).isValid()) return;
    show_page(row->data(Qt::UserRole).toString().toStdString());
    mark(search_->text());
  });
  connect(text_, &QTextBrowser::anchorClicked, this, &HelpWindow::follow);
  connect(back, &QToolButton::clicked, this, [this] {
    if (past_.size() < 2) return;
    past_.pop_back();
    const std::string id = past_.back();
    past_.pop_back();
    show_page(id);
  });
  fill();
  if (!book_.pages().empty()) show_page(book_.pages().front().id);
}

void HelpWindow::fill() {
  const QSignalBlocker quiet{list_};
  list_->clear();
  std::string chapter;
  const bool searching = !search_->text().trimmed().isEmpty();
  for (const HelpBook::Hit& hit : book_.search(search_->text().toStdString())) {
    if (!searching && hit.page->chapter != chapter) {
      chapter = hit.page->chapter;
      auto* const head = new QListWidgetItem{QString::fromStdString(chapter), list_};
      head->setFlags(Qt::NoItemFlags);
      QFont bold = list_->font();
      bold.setBold(true);
      head->setFont(bold);
    }
    QString words = QString::fromStdString(hit.page->title);
    if (searching && !hit.excerpt.empty()) words += QStringLiteral("\n") + QString::fromStdString(hit.excerpt);
    auto* const row = new QListWidgetItem{words, list_};
    row->setData(Qt::UserRole, QString::fromStdString(hit.page->id));
  }
  if (list_->count() == 0) (new QListWidgetItem{tr("No page has these words"), list_})->setFlags(Qt::NoItemFlags);
}

void HelpWindow::search(const QString& words) { search_->setText(words); }

void HelpWindow::show_page(const std::string& id) {
  const HelpPage* const page = book_.find(id);
  if (page == nullptr) return;
  if (page_ != id || past_.empty()) past_.push_back(id);
  page_ = id;
  text_->document()->setBaseUrl(QUrl::fromLocalFile(QString::fromStdString(page->folder.string()) + QLatin1Char('/')));
  QString markdown = QString::fromStdString(page->markdown);
  while (markdown.contains(QStringLiteral("|  |")))  // Qt would join an empty cell with the one before
    markdown.replace(QStringLiteral("|  |"), QStringLiteral("| &nbsp; |"));
  text_->setMarkdown(markdown);
  dress_tables(text_->document()->rootFrame());
  text_->moveCursor(QTextCursor::Start);
  const QSignalBlocker quiet{list_};
  for (int row = 0; row < list_->count(); ++row)
    if (list_->item(row)->data(Qt::UserRole).toString().toStdString() == id) list_->setCurrentRow(row);
}

void HelpWindow::show_method(const std::string& task_id, const std::string& parameter) {
  search_->clear();
  show_page(HelpBook::method_id(task_id));
  if (!parameter.empty()) mark(QStringLiteral("--") + QString::fromStdString(params::kebab_case(parameter)));
}

/// Selects the first place of the words and scrolls it into the upper part of the page.
void HelpWindow::mark(const QString& words) {
  const QString text = words.trimmed();
  if (text.isEmpty()) return;
  text_->moveCursor(QTextCursor::Start);
  if (!text_->find(text)) (void)text_->find(text.section(QLatin1Char(' '), 0, 0));
  QScrollBar* const bar = text_->verticalScrollBar();
  bar->setValue(bar->value() + text_->cursorRect().top() - text_->viewport()->height() / 3);
}

void HelpWindow::follow(const QUrl& link) {
  const HelpPage* const here = book_.find(page_);
  if (here == nullptr) return;
  if (const HelpPage* const page = book_.follow(*here, link.toString().toStdString()))
    show_page(page->id);
  else if (link.scheme().startsWith(QStringLiteral("http")))
    QDesktopServices::openUrl(link);
}

}  // namespace iso::gui
