#pragma once

#include <filesystem>
#include <string_view>

namespace iso {

/// A folder of its own that is removed, with all that is in it, when the object goes. It is locked meanwhile: a folder of the
/// same name whose owner was killed is known by its free lock and removed by the next one who makes such a folder there.
class TemporaryFolder {
 public:
  /// "PARENT/NAME-" and 16 random digits, readable by its owner only. An empty parent means TMPDIR, else /tmp. Throws output_directory.
  explicit TemporaryFolder(std::string_view name, const std::filesystem::path& parent = {});
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  int lock_{-1};
};

/// Folders that go when this process ends at once, by a second Ctrl-C or a signal that is no request to stop.
void remember_folder(const std::filesystem::path& folder);
void forget_folder(const std::filesystem::path& folder) noexcept;
/// Removes the temporary folders and all that were remembered. For the end of the process: their owners still live.
void remove_remembered_folders() noexcept;

/// Removes a folder into which others may still be writing: sweeps again while something is left, at most five times.
void remove_folder(const std::filesystem::path& folder) noexcept;

}  // namespace iso
