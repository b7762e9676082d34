#include "case_files.h"
#include "case_table.h"
#include "child.h"
#include "command.h"
#include "environment.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/job/recipe.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <sstream>
#include <thread>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "batch RECIPE... [options]";
constexpr auto summary = "Run a cohort, one process a case, so that a case fails or is resumed alone.";

struct BatchArguments {
  Environment environment;
  std::vector<std::string> recipes, passed_on;
  std::string manifest, reports, device;
  int jobs{1};
  bool resume{false}, json{false}, overwrite{false}, outputs_anywhere{false};
};

void declare(Options& options, BatchArguments& request) {
  options.add_arguments("RECIPES", "Recipes, one a case; with --manifest one task or recipe.", request.recipes);
  options.add("--manifest", "FILE.csv",
              "A case a row; columns are ports, parameters and hints (PORT.KEY) of the task, 'case' names the row.",
              request.manifest);
  options.add("--jobs", "N", "Cases at once, each in a process of its own; they share the threads.", request.jobs, 1);
  options.add_flag("--resume", "Leave out cases that are complete, go on with interrupted ones.", request.resume);
  options.add_flag("--overwrite", "Replace outputs and reports that exist.", request.overwrite);
  options.add_flag("--outputs-anywhere", "Let recipes and the table name outputs outside of their own folders.",
                   request.outputs_anywhere);
  options.add("--reports", "DIR",
              "Write a report a case there; with --resume beside an earlier one (case.report-2.json).",
              request.reports);
  options.add_repeated("--pass", "OPTION", "An option for every case, such as --pass=--isolate.",
                       [&request](const std::string& text) { request.passed_on.push_back(text); });
  options.add_flag("--json", "One JSON object a case and line.", request.json);
  add_device(options, request.device);
  request.environment.add_threads(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter batch recipes/*.json --jobs 2 --json",
                        "isocenter batch sparse_view_ct/tv --manifest cases.csv --reports reports --resume"});
}

/// Recipes of several folders may have one name; reports may not.
std::string free_name(const std::string& stem, const std::vector<Case>& cases) {
  std::string name = stem;
  for (int n = 2; std::ranges::find(cases, name, &Case::name) != cases.end(); ++n)
    name = stem + "-" + std::to_string(n);
  return name;
}

std::vector<Case> make_cases(BatchArguments& request) {
  if (!request.manifest.empty()) {
    if (request.recipes.size() != 1)
      throw Error(Errc::usage,
                  "--manifest needs one task or recipe, " + std::to_string(request.recipes.size()) + " are named");
    const std::string& subject = request.recipes.front();
    const std::string task = subject.ends_with(".json") ? job::recipe_from_json(text_of_file(subject)).task
                                                        : request.environment.whole_name(subject);
    return cases_of_table(request.manifest, text_of_file(request.manifest), subject,
                          {request.environment.manifest(task), request.outputs_anywhere});
  }
  std::vector<Case> cases;
  for (const std::string& recipe : request.recipes) {
    if (!std::filesystem::is_regular_file(recipe))
      throw Error(Errc::cannot_read, "the recipe '" + recipe + "' is not there");
    cases.push_back({free_name(std::filesystem::path(recipe).stem().string(), cases), {"run", recipe}});
  }
  return cases;
}

/// A resumed case keeps the report of the run that did not come to its end, and writes the next one beside it.
std::string report_place(const Case& one, const BatchArguments& request) {
  const std::filesystem::path folder{request.reports};
  std::filesystem::path place = folder / (one.name + ".report.json");
  std::error_code ignored;
  for (int n = 2; request.resume && !request.overwrite && std::filesystem::exists(place, ignored); ++n)
    place = folder / (one.name + ".report-" + std::to_string(n) + ".json");
  return place.string();
}

void complete(Case& one, const BatchArguments& request, int threads) {
  auto& arguments = one.arguments;
  arguments.insert(arguments.end(), {"--progress=none", "--threads=" + std::to_string(threads)});
  if (request.resume) arguments.insert(arguments.end(), {"--resume", "--skip-complete"});
  if (request.overwrite) arguments.emplace_back("--overwrite");
  if (request.outputs_anywhere) arguments.emplace_back("--outputs-anywhere");
  if (!request.device.empty()) arguments.push_back("--device=" + request.device);
  if (!request.reports.empty()) arguments.push_back("--report=" + report_place(one, request));
  arguments.insert(arguments.end(), request.passed_on.begin(), request.passed_on.end());
}

void say(const Case& one, const Child& child, const BatchArguments& request) {
  const bool skipped = child.code() == 0 && child.output().find("complete already") != std::string::npos;
  std::string printed = child.errors();
  while (printed.ends_with('\n')) printed.pop_back();
  if (request.json) {
    print(Json{{"case", one.name},
               {"exit_code", child.code()},
               {"skipped", skipped},
               {"seconds", child.seconds()},
               {"message", printed}}
              .dump(-1, ' ', false, Json::error_handler_t::replace) +
          "\n");
    return;
  }
  print(one.name + ": " +
        (skipped             ? "complete already"
         : child.code() == 0 ? "done"
                             : "failed with exit code " + std::to_string(child.code())) +
        ", " + in_digits(child.seconds(), 3) + " s\n");
  if (child.code() == 0) return;
  std::istringstream lines{printed};
  for (std::string line; std::getline(lines, line);) note(line);
}

/// Runs the cases, up to `jobs` at once, and gives the exit code of the first that failed.
int run_all(std::deque<Case> waiting, const BatchArguments& request, const std::stop_token& stop) {
  struct Running {
    Case one;
    Child child;
  };
  std::vector<Running> running;
  int code = 0;
  bool cancelled = false;
  while (!running.empty() || (!waiting.empty() && !stop.stop_requested())) {
    while (!waiting.empty() && running.size() < static_cast<std::size_t>(request.jobs) && !stop.stop_requested()) {
      Child child{waiting.front().arguments};
      running.push_back({std::move(waiting.front()), std::move(child)});
      waiting.pop_front();
    }
    if (stop.stop_requested() && !cancelled) {
      cancelled = true;
      for (Running& each : running) each.child.interrupt();
    }
    for (auto each = running.begin(); each != running.end();) {
      if (!each->child.ended()) {
        ++each;
        continue;
      }
      say(each->one, each->child, request);
      if (code == 0) code = each->child.code();
      each = running.erase(each);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  if (stop.stop_requested())
    throw Error(Errc::cancelled, "the batch was cancelled with " + std::to_string(waiting.size()) + " cases not begun",
                "--resume goes on with what is left");
  return code;
}

}  // namespace

int batch(Arguments arguments) {
  BatchArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  request.environment.scan_for_plugins_path(request.passed_on);
  std::vector<Case> cases = make_cases(request);
  if (!request.reports.empty() && !std::filesystem::is_directory(request.reports))
    throw Error(Errc::output_directory, "the folder '" + request.reports + "' for reports does not exist",
                "make it first");
  request.jobs = std::min<int>(request.jobs, static_cast<int>(cases.size()));
  const int threads = std::max(1, ThreadBudget::threads() / request.jobs);
  for (Case& one : cases) complete(one, request, threads);
  refuse_cases_in_each_others_way(cases, {request.manifest, request.environment.log_file()}, request.environment);
  const Interrupt interrupt;
  const std::size_t count = cases.size();
  const int code = run_all({std::make_move_iterator(cases.begin()), std::make_move_iterator(cases.end())}, request,
                           interrupt.token());
  if (!request.json) print(std::to_string(count) + " cases, " + (code == 0 ? "all done" : "not all done") + "\n");
  return code;
}

}  // namespace iso::cli
