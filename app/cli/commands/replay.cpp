#include "command.h"
#include "execute.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/temporary_folder.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "replay RECORD.json [options]";
constexpr auto summary =
    "Run again what a record tells of, on the device it names, write nothing, and compare bit by bit.";

struct ReplayArguments {
  Environment environment;
  RunOptions run_options;
  std::string file, device;
  bool json{false};
};

void declare(Options& options, ReplayArguments& request) {
  options.add_argument("RECORD", "The .record.json beside an output, or a report.", request.file);
  request.run_options.add_to(options);
  add_device(options, request.device);
  request.environment.add_threads(options);
  options.add_flag("--json", "Print the comparison as JSON.", request.json);
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
  options.add_examples(
      {"isocenter replay rec.mha.record.json", "isocenter replay rec.mha.record.json --isolate --threads 1"});
}

void print_comparison(const job::Comparison& comparison, bool json) {
  if (json)
    return print(Json{{"same_bits", comparison.same_bits}, {"differences", comparison.differences}}.dump() + "\n");
  print(comparison.same_bits ? "same bits\n" : "other bits\n");
  for (const std::string& sentence : comparison.differences) print("  " + sentence + "\n");
}

/// Prints what differs; throws invalid_input where the inputs have changed, else quality_gate where the bits have.
void judge(const job::Replay& again, const job::Record& before, const ReplayArguments& request) {
  print_comparison(again.comparison, request.json);
  if (again.comparison.same_bits) return;
  if (again.record.input_digests != before.input_digests)
    throw Error(Errc::invalid_input, "the inputs of '" + request.file + "' are no longer what they were",
                "restore the files the record names");
  throw Error(Errc::quality_gate, "the run of '" + request.file + "' gave other bits than recorded",
              "same bits are promised for the same device, instruction set, plugin and libraries; the list above says "
              "what differs");
}

}  // namespace

int replay(Arguments arguments) {
  ReplayArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  job::Record before = job::read_record(request.file);
  if (before.state != job::State::done)
    throw Error(Errc::invalid_input, "'" + request.file + "' tells of a run that " +
                                         std::string(to_string(before.state)) + ", expected one that is done");
  before.recipe = resolved(std::move(before.recipe), std::filesystem::absolute(request.file).parent_path().string());
  if (!request.device.empty()) before.backend.clear(), before.recipe.device = request.device;
  request.run_options.execution.threads =
      request.environment.threads() > 0 ? request.environment.threads() : before.threads;
  const TemporaryFolder scratch{"isocenter"};
  request.run_options.execution.scratch = scratch.path();
  const Interrupt interrupt;
  const auto executor = make_executor(request.environment, request.run_options,
                                      before.backend.empty() ? before.recipe.device : before.backend);
  const auto progress = make_progress(request.run_options.progress, before.recipe.task);
  const job::Replay again =
      job::replay(before, *executor, interrupt.token(), [&](const job::Event& event) { progress->take(event); });
  conclude(*progress, again.record, [&] {
    if (!again.record.error) judge(again, before, request);
  });
  return 0;
}

}  // namespace iso::cli
