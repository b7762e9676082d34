#pragma once

#include "../output/progress.h"
#include "environment.h"

#include "iso/job/executor.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace iso::cli {

/// How a job is run and shown.
struct RunOptions {
  job::ExecutionOptions execution;
  bool isolate{false};
  ProgressStyle progress{ProgressStyle::text};

  void add_to(Options& options);
};

/// The end of a job that ran: does `rest` (the report, the comparison), has `progress` say what the command ends with, and throws
/// it if that is an error: of the job, of `rest`, or a log that could not be kept.
void conclude(Progress& progress, const job::Record& record, const std::function<void()>& rest);

[[nodiscard]] std::shared_ptr<job::Executor> make_executor(Environment& environment, RunOptions run_options,
                                                           const std::string& device);

/// Writes the previews of a job beside its outputs: rec.mha -> rec.preview_00010.mha.
class PreviewWriter {
 public:
  PreviewWriter(job::Recipe recipe, const job::ExecutionOptions& options)
      : recipe_{std::move(recipe)}, options_{options} {}
  void take(const job::Event& event);
  [[nodiscard]] static std::filesystem::path path(const std::filesystem::path& output, int count);

 private:
  job::Recipe recipe_;
  const job::ExecutionOptions& options_;
  std::map<std::string, int> counts_;
  bool failed_{false};  ///< said once; a preview is no reason to end a job
};

}  // namespace iso::cli
