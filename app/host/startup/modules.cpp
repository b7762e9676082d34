#include "modules.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/compute/backend_module.h"
#include "iso/models/runtime.h"

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

/// What a module says of itself. Throws an Error of that code whose text is the reason.
template <class Module, class Entry>
const Module& open_module(const fs::path& file, const char* entry_name, std::uint32_t api, Errc code) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* text = ::dlerror();
    throw Error{code, std::string{"its module cannot be loaded: "} + (text ? text : file.string())};
  }
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, entry_name));
  if (!entry) throw Error{code, file.string() + " is not a module of Isocenter: it has no " + entry_name};
  const Module* module = entry();
  if (!module) throw Error{code, file.string() + " does not describe itself"};
  if (module->api != api) {
    throw Error{code, file.string() + " was built for module version " + std::to_string(module->api) +
                          ", this program needs " + std::to_string(api)};
  }
  return *module;
}

constexpr const char* runtime_id = "openvino";

constexpr const char* runtime_hint =
    "packaging/get_openvino fetches OpenVINO, or takes it from a file; then build again";

fs::path runtime_module() {
  const auto directories = module_directories();
  fs::path file = find_module(runtime_id, directories);
  if (file.empty())
    throw Error{Errc::unsupported, "networks need OpenVINO, whose module libisocenter-openvino.so is not installed",
                runtime_hint};
  return file;
}

std::shared_ptr<const models::Runtime> load_runtime(const fs::path& cache) {
  const fs::path file = runtime_module();
  try {
    const auto& module = open_module<models::RuntimeModule, models::RuntimeModuleEntry>(
        file, models::runtime_module_entry, models::runtime_module_api, Errc::unsupported);
    return module.make({cache});
  } catch (const Error& problem) {
    throw Error{problem.code(), std::string{"networks need OpenVINO: "} + problem.what(), runtime_hint};
  }
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
    const auto& module =
        open_module<BackendModule, BackendModuleEntry>(file, backend_module_entry, backend_module_api, Errc::no_device);
    auto backends = module.make();
    if (backends.empty()) throw Error{Errc::no_device, file.string() + " found no device and does not say why"};
    for (auto& backend : backends) registry.add(std::move(backend), module.preference);
  } catch (...) {
    const Error error = current_error();
    log::debug("host.startup", "module ", file.string(), " gives no device: ", error.what());
    registry.note_absent(id, error.what());
  }
}

void use_runtime_module(std::string_view plugin) {
  models::set_runtime_source([cache = network_cache(plugin)] { return load_runtime(cache); },
                             [] { (void)runtime_module(); });
}

std::vector<fs::path> runtime_directories() {
  std::vector<fs::path> folders;
  for (const fs::path& modules : module_directories()) {
    folders.push_back(modules);
    std::error_code ignored;
    if (const fs::path beside = modules.parent_path() / runtime_id; fs::is_directory(beside, ignored))
      folders.push_back(fs::canonical(beside, ignored));
  }
  return folders;
}

fs::path network_cache(std::string_view plugin) {
  if (plugin.empty() || plugin.find('/') != std::string_view::npos || plugin.starts_with('.')) return {};
  const char* const named = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  fs::path folder;
  if (named != nullptr && *named == '/')
    folder = named;
  else if (home != nullptr && *home == '/')
    folder = fs::path{home} / ".cache";
  else
    return {};
  folder = folder / "isocenter" / "networks" / plugin;
  std::error_code problem;
  fs::create_directories(folder, problem);
  return problem ? fs::path{} : folder;
}

}  // namespace iso::host
