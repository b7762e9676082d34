#include "command.h"
#include "environment.h"

#include "../output/terminal.h"

#include "host/workers/confinement.h"
#include "iso/base/threads.h"
#include "iso/job/estimate.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <string>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "devices [options]";
constexpr auto summary = "List the devices tasks can compute on, and why others are absent.";

struct DevicesArguments {
  Environment environment;
  bool json{false};
};

void declare(Options& options, DevicesArguments& request) {
  options.add_flag("--json", "As one JSON object.", request.json);
  request.environment.add_threads(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter devices", "isocenter devices --json"});
}

/// Empty for a device that has no memory of its own.
std::string size_text(std::size_t bytes) {
  return bytes == 0 || bytes == std::numeric_limits<std::size_t>::max() ? std::string{} : job::in_words(bytes);
}

}  // namespace

int devices(Arguments arguments) {
  DevicesArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  Json all{{"threads", ThreadBudget::threads()},
           {"memory_available_bytes", job::available_memory_bytes()},
           {"devices", Json::array()},
           {"absent", Json::array()}};
  const host::ConfinementSupport confinement = host::confinement_support();
  all["confinement"] = {{"landlock", confinement.landlock},
                        {"seccomp", confinement.seccomp},
                        {"no_new_privileges", confinement.no_new_privileges}};
  TextTable table{{"DEVICE", "WHAT", "LEVEL", "MEMORY", "FREE"}};
  std::string levels;
  for (const auto& backend : request.environment.registry("auto").available()) {
    const compute::DeviceInfo info = backend->info();
    all["devices"].push_back({{"id", info.id},
                              {"description", info.description},
                              {"level", info.level},
                              {"levels", info.levels},
                              {"memory_bytes", info.memory_bytes},
                              {"memory_free_bytes", info.memory_free_bytes}});
    if (info.levels.size() > 1) {
      levels += info.id + " can also run: ";
      bool first = true;
      for (const std::string& level : info.levels) {
        if (level == info.level) continue;
        levels += (first ? "" : ", ") + level;
        first = false;
      }
      levels += " (environment variable ISOCENTER_CPU_LEVEL)\n";
    }
    table.add({info.id, info.description, info.level, size_text(info.memory_bytes), size_text(info.memory_free_bytes)});
  }
  std::string absent;
  for (const auto& entry : request.environment.registry("auto").absent()) {
    all["absent"].push_back({{"id", entry.id}, {"reason", entry.reason}});
    absent += "absent: " + entry.id + ": " + entry.reason + "\n";
  }
  if (request.json)
    print(all.dump() + "\n");
  else
    print(table.text() + "\n" + std::to_string(ThreadBudget::threads()) + " threads, " +
          job::in_words(job::available_memory_bytes()) + " of memory available\n" + levels + absent +
          "workers of plugins: " + confinement.sentence() + "\n");
  return 0;
}

}  // namespace iso::cli
