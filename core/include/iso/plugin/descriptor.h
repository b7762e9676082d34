#pragma once

#include "iso/plugin/fingerprint.h"

#include <cstdint>

/// The C entry of a plugin: one exported symbol `iso_plugin_v1`, returning a pointer to static data. A plugin fits if its
/// build tag equals ours (`iso/plugin/fingerprint.h`), its `abi_major` is ours and its `abi_minor` is no newer than ours.
namespace iso::plugin {

inline constexpr std::uint32_t abi_major = 2;  ///< raised when what a function means changes and its form does not
inline constexpr std::uint32_t abi_minor = 0;  ///< raised when a program of this version offers more than before

/// The build tag of this program.
[[nodiscard]] const char* build_tag() noexcept;

/// Plain data, readable before any C++ object crosses the boundary. New members only at the end.
extern "C" struct PluginDescriptor {
  std::uint32_t struct_bytes, abi_major, abi_minor;
  const char* build_tag;                      ///< make_build_tag() of the SDK the plugin was built with
  const char* id;                             ///< "sparse_view_ct"; task ids start with it: "sparse_view_ct/tv"
  const char* version;                        ///< semantic version of the plugin
  const char* title;                          ///< for people
  const char* licence;                        ///< SPDX
  const char* const* task_ids;                ///< ended by null
  Task* (*create_task)(const char* task_id);  ///< null for an unknown id; may throw Error
  void (*destroy_task)(Task* task);           ///< never throws
};

using PluginEntry = const PluginDescriptor* (*)();
inline constexpr const char* entry_symbol = "iso_plugin_v1";

}  // namespace iso::plugin
