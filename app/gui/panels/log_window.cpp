#include "log_window.h"

#include "gui/desk/fit_screen.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDesktopServices>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int refresh_every_ms = 400;

}  // namespace

LogWindow::LogWindow(const LogBook& book, QWidget* parent) : QDialog{parent}, book_{book} {
  setObjectName(QStringLiteral("log"));
  setWindowTitle(tr("Log"));
  setAttribute(Qt::WA_DeleteOnClose);
  fit_screen(*this, 900, 480);
  build();
  fill_files();
  refresh(true);
  auto* const clock = new QTimer{this};
  connect(clock, &QTimer::timeout, this, [this] { refresh(false); });
  clock->start(refresh_every_ms);
}

void LogWindow::build() {
  auto* const column = new QVBoxLayout{this};
  auto* const row = new QHBoxLayout;
  const auto labelled = [&](const QString& words, QWidget* field) {
    auto* const label = new QLabel{words};
    label->setBuddy(field);
    row->addWidget(label);
    row->addWidget(field);
  };
  files_ = new QComboBox;
  files_->setObjectName(QStringLiteral("log.file"));
  files_->setAccessibleName(tr("Which log"));
  level_ = new QComboBox;
  level_->setObjectName(QStringLiteral("log.level"));
  level_->setAccessibleName(tr("Least level shown"));
  level_->addItems({tr("Everything"), tr("Information"), tr("Warnings"), tr("Errors")});
  level_->setCurrentIndex(1);
  search_ = new QLineEdit;
  search_->setObjectName(QStringLiteral("log.search"));
  search_->setPlaceholderText(tr("words of a line or its topic"));
  search_->setAccessibleName(tr("Show lines with these words"));
  search_->setClearButtonEnabled(true);
  labelled(tr("&Log of"), files_);
  labelled(tr("&Show"), level_);
  labelled(tr("&With"), search_);
  row->setStretchFactor(search_, 1);
  text_ = new QPlainTextEdit;
  text_->setObjectName(QStringLiteral("log.text"));
  text_->setAccessibleName(tr("Lines of the log"));
  text_->setReadOnly(true);
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setPlaceholderText(tr("No line is like that: show more levels, or look for other words."));
  text_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  auto* const below = new QHBoxLayout;
  count_ = new QLabel;
  count_->setObjectName(QStringLiteral("log.count"));
  below->addWidget(count_, 1);
  const auto button = [&](const char* name, const QString& words, auto what) {
    auto* const made = new QPushButton{words};
    made->setObjectName(QString::fromLatin1(name));
    connect(made, &QPushButton::clicked, this, what);
    below->addWidget(made);
  };
  button("log.copy", tr("&Copy all shown"), [this] {
    QApplication::clipboard()->setText(QString::fromStdString(machine_text() + "\n\n") + text_->toPlainText());
  });
  button("log.folder", tr("Open &folder"),
         [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(book_.folder().string()))); });
  button("log.close", tr("Close"), [this] { close(); });
  column->addLayout(row);
  column->addWidget(text_, 1);
  column->addLayout(below);
  connect(files_, &QComboBox::currentIndexChanged, this, [this] { read_chosen(); });
  connect(level_, &QComboBox::currentIndexChanged, this, [this] { refresh(true); });
  connect(search_, &QLineEdit::textChanged, this, [this] { refresh(true); });
}

void LogWindow::fill_files() {
  files_->addItem(tr("this run"));
  for (const auto& file : log_files(book_.folder()))
    if (file != book_.file())
      files_->addItem(QString::fromStdString(file.filename().string()), QString::fromStdString(file.string()));
}

void LogWindow::read_chosen() {
  earlier_.clear();
  if (const QString file = files_->currentData().toString(); !file.isEmpty()) earlier_ = read_log(file.toStdString());
  refresh(true);
}

void LogWindow::refresh(bool always) {
  const bool now = files_->currentIndex() <= 0;
  const std::uint64_t revision = now ? book_.revision() : 0;
  if (!always && (!now || revision == shown_)) return;
  shown_ = revision;
  const auto least = static_cast<log::Level>(std::max(0, level_->currentIndex()));
  const std::string words = search_->text().toStdString();
  const std::vector<LogLine> lines = now ? book_.lines(least, words) : filtered(earlier_, least, words);
  QString text;
  for (const LogLine& line : lines) text += QString::fromStdString(line_text(line)) + QLatin1Char('\n');
  QScrollBar* const bar = text_->verticalScrollBar();
  const bool at_end = bar->value() >= bar->maximum() - 1;
  const int before = bar->value();
  text_->setPlainText(text);
  bar->setValue(at_end || always ? bar->maximum() : before);
  count_->setText(book_.problem().empty() || !now ? lines.size() == 1 ? tr("1 line") : tr("%1 lines").arg(lines.size())
                                                  : QString::fromStdString(book_.problem()));
}

}  // namespace iso::gui
