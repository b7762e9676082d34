#pragma once

#include <QString>

#include <functional>

namespace iso::gui {

enum class Theme { dark, light, system };
[[nodiscard]] Theme theme_from(const QString& name);  ///< "dark" for what is not known
[[nodiscard]] QString to_text(Theme theme);
/// Sets the colours of the whole program. The theme `system` follows the colours of the system, also when they change.
void apply_theme(Theme theme);
void make_dark();                     ///< the look as delivered
[[nodiscard]] bool system_is_dark();  ///< by the colours that the program would have without its own
/// Asked instead of the system, for tests; empty: the system again.
void set_system_is_dark(std::function<bool()> question);

}  // namespace iso::gui
