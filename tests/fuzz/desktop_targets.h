#pragma once

#include "targets.h"

namespace iso::test {

/// A session file of the desktop, whose data files are sound.
[[nodiscard]] Target session_target();
/// The journal that a desktop leaves behind when it is killed. Its lines have no checksum, as older programs wrote them: a changed line
/// would else be known as one before it is looked at.
[[nodiscard]] Target journal_target();

}  // namespace iso::test
