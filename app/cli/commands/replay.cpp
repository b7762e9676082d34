#include "command.h"
#include "execute.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_comparison(const job::Comparison& comparison, bool json) {
  if (json)
    return print(Json{{"same_bits", comparison.same_bits}, {"differences", comparison.differences}}.dump() + "\n");
  print(comparison.same_bits ? "same bits\n" : "other bits\n");
  for (const std::string& sentence : comparison.differences) print("  " + sentence + "\n");
}

}  // namespace

int replay(Arguments arguments) {
  Setting setting;
  Manner manner;
  std::string file, device;
  bool json = false;
  Options options{"replay RECORD.json [options]",
                  "Run again what a record tells of, on the device it names, write nothing, and compare bit by bit."};
  options.add_argument("RECORD", "The .record.json beside an output, or a report.", file);
  manner.add_to(options);
  add_device(options, device);
  setting.add_threads(options);
  options.add_flag("--json", "Print the comparison as JSON.", json);
  setting.add_plugins(options);
  setting.add_logging(options);
  options.add_examples(
      {"isocenter replay rec.mha.record.json", "isocenter replay rec.mha.record.json --isolate --threads 1"});
  if (!options.parse(arguments)) return 0;
  setting.begin();
  job::Record before = job::read_record(file);
  if (before.state != job::State::done)
    throw Error(Errc::invalid_input, "'" + file + "' tells of a run that " + std::string(to_string(before.state)) +
                                         ", expected one that is done");
  before.recipe = resolved(std::move(before.recipe), std::filesystem::absolute(file).parent_path().string());
  if (!device.empty()) before.backend.clear(), before.recipe.device = device;
  manner.execution.threads = setting.threads() > 0 ? setting.threads() : before.threads;
  const ScratchFolder scratch;
  manner.execution.scratch = scratch.path();
  const Interrupt interrupt{scratch};
  const auto executor = make_executor(setting, manner, before.backend.empty() ? before.recipe.device : before.backend);
  const auto progress = make_progress(manner.progress, before.recipe.task);
  const job::Replay again =
      job::replay(before, *executor, interrupt.token(), [&](const job::Event& event) { progress->take(event); });
  progress->end(again.record);
  if (again.record.error) throw Error(*again.record.error, again.record.error_message, again.record.error_hint);
  print_comparison(again.comparison, json);
  if (again.comparison.same_bits) return 0;
  if (again.record.input_digests != before.input_digests)
    throw Error(Errc::invalid_input, "the inputs of '" + file + "' are no longer what they were",
                "restore the files the record names");
  throw Error(Errc::quality_gate, "the run of '" + file + "' gave other bits than recorded",
              "same bits are promised for the same device, instruction set, plugin and libraries; the list above says "
              "what differs");
}

}  // namespace iso::cli
