#include "command.h"
#include "execute.h"
#include "interrupt.h"
#include "run_files.h"
#include "task_options.h"

#include "../output/terminal.h"

#include "host/startup/resources.h"
#include "iso/base/error.h"
#include "iso/base/printable.h"
#include "iso/base/temporary_folder.h"
#include "iso/job/run.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What `run` was asked to do.
struct RunArguments {
  job::Recipe recipe;
  RunOptions run_options;
  Environment environment;
  RunTexts texts;
  bool estimate{false}, dry_run{false}, json{false}, skip_complete{false}, outputs_anywhere{false};
};

constexpr auto usage = "run TASK|RECIPE.json|- [options]";
constexpr auto summary = "Run a task of a plugin, or a recipe that names one.";

bool is_recipe(const std::string& word) { return word == "-" || word.ends_with(".json"); }

std::filesystem::path folder_of_recipe(const std::string& file) {
  const auto here = std::filesystem::current_path();
  return file == "-" ? here : (here / file).lexically_normal().parent_path();
}

job::Recipe read_recipe(const std::string& file) {
  job::Recipe recipe;
  try {
    recipe = job::recipe_from_json(text_of_file(file));
  } catch (const Error& problem) {
    if (problem.code() != Errc::invalid_input) throw;
    throw Error(problem.code(), "'" + file + "': " + problem.what(), problem.hint());
  }
  return resolved(std::move(recipe), folder_of_recipe(file).string());
}

void add_running(Options& options, RunArguments& request) {
  request.run_options.add_to(options);
  job::ExecutionOptions& execution = request.run_options.execution;
  add_device(options, request.recipe.device);
  request.environment.add_threads(options);
  options.add("--seed", "N", "Start of the random numbers.", [&request](const std::string& text) {
    request.recipe.seed = static_cast<std::uint64_t>(whole_number("--seed", text, 0));
  });
  options.add_flag("--estimate", "Say what memory and time the run would take, and exit.", request.estimate);
  options.add_flag("--dry-run", "Check everything, print the complete recipe, and exit.", request.dry_run);
  options.add_flag("--json", "With --estimate: as JSON.", request.json);
  options.add("--preview-every", "N", "Write every N-th intermediate image beside the output: name.preview_00010.ext.",
              execution.preview_every, 1);
  options.add("--checkpoint-every", "SECONDS", "Keep the state of a long run so often, beside the first output.",
              [&execution](const std::string& text) {
                const double seconds = number("--checkpoint-every", text);
                if (!(seconds > 0) || seconds > 1e6)
                  throw Error(Errc::usage, "--checkpoint-every is '" + text + "', expected seconds above 0");
                execution.checkpoint_every =
                    std::chrono::milliseconds{static_cast<std::int64_t>(std::max(1.0, 1000 * seconds))};
              });
  options.add_flag("--resume", "Go on from the state an interrupted run left; keeps one every 30 s.", execution.resume);
  options.add_repeated(
      "--accept-geometry", "FINDING",
      "Do not refuse this finding of the geometry check: gap, tilt, variable, missing, mismatch.",
      [&request](const std::string& names) { accept_findings(names, request.recipe.accepted_geometry); });
}

void add_files(Options& options, RunArguments& request) {
  options.start_group("Files and logging");
  options.add_flag("--overwrite", "Replace outputs, reports and recipes that exist.",
                   request.run_options.execution.overwrite);
  options.add_flag("--skip-complete",
                   "Do nothing if every output is there, whole, with the record of this very run on the same data.",
                   request.skip_complete);
  options.add_flag("--outputs-anywhere", "Let a recipe write outside of the folder that it lies in.",
                   request.outputs_anywhere);
  options.add("--report", "FILE", "Write the record of the run there, also when it fails; - for stdout.",
              request.texts.report);
  options.add("--save-recipe", "FILE", "Write the recipe there before the run; - for stdout.",
              request.texts.save_recipe);
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
}

std::vector<std::string> examples_for(const plugin::TaskManifest& task) {
  std::string line = "isocenter run " + task.id;
  for (const plugin::Port& port : task.inputs)
    if (!port.optional) line += " --" + params::kebab_case(port.name) + " " + port.name + ".h5";
  for (const plugin::Port& port : task.outputs)
    if (!port.optional)
      line += " --" + params::kebab_case(port.name) + " " +
              (port.kind == Kind::volume || port.kind == Kind::label_map ? "result.mha" : "result.h5");
  return {line, line + " --estimate", line + " --isolate --progress jsonl --report report.json"};
}

