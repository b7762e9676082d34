// What the main window has to do with settings: keys, preferences, theme, and the log.

#include "settings_menu.h"

#include "main_window.h"
#include "view_area.h"

#include "gui/desk/theme.h"
#include "gui/desk/view_keys.h"
#include "gui/panels/log_window.h"
#include "gui/panels/preferences_dialog.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QMenu>
#include <QSettings>
#include <QTimer>

#include <algorithm>

namespace iso::gui {

void MainWindow::read_keys() {
  std::map<std::string, std::vector<std::string>> kept;
  settings_.beginGroup(QStringLiteral("keys"));
  for (const QString& id : settings_.childKeys()) {
    std::vector<std::string>& keys = kept[id.toStdString()];
    for (const QString& key : settings_.value(id).toStringList())
      if (!key.isEmpty()) keys.push_back(key.toStdString());
  }
  settings_.endGroup();
  keys_.set_changes(std::move(kept));
  view_keys_ = new ViewKeys{keys_, this};
  for (SliceView* view : views_->slice_views()) view->installEventFilter(view_keys_);
  keys_connection_ = keys_.changed.connect([this](const KeyAction& changed) {
    apply_keys(changed);
    settings_.remove(QStringLiteral("keys"));
    for (const auto& [id, keys] : keys_.changes()) {
      QStringList words;
      for (const std::string& key : keys) words << QString::fromStdString(key);
      settings_.setValue(QStringLiteral("keys/") + QString::fromStdString(id), words);
    }
  });
}

void MainWindow::apply_keys(const KeyAction& keys) {
  QAction* const made = action(QString::fromStdString(keys.id));
  if (made == nullptr) return;  // a key of the views
  made->setShortcuts(key_sequences(keys.keys));
  if (tool_group_ != nullptr && made->actionGroup() == tool_group_)
    made->setToolTip(
        (keys.keys.empty() ? made->text() : QStringLiteral("%1 (%2)").arg(made->text(), made->shortcut().toString())) +
        (made->statusTip().isEmpty() ? QString{} : QLatin1Char('\n') + made->statusTip()));
}

void MainWindow::make_theme_menu(QMenu* menu) {
  auto* const group = new QActionGroup{this};
  QMenu* const themes = menu->addMenu(tr("&Colours"));
  const std::pair<Theme, QString> entries[]{
      {Theme::dark, tr("&Dark")}, {Theme::light, tr("&Light")}, {Theme::system, tr("As the &system")}};
  for (const auto& [theme, text] : entries) {
    const QString name = to_text(theme);
    QAction* const made = add_action(themes, ("view.theme_" + name.toStdString()).c_str(), text, {}, [this, name] {
      settings_.setValue(QStringLiteral("look/theme"), name);
      apply_theme(theme_from(name));
    });
    made->setCheckable(true);
    group->addAction(made);
    made->setData(name);
  }
  connect(themes, &QMenu::aboutToShow, this, [this, group] {
    const QString now = to_text(theme_from(settings_.value(QStringLiteral("look/theme")).toString()));
    for (QAction* made : group->actions()) made->setChecked(made->data().toString() == now);
  });
}

void apply_preferences(MainWindow& window, const QSettings& settings) {
  const auto number = [&](const char* key, int usual) {
    return settings.value(QString::fromLatin1(key), usual).toInt();
  };
  using namespace preference;
  static const QFont usual_font = QApplication::font();
  QFont font = usual_font;
  font.setPointSizeF(usual_font.pointSizeF() * std::clamp(number(text_percent, usual_text_percent), 50, 300) / 100);
  if (QApplication::font() != font) QApplication::setFont(font);
  const std::int64_t side = std::clamp(number(detail, usual_detail), 0, 2048);
  window.views().volume_view()->set_limit(side * side * side);
  if (auto* const clock = window.findChild<QTimer*>(QStringLiteral("cine.clock")))
    clock->setInterval(1000 / std::clamp(number(cine_rate, usual_cine_rate), 1, 60));
}

void apply_first_layout(MainWindow& window, const QSettings& settings) {
  Document& document = window.desktop().document();
  const int wanted = settings.value(QString::fromLatin1(preference::layout), preference::usual_layout).toInt();
  if (!document.items().empty() || wanted <= 0 || wanted > static_cast<int>(Arrangement::side_by_side)) return;
  Look look = document.look();
  look.layout.arrangement = static_cast<Arrangement>(wanted);
  document.set_look(look);
}

void MainWindow::show_preferences(bool keys) {
  auto* dialog = findChild<PreferencesDialog*>();
  if (dialog == nullptr) {
    dialog = new PreferencesDialog{settings_, keys_, *action(QStringLiteral("tool.research_scheme")), this};
    connect(dialog, &PreferencesDialog::changed, this, [this] { apply_preferences(*this, settings_); });
  }
  if (keys) dialog->show_keys();
  dialog->show();
  dialog->raise();
  dialog->activateWindow();
}

void MainWindow::show_log() {
  auto* window = findChild<LogWindow*>();
  if (window == nullptr) window = new LogWindow{desktop_.log_book(), this};
  window->show();
  window->raise();
  window->activateWindow();
}

}  // namespace iso::gui
