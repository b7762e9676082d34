#include "host/plugins/catalogue.h"

#include "host/plugins/apart.h"
#include "host/plugins/consent.h"
#include "host/plugins/trust.h"
#include "host/workers/confinement.h"

#include "iso/base/digest.h"
#include "iso/base/log.h"
#include "iso/base/names.h"
#include "iso/base/process_state.h"
#include "iso/compute/backend.h"
#include "iso/plugin/library.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace iso::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".plugin.json";

/// The manifests of a folder, by name. A folder that cannot be read has none.
std::vector<fs::path> manifests_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (fs::directory_iterator at{folder, fs::directory_options::skip_permission_denied, ignored}, end; at != end;
       at.increment(ignored)) {
    if (ignored) break;
    if (at->path().filename().string().ends_with(suffix)) files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

void fail(PluginEntry& entry, std::string reason) {
  entry.state = PluginState::failed;
  entry.reason = std::move(reason);
}

/// An entry from a file, without loading code: as far as compatible, or failed with the reason.
PluginEntry entry_from(const fs::path& file) {
  PluginEntry entry;
  entry.manifest_file = file;
  if (const std::string why = why_untrusted(file); !why.empty()) {
    fail(entry, "its manifest '" + file.filename().string() + "' " + why);
    return entry;
  }
  try {
    entry.manifest = plugin::read_manifest(file);
    entry.state = PluginState::read;
  } catch (...) {
    fail(entry, "its manifest '" + file.filename().string() + "' is refused: " + current_error().what());
    return entry;
  }
  const plugin::Manifest& manifest = entry.manifest;
  const std::string reason = plugin::incompatibility(manifest.abi_major, manifest.abi_minor, manifest.build_tag);
  std::error_code ignored;
  if (!reason.empty())
    fail(entry, reason);
  else if (!fs::is_regular_file(file.parent_path() / manifest.library, ignored))
    fail(entry, "its library '" + manifest.library + "' is missing beside the manifest");
  else if (const std::string why = why_untrusted(file.parent_path() / manifest.library); !why.empty())
    fail(entry, "its library '" + manifest.library + "' " + why);
  else
    entry.state = PluginState::compatible;
  return entry;
}

/// "fbp" of "sparse_view_ct/fbp".
std::string to_short_name(std::string_view task_id) { return std::string{task_id.substr(task_id.find('/') + 1)}; }

std::string to_id(const PluginEntry& entry) {
  if (!entry.manifest.id.empty()) return entry.manifest.id;
  const std::string name = entry.manifest_file.filename().string();
  return name.substr(0, name.size() - suffix.size());
}

/// Where the manifest says something else than the library, as one sentence; empty if it does not.
std::string disagreement(const plugin::Manifest& manifest, const plugin::PluginDescriptor& descriptor) {
  const auto differs = [&](const char* what, const std::string& said, const std::string& is) {
    return std::string{"its manifest says "} + what + " '" + said + "', its library '" + is + "'";
  };
  if (manifest.id != descriptor.id) return differs("id", manifest.id, descriptor.id);
  if (manifest.version != descriptor.version) return differs("version", manifest.version, descriptor.version);
  std::set<std::string> said, has;
  for (const plugin::TaskManifest& task : manifest.tasks) said.insert(task.id);
  for (const char* const* id = descriptor.task_ids; *id != nullptr; ++id) has.insert(*id);
  for (const std::string& id : said)
    if (!has.contains(id)) return "its manifest lists the task '" + id + "', its library does not have it";
  for (const std::string& id : has)
    if (!said.contains(id)) return "its library has the task '" + id + "', its manifest does not list it";
  return {};
}

/// Loads the library of an entry. Throws plugin_incompatible with the reason.
const plugin::PluginDescriptor& opened(const PluginEntry& entry) {
  const ForeignCode inside{"the library '" + entry.manifest.library + "'"};
  const auto& descriptor = plugin::open_plugin(entry.manifest_file.parent_path() / entry.manifest.library);
  if (const std::string reason = disagreement(entry.manifest, descriptor); !reason.empty())
    throw Error{Errc::plugin_incompatible, reason};
  return descriptor;
}

/// Gives a task back to its library, which made it. Never throws, whatever the plugin does.
void destroy(const plugin::PluginDescriptor& descriptor, const std::string& task_id, plugin::Task* task) noexcept {
  try {
    const ForeignCode inside{"task '" + task_id + "'"};
    descriptor.destroy_task(task);
  } catch (...) {
    log::error("app.plugins", "task '", task_id, "' failed while it was destroyed: ", current_error().what());
  }
}

std::shared_ptr<plugin::Task> make_task(const plugin::PluginDescriptor& descriptor, const std::string& task_id) {
  plugin::Task* made = nullptr;
  try {
    const ForeignCode inside{"task '" + task_id + "'"};
    made = descriptor.create_task(task_id.c_str());
  } catch (const Error&) {
    throw;  // the plugin says why in its own words
  } catch (...) {
    throw Error{Errc::plugin_crashed,
                "plugin '" + std::string{descriptor.id} + "' failed to make its task '" + task_id +
                    "': " + current_error().what(),
                "ask its author"};
  }
  if (made == nullptr)
    throw Error{Errc::plugin_incompatible,
                "plugin '" + std::string{descriptor.id} + "' lists the task '" + task_id + "' but does not make it",
                "ask its author"};
  return {made, [&descriptor, task_id](plugin::Task* task) { destroy(descriptor, task_id, task); }};
}

void add_existing(const fs::path& folder, std::vector<fs::path>& folders) {
  std::error_code failure;
  const fs::path canonical = fs::canonical(folder, failure);
  if (failure || !fs::is_directory(canonical, failure)) return;
  if (std::ranges::find(folders, canonical) == folders.end()) folders.push_back(canonical);
}

void add_list(const char* text, std::vector<fs::path>& folders) {
  if (text == nullptr) return;
  for (std::string_view rest{text}; !rest.empty();) {
    const auto colon = rest.find(':');
    if (const auto one = rest.substr(0, colon); !one.empty()) add_existing(one, folders);
    if (colon == std::string_view::npos) return;
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace

struct PluginCatalogue::Impl {
  mutable std::mutex mutex;  // guards states, reasons and descriptors; the rest does not change after the constructor
  std::vector<PluginEntry> entries;
  std::map<std::string, const plugin::PluginDescriptor*> descriptors;  // of the loaded ones, by id
  std::map<std::string, std::string> digests;                          // SHA-256 of their libraries
  struct Place {
    std::size_t entry;
    const plugin::TaskManifest* task;
  };
  std::map<std::string, Place, std::less<>> tasks;

  void read(std::span<const fs::path> directories) {
    std::vector<fs::path> folders;
    for (const fs::path& folder : directories) add_existing(folder, folders);
    for (const fs::path& folder : folders) {
      if (const std::string why = why_untrusted(folder); !why.empty()) {
        skipped(folder, why);
        continue;
      }
      for (const fs::path& file : manifests_in(folder)) entries.push_back(entry_from(file));
    }
    refuse_second_ids();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].state != PluginState::compatible) continue;
      for (const plugin::TaskManifest& task : entries[i].manifest.tasks) tasks.emplace(task.id, Place{i, &task});
    }
  }

  /// Its plugins stay in the list, so that it is seen why they are not there; nothing in the folder is read.
  void skipped(const fs::path& folder, const std::string& why) {
    log::warning("app.plugins", "the plugins in '", folder.string(), "' are skipped: the folder ", why);
    for (const fs::path& file : manifests_in(folder)) {
      PluginEntry entry;
      entry.manifest_file = file;
      fail(entry, "its folder '" + folder.string() + "' " + why);
      entries.push_back(std::move(entry));
    }
  }

  void refuse_second_ids() {
    std::map<std::string, const PluginEntry*> seen;
    for (PluginEntry& entry : entries) {
      const auto [first, is_new] = seen.emplace(to_id(entry), &entry);
      if (!is_new && entry.state != PluginState::failed)
        fail(entry, "another plugin is called '" + first->first + "' and comes first: '" +
                        first->second->manifest_file.string() + "'");
    }
  }

  /// With the mutex held. Throws plugin_incompatible with the reason, which stays with the entry.
  const plugin::PluginDescriptor& find_descriptor(PluginEntry& entry) {
    if (entry.state == PluginState::failed) refuse(entry);
    if (const auto found = descriptors.find(entry.manifest.id); found != descriptors.end()) return *found->second;
    try {
      const auto& descriptor = opened(entry);
      entry.state = PluginState::loaded;
      descriptors.emplace(entry.manifest.id, &descriptor);
      digests.emplace(entry.manifest.id, sha256_of_file(entry.manifest_file.parent_path() / entry.manifest.library));
      return descriptor;
    } catch (...) {
      fail(entry, current_error().what());
    }
    refuse(entry);
  }

  [[noreturn]] static void refuse(const PluginEntry& entry) {
    throw Error{Errc::plugin_incompatible, "plugin '" + to_id(entry) + "' cannot be used: " + entry.reason,
                "`isocenter list --all` shows every plugin with its state"};
  }

  [[noreturn]] void refuse_unknown(std::string_view task_id) const {
    const std::string id{task_id.substr(0, task_id.find('/'))};
    for (const PluginEntry& entry : entries)
      if (entry.state == PluginState::failed && to_id(entry) == id) refuse(entry);
    std::vector<std::string> known, short_names;
    for (const auto& [name, place] : tasks) {
      known.push_back(name);
      short_names.push_back(to_short_name(name));
    }
    std::string near = nearest_name(task_id, known);
    if (near.empty()) {  // the task may have been named without its plugin, or with another
      const auto found = std::ranges::find(short_names, nearest_name(to_short_name(task_id), short_names));
      if (found != short_names.end()) near = known[static_cast<std::size_t>(found - short_names.begin())];
    }
    throw Error{Errc::usage, "there is no task '" + std::string{task_id} + "'",
                near.empty() ? "`isocenter list` names the tasks" : "did you mean '" + near + "'?"};
  }
};

