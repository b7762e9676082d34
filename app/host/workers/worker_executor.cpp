#include "worker_executor.h"

#include "process.h"

#include "../protocol/dataset_message.h"
#include "../protocol/messages.h"

#include "iso/job/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

namespace iso::host {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
constexpr std::chrono::milliseconds tick{10};  ///< how late a cancel may be noticed

/// A folder for the scratch folders of a worker, gone even if the worker was killed.
class ScratchParent {
 public:
  explicit ScratchParent(const std::filesystem::path& parent) {
    const auto base = parent.empty() ? std::filesystem::temp_directory_path() : parent;
    std::string name = (base / "isocenter-worker-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(Errc::output_directory, "no scratch folder can be made in '" + base.string() + "'",
                  "set TMPDIR to a folder you may write to");
    path = name;
  }
  ScratchParent(const ScratchParent&) = delete;
  ScratchParent& operator=(const ScratchParent&) = delete;
  ~ScratchParent() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

/// One job in one worker, seen from the program.
class Session {
 public:
  Session(const job::Recipe& recipe, const WorkerOptions& options, const std::filesystem::path& program,
          const std::stop_token& stop, const job::OnEvent& on_event)
      : recipe_{recipe},
        options_{options},
        stop_{stop},
        on_event_{on_event},
        scratch_{options.execution.scratch},
        worker_{program} {}

  job::Outcome go(job::Workspace* workspace) {
    greet();
    send_job(workspace);
    last_heartbeat_ = last_event_ = Clock::now();
    while (!finished_) {
      turn();
      watch();
    }
    return std::move(outcome_);
  }

 private:
  void greet() {
    Message message;
    const auto end = Clock::now() + options_.start_limit;
    while (Clock::now() < end) {
      worker_.read_output();
      const auto got = worker_.channel().receive(message, std::chrono::milliseconds{50});
      if (got == Channel::Got::closed) throw_end("before it said hello");
      if (got != Channel::Got::message) continue;
      const Json version = message.body.value("protocol", Json::array());
      if (message.body.value("type", "") != "hello" || !version.is_array() || version.size() != 2 ||
          version[0] != protocol_major)
        throw Error(Errc::plugin_incompatible,
                    "the worker speaks job protocol " + version.dump() + ", this program speaks [" +
                        std::to_string(protocol_major) + "," + std::to_string(protocol_minor) + "]",
                    "install program and worker from one package");
      return;
    }
    worker_.kill();
    throw Error(Errc::plugin_crashed,
                "the worker did not answer within " + seconds(options_.start_limit) + " s of its start");
  }

  void send_job(job::Workspace* workspace) {
    Packer packer;
    Json datasets = Json::object();
    for (const auto& [port, place] : recipe_.inputs) {
      if (!job::in_workspace(place)) continue;
      const std::string name = place.substr(job::workspace_prefix.size());
      const DatasetPtr data = workspace == nullptr ? nullptr : workspace->find(name);
      if (!data) throw Error(Errc::no_input, "the workspace holds no data set '" + name + "'");
      datasets[name] = packer.pack(*data);
    }
    job::ExecutionOptions execution = options_.execution;
    execution.scratch = scratch_.path;
    std::vector<std::string> folders;
    for (const auto& folder : options_.plugin_directories) folders.push_back(folder.string());
    const Json message{{"type", "run"},
                       {"recipe", Json::parse(to_json(recipe_))},
                       {"options", options_object(execution)},
                       {"plugin_directories", folders},
                       {"address_space_bytes", options_.address_space_bytes},
                       {"datasets", std::move(datasets)}};
    try {
      worker_.channel().send(message, packer.descriptors());
    } catch (const Error&) {
      throw_end("before it began");
    }
  }

  void turn() {
    worker_.read_output();
    Message message;
    switch (worker_.channel().receive(message, tick)) {
      case Channel::Got::nothing: return;
      case Channel::Got::closed: return ended();
      case Channel::Got::message: return take(message);
    }
  }

  void take(Message& message) {
    const std::string type = message.body.value("type", "");
    last_heartbeat_ = Clock::now();
    if (type == "event") {
      last_event_ = Clock::now();
      job::Event event = event_from(message.body);
      if (event.tells == job::Tells::preview && message.body.contains("data"))
        event.data = unpack(message.body["data"], message);
      if (!event.stage.empty()) stage_ = event.stage;
      fraction_ = std::max(fraction_, event.fraction);
      if (on_event_) on_event_(event);
    } else if (type == "result") {
      result(message);
    }
  }

  void result(Message& message) {
    outcome_.record = job::record_from_json(message.body.at("record").dump());
    for (const auto& [port, description] : message.body.at("outputs").items())
      outcome_.outputs[port] = unpack(description, message);
    finished_ = true;
    worker_.wait(std::chrono::milliseconds{500});
  }

