#include "execute.h"

#include "../output/terminal.h"

#include "host/startup/resources.h"
#include "host/workers/descendants.h"
#include "host/workers/worker_executor.h"

#include "iso/base/error.h"
#include "iso/base/log_file.h"
#include "iso/job/run.h"

#include <array>
#include <cstdio>
#include <optional>

namespace iso::cli {
namespace {

/// Runs tasks in this process, and leaves no process that one of them started.
class HereAlone final : public job::Executor {
 public:
  explicit HereAlone(std::shared_ptr<job::Executor> here) : here_{std::move(here)} { host::adopt_orphans(); }
  job::Record execute(const job::Recipe& recipe, const std::stop_token& stop, const job::OnEvent& on_event) override {
    job::Record record = here_->execute(recipe, stop, on_event);
    host::end_descendants();
    return record;
  }

 private:
  std::shared_ptr<job::Executor> here_;
};

}  // namespace

void RunOptions::add_to(Options& options) {
  options.start_group("Running");
  options.add_flag("--isolate", "Run the task in a process of its own, which may crash without harm.", isolate);
  options.add("--progress", "STYLE", "none, text (default), xml (tags for Slicer and MITK) or jsonl.",
              [this](const std::string& name) { progress = progress_style_from(name); });
  options.add_flag("--ignore-memory", "Run although the estimate is above what is available.", execution.ignore_memory);
  options.add_repeated(
      "--model", "CARD", "Take this card (NAME.card.json) for its network, or look for cards in this folder first.",
      [this](const std::string& place) { execution.model_directories.emplace_back(std::filesystem::absolute(place)); });
  options.add("--memory-limit", "SIZE", "What the job may take, such as 4G; else what is available.",
              [this](const std::string& text) { execution.memory_limit_bytes = bytes("--memory-limit", text); });
}

void conclude(Progress& progress, const job::Record& record, const std::function<void()>& rest) {
  std::optional<Error> outcome;
  try {
    rest();
    if (record.error) outcome.emplace(*record.error, record.error_message, record.error_hint);
  } catch (...) {
    outcome = current_error();
  }
  if (!outcome && !log::is_file_whole()) {  // which was said when it happened; `run_main` gives the exit code
    const Error not_kept{Errc::cannot_write, "the log cannot be written any more"};
    return progress.end(record, &not_kept);
  }
  progress.end(record, outcome ? &*outcome : nullptr);
  if (outcome) throw Error{*outcome};
}

std::shared_ptr<job::Executor> make_executor(Environment& environment, RunOptions run_options,
                                             const std::string& device) {
  host::add_model_directories(run_options.execution.model_directories);
  if (!run_options.isolate)
    return std::make_shared<HereAlone>(
        make_in_process_executor(environment.catalogue(), environment.registry(device), run_options.execution));
  host::WorkerOptions options;
  options.execution = run_options.execution;
  options.plugin_directories = environment.plugin_directories();
  return host::make_worker_executor(std::move(options));
}

std::filesystem::path PreviewWriter::path(const std::filesystem::path& output, int count) {
  std::string name = output.filename().string();
  std::size_t dot = name.rfind('.');
  if (name.ends_with(".nii.gz")) dot = name.size() - 7;
  if (dot == std::string::npos) dot = name.size();
  std::array<char, 32> middle{};
  std::snprintf(middle.data(), middle.size(), ".preview_%05d", count);
  return output.parent_path() / name.insert(dot, middle.data());
}

void PreviewWriter::take(const job::Event& event) {
  if (event.kind != job::EventKind::preview || !event.data || failed_) return;
  const auto output = recipe_.outputs.find(event.output);
  if (output == recipe_.outputs.end() || job::in_workspace(output->second)) return;
  const int count = counts_[event.output]++ * options_.preview_every;
  try {
    input_files(recipe_).refuse(path(output->second, count), "the preview");
    io::write(path(output->second, count), *event.data, {options_.overwrite});
  } catch (const Error& problem) {
    failed_ = true;
    note("isocenter: warning: no previews are kept: " + std::string(problem.what()));
  }
}

}  // namespace iso::cli
