#pragma once

#include "task_form.h"

#include "gui/model/document.h"
#include "gui/model/signals.h"

#include "iso/job/executor.h"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The jobs of the desktop. Each runs in a worker process of its own, so that a crash ends the job and not the desktop.
namespace iso::gui {

struct JobState {
  std::uint64_t id{0};
  std::string title;  ///< task's title and the input's name
  job::Recipe recipe;
  job::Recipe recorded;  ///< the same with inputs named by their files, as they were when it was started
  job::State state{job::State::queued};
  double fraction{0};
  std::string stage, message, hint;  ///< message: the end in one sentence
  std::optional<double> remaining_seconds;
  std::map<std::string, std::vector<std::pair<double, double>>> curves;
  std::vector<std::string> log;
  std::optional<job::Record> record;
  std::vector<ItemId> results;
  std::map<std::string, DatasetPtr>
      inputs;                           ///< by their name in the workspace; kept until the job is done, for a retry
  std::optional<job::Record> replayed;  ///< of a replay: what it is compared with
  std::optional<job::Comparison> comparison;
  std::chrono::steady_clock::time_point cancel_asked{};
};

class JobList {
 public:
  /// `post` runs a function on the desktop's thread later; called from any thread. `queue` works on `workspace`.
  JobList(Document& document, job::Queue& queue, std::shared_ptr<job::Workspace> workspace,
          std::function<void(std::function<void()>)> post);
  ~JobList();
  JobList(const JobList&) = delete;
  JobList& operator=(const JobList&) = delete;

  /// Inputs are put into the workspace as they are (no copy); every output that the form wants is taken.
  std::uint64_t start(const TaskForm& form, const std::string& device, std::uint64_t seed);
  /// The outputs that the recipe names become items; where it says they go is replaced by a place of this run's own.
  std::uint64_t start(job::Recipe recipe, std::string title);
  /// Repeats a recorded run on the recorded device with the inputs from `find_inputs`. The results are compared with the recorded
  /// digests and dropped.
  std::uint64_t replay(const job::Record& before, std::string title, std::map<std::string, DatasetPtr> inputs);
  void cancel(std::uint64_t job);
  std::uint64_t retry(std::uint64_t job);
  void forget(std::uint64_t job);  ///< an ended one, from the list
  [[nodiscard]] const JobState* find(std::uint64_t job) const noexcept;
  [[nodiscard]] std::vector<const JobState*> jobs() const;  ///< newest first
  [[nodiscard]] bool busy() const noexcept;

  Signal<std::uint64_t> job_changed;
  Signal<> list_changed;
  Signal<std::uint64_t> job_ended;
  /// An intermediate result of a job: port and data. Not part of the document.
  Signal<std::uint64_t, const std::string&, const DatasetPtr&> previewed;

 private:
  void take(std::uint64_t job, const job::Event& event);
  void show_preview(JobState& state, const job::Event& event);
  std::uint64_t launch(std::unique_ptr<JobState> state);
  void end(JobState& state);
  void enter_results(JobState& state);
  void let_go_of_inputs(JobState& state);
  Document& document_;
  job::Queue& queue_;
  std::shared_ptr<job::Workspace> workspace_;
  std::function<void(std::function<void()>)> post_;
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
  Signal<>::Connection restoring_connection_;
  std::deque<std::unique_ptr<JobState>> jobs_;
};

/// The recipe of a form: inputs are items of the document, outputs go to the workspace under the names of their ports. Throws
/// invalid_input naming the first problem of the form.
[[nodiscard]] job::Recipe make_recipe(const TaskForm& form, const Document& document, const std::string& device,
                                      std::uint64_t seed = 0);

/// The equivalent command line. An item that is in no file appears by its name in capitals, and `complete` is false.
struct Command {
  std::string line;
  bool complete{true};
};
[[nodiscard]] Command make_command(const job::Recipe& recipe, const Document& document);

}  // namespace iso::gui
