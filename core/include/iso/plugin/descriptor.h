#pragma once

#include "iso/plugin/task.h"

#include <itkConfigure.h>

#include <cstdint>

/// The C entry of a plugin: one exported symbol `iso_plugin_v1`, returning a pointer to static data. A plugin fits if
/// its `abi_major` is ours, its `abi_minor` is no newer than ours, and its build tag equals ours.
namespace iso::plugin {

inline constexpr std::uint32_t abi_major = 1;  ///< raised when an old plugin must be refused
inline constexpr std::uint32_t abi_minor = 0;  ///< raised when something is added at the end

/// Compiler, C++ library ABI and ITK version of this build: "gcc12-cxx11abi1-itk5.2".
[[nodiscard]] const char* build_tag() noexcept;

/// Plain data, readable before any C++ object crosses the boundary. New members only at the end.
extern "C" struct PluginDescriptor {
  std::uint32_t struct_bytes, abi_major, abi_minor;
  const char* build_tag;                      ///< ISO_BUILD_TAG of the SDK the plugin was built with
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

// Expanded in the plugin, so that a plugin carries the tag of the compiler, C++ library and ITK that built it.
#define ISO_STRING_OF(x) #x
#define ISO_STRING(x) ISO_STRING_OF(x)
#ifdef __clang__
#define ISO_COMPILER_TAG "clang" ISO_STRING(__clang_major__)
#else
#define ISO_COMPILER_TAG "gcc" ISO_STRING(__GNUC__)
#endif
#ifdef _GLIBCXX_DEBUG
#define ISO_CHECKED_TAG "-checked"
#else
#define ISO_CHECKED_TAG ""
#endif
#define ISO_BUILD_TAG                                                             \
  ISO_COMPILER_TAG "-cxx11abi" ISO_STRING(_GLIBCXX_USE_CXX11_ABI) ISO_CHECKED_TAG \
      "-itk" ISO_STRING(ITK_VERSION_MAJOR) "." ISO_STRING(ITK_VERSION_MINOR)
