#pragma once

#include "iso/plugin/manifest.h"

#include <string>

namespace iso::host {

/// The page of the manual that a task has, in Markdown, made from what its plugin says of itself: what it computes, its ports,
/// its parameters with defaults, units and ranges, its references. `isocenter describe --markdown` prints it, the desktop's help
/// shows it.
[[nodiscard]] std::string method_page(const plugin::TaskManifest& task);

/// "from 1 to 2000", or the choices; empty if anything goes.
[[nodiscard]] std::string range_in_words(const params::FieldInfo& field);
/// " (with solver admm or primal_dual)"; empty for a parameter that always counts.
[[nodiscard]] std::string condition_in_words(const params::FieldInfo& field);

}  // namespace iso::host
