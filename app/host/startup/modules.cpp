#include "modules.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/compute/backend_module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <sstream>
#include <system_error>

namespace iso::host {
namespace {

namespace fs = std::filesystem;
using namespace compute;

fs::path find_module(const std::string& id, std::span<const fs::path> directories) {
  for (const auto& directory : directories) {
    std::error_code ignored;
    const fs::path file = directory / ("libisocenter-" + id + ".so");
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

/// Throws an Error whose text is the reason.
const BackendModule& open_module(const fs::path& file) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* text = ::dlerror();
    throw Error{Errc::no_device, std::string{"its module cannot be loaded: "} + (text ? text : file.string())};
  }
  const auto entry = reinterpret_cast<BackendModuleEntry>(::dlsym(library, backend_module_entry));
  if (!entry)
    throw Error{Errc::no_device, file.string() + " is not a module of Isocenter: it has no " + backend_module_entry};
  const BackendModule* module = entry();
  if (!module) throw Error{Errc::no_device, file.string() + " does not describe itself"};
  if (module->api != backend_module_api) {
    throw Error{Errc::no_device, file.string() + " was built for module version " + std::to_string(module->api) +
                                     ", this program needs " + std::to_string(backend_module_api)};
  }
  return *module;
}

}  // namespace

std::vector<fs::path> module_directories() {
  std::vector<fs::path> directories;
  const auto add = [&](const fs::path& directory) {
    std::error_code ignored;
    if (!directory.empty() && fs::is_directory(directory, ignored)) directories.push_back(directory);
  };
  if (const char* given = std::getenv("ISOCENTER_MODULE_PATH")) {
    std::istringstream list{given};
    for (std::string directory; std::getline(list, directory, ':');) add(directory);
  }
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) add(program.parent_path().parent_path() / "lib" / "isocenter" / "modules");
  return directories;
}

void add_module(BackendRegistry& registry, const std::string& id, std::span<const fs::path> directories) {
  const fs::path file = find_module(id, directories);
  if (file.empty()) {
    registry.note_absent(id, "its module libisocenter-" + id + ".so is not installed");
    return;
  }
  try {
    const BackendModule& module = open_module(file);
    auto backends = module.make();
    if (backends.empty()) throw Error{Errc::no_device, file.string() + " found no device and does not say why"};
    for (auto& backend : backends) registry.add(std::move(backend), module.preference);
  } catch (...) {
    const Error error = current_error();
    log::debug("host.startup", "module ", file.string(), " gives no device: ", error.what());
    registry.note_absent(id, error.what());
  }
}

}  // namespace iso::host
