// The menus of the main window and the tool bar.

#include "about_dialog.h"
#include "help_window.h"
#include "main_window.h"
#include "view_area.h"

#include "gui/desk/icons.h"
#include "gui/desk/interaction_controller.h"
#include "gui/panels/data_panel.h"
#include "gui/panels/method_panel.h"
#include "host/startup/resources.h"

#include <QAbstractButton>
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDesktopServices>
#include <QDockWidget>
#include <QMenuBar>
#include <QSettings>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QUrl>

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

struct ToolEntry {
  Tool tool;
  const char *name, *text, *key, *help;
};
constexpr ToolEntry tool_entries[]{
    {Tool::window_level, "tool.window", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Window"), "Ctrl+1",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Dragging changes brightness and contrast.")},
    {Tool::crosshair, "tool.crosshair", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Crosshair"), "Ctrl+2",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "A click puts the crosshair of all views there.")},
    {Tool::line, "tool.line", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Line"), "Ctrl+3",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Measures a length, and the values along it.")},
    {Tool::angle, "tool.angle", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Angle"), "Ctrl+4",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Measures an angle by three clicks.")},
    {Tool::rectangle, "tool.rectangle", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Rectangle"), "Ctrl+5",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Measures area and values in a rectangle.")},
    {Tool::ellipse, "tool.ellipse", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Ellipse"), "Ctrl+6",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Measures area and values in an ellipse.")},
    {Tool::polygon, "tool.polygon", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Polygon"), "Ctrl+7",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Measures area and values in a polygon; a double click closes it.")},
    {Tool::brush, "tool.brush", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Paint"), "Ctrl+8",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Paints the label that is chosen in the table.")},
    {Tool::erase, "tool.erase", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Erase"), "Ctrl+9",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Takes labels away.")},
    {Tool::fill, "tool.fill", QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Fill"), "Ctrl+0",
     QT_TRANSLATE_NOOP("iso::gui::MainWindow", "Gives the region under the click the chosen label.")}};

}  // namespace

void MainWindow::make_file_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&File"));
  add_action(menu, "file.open", tr("&Open ..."), QKeySequence::Open, [this] { open_dialog(); });
  add_action(menu, "file.open_folder", tr("Open DICOM &folder ..."), QKeySequence{QStringLiteral("Ctrl+Shift+O")},
             [this] { open_folder(); });
  add_action(menu, "file.open_as", tr("Open &as ..."), QKeySequence{QStringLiteral("Ctrl+Alt+O")},
             [this] { open_as_dialog(); });
  recent_ = menu->addMenu(tr("Open &recent"));
  recent_->setObjectName(QStringLiteral("file.recent"));
  connect(recent_, &QMenu::aboutToShow, this, &MainWindow::fill_recent);
  menu->addSeparator();
  add_action(menu, "file.save_item", tr("&Save selected as ..."), QKeySequence{QStringLiteral("Ctrl+Shift+S")}, [this] {
    if (desktop_.document().selected() != 0) save_item_dialog(desktop_.document().selected());
  });
  add_action(menu, "file.save_session", tr("Save s&ession"), QKeySequence::Save,
             [this] { session_file_.empty() ? save_session_dialog() : save_session(session_file_); });
  add_action(menu, "file.save_session_as", tr("Save session as ..."), {}, [this] { save_session_dialog(); });
  menu->addSeparator();
  add_action(menu, "file.screenshot", tr("Save s&creenshot ..."), QKeySequence{QStringLiteral("Ctrl+P")},
             [this] { save_screenshot(); });
  add_action(menu, "file.copy_picture", tr("Copy &picture of the views"), QKeySequence{QStringLiteral("Ctrl+Shift+P")},
             [this] { QApplication::clipboard()->setPixmap(views_->grab()); });
  add_action(menu, "file.sweep", tr("Export pictures or mo&vie ..."), {}, [this] { export_sweep(); });
  menu->addSeparator();
  add_action(menu, "file.close_item", tr("&Close selected"), QKeySequence::Close,
             [this] { desktop_.document().remove(desktop_.document().selected()); });
  add_action(menu, "file.quit", tr("&Quit"), QKeySequence::Quit, [this] { close(); });
}

