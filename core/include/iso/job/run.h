#pragma once

#include "iso/compute/backend.h"
#include "iso/job/data_access.h"
#include "iso/job/estimate.h"
#include "iso/job/executor.h"
#include "iso/plugin/task.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

namespace iso::job {

/// The two halves of a job, for those who put a process between them: computing, and handing over the results.

struct RunResult {
  Record record;
  plugin::Datasets outputs;  ///< every result of the task; empty unless the record says done
  std::map<std::string, std::filesystem::path> attachments;  ///< what it attached, in folders that `folders` keeps
  std::vector<std::shared_ptr<const void>> folders;
};

/// What a job runs with; all outlive it.
struct Surroundings {
  TaskSource& source;
  const compute::BackendRegistry& registry;
  DataAccess& data;
  ExecutionOptions options;
  /// Called once the needs and the back end are known, before the task computes.
  std::function<void(const Estimate& needed, const std::string& backend)> planned{};
};

/// Reads the inputs, checks geometry, memory and suitability, runs the task and checks its results. Never throws:
/// failures are in the record. Writes nothing but the scratch folder, which is gone afterwards. The last event (the
/// end) is left to the caller, who may still have results to write.
[[nodiscard]] RunResult run_task(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop,
                                 const OnEvent& on_event);

/// Throws invalid_result, naming `what`, for data that may not pass for a result: missing, empty, not finite, or with members
/// that contradict each other. Results are checked so where a task gives them and again where a process gets them from a
/// worker, which a plugin may have made to lie.
void check_result_data(const std::string& what, const DatasetPtr& data);

/// Whether a file may be attached under this name, which stands behind that of the output: plain, not hidden, no record.
[[nodiscard]] bool is_attachment_name(const std::string& name);

/// What a run would be, found out without running it.
struct RunPlan {
  Recipe recipe;  ///< with every default spelled out
  Estimate estimate;
  std::size_t available_bytes{0};
  std::string backend, device;
  std::map<std::string, GeometryVerdict> geometry;
  plugin::Descriptions outputs;         ///< as far as the task can say
  std::vector<std::string> networks{};  ///< what the card of each says, to be read before the run
};

/// Everything run_task does before it computes: reads the inputs and makes the same checks. Throws what it would record;
/// with `ignore_memory`, a job that does not fit is planned all the same.
[[nodiscard]] RunPlan plan(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop = {},
                           const OnEvent& on_event = {});

/// The same from descriptions of the inputs, by port, in the place of those that the recipe names: nothing is read.
[[nodiscard]] RunPlan plan(const Recipe& recipe, const plugin::Descriptions& inputs, const Surroundings& around);

/// Where a run of this recipe keeps its state: "<first output file>.checkpoint.h5"; empty if no output is a file.
[[nodiscard]] std::filesystem::path checkpoint_path(const Recipe& recipe);

/// The files that a run of this recipe reads: inputs with what lies beside them, geometries, intensities.
[[nodiscard]] io::InputFiles input_files(const Recipe& recipe);

/// Refuses what can be known before the run: outputs that exist (unless overwrite) or whose folder is missing or
/// read-only, two outputs at one place, an output (its record and its checkpoint included) that is an input, whatever it is
/// called. Finishes or removes what a killed run left in the folders of the outputs. Throws cannot_write or output_directory.
void check_places(const Recipe& recipe, const ExecutionOptions& options);

/// Writes the results the recipe names and their records: first all of them into folders of another name beside their
/// places, then all are renamed, so that either every file is there or none, and what stood there before is kept until
/// then. A failure is put into the record. Takes the checkpoint away when done. Never throws.
void deliver(RunResult& result, DataAccess& data, const ExecutionOptions& options);

}  // namespace iso::job
