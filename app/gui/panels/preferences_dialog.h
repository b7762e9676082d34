#pragma once

#include "gui/presenters/keys.h"

#include <QDialog>

class QAction;
class QSettings;
class QTabWidget;

namespace iso::gui {

class KeysEditor;

/// What a person may set: colours, mouse, log, and every key.
class PreferencesDialog : public QDialog {
  Q_OBJECT
 public:
  /// `research_scheme` is the action that stands for the mouse; the dialog follows it and switches it.
  PreferencesDialog(QSettings& settings, KeyTable& keys, QAction& research_scheme, QWidget* parent = nullptr);
  void show_keys();

 private:
  QWidget* general_page(QAction& research_scheme);
  QSettings& settings_;
  QTabWidget* pages_;
  KeysEditor* keys_;
};

}  // namespace iso::gui
