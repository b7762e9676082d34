#pragma once

#include "iso/params/schema.h"
#include "iso/plugin/descriptor.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The manifest is data beside the library ("sparse_view_ct.plugin.json"), written when a plugin is built by loading the
/// finished library once and asking it. Lists, help and forms need only the manifest; code is loaded by the process
/// that runs a job.
namespace iso::plugin {

struct TaskManifest {
  std::string id;  ///< "sparse_view_ct/tv"
  About about;
  std::vector<Port> inputs, outputs;
  params::Schema parameters;
  bool interactive{false};
};

struct Manifest {
  int schema_version{1};
  std::string id, title, version, licence, build_tag;
  std::uint32_t abi_major{0}, abi_minor{0};
  std::string library;  ///< file name, beside the manifest
  /// What it cannot do without in a worker: words of `known_needs`. A user agrees to them once (isocenter list --agree).
  std::vector<std::string> needs;
  std::vector<TaskManifest> tasks;
};

/// "network": opens sockets; "processes": starts other programs. Nothing else can be asked for.
[[nodiscard]] std::span<const std::string_view> known_needs() noexcept;

[[nodiscard]] TaskManifest make_manifest(std::string_view task_id, const Task& task);
[[nodiscard]] Manifest make_manifest(const PluginDescriptor& descriptor, std::string library);

/// The JSON form (resources/schemas/manifest.schema.json); unknown members are ignored, an unknown major version, a
/// missing member or a wrong type throws invalid_input naming it.
[[nodiscard]] std::string to_json(const Manifest& manifest);
[[nodiscard]] std::string to_json(const TaskManifest& task);  ///< one of its "tasks"
[[nodiscard]] Manifest manifest_from_json(std::string_view text);
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& file);  ///< throws cannot_read, invalid_input

/// Why a plugin of this description cannot be used by this program, naming both versions; empty if it can.
[[nodiscard]] std::string incompatibility(std::uint32_t abi_major, std::uint32_t abi_minor, std::string_view build_tag);

}  // namespace iso::plugin
