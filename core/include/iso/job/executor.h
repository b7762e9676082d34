#pragma once

#include "iso/job/data_access.h"
#include "iso/job/event.h"
#include "iso/job/record.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace iso::compute {
class BackendRegistry;
}
namespace iso::plugin {
class Task;
}

namespace iso::job {

/// Called on the thread that called `execute`, or on a thread of the task; never by two at once.
using OnEvent = std::function<void(const Event&)>;

/// A task ready to run, with what the record says of its plugin. The task is destroyed by its own library.
struct LoadedTask {
  std::shared_ptr<plugin::Task> task;
  std::string plugin_id, plugin_version;
  std::string plugin_sha256{};  ///< of the library; empty for a task that was linked in
};

/// Where tasks come from. The programs implement it over the plugin search; tests by hand.
class TaskSource {
 public:
  virtual ~TaskSource() = default;
  /// Throws usage for an unknown task, plugin_incompatible with the reason for a plugin that cannot be loaded.
  [[nodiscard]] virtual LoadedTask load(std::string_view task_id) = 0;
  /// What the plugin of a task needs beyond what a worker has (iso/plugin/manifest.h, needs) and the user has agreed to; empty
  /// for an unknown task. Throws plugin_incompatible where the user has not agreed. No code of the plugin runs.
  [[nodiscard]] virtual std::vector<std::string> permitted_needs(std::string_view task_id) const;
};

/// How to run, where the recipe says what.
struct ExecutionOptions {
  int threads{0};                     ///< 0: the budget as it stands
  bool overwrite{false};              ///< replace outputs that exist; otherwise they are refused before the run
  bool ignore_memory{false};          ///< run although the estimate is above what is available
  std::size_t memory_limit_bytes{0};  ///< what the job may take; 0: what is available now
  int preview_every{0};               ///< ask the task for a preview at every n-th occasion; 0: for none
  std::chrono::milliseconds preview_pause{0};  ///< and for none so soon after the last
  bool write_records{true};                    ///< beside every output file
  std::chrono::milliseconds checkpoint_every{
      0};                         ///< keep the state of a long run so often, beside the first output file; 0: never
  bool resume{false};             ///< go on from such a state, if it belongs to the same run
  std::filesystem::path scratch;  ///< parent of the job's scratch folder; empty: TMPDIR or /tmp
  std::vector<std::filesystem::path> model_directories;  ///< where networks are looked for, in order
  std::map<std::string, std::string> libraries;          ///< versions the program knows of, for the record
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// Blocks until the job ends, whichever way: a failure is in the record (state, error, message, hint), not an
  /// exception. A job that did not end `done` has written nothing but a checkpoint, if it was told to keep one.
  [[nodiscard]] virtual Record execute(const Recipe& recipe, const std::stop_token& stop, const OnEvent& on_event) = 0;
};

/// Runs on the calling thread, in this process, one job at a time. `registry` and `source` outlive it. Without
/// `data`, places are files.
[[nodiscard]] std::shared_ptr<Executor> make_in_process_executor(TaskSource& source,
                                                                 const compute::BackendRegistry& registry,
                                                                 ExecutionOptions options = {},
                                                                 std::shared_ptr<DataAccess> data = {});

/// Two jobs on one device with memory of its own wait for each other wherever they run (device_lock_impl.h).
/// In process one job at a time; up to `parallel_workers` in workers, which share the thread budget. The desktop
/// and the command line both use this. Events come on the threads of the queue; the end of a job that is cancelled before it
/// began is told on the thread that cancels it, before `cancel` returns.
class Queue {
 public:
  Queue(std::shared_ptr<Executor> in_process, std::shared_ptr<Executor> worker, int parallel_workers);
  ~Queue();  ///< cancels what is left and waits for it
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  std::uint64_t submit(Recipe recipe, Isolation isolation, OnEvent on_event = {});  ///< throws usage without executor
  void cancel(std::uint64_t job) noexcept;
  [[nodiscard]] State state(std::uint64_t job) const;           ///< throws usage for an unknown job
  [[nodiscard]] std::optional<Record> wait(std::uint64_t job);  ///< nothing for an unknown job

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Puts an error into a record: state cancelled, crashed or failed by its code.
void put_error(Record& record, const Error& error);
/// The event that tells of an end.
[[nodiscard]] Event end_event(const Record& record);

/// Runs a record again, on the device it names, writing nothing, and compares.
struct Replay {
  Record record;
  Comparison comparison;
};
[[nodiscard]] Replay replay(const Record& before, Executor& executor, const std::stop_token& stop = {},
                            const OnEvent& on_event = {});

}  // namespace iso::job
