#pragma once

namespace iso::gui {

/// The look of the desktop: one style on every platform and dark colours, so that pictures are the brightest thing on screen.
/// Once there is an application.
void make_dark();

}  // namespace iso::gui
