#include "worker_executor.h"

#include "confinement.h"
#include "conversation.h"

#include "iso/base/temporary_folder.h"
#include "iso/io/reader_process.h"
#include "iso/job/run.h"

#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

namespace iso::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds tick{100};  ///< how late the clock is looked at

/// What can be read from as soon as a stop is asked for.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop)
      : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, on_stop_{stop, [this] {
                                                                     const std::uint64_t one = 1;
                                                                     (void)!::write(event_.get(), &one, sizeof one);
                                                                   }} {}
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
  Descriptor event_;
  std::stop_callback<std::function<void()>> on_stop_;  // ends before the event that it writes to
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
        scratch_{std::make_shared<const TemporaryFolder>("isocenter-worker", options.execution.scratch)},
        worker_{program} {}

  job::RunResult run(job::Workspace* workspace) {
    greet();
    send_job(workspace);
    last_heartbeat_ = last_event_ = Clock::now();
    while (!finished_) {
      turn();
      watch();
    }
    return std::move(result_);
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
      check_hello(message);
      return;
    }
    worker_.kill();
    throw Error(Errc::plugin_crashed,
                "the worker did not answer within " + seconds(options_.start_limit) + " s of its start");
  }

  void send_job(job::Workspace* workspace) {
    Packer packer;
    plugin::Datasets datasets;
    const auto add = [&](const std::string& place) {
      if (!job::in_workspace(place)) return;
      const std::string name = place.substr(job::workspace_prefix.size());
      const DatasetPtr data = workspace == nullptr ? nullptr : workspace->find(name);
      if (!data) throw Error(Errc::no_input, "the workspace holds no data set '" + name + "'");
      datasets[name] = data;
    };
    for (const auto& [port, place] : recipe_.inputs) add(place);
    for (const auto& [port, places] : recipe_.collections)
      for (const std::string& place : places) add(place);
    RunRequest request{recipe_, options_.execution, {}, options_.address_space_bytes, pack_ports(packer, datasets)};
    request.options = options_of_worker();
    for (const auto& folder : options_.plugin_directories) request.plugin_directories.push_back(folder.string());
    try {
      worker_.channel().send(to_message(request), packer.descriptors());
    } catch (const Error&) {
      throw_end("before it began");
    }
  }

  void turn() {
    worker_.read_output();
    Message message;
    switch (worker_.channel().receive(message, std::chrono::milliseconds{0})) {
      case Channel::Got::nothing: return worker_.await_news(cancelled_ ? -1 : stop_signal_.descriptor(), tick);
      case Channel::Got::closed: return ended();
      case Channel::Got::message: return take(message);
    }
  }

  void take(Message& message) {
    last_heartbeat_ = Clock::now();
    if (is<JobEvent>(message))
      take_event(message);
    else if (is<RunReply>(message))
      take_result(message);
    else if (is<LogLine>(message))
      log_.take(message);
    else if (to_type(message) == io::question_type)
      read_for_worker(std::move(message.body));
  }

  /// The worker may start no process, and this program reads by one. Nothing that it could not read itself.
  void read_for_worker(nlohmann::json question) {
    reading_ = std::jthread{[this, question = std::move(question)](const std::stop_token& stop) {
      Message answer;
      try {
        for (const auto& file : io::files_in_question(question))
          if (!is_own_checkpoint(question, file) &&
              !may_worker_read(file, options_.plugin_directories, recipe_, options_of_worker()))
            throw Error{Errc::cannot_read, "'" + file.string() + "' cannot be opened: it is no input of the task"};
        answer = io::ask_reader(question, stop);
      } catch (...) {
        answer = {io::answer_with(current_error()), {}};
      }
      std::vector<int> descriptors;
      descriptors.reserve(answer.descriptors.size());
      for (const Descriptor& descriptor : answer.descriptors) descriptors.push_back(descriptor.get());
      try {
        worker_.channel().send(answer.body, descriptors);
      } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the worker is gone, which is seen elsewhere
      }
    }};
  }

  [[nodiscard]] bool is_own_checkpoint(const nlohmann::json& question, const std::filesystem::path& file) const {
    std::error_code problem;
    return io::asks_for_checkpoint(question) &&
           std::filesystem::absolute(job::checkpoint_path(recipe_), problem).lexically_normal() ==
               file.lexically_normal();
  }

  [[nodiscard]] job::ExecutionOptions options_of_worker() const {
    job::ExecutionOptions options = options_.execution;
    options.scratch = scratch_->path();
    return options;
  }

  void take_event(Message& message) {
    last_event_ = Clock::now();
    auto [event, data] = from_message<JobEvent>(message.body);
    if (event.kind == job::EventKind::preview && !data.is_null()) {
      event.data = unpack(data, message);
      job::check_result_data("the preview of task '" + recipe_.task + "'", event.data);
    }
    if (!event.stage.empty()) stage_ = event.stage;
    fraction_ = std::max(fraction_, event.fraction);
    if (on_event_) on_event_(event);
  }

  void take_result(Message& message) {
    auto reply = from_message<RunReply>(message.body);
    result_.record = std::move(reply.record);
    std::string with_defaults = std::move(result_.record.recipe.parameters_json);
    result_.record.recipe = recipe_;  // where results go is for this side to say
    result_.record.recipe.parameters_json = std::move(with_defaults);
    result_.outputs = unpack_ports(reply.outputs, message);
    for (const auto& [port, items] : result_.outputs)
      for (const DatasetPtr& data : items.all())
        job::check_result_data("output '" + port + "' of task '" + recipe_.task + "'", data);
    for (const auto& [name, file] : reply.attachments) result_.attachments[name] = own_attachment(name, file);
    for (const auto& [name, attachment] : result_.record.attachments)
      if (!result_.attachments.contains(name)) (void)own_attachment(name, {});
    result_.folders.push_back(scratch_);
    finished_ = true;
    worker_.wait(std::chrono::milliseconds{500});
  }

  /// A file that the worker attached: it lies in the scratch folder, is no link, and has a plain name.
  [[nodiscard]] std::filesystem::path own_attachment(const std::string& name, const std::filesystem::path& file) const {
    std::error_code problem;
    const auto folder = std::filesystem::canonical(scratch_->path(), problem).string() + "/";
    auto real = std::filesystem::canonical(file, problem).string();
    if (!problem && job::is_attachment_name(name) && real.starts_with(folder) &&
        std::filesystem::is_regular_file(real, problem))
      return real;
    throw Error(Errc::invalid_result,
                "task '" + recipe_.task + "' attached '" + name + "', which is no file of its scratch folder",
                "report this to the author of the plugin");
  }

  /// Looks at the clock: cancel, grace, heartbeat, silence.
  void watch() {
    if (finished_) return;
    const auto moment = Clock::now();
    if (stop_.stop_requested() && !cancelled_) {
      cancelled_ = moment;
      try {
        worker_.channel().send(to_message(Cancel{}));
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
      throw Error(
          Errc::plugin_crashed, task + "was killed from outside" + space + when,
          "most often the kernel does so when memory runs out; use a smaller grid, or ask for an estimate first");
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
  StopSignal stop_signal_{stop_};
  const job::OnEvent& on_event_;
  std::shared_ptr<const TemporaryFolder> scratch_;  // outlives the worker, and holds what was attached
  WorkerProcess worker_;
  WorkerLog log_;
  std::jthread reading_;  // of a file for the worker; goes first
  job::RunResult result_;
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
    job::RunResult result;
    try {
      check_places(recipe, options_.execution);
      result = Session{recipe, options_, options_.program, stop, on_event}.run(workspace_.get());
    } catch (...) {
      result.outputs.clear();
      result.record = {};
      result.record.recipe = recipe;
      put_error(result.record, current_error());
    }
    result.record.isolation = job::Isolation::worker;
    deliver(result, *data_, options_.execution);
    if (on_event) on_event(end_event(result.record));
    return std::move(result.record);
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