std::string_view to_string(PluginState state) noexcept {
  switch (state) {
    case PluginState::found: return "found";
    case PluginState::read: return "read";
    case PluginState::compatible: return "compatible";
    case PluginState::loaded: return "loaded";
    case PluginState::failed: return "failed";
  }
  return "failed";
}

PluginCatalogue::PluginCatalogue(std::span<const fs::path> directories) : impl_{std::make_unique<Impl>()} {
  impl_->read(directories);
}
PluginCatalogue::~PluginCatalogue() = default;

std::vector<PluginEntry> PluginCatalogue::plugins() const {
  const std::scoped_lock lock{impl_->mutex};
  return impl_->entries;
}

const plugin::TaskManifest* PluginCatalogue::find_task(std::string_view task_id) const noexcept {
  const auto found = impl_->tasks.find(task_id);
  return found == impl_->tasks.end() ? nullptr : found->second.task;
}

std::vector<std::string> PluginCatalogue::tasks_called(std::string_view short_name) const {
  std::vector<std::string> found;
  for (const auto& [id, place] : impl_->tasks)
    if (to_short_name(id) == short_name) found.push_back(id);
  return found;
}

void PluginCatalogue::try_libraries(std::chrono::milliseconds patience) {
  const std::scoped_lock lock{impl_->mutex};
  std::vector<PluginEntry*> tried;
  std::vector<std::function<std::string()>> works;
  for (PluginEntry& entry : impl_->entries) {
    if (entry.state != PluginState::compatible) continue;
    tried.push_back(&entry);
    works.emplace_back([&entry] {
      (void)confine({.readable = {entry.manifest_file.parent_path()}, .writable = {}});
      (void)opened(entry);
      return std::string{};
    });
  }
  const auto reasons = run_apart(works, patience);
  for (std::size_t i = 0; i < tried.size(); ++i)
    if (!reasons[i].empty()) fail(*tried[i], reasons[i]);
}