void print_general_help() {
  print(
      "Run a task of a plugin, or a recipe that names one.\n\n"
      "Usage: isocenter run TASK|RECIPE.json|- [options]\n\n"
      "The options depend on the task: `isocenter run TASK --help` lists them, `isocenter list` names the tasks.\n\n"
      "Examples:\n"
      "  isocenter run sparse_view_ct/tv --sinogram scan.h5 --volume rec.mha\n"
      "  isocenter sparse_view_ct/tv -i scan.mha -g scan.json -o rec.mha --device cpu --threads 2\n"
      "  isocenter run recipe.json --overwrite --report report.json\n");
}

/// Whether every output is there as this run would make it; says why not where there is something.
bool is_complete(RunArguments& request, const plugin::TaskManifest& task) {
  job::Recipe wanted = request.recipe;
  wanted.parameters_json = params::complete(task.parameters, wanted.parameters_json);
  const auto data = job::make_data_access();
  const std::string reason = why_incomplete(wanted, make_run_environment(request.environment, task), *data);
  std::error_code ignored;
  const bool there = std::filesystem::exists(wanted.outputs.begin()->second, ignored);
  if (!reason.empty() && there) note("isocenter: not complete: " + reason);
  return reason.empty();
}

Json make_json(const job::RunPlan& plan) {
  const job::Estimate& e = plan.estimate;
  return {{"task", plan.recipe.task},
          {"memory_bytes", e.total()},
          {"process_bytes", e.process_bytes},
          {"input_bytes", e.input_bytes},
          {"operator_bytes", e.operator_bytes},
          {"work_bytes", e.work_bytes},
          {"seconds", e.seconds},
          {"available_bytes", plan.available_bytes},
          {"fits", e.operator_bytes + e.work_bytes <= plan.available_bytes},
          {"backend", plan.backend},
          {"device", plan.device},
          {"networks", plan.networks}};
}

std::string to_text(const job::RunPlan& plan) {
  const job::Estimate& e = plan.estimate;
  std::string text = plan.recipe.task + " on " + plan.backend + ": about " + job::in_words(e.total()) +
                     " of memory (program " + job::in_words(e.process_bytes) + ", inputs " +
                     job::in_words(e.input_bytes) + ", operators " + job::in_words(e.operator_bytes) + ", work " +
                     job::in_words(e.work_bytes) + ")";
  text += e.seconds > 0 ? ", " + in_digits(e.seconds, 2) + " s" : ", time unknown";
  text += "; " + job::in_words(plan.available_bytes) + " are available\n";
  for (const std::string& network : plan.networks) text += "network " + network + "\n";
  return text;
}

int plan_only(RunArguments& request) {
  const Interrupt interrupt;
  const auto data = job::make_data_access();
  job::ExecutionOptions options = request.run_options.execution;
  options.ignore_memory = options.ignore_memory || request.estimate;
  if (request.estimate) options.overwrite = true;  // nothing is written
  host::add_model_directories(options.model_directories);
  const job::RunPlan plan =
      job::plan(request.recipe,
                {request.environment.catalogue(), request.environment.registry(request.recipe.device), *data, options},
                interrupt.token());
  if (request.estimate)
    print(request.json ? make_json(plan).dump() + "\n" : to_text(plan));
  else
    print(to_json(plan.recipe));
  return 0;
}

void report_result(const job::Record& record) {
  for (const auto& [port, place] : record.recipe.outputs) print("wrote " + printable(place) + "\n");
  std::string line = "done in " + in_digits(record.seconds, 3) + " s on " + record.backend + ", peak memory " +
                     job::in_words(record.peak_memory_bytes);
  for (const auto& [name, figure] : record.figures)
    line += ", " + name + " " + in_digits(figure.value) + (figure.unit == "1" ? "" : " " + figure.unit);
  print(line + "\n");
}

int run_now(RunArguments& request) {
  const TemporaryFolder scratch{"isocenter"};
  request.run_options.execution.scratch = scratch.path();
  const Interrupt interrupt;
  const auto executor = make_executor(request.environment, request.run_options, request.recipe.device);
  const auto progress = make_progress(request.run_options.progress, request.recipe.task);
  PreviewWriter previews{request.recipe, request.run_options.execution};
  std::optional<Error> unheard;  // who listened is gone: said at the end, because the results do not depend on it
  const job::Record record = executor->execute(request.recipe, interrupt.token(), [&](const job::Event& event) {
    previews.take(event);
    try {
      progress->take(event);
    } catch (const Error& problem) {
      if (!unheard) unheard.emplace(problem);
    }
  });
  conclude(*progress, record, [&] {
    write_report(request.texts.report, record, request.run_options.execution.overwrite);
    if (unheard) throw Error{*unheard};
  });
  if (request.run_options.progress == ProgressStyle::text && request.texts.report != "-") report_result(record);
  return 0;
}

