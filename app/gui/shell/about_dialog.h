#pragma once

#include "host/plugins/catalogue.h"
#include "iso/base/libraries.h"

#include <QDialog>

#include <span>
#include <vector>

namespace iso::gui {

/// Every library the desktop is linked with, those of the programs without a window included, by name.
[[nodiscard]] std::vector<Library> desktop_libraries();

/// What this is: version, licences, libraries as they were linked, plugins as they were found.
class AboutDialog : public QDialog {
  Q_OBJECT
 public:
  explicit AboutDialog(std::span<const host::PluginEntry> plugins, QWidget* parent = nullptr);
};

}  // namespace iso::gui
