#pragma once

class QSettings;

namespace iso::gui {

class MainWindow;

/// What the preferences say of the open window: size of texts, 3-D detail, cine.
void apply_preferences(MainWindow& window, const QSettings& settings);
/// The layout that a start is to have, unless something is open already.
void apply_first_layout(MainWindow& window, const QSettings& settings);

}  // namespace iso::gui
