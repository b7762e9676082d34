#pragma once

#include "iso/base/libraries.h"

namespace iso::host {

/// Every library that a program without a window is linked with: those of core and of the back ends.
[[nodiscard]] std::vector<Library> linked_libraries();

}  // namespace iso::host