  /// Looks at the clock: cancel, grace, heartbeat, silence.
  void watch() {
    if (finished_) return;
    const auto moment = Clock::now();
    if (stop_.stop_requested() && !cancelled_) {
      cancelled_ = moment;
      try {
        worker_.channel().send({{"type", "cancel"}});
      } catch (const Error&) {
        worker_.kill();  // it does not even read; ended() says why
      }
    }
    if (cancelled_ && moment - *cancelled_ > options_.grace) {
      worker_.kill();
      worker_.wait(std::chrono::milliseconds{0});
      throw Error(Errc::cancelled, "task '" + recipe_.task + "' did not stop within " + seconds(options_.grace) +
                                       " s of the cancel and was ended");
    }
    if (cancelled_) return;
    if (moment - last_heartbeat_ > options_.heartbeat_limit)
      silent("the worker gave no heartbeat for " + seconds(options_.heartbeat_limit) + " s");
    if (options_.silence_limit.count() > 0 && moment - last_event_ > options_.silence_limit)
      silent("task '" + recipe_.task + "' gave no sign of progress for " + seconds(options_.silence_limit) + " s");
  }

  [[noreturn]] void silent(const std::string& sentence) {
    worker_.kill();
    worker_.wait(std::chrono::milliseconds{0});
    throw Error(Errc::plugin_crashed, sentence + where() + " and was ended", hint());
  }

  /// The socket closed without a result.
  void ended() {
    if (cancelled_) {
      worker_.wait(std::chrono::milliseconds{0});
      throw Error(Errc::cancelled, "task '" + recipe_.task + "' was cancelled");
    }
    throw_end(where());
  }

  [[noreturn]] void throw_end(const std::string& when) {
    const int status = worker_.wait(std::chrono::milliseconds{1000});
    const std::string task = "task '" + recipe_.task + "' ";
    const std::string space = when.empty() || when.front() == ' ' || when.front() == ',' ? "" : " ";
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      throw Error(Errc::plugin_crashed, task + "was killed from outside" + space + when,
                  "most often the kernel does so when memory runs out; ask `isocenter estimate`, use a smaller grid");
    if (WIFSIGNALED(status)) {
      const char* const name = ::sigdescr_np(WTERMSIG(status));
      throw Error(Errc::plugin_crashed,
                  task + "crashed with signal " + std::to_string(WTERMSIG(status)) + " (" +
                      (name == nullptr ? "unknown" : name) + ")" + space + when,
                  hint());
    }
    throw Error(Errc::plugin_crashed,
                task + "ended its process with exit code " + std::to_string(WEXITSTATUS(status)) +
                    " instead of returning" + space + when,
                hint());
  }

  [[nodiscard]] std::string where() const {
    return stage_.empty() ? std::string{}
                          : " in stage '" + stage_ + "' at " + std::to_string(static_cast<int>(100 * fraction_)) + " %";
  }

  [[nodiscard]] std::string hint() {
    const std::string printed = worker_.tail();
    return printed.empty() ? "report this to the author of the plugin"
                           : "report this to the author of the plugin; it printed last:\n" + printed;
  }

  [[nodiscard]] static std::string seconds(std::chrono::milliseconds time) {
    std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }

  const job::Recipe& recipe_;
  const WorkerOptions& options_;
  const std::stop_token& stop_;
  const job::OnEvent& on_event_;
  ScratchParent scratch_;  // outlives the worker
  WorkerProcess worker_;
  job::Outcome outcome_;
  std::string stage_;
  double fraction_{0};
  Clock::time_point last_heartbeat_, last_event_;
  std::optional<Clock::time_point> cancelled_;
  bool finished_{false};
};

class InWorkers final : public job::Executor {
 public:
  InWorkers(WorkerOptions options, std::shared_ptr<job::DataAccess> data, std::shared_ptr<job::Workspace> workspace)
      : options_{std::move(options)}, data_{std::move(data)}, workspace_{std::move(workspace)} {
    if (options_.program.empty()) options_.program = find_worker();
  }

  job::Record execute(const job::Recipe& recipe, const std::stop_token& stop, const job::OnEvent& on_event) override {
    job::Outcome outcome;
    try {
      check_places(recipe, options_.execution);
      outcome = Session{recipe, options_, options_.program, stop, on_event}.go(workspace_.get());
    } catch (...) {
      outcome.outputs.clear();
      outcome.record = {};
      outcome.record.recipe = recipe;
      put_error(outcome.record, current_error());
    }
    outcome.record.isolation = job::Isolation::worker;
    deliver(outcome, *data_, options_.execution);
    if (on_event) on_event(end_event(outcome.record));
    return std::move(outcome.record);
  }

 private:
  WorkerOptions options_;
  std::shared_ptr<job::DataAccess> data_;
  std::shared_ptr<job::Workspace> workspace_;
};

}  // namespace

std::shared_ptr<job::Executor> make_worker_executor(WorkerOptions options, std::shared_ptr<job::DataAccess> data,
                                                    std::shared_ptr<job::Workspace> workspace) {
  if (!data) data = job::make_data_access(workspace);
  return std::make_shared<InWorkers>(std::move(options), std::move(data), std::move(workspace));
}

std::filesystem::path find_worker() {
  std::error_code ignored;
  if (const char* const named = ::getenv("ISOCENTER_WORKER"); named != nullptr && *named != '\0') return named;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& place : {folder / "isocenter-worker", folder / "../libexec/isocenter/isocenter-worker"})
    if (::access(place.c_str(), X_OK) == 0) return place.lexically_normal();
  throw Error(
      Errc::internal,
      "the program isocenter-worker is neither in '" + folder.string() + "' nor in ../libexec/isocenter beside it",
      "reinstall, or name it in ISOCENTER_WORKER");
}

}  // namespace iso::host
