#pragma once

#include "gui/presenters/keys.h"

#include <QDialog>

#include <utility>
#include <vector>

class QAction;
class QSettings;
class QTabWidget;

namespace iso::gui {

class KeysEditor;

/// What the preferences are kept as, with the value of one that nobody changed.
namespace preference {
inline constexpr const char *text_percent = "look/text_percent", *layout = "look/layout", *detail = "volume/detail",
                            *cine_rate = "cine/frames_a_second";
inline constexpr int usual_text_percent = 100, usual_layout = 0, usual_detail = 0, usual_cine_rate = 10;
}  // namespace preference

/// Preferences: colours, size of texts, layout at the start, 3-D detail, cine, mouse, log level, and
/// keyboard shortcuts.
class PreferencesDialog : public QDialog {
  Q_OBJECT
 public:
  /// `research_scheme` is the action that switches the mouse scheme; the dialog shows and triggers it.
  PreferencesDialog(QSettings& settings, KeyTable& keys, QAction& research_scheme, QWidget* parent = nullptr);
  void show_keys();

 Q_SIGNALS:
  void changed();  ///< a setting that the window follows at once

 private:
  QWidget* choice(const char* key, int usual, const std::vector<std::pair<QString, int>>& entries);
  QWidget* general_page(QAction& research_scheme);
  QSettings& settings_;
  QTabWidget* pages_;
  KeysEditor* keys_;
};

}  // namespace iso::gui
