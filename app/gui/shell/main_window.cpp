#include "main_window.h"

#include "settings_menu.h"
#include "settings_place.h"
#include "start_page.h"
#include "view_area.h"

#include "gui/desk/interaction_controller.h"
#include "gui/desk/safe_hands.h"
#include "gui/desk/view_keys.h"
#include "gui/panels/compare_panel.h"
#include "gui/panels/data_panel.h"
#include "gui/panels/history_panel.h"
#include "gui/panels/job_panel.h"
#include "gui/panels/measure_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/table_panel.h"
#include "gui/panels/tool_panel.h"
#include "gui/panels/volume_panel.h"
#include "gui/presenters/words_of_window.h"

#include "host/startup/resources.h"

#include "iso/base/log.h"

#include <QAction>
#include <QActionGroup>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int small_column = 296;                        ///< of the panels on a small screen
constexpr int enough_width = 1100, enough_height = 700;  ///< of a screen on which every panel has its whole size

}  // namespace

MainWindow::MainWindow(Desktop& desktop, QSettings& settings, QWidget* parent)
    : QMainWindow{parent},
      desktop_{desktop},
      settings_{settings},
      views_{new ViewArea{desktop.document(), desktop.tools()}},
      centre_{new QStackedWidget},
      start_{new StartPage},
      message_bar_{new QWidget},
      message_button_{new QPushButton},
      message_{new QLabel},
      place_{new QLabel},
      index_{new QLabel},
      value_{new QLabel},
      activity_{new QLabel} {
  setObjectName(QStringLiteral("main"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  make_message_bar();
  auto* const centre = new QWidget;
  auto* const column = new QVBoxLayout{centre};
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(message_bar_);
  make_start_page();
  column->addWidget(centre_, 1);
  setCentralWidget(centre);

  interaction_ = new InteractionController{desktop_, this};
  new SafeHands{*this, [this]() -> QWidget* { return views_->isVisible() ? views_->active_view() : nullptr; }};
  make_click_bar(column);
  read_keys();
  make_docks();
  make_file_menu();
  make_edit_menu();
  make_data_menu();
  make_view_menu();
  make_tool_menu();
  make_help_menu();

  make_status_bar();
  connect_views();
  connect_interaction();
  connect(&desktop_, &Desktop::problem, this, &MainWindow::tell);
  connect(&desktop_.background(), &Background::running_changed, this,
          [this](int running) { activity_->setText(running > 0 ? tr("Working ...") : QString{}); });
  follow_changes();
  job_connection_ = desktop_.jobs().job_ended.connect([this](std::uint64_t id) {
    const JobState* const job = desktop_.jobs().find(id);
    if (job == nullptr || job->state == job::State::done) return statusBar()->showMessage(tr("The job is done"), 5000);
    if (job->state != job::State::cancelled)
      tell(QString::fromStdString(job->message), QString::fromStdString(hint_of_window(job->hint)));
  });
  restoreGeometry(settings_.value(versioned(QStringLiteral("window/geometry"))).toByteArray());
  restoreState(settings_.value(versioned(QStringLiteral("window/state"))).toByteArray());
  if (const QSize room = screen()->availableSize(); room.width() < enough_width || room.height() < enough_height)
    fit_small_screen();
  apply_preferences(*this, settings_);
  apply_first_layout(*this, settings_);
  refresh_title();
}

void MainWindow::make_message_bar() {
  auto* const bar = new QHBoxLayout{message_bar_};
  auto* const close = new QToolButton;
  close->setText(QStringLiteral("\u2715"));
  close->setAutoRaise(true);
  close->setAccessibleName(tr("Close the message"));
  message_->setWordWrap(true);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  message_->setObjectName(QStringLiteral("message"));
  message_button_->setObjectName(QStringLiteral("message.button"));
  connect(message_button_, &QPushButton::clicked, this, [this] {
    message_bar_->hide();
    if (message_action_) std::exchange(message_action_, {})();
  });
  bar->addWidget(message_, 1);
  bar->addWidget(message_button_);
  bar->addWidget(close);
  message_bar_->setStyleSheet(QStringLiteral("background: #5c4a1e; color: #ffe9b8"));
  message_bar_->setVisible(false);
  connect(close, &QToolButton::clicked, message_bar_, &QWidget::hide);
}

void MainWindow::make_status_bar() {
  for (QLabel* label : {place_, index_, value_}) {
    label->setMinimumWidth(1);  // words that do not fit are cut, the window does not grow by them
    statusBar()->addWidget(label);
  }
  statusBar()->addPermanentWidget(activity_);
}

void MainWindow::connect_views() {
  connect(views_, &ViewArea::hovered, this, [this](const Readout& words) {
    place_->setText(QString::fromStdString(words.place));
    index_->setText(QString::fromStdString(words.index));
    value_->setText(QString::fromStdString(words.value + (words.label.empty() ? "" : ", " + words.label)));
  });
  connect(views_, &ViewArea::message, this, [this](const QString& words) { statusBar()->showMessage(words, 4000); });
  connect(views_, &ViewArea::clicked, interaction_, &InteractionController::click);
  connect(views_, &ViewArea::measured, measures_, &MeasurePanel::select);
  connect(views_, &ViewArea::slice_menu_asked, this, &MainWindow::show_slice_menu);
  connect(views_, &ViewArea::volume_menu_asked, this, &MainWindow::show_volume_menu);
}

void MainWindow::connect_interaction() {
  connect(interaction_, &InteractionController::problem, this, &MainWindow::tell);
  connect(interaction_, &InteractionController::retry_offered, this, [this](const QString& words, const QString& hint) {
    offer(words, hint, tr("Retry"), [this] { interaction_->retry(); });
  });
  connect(interaction_, &InteractionController::message, this,
          [this](const QString& words) { statusBar()->showMessage(words, 8000); });
}

MainWindow::~MainWindow() = default;

QAction* MainWindow::action(const QString& name) const {
  const auto found = actions_.find(name);
  return found == actions_.end() ? nullptr : found->second;
}

QAction* MainWindow::add_action(QMenu* menu, const char* name, const QString& text, const DefaultKeys& keys,
                                std::function<void()> what) {
  QAction* const made = menu->addAction(text);
  made->setObjectName(QString::fromLatin1(name));
  std::vector<std::string> words;
  for (const QKeySequence& key : keys.all)
    if (!key.isEmpty()) words.push_back(key_text(key));
  keys_.add(name, QString{text}.remove('&').toStdString(), menu->title().remove('&').toStdString(), std::move(words));
  made->setShortcuts(key_sequences(keys_.find(name)->keys));
  connect(made, &QAction::triggered, this, [what = std::move(what)] { what(); });
  actions_[QString::fromLatin1(name)] = made;
  return made;
}

QDockWidget* MainWindow::add_dock(const char* name, const QString& title, QWidget* content, Qt::DockWidgetArea area) {
  auto* const dock = new QDockWidget{title, this};
  dock->setObjectName(QString::fromLatin1(name));
  dock->setWidget(content);
  addDockWidget(area, dock);
  return dock;
}

/// The start page is there until something is open.
void MainWindow::make_start_page() {
  centre_->addWidget(views_);
  centre_->addWidget(start_);
  connect(start_, &StartPage::open_asked, this, &MainWindow::open_dialog);
  connect(start_, &StartPage::folder_asked, this, &MainWindow::open_folder);
  connect(start_, &StartPage::file_asked, this, [this](const QString& file) { open_file(file.toStdString()); });
  connections_.push_back(desktop_.document().items_changed.connect([this] { show_start_page(); }));
  connections_.push_back(desktop_.document().look_changed.connect([this] { show_start_page(); }));
  show_start_page();
}

void MainWindow::show_start_page() {
  const Document& document = desktop_.document();
  const bool nothing = document.items().empty() && document.preview() == nullptr;
  if (nothing == (centre_->currentWidget() == start_)) return;
  if (nothing) {
    QStringList recent, samples;
    for (const QString& file : settings_.value(QStringLiteral("files/recent")).toStringList())
      if (QFileInfo::exists(file)) recent << file;
    const QDir folder{QString::fromStdString(host::resource_folder("samples").string())};
    for (const QFileInfo& file :
         folder.entryInfoList({QStringLiteral("*.nii.gz"), QStringLiteral("*.mrc")}, QDir::Files))
      samples << file.absoluteFilePath();
    start_->show_files(recent, samples);
  }
  centre_->setCurrentWidget(nothing ? static_cast<QWidget*>(start_) : static_cast<QWidget*>(views_));
}

/// In a narrow window there is one column of panels: methods stand behind Display as a tab, and the images have the room.
void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  auto* const display = findChild<QDockWidget*>(QStringLiteral("dock.display"));
  auto* const methods = findChild<QDockWidget*>(QStringLiteral("dock.methods"));
  if (display == nullptr || methods == nullptr) return;
  if (width() < enough_width && !one_column_ && dockWidgetArea(methods) == Qt::RightDockWidgetArea &&
      !methods->isFloating()) {
    one_column_ = true;
    tabifyDockWidget(display, methods);
    display->raise();
    resizeDocks({display}, {small_column}, Qt::Horizontal);
  } else if (width() >= enough_width && one_column_) {
    one_column_ = false;
    addDockWidget(Qt::RightDockWidgetArea, methods);
    resizeDocks({display, methods}, {250, 320}, Qt::Horizontal);
  }
}

void MainWindow::fit_small_screen() {
  for (QDockWidget* dock : findChildren<QDockWidget*>()) {
    auto* const scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(dock->widget());
    dock->setWidget(scroll);
  }
}

void MainWindow::make_docks() {
  Document& document = desktop_.document();
  auto* const data_panel = data_ = new DataPanel{document};
  connect(data_panel, &DataPanel::save_asked, this, &MainWindow::save_item_dialog);
  connect(data_panel, &DataPanel::provenance_asked, this, &MainWindow::show_provenance);
  connect(data_panel, &DataPanel::read_again_asked, this, &MainWindow::read_again);
  connect(data_panel, &DataPanel::use_as_asked, this, &MainWindow::use_as);
  methods_ = new MethodPanel{desktop_};
  job_panel_ = new JobPanel{desktop_.jobs(), document};
  measures_ = new MeasurePanel{document};
  compare_ = new ComparePanel{document, desktop_.background()};
  connect(compare_, &ComparePanel::problem, this, [this](const QString& words) { tell(words); });
  QDockWidget* const data_dock = add_dock("dock.data", tr("Data"), data_panel, Qt::LeftDockWidgetArea);
  auto* const display = new ToolPanel{document, desktop_.tools(), desktop_.background()};
  connect(display, &ToolPanel::problem, this, [this](const QString& words, const QString& hint) { tell(words, hint); });
  display->add_group(new VolumePanel{document, *views_->volume_view(), desktop_.background()});
  QDockWidget* const tools = add_dock("dock.display", tr("Display"), display, Qt::LeftDockWidgetArea);
  QDockWidget* const history =
      add_dock("dock.history", tr("History"), new HistoryPanel{document.undo_stack()}, Qt::LeftDockWidgetArea);
  tabifyDockWidget(tools, history);
  tools->raise();
  QDockWidget* const methods = add_dock("dock.methods", tr("Methods"), methods_, Qt::RightDockWidgetArea);
  QDockWidget* const jobs = add_dock("dock.jobs", tr("Jobs"), job_panel_, Qt::BottomDockWidgetArea);
  QDockWidget* const measures = add_dock("dock.measure", tr("Measurements"), measures_, Qt::BottomDockWidgetArea);
  QDockWidget* const compare = add_dock("dock.compare", tr("Compare"), compare_, Qt::BottomDockWidgetArea);
  tabifyDockWidget(jobs, measures);
  tabifyDockWidget(measures, compare);
  auto* const table_panel = new TablePanel{document};
  QDockWidget* const tables = add_dock("dock.table", tr("Table"), table_panel, Qt::BottomDockWidgetArea);
  tabifyDockWidget(compare, tables);
  tables->hide();
  connect(table_panel, &TablePanel::table_selected, this, [tables] {
    tables->show();
    tables->raise();
  });
  make_spectra_dock();
  jobs->raise();
  resizeDocks({data_dock, methods}, {250, 320}, Qt::Horizontal);
  resizeDocks({jobs}, {200}, Qt::Vertical);
  open_when_needed(jobs, measures, compare);
  connect(&desktop_.tools(), &Tools::changed, this, [tools, &used = desktop_.tools(), painted = false]() mutable {
    if (used.paints() && !std::exchange(painted, used.paints())) tools->show(), tools->raise();
    painted = used.paints();
  });
  connect(methods_, &MethodPanel::started, this, [this, jobs](quint64 job) {
    jobs->show();
    jobs->raise();
    job_panel_->show_job(job);
  });
  connect(methods_, &MethodPanel::problem, this, &MainWindow::tell);
  connect(methods_, &MethodPanel::help_asked, this, &MainWindow::show_method_help);
  connect(methods_, &MethodPanel::interaction_asked, interaction_, &InteractionController::begin);
  connect(methods_, &MethodPanel::parameters_edited, interaction_, &InteractionController::set_parameters);
  connect(interaction_, &InteractionController::parameters_changed, methods_, &MethodPanel::show_parameters);
}

/// The docks below take the images' room, so each is closed until there is something in it: a job, a measurement, a second image.
void MainWindow::open_when_needed(QDockWidget* jobs, QDockWidget* measures, QDockWidget* compare) {
  for (QDockWidget* const dock : {jobs, measures, compare}) dock->hide();
  const auto raise = [](QDockWidget* dock) {
    dock->show();
    dock->raise();
  };
  Document& document = desktop_.document();
  connections_.push_back(
      document.measurements_changed.connect([&document, measures, raise, before = std::size_t{0}]() mutable {
        const std::size_t now = document.measurements().size();
        if (before == 0 && now > 0) raise(measures);
        before = now;
      }));
  connections_.push_back(document.look_changed.connect([&document, compare, raise, before = ItemId{0}]() mutable {
    const Look& look = document.look();
    const ItemId now = look.layout.arrangement == Arrangement::side_by_side ? look.layout.compared : 0;
    if (before == 0 && now != 0) raise(compare);
    before = now;
  }));
}

void MainWindow::tell(const QString& sentence, const QString& hint) { offer(sentence, hint, {}, {}); }

void MainWindow::offer(const QString& sentence, const QString& hint, const QString& button,
                       std::function<void()> what) {
  log::warning("app.gui", sentence.toStdString());
  message_button_->setText(button);
  message_button_->setVisible(!button.isEmpty());
  message_action_ = std::move(what);
  message_->setText(hint.isEmpty() ? sentence : sentence + QStringLiteral("\n") + hint);
  message_bar_->setVisible(true);
}

QString MainWindow::told() const { return message_bar_->isVisible() ? message_->text() : QString{}; }

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!may_close()) return event->ignore();
  log::info("app.gui", "closed");
  settings_.setValue(versioned(QStringLiteral("window/geometry")), saveGeometry());
  settings_.setValue(versioned(QStringLiteral("window/state")), saveState());
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!event->mimeData()->hasUrls()) return;
  event->acceptProposedAction();
  show_drop_target(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { show_drop_target(false); }

/// A frame about everything while files hover over the window.
void MainWindow::show_drop_target(bool on) {
  if (on && drop_target_ == nullptr) {
    drop_target_ = new QLabel{tr("Drop to open"), this};
    drop_target_->setObjectName(QStringLiteral("drop.target"));
    drop_target_->setAlignment(Qt::AlignCenter);
    drop_target_->setAttribute(Qt::WA_TransparentForMouseEvents);
    drop_target_->setStyleSheet(
        QStringLiteral("background: rgba(20, 90, 160, 90); border: 3px solid palette(highlight); color: white;"));
  }
  if (drop_target_ == nullptr) return;
  drop_target_->setGeometry(rect());
  drop_target_->setVisible(on);
  if (on) drop_target_->raise();
}

void MainWindow::dropEvent(QDropEvent* event) {
  show_drop_target(false);
  QStringList files;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) files << url.toLocalFile();
  open_files(files);
}

}  // namespace iso::gui
