#include "command.h"
#include "setting.h"

#include "../output/terminal.h"

#include "iso/base/threads.h"
#include "iso/job/estimate.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <string>

namespace iso::cli {
namespace {

/// Empty for a device that has no memory of its own.
std::string size_text(std::size_t bytes) {
  return bytes == 0 || bytes == std::numeric_limits<std::size_t>::max() ? std::string{} : job::in_words(bytes);
}

}  // namespace

int devices(Arguments arguments) {
  using Json = nlohmann::ordered_json;
  Setting setting;
  bool json = false;
  Options options{"devices [options]", "List the devices tasks can compute on, and why others are absent."};
  options.add_flag("--json", "As one JSON object.", json);
  setting.add_threads(options);
  setting.add_logging(options);
  options.add_examples({"isocenter devices", "isocenter devices --json"});
  if (!options.parse(arguments)) return 0;
  setting.begin();
  Json all{{"threads", ThreadBudget::threads()},
           {"memory_available_bytes", job::available_memory_bytes()},
           {"devices", Json::array()},
           {"absent", Json::array()}};
  TextTable table{{"DEVICE", "WHAT", "LEVEL", "MEMORY", "FREE"}};
  for (const auto& backend : setting.registry("auto").available()) {
    const compute::DeviceInfo info = backend->info();
    all["devices"].push_back({{"id", info.id},
                              {"description", info.description},
                              {"level", info.level},
                              {"memory_bytes", info.memory_bytes},
                              {"memory_free_bytes", info.memory_free_bytes}});
    table.add({info.id, info.description, info.level, size_text(info.memory_bytes), size_text(info.memory_free_bytes)});
  }
  std::string absent;
  for (const auto& entry : setting.registry("auto").absent()) {
    all["absent"].push_back({{"id", entry.id}, {"reason", entry.reason}});
    absent += "absent: " + entry.id + ": " + entry.reason + "\n";
  }
  if (json)
    print(all.dump() + "\n");
  else
    print(table.text() + "\n" + std::to_string(ThreadBudget::threads()) + " threads, " +
          job::in_words(job::available_memory_bytes()) + " of memory available\n" + absent);
  return 0;
}

}  // namespace iso::cli