int run_or_plan(RunArguments& request, const plugin::TaskManifest& task) {
  request.environment.begin();
  request.run_options.execution.threads = request.environment.threads();
  if (request.estimate || request.dry_run) return plan_only(request);
  if (request.recipe.outputs.empty()) {
    std::string names;
    for (const plugin::Port& port : task.outputs)
      names += (names.empty() ? "--" : " or --") + params::kebab_case(port.name) + " FILE";
    throw Error(Errc::usage, "no output is named, so nothing would be kept of task '" + task.id + "'", "add " + names);
  }
  const bool overwrite = request.run_options.execution.overwrite;
  check_texts(request.texts, request.recipe, overwrite);
  const std::string log = request.environment.log_file();
  check_apart({log, request.texts.report});
  check_apart({log, request.texts.save_recipe});
  for (const auto& [port, place] : request.recipe.outputs)
    if (!job::in_workspace(place)) check_apart({log, place});
  if (!request.texts.save_recipe.empty()) write_text(request.texts.save_recipe, to_json(request.recipe), overwrite);
  if (request.skip_complete && is_complete(request, task)) {
    print("complete already: " + request.recipe.outputs.begin()->second + "\n");
    return 0;
  }
  return run_now(request);
}

struct Taken {
  const plugin::TaskManifest& task;
  std::map<std::string, std::string> own_outputs;  ///< of the recipe, before the other words
};

/// Fills the request with what the words say, the first of which is the task or the recipe. Nothing if they ask for help.
std::optional<Taken> take(Arguments arguments, RunArguments& request, Environment& environment) {
  const std::string& first = arguments.front();
  if (is_recipe(first))
    request.recipe = read_recipe(request.texts.recipe_file = first);
  else
    request.recipe.task = environment.whole_name(first);
  const plugin::TaskManifest& task = environment.manifest(request.recipe.task);
  TaskOptions own{task};
  const std::vector<std::string> rest = own.take_hints(arguments.subspan(1));
  Options options{usage, task.about.title.empty() ? summary : task.about.title + ". " + task.about.summary};
  own.add_to(options);
  add_running(options, request);
  add_files(options, request);
  options.add_examples(examples_for(task));
  if (!options.parse(rest)) return {};
  Taken taken{task, request.recipe.outputs};
  own.merge_into(request.recipe);
  return taken;
}

int run_with(Arguments arguments, bool estimate) {
  if (arguments.empty())
    throw Error(Errc::usage, "'isocenter run' needs a task or a recipe", "`isocenter list` names the tasks");
  const std::string& first = arguments.front();
  if (first == "-h" || first == "--help") {
    print_general_help();
    return 0;
  }
  if (first.starts_with('-') && first != "-")
    throw Error(Errc::usage, "the first argument is '" + first + "', expected the task or the recipe to run",
                "isocenter run TASK|RECIPE.json|- [options]");
  RunArguments request;
  request.estimate = estimate;
  request.environment.scan_for_plugins_path(arguments);
  const auto taken = take(arguments, request, request.environment);
  if (!taken) return 0;
  if (is_recipe(first) && !request.outputs_anywhere && !request.estimate && !request.dry_run)
    check_outputs_inside(taken->own_outputs, request.recipe, folder_of_recipe(first));
  return run_or_plan(request, taken->task);
}

}  // namespace

RunFiles find_run_files(Arguments arguments, Environment& environment) {
  RunArguments request;
  if (!take(arguments, request, environment)) return {};
  const job::ExecutionOptions& execution = request.run_options.execution;
  RunFiles files = find_recipe_files(request.recipe, execution.resume || execution.checkpoint_every.count() > 0);
  files.replaces = execution.overwrite;
  for (const std::string& file : {request.texts.report, request.texts.save_recipe})
    if (!file.empty() && file != "-") files.written.emplace_back(file);
  if (!request.texts.recipe_file.empty() && request.texts.recipe_file != "-")
    files.read.emplace_back(request.texts.recipe_file);
  return files;
}

int run(Arguments arguments) { return run_with(arguments, false); }
int estimate(Arguments arguments) { return run_with(arguments, true); }

}  // namespace iso::cli