void MainWindow::make_edit_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&Edit"));
  UndoStack& stack = desktop_.document().undo_stack();
  QAction* const undo = add_action(menu, "edit.undo", tr("&Undo"), QKeySequence::Undo, [&stack] { stack.undo(); });
  QAction* const redo =
      add_action(menu, "edit.redo", tr("&Redo"),
                 {QKeySequence{QStringLiteral("Ctrl+Shift+Z")}, QKeySequence{QStringLiteral("Ctrl+Y")}},
                 [&stack] { stack.redo(); });
  const auto refresh = [&stack, undo, redo] {
    undo->setEnabled(stack.can_undo());
    redo->setEnabled(stack.can_redo());
    undo->setText(stack.can_undo() ? tr("&Undo %1").arg(QString::fromStdString(stack.undo_name())) : tr("&Undo"));
    redo->setText(stack.can_redo() ? tr("&Redo %1").arg(QString::fromStdString(stack.redo_name())) : tr("&Redo"));
  };
  connections_.push_back(stack.changed.connect(refresh));
  refresh();
  menu->addSeparator();
  add_action(menu, "edit.delete", tr("&Delete selected data"), {},
             [this] { desktop_.document().remove(desktop_.document().selected()); });
  menu->addSeparator();
  add_action(menu, "edit.preferences", tr("&Preferences ..."), QKeySequence{QStringLiteral("Ctrl+,")},
             [this] { show_preferences(); });
  add_action(menu, "edit.keys", tr("&Keys ..."), {}, [this] { show_preferences(true); });
}

/// What the right button offers on the selected item, for the keyboard.
void MainWindow::make_data_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&Data"));
  menu->setObjectName(QStringLiteral("menu.data"));
  const auto fill = [this, menu] { data_->fill_menu(*menu, desktop_.document().selected()); };
  connect(menu, &QMenu::aboutToShow, this, fill);
  fill();
}

void MainWindow::set_arrangement(Arrangement arrangement) {
  Look look = desktop_.document().look();
  look.layout.arrangement = arrangement;
  look.layout.maximised = -1;
  desktop_.document().set_look(look);
}

