#pragma once

#include "iso/plugin/manifest.h"

#include <filesystem>

namespace iso::host {

/// What users agreed that plugins may do beyond what a worker may (`needs` of a manifest). It is recorded by the place of the
/// manifest, so that a plugin of the same name elsewhere is asked about again, in XDG_CONFIG_HOME/isocenter/agreed_needs.json.

/// Whether everything that the plugin needs was agreed to. A record that cannot be read counts as none.
[[nodiscard]] bool has_agreed(const std::filesystem::path& manifest_file, const plugin::Manifest& manifest);
/// Records it. Throws cannot_write.
void agree(const std::filesystem::path& manifest_file, const plugin::Manifest& manifest);
/// "to open sockets and to start other programs".
[[nodiscard]] std::string needs_in_words(const plugin::Manifest& manifest);

}  // namespace iso::host
