#pragma once

#include <QString>

namespace iso::gui {

enum class Theme { dark, light, system };
[[nodiscard]] Theme theme_from(const QString& name);  ///< "dark" for what is not known
[[nodiscard]] QString name_of(Theme theme);
/// Colours of the whole program, at once. `system` is dark where the colours that the program was started with were.
void apply_theme(Theme theme);
void make_dark();  ///< the look as delivered

}  // namespace iso::gui
