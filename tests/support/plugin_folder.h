#pragma once

#include "iso/plugin/manifest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace iso::test {

/// A folder of plugins that a test fills, gone with it.
class PluginFolder {
 public:
  explicit PluginFolder(const std::string& name)
      : path_{std::filesystem::path(::testing::TempDir()) / ("iso_plugins_" + name + std::to_string(::getpid()))} {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  PluginFolder(const PluginFolder&) = delete;
  PluginFolder& operator=(const PluginFolder&) = delete;
  ~PluginFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] static plugin::Manifest manifest(const std::string& id) {
    plugin::Manifest manifest;
    manifest.id = id;
    manifest.title = "Broken";
    manifest.version = "1.0.0";
    manifest.licence = "Apache-2.0";
    manifest.build_tag = plugin::build_tag();
    manifest.abi_major = plugin::abi_major;
    manifest.abi_minor = plugin::abi_minor;
    manifest.library = id + ".so";
    plugin::TaskManifest task;
    task.id = id + "/pass";
    task.about = {"Pass", "Hands on what it gets.", "", "Filtering", {}};
    task.inputs = {{"volume", Kind::volume, false, "Anything."}};
    task.outputs = {{"result", Kind::volume, false, "The same."}};
    manifest.tasks = {task};
    return manifest;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  void add(const plugin::Manifest& manifest) const { write(manifest.id + ".plugin.json", to_json(manifest)); }
  /// The broken plugin of that name, with a manifest that finds nothing wrong with it.
  void add_broken(const std::string& id) const {
    add(manifest(id));
    std::filesystem::copy(std::filesystem::path(ISO_BROKEN_PLUGINS) / (id + ".so"), path_);
  }
  /// The plugin that tries what it may not (tests/broken/hostile_plugin.cpp), with all of its tasks.
  void add_hostile(std::vector<std::string> needs = {}) const {
    plugin::Manifest all = manifest("hostile");
    const plugin::TaskManifest one = all.tasks.front();
    all.tasks.clear();
    all.needs = std::move(needs);
    for (const char* const task :
         {"network",      "unix_socket",  "read_file",   "write_file",    "list_home",    "signal",
          "signal_all",   "trace",        "limits",      "forks",         "program",      "memory",
          "exit",         "exit_at_once", "quick_exit",  "abort",         "child",        "child_and_exit",
          "surroundings", "grid_size",    "grid_nan",    "grid_singular", "few_pixels",   "one_axis",
          "exit_syscall", "thread_exit",  "forked_exit", "five_axes",     "plan_network", "plan_read_file",
          "nothing"}) {
      all.tasks.push_back(one);
      all.tasks.back().id = std::string{"hostile/"} + task;
    }
    add(all);
    std::filesystem::copy(std::filesystem::path(ISO_BROKEN_PLUGINS) / "hostile.so", path_);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace iso::test
