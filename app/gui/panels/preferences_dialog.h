#pragma once

#include "gui/presenters/keys.h"

#include <QDialog>

class QAction;
class QSettings;
class QTabWidget;

namespace iso::gui {

class KeysEditor;

/// Preferences: colours, mouse, log level, and keyboard shortcuts.
class PreferencesDialog : public QDialog {
  Q_OBJECT
 public:
  /// `research_scheme` is the action that switches the mouse scheme; the dialog shows and triggers it.
  PreferencesDialog(QSettings& settings, KeyTable& keys, QAction& research_scheme, QWidget* parent = nullptr);
  void show_keys();

 private:
  QWidget* general_page(QAction& research_scheme);
  QSettings& settings_;
  QTabWidget* pages_;
  KeysEditor* keys_;
};

}  // namespace iso::gui
