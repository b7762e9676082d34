#pragma once

#include "iso/data/checkpoint.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace iso::io {

/// A checkpoint in an HDF5 file with a checksum, written atomically. `key` says which run it belongs to.
void write_checkpoint(const std::filesystem::path& file, std::string_view key, const Checkpoint& state);
/// Nothing if there is no file, it belongs to another run, or it is damaged (its checksum differs), which is logged.
[[nodiscard]] std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& file, std::string_view key);

}  // namespace iso::io
