#pragma once

#include "iso/job/executor.h"
#include "iso/plugin/manifest.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::host {

enum class PluginState : std::uint8_t { found, read, compatible, loaded, failed };
[[nodiscard]] std::string_view to_string(PluginState state) noexcept;

struct PluginEntry {
  std::filesystem::path manifest_file;
  plugin::Manifest manifest;  ///< empty where it could not be read
  PluginState state{PluginState::found};
  std::string reason;  ///< one sentence when failed
};

/// A folder, a manifest or a library that somebody else than the user and the administrator may change is skipped, with the
/// reason (host/plugins/trust.h).
///
/// The plugins of some folders, known by their manifests; no code is loaded before `load`. A plugin that is broken, too
/// new or lacks a library stays in the list with its reason and does no harm. Where two have one id, the first folder wins
/// and the second is failed, saying so. Libraries are never unloaded. Safe from several threads.
class PluginCatalogue final : public job::TaskSource {
 public:
  explicit PluginCatalogue(std::span<const std::filesystem::path> directories);
  ~PluginCatalogue() override;
  [[nodiscard]] std::vector<PluginEntry> plugins() const;  ///< as they stand now, in the order they were found
  /// The manifest of a task of a compatible plugin; null if there is none.
  [[nodiscard]] const plugin::TaskManifest* find_task(std::string_view task_id) const noexcept;
  /// Tasks of compatible plugins whose name behind the '/' is this, in alphabetical order: `fbp` is `sparse_view_ct/fbp`.
  [[nodiscard]] std::vector<std::string> tasks_called(std::string_view short_name) const;
  /// Loads every compatible plugin once in a process of its own: where the library is damaged, needs what is not there, ends
  /// the program or is not loaded in time, the plugin is failed with the reason. Only for a program with one thread.
  void try_libraries(std::chrono::milliseconds patience = std::chrono::seconds{10});
  /// Throws usage for an unknown task (naming the nearest), plugin_incompatible with the reason for a plugin that failed.
  [[nodiscard]] job::LoadedTask load(std::string_view task_id) override;
  [[nodiscard]] std::vector<std::string> permitted_needs(std::string_view task_id) const override;
  /// The user agrees to what the plugin of this id needs (host/plugins/consent.h). Throws usage for an unknown id.
  void agree(std::string_view plugin_id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where plugins are looked for, in order: `first` (the --plugins-path option), ISOCENTER_PLUGIN_PATH, beside the program
/// (../lib/isocenter/plugins), the user's own (XDG_DATA_HOME/isocenter/plugins). Folders that do not exist are left out.
[[nodiscard]] std::vector<std::filesystem::path> plugin_directories(std::span<const std::filesystem::path> first = {});

}  // namespace iso::host
