#pragma once

#include "iso/data/checkpoint.h"
#include "iso/io/registry.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Files are read here, in this process, or, if the HDF5 library must, elsewhere, by a process of its own. Both throw the same, and keep warnings for the `Warnings` of this thread.
namespace iso::io::detail {

[[nodiscard]] DatasetPtr read_here(const std::filesystem::path& file, const ReadOptions& options);
[[nodiscard]] std::vector<ArrayInfo> arrays_here(const std::filesystem::path& file);
[[nodiscard]] const Handler& handler_here(const std::filesystem::path& file);
[[nodiscard]] std::optional<Checkpoint> checkpoint_here(const std::filesystem::path& file, const std::string& key);

[[nodiscard]] DatasetPtr read_elsewhere(const std::filesystem::path& file, const ReadOptions& options);
[[nodiscard]] std::vector<ArrayInfo> arrays_elsewhere(const std::filesystem::path& file);
[[nodiscard]] const Handler& handler_elsewhere(const std::filesystem::path& file);
[[nodiscard]] std::optional<Checkpoint> checkpoint_elsewhere(const std::filesystem::path& file, const std::string& key);

/// Whether a file goes to a process of its own: it is HDF5, and this is not such a process.
[[nodiscard]] bool is_read_elsewhere(const std::filesystem::path& file);
/// Whether this process reads one file for another process and ends then.
[[nodiscard]] bool is_reading_child() noexcept;
/// In such a process: `bytes` of values are to be read, for which it may take processor time.
void allow_time_for(std::size_t bytes) noexcept;

}  // namespace iso::io::detail
