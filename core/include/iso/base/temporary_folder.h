#pragma once

#include <filesystem>
#include <string_view>

namespace iso {

/// A folder of its own that is removed, with all that is in it, when the object goes.
class TemporaryFolder {
 public:
  /// "PARENT/NAME-XXXXXX", readable by its owner only. An empty parent means TMPDIR, else /tmp. Throws output_directory.
  explicit TemporaryFolder(std::string_view name, const std::filesystem::path& parent = {});
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Removes a folder into which others may still be writing: sweeps again while something is left, at most five times.
void remove_folder(const std::filesystem::path& folder) noexcept;

}  // namespace iso
