#pragma once

#include "iso/plugin/descriptor.h"
#include "iso/plugin/typed_task.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

/// What the adapter of a plugin ends with: the descriptor and the entry, from a list of tasks.
///
///     ISO_PLUGIN("example", "1.0.0", "Example", "Apache-2.0",
///                iso::plugin::task<Smoothing>("example/smoothing"),
///                iso::plugin::task<RegionGrowing>("example/region_growing"))
///
/// Once a plugin, at namespace scope. The id is the name given to iso_add_plugin; task ids start with it.
namespace iso::plugin {

struct TaskFactory {
  const char* id;
  Task* (*make)();
};

/// A task that is made without arguments. One class for several tasks: TaskFactory{"id", []() -> Task* { return new ...; }}.
template <std::derived_from<Task> T>
[[nodiscard]] constexpr TaskFactory task(const char* id) {
  return {id, []() -> Task* { return new T; }};
}

namespace detail {

template <std::size_t N>
[[nodiscard]] constexpr std::array<const char*, N + 1> to_ids(const TaskFactory (&factories)[N]) {
  std::array<const char*, N + 1> ids{};  // the last stays null and ends the list
  for (std::size_t i = 0; i < N; ++i) ids[i] = factories[i].id;
  return ids;
}

template <std::size_t N>
[[nodiscard]] Task* make_task(const TaskFactory (&factories)[N], std::string_view id) {
  for (const TaskFactory& factory : factories)
    if (factory.id == id) return factory.make();
  return nullptr;
}

}  // namespace detail
}  // namespace iso::plugin

#define ISO_PLUGIN(id, version, title, licence, ...)                                                                 \
  extern "C" __attribute__((visibility("default"))) const ::iso::plugin::PluginDescriptor* iso_plugin_v1() noexcept; \
  extern "C" const ::iso::plugin::PluginDescriptor* iso_plugin_v1() noexcept {                                       \
    static constexpr ::iso::plugin::TaskFactory factories[] = {__VA_ARGS__};                                         \
    static constexpr auto ids = ::iso::plugin::detail::to_ids(factories);                                            \
    static constexpr auto tag = ::iso::plugin::make_build_tag();                                                     \
    static constexpr ::iso::plugin::PluginDescriptor descriptor{                                                     \
        sizeof(::iso::plugin::PluginDescriptor),                                                                     \
        ::iso::plugin::abi_major,                                                                                    \
        ::iso::plugin::abi_minor,                                                                                    \
        tag.data(),                                                                                                  \
        id,                                                                                                          \
        version,                                                                                                     \
        title,                                                                                                       \
        licence,                                                                                                     \
        ids.data(),                                                                                                  \
        [](const char* task_id) { return ::iso::plugin::detail::make_task(factories, task_id); },                    \
        [](::iso::plugin::Task* made) { delete made; }};                                                             \
    return &descriptor;                                                                                              \
  }