void MainWindow::make_view_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&View"));
  add_action(menu, "view.four", tr("&Four views"), QKeySequence{QStringLiteral("F5")},
             [this] { set_arrangement(Arrangement::four_up); });
  add_action(menu, "view.one", tr("&One view"), QKeySequence{QStringLiteral("F6")},
             [this] { set_arrangement(Arrangement::one_up); });
  add_action(menu, "view.side_by_side", tr("&Side by side"), QKeySequence{QStringLiteral("F7")},
             [this] { set_arrangement(Arrangement::side_by_side); });
  menu->addSeparator();
  window_menu_ = menu->addMenu(tr("&Window"));
  add_window_actions();
  QMenu* const rendering = menu->addMenu(tr("&3-D rendering"));
  for (const render::VolumePreset& preset : render::volume_presets())
    rendering->addAction(QString::fromStdString(preset.name), this,
                         [this, name = preset.name] { views_->volume_view()->set_preset(name); });
  QMenu* const slice = menu->addMenu(tr("Slice &direction of the active view"));
  const std::pair<QString, render::Orientation> directions[]{
      {tr("Axial"), render::Orientation::axial},
      {tr("Sagittal"), render::Orientation::sagittal},
      {tr("Coronal"), render::Orientation::coronal},
      {tr("Oblique (turn with Ctrl+Alt+left drag)"), render::Orientation::oblique}};
  for (const auto& [text, orientation] : directions)
    slice->addAction(text, this, [this, orientation = orientation] {
      views_->active_view()->presenter().set_orientation(orientation);
      views_->active_view()->update();
    });
  menu->addSeparator();
  add_action(menu, "view.fit", tr("&Reset zoom"), QKeySequence{QStringLiteral("Ctrl+R")},
             [this] { views_->active_view()->presenter().fit(); });
  add_action(menu, "view.straighten", tr("Straighten &planes"), QKeySequence{QStringLiteral("Shift+R")},
             [this] { views_->active_view()->presenter().straighten(); });
  add_action(menu, "view.overlay", tr("Toggle o&verlay"), QKeySequence{QStringLiteral("T")}, [this] {
    Look look = desktop_.document().look();
    look.overlay.shown = !look.overlay.shown;
    desktop_.document().set_look(look);
  });
  make_cine_actions(menu);
  add_action(menu, "view.flicker", tr("Fli&cker of the overlay"), QKeySequence{QStringLiteral("Shift+T")}, [this] {
    if (auto* const flicker = findChild<QAbstractButton*>(QStringLiteral("overlay.flicker"))) flicker->toggle();
  });
  QAction* const full = add_action(menu, "view.full_screen", tr("F&ull screen"), QKeySequence{Qt::Key_F11},
                                   [this] { isFullScreen() ? showNormal() : showFullScreen(); });
  full->setCheckable(true);
  make_theme_menu(menu);
  menu->addSeparator();
  for (QDockWidget* dock : findChildren<QDockWidget*>()) menu->addAction(dock->toggleViewAction());
}

void MainWindow::make_cine_actions(QMenu* menu) {
  QAction* const cine = add_action(menu, "view.cine", tr("&Cine"), QKeySequence{QStringLiteral("C")}, [] {});
  cine->setCheckable(true);
  auto* const clock = new QTimer{this};
  clock->setObjectName(QStringLiteral("cine.clock"));
  clock->setInterval(100);
  connect(cine, &QAction::toggled, this, [this, cine, clock](bool on) {
    const Item* const item = views_->active_view()->presenter().item();
    if (on && (item == nullptr || (item->raster->frames < 2 && !item->raster->stack))) {
      statusBar()->showMessage(tr("There is one frame only: cine needs a series or a spectral cube"), 4000);
      return cine->setChecked(false);
    }
    on ? clock->start() : clock->stop();
  });
  connect(clock, &QTimer::timeout, this, [this] { views_->active_view()->presenter().step_frame(1, true); });
  const auto pace = [this, clock](double factor) {
    clock->setInterval(std::clamp(static_cast<int>(std::lround(clock->interval() * factor)), 16, 2000));
    statusBar()->showMessage(tr("Cine: %1 frames a second").arg(1000.0 / clock->interval(), 0, 'f', 1), 3000);
  };
  add_action(menu, "view.cine_faster", tr("Cine faster"), QKeySequence{QStringLiteral("Ctrl+Right")},
             [pace] { pace(1 / 1.25); });
  add_action(menu, "view.cine_slower", tr("Cine slower"), QKeySequence{QStringLiteral("Ctrl+Left")},
             [pace] { pace(1.25); });
  QAction* const over_time = add_action(menu, "view.time_profile", tr("T&ime profile of a line"), {}, [this] {
    Look look = desktop_.document().look();
    look.layout.time_profile = !look.layout.time_profile;
    desktop_.document().set_look(look);
  });
  over_time->setCheckable(true);
  const auto follow = [this, over_time] { over_time->setChecked(desktop_.document().look().layout.time_profile); };
  connections_.push_back(desktop_.document().look_changed.connect(follow));
  follow();
}