job::LoadedTask PluginCatalogue::load(std::string_view task_id) {
  const std::scoped_lock lock{impl_->mutex};
  const auto found = impl_->tasks.find(task_id);
  if (found == impl_->tasks.end()) impl_->refuse_unknown(task_id);
  PluginEntry& entry = impl_->entries[found->second.entry];
  const plugin::PluginDescriptor& descriptor = impl_->find_descriptor(entry);
  return {make_task(descriptor, std::string{task_id}), entry.manifest.id, entry.manifest.version,
          impl_->digests.at(entry.manifest.id)};
}

std::vector<std::string> PluginCatalogue::permitted_needs(std::string_view task_id) const {
  const std::scoped_lock lock{impl_->mutex};
  const auto found = impl_->tasks.find(task_id);
  if (found == impl_->tasks.end()) return {};
  const PluginEntry& entry = impl_->entries[found->second.entry];
  if (has_agreed(entry.manifest_file, entry.manifest)) return entry.manifest.needs;
  throw Error{Errc::plugin_incompatible,
              "plugin '" + entry.manifest.id + "' needs " + needs_in_words(entry.manifest) +
                  ", which a plugin may not unless you agree",
              "`isocenter list --agree " + entry.manifest.id + "` agrees, once and for all"};
}

void PluginCatalogue::agree(std::string_view plugin_id) {
  const std::scoped_lock lock{impl_->mutex};
  for (const PluginEntry& entry : impl_->entries)
    if (entry.manifest.id == plugin_id && entry.state != PluginState::failed)
      return host::agree(entry.manifest_file, entry.manifest);
  throw Error{Errc::usage, "there is no plugin '" + std::string{plugin_id} + "' that can be used",
              "`isocenter list --all` shows every plugin with its state"};
}

std::vector<fs::path> plugin_directories(std::span<const fs::path> first) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : first) add_existing(folder, folders);
  add_list(std::getenv("ISOCENTER_PLUGIN_PATH"), folders);
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const char* const library : {"../" ISO_INSTALL_LIBDIR, "../lib", "../../" ISO_INSTALL_LIBDIR})
    add_existing(program / library / "isocenter/plugins", folders);
  if (const char* const data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    add_existing(fs::path{data} / "isocenter/plugins", folders);
  else if (const fs::path home = home_folder(); !home.empty())
    add_existing(home / ".local/share/isocenter/plugins", folders);
  return folders;
}

}  // namespace iso::host