void MainWindow::make_tool_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&Tools"));
  auto* const bar = addToolBar(tr("Tools"));
  bar->setObjectName(QStringLiteral("bar.tools"));
  bar->setIconSize({20, 20});
  bar->setMovable(false);
  tool_group_ = new QActionGroup{this};
  for (const ToolEntry& entry : tool_entries) {
    QAction* const made = add_action(menu, entry.name, tr(entry.text), QKeySequence{QString::fromLatin1(entry.key)},
                                     [this, tool = entry.tool] { desktop_.tools().set_tool(tool); });
    made->setCheckable(true);
    made->setData(static_cast<int>(entry.tool));
    made->setIcon(make_icon(QString::fromLatin1(entry.name).section(QLatin1Char('.'), 1)));
    made->setIconVisibleInMenu(false);
    made->setStatusTip(tr(entry.help));
    tool_group_->addAction(made);
    apply_keys(*keys_.find(entry.name));
    bar->addAction(made);
  }
  QAction* const click = add_action(menu, "tool.click", tr("Click (of a method)"),
                                    QKeySequence{QStringLiteral("Ctrl+K")}, [this] { interaction_->resume(); });
  click->setCheckable(true);
  click->setIcon(make_icon(QStringLiteral("click")));
  click->setIconVisibleInMenu(false);
  click->setStatusTip(tr("Answers the clicks that a method asks for."));
  click->setToolTip(QStringLiteral("%1 (Ctrl+K)\n%2").arg(click->text(), click->statusTip()));
  click->setData(static_cast<int>(Tool::click));
  click->setEnabled(false);
  tool_group_->addAction(click);
  bar->addAction(click);
  connect(interaction_, &InteractionController::active_changed, click, &QAction::setEnabled);
  make_preset_bar();
  const auto follow = [this] {
    for (QAction* made : tool_group_->actions())
      made->setChecked(made->data().toInt() == static_cast<int>(desktop_.tools().tool()));
  };
  connect(&desktop_.tools(), &Tools::changed, this, follow);
  follow();
  menu->addSeparator();
  make_spectra_actions(menu);
  QAction* const scheme =
      add_action(menu, "tool.research_scheme", tr("Left button moves the &crosshair (research scheme)"), {}, [] {});
  scheme->setCheckable(true);
  scheme->setChecked(settings_.value(QStringLiteral("mouse/research_scheme"), false).toBool());
  desktop_.tools().research_scheme = scheme->isChecked();
  connect(scheme, &QAction::toggled, this, [this](bool on) {
    desktop_.tools().research_scheme = on;
    settings_.setValue(QStringLiteral("mouse/research_scheme"), on);
  });
}

void MainWindow::make_help_menu() {
  QMenu* const menu = menuBar()->addMenu(tr("&Help"));
  add_action(menu, "help.contents", tr("&Help"), QKeySequence{Qt::Key_F1}, [this] { show_help(); });
  add_action(menu, "help.log", tr("&Log and reports ..."), QKeySequence{QStringLiteral("Ctrl+L")},
             [this] { show_log(); });
  add_action(menu, "help.about", tr("&About Isocenter"), {}, [this] {
    (void)desktop_.tasks();
    (new AboutDialog{desktop_.plugins(), this})->show();
  });
}

/// The page of what has the focus in the form, else the manual.
void MainWindow::show_help() {
  const QWidget* const focus = QApplication::focusWidget();
  const bool in_methods = focus != nullptr && methods_->isAncestorOf(focus);
  const MethodPanel::Topic topic = in_methods ? methods_->help_topic() : MethodPanel::Topic{};
  show_method_help(topic.task_id, topic.parameter);
}

void MainWindow::show_method_help(const std::string& task_id, const std::string& parameter) {
  if (help_ == nullptr) help_ = new HelpWindow{HelpBook{host::resource_folder("manual"), desktop_.tasks()}, this};
  help_->show();  // first: where the page scrolls to depends on its size
  help_->raise();
  help_->activateWindow();
  if (!task_id.empty()) help_->show_method(task_id, parameter);
}

}  // namespace iso::gui
