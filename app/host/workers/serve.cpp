#include "serve.h"

#include "confinement.h"
#include "descendants.h"
#include "serve_interaction.h"
#include "serve_plans.h"

#include "../protocol/messages.h"
#include "../startup/modules.h"

#include "iso/base/log.h"
#include "iso/base/threads.h"
#include "iso/io/reader_process.h"
#include "iso/job/run.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <span>
#include <thread>

namespace iso::host {
namespace {

constexpr int socket_number = 3;
constexpr std::chrono::hours patience{24};  ///< with a busy program; a dead one is heard of at once
constexpr std::chrono::milliseconds between_heartbeats{500};

/// Ends as another process did, so that whoever waits for this one sees the same.
[[noreturn]] void end_like(int status) {
  if (WIFSIGNALED(status)) {
    sigset_t none;
    ::sigemptyset(&none);
    ::signal(WTERMSIG(status), SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::raise(WTERMSIG(status));
  }
  std::_Exit(WEXITSTATUS(status));
}

/// The work is done by a child of its own; this process waits for its end and then ends whatever it started, also what has
/// left its group or lost its parent. SIGTERM, by which the program asks for an end, ends the child first; so does the end
/// of the program, which is heard of by SIGCONT, because that wakes a process that was stopped.
void supervise(pid_t program) {
  adopt_orphans();
  sigset_t awaited, before;
  ::sigemptyset(&awaited);
  for (const int number : {SIGCHLD, SIGTERM, SIGCONT}) ::sigaddset(&awaited, number);
  ::sigprocmask(SIG_BLOCK, &awaited, &before);
  const pid_t supervisor = ::getpid();
  const pid_t worker = ::fork();
  if (worker < 0) {
    std::cerr << "the worker cannot start its process: " << std::strerror(errno) << "\n";
    std::_Exit(exit_code(Errc::internal));
  }
  if (worker == 0) {
    ::setpgid(0, 0);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != supervisor) std::_Exit(0);
    return;
  }
  ::setpgid(worker, worker);
  ::close(socket_number);  // its end is the end of the child
  int status = 0, number = 0;
  while (::waitpid(worker, &status, WNOHANG) == 0) {
    const bool asked = ::sigwait(&awaited, &number) == 0 && number == SIGTERM;
    if (asked || ::getppid() != program) ::kill(-worker, SIGKILL);
  }
  ::kill(-worker, SIGKILL);
  end_descendants();
  end_like(status);
}

/// What stands behind "--NAME=" among the arguments.
std::string_view option(std::span<char*> arguments, std::string_view name) {
  for (const std::string_view word : arguments)
    if (word.starts_with(name)) return word.substr(name.size());
  return {};
}

/// Ends with its parent, is the first to go when memory runs out, and leaves no core file of gigabytes.
void become_worker(std::string_view parent_number) {
  ::prctl(PR_SET_PDEATHSIG, SIGCONT);
  int parent = 0;
  std::from_chars(parent_number.data(), parent_number.data() + parent_number.size(), parent);
  if (parent == 0 || ::fcntl(socket_number, F_GETFD) < 0) {
    std::cerr << "isocenter-worker is started by isocenter, not by hand\n";
    std::_Exit(exit_code(Errc::usage));
  }
  if (::getppid() != parent) std::_Exit(0);  // it died before we could ask to be told
  ::fcntl(socket_number, F_SETFD, FD_CLOEXEC);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  supervise(parent);
  std::ofstream{"/proc/self/oom_score_adj"} << 500;
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

/// Sends signs of life until it goes.
class Heart {
 public:
  explicit Heart(Channel& channel) : thread_{[this, &channel](const std::stop_token& stop) { beat(channel, stop); }} {}

 private:
  void beat(Channel& channel, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any pause;
    std::unique_lock lock{mutex};
    while (!stop.stop_requested()) {
      try {
        channel.send(to_message(Heartbeat{}));
      } catch (const Error&) {
        std::_Exit(0);  // nobody is there to work for
      } catch (const std::bad_alloc&) {
        // the task took all memory for a moment; the next beat will come through
      }
      pause.wait_for(lock, stop, between_heartbeats, [] { return false; });
    }
  }
  std::jthread thread_;
};

/// Files that this process may not read itself, because it may start none to read them: the program is asked, one file after
/// the other.
class AskedFiles {
 public:
  Message ask(Channel& channel, const nlohmann::json& question) {
    const std::lock_guard one_at_a_time{asking_};
    channel.send(question);
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [&] { return answer_.has_value(); });
    Message answer = std::move(*answer_);
    answer_.reset();
    return answer;
  }
  void take(Message&& answer) {
    const std::lock_guard lock{mutex_};
    answer_ = std::move(answer);
    arrived_.notify_one();
  }

 private:
  std::mutex asking_, mutex_;  // one question at a time; answer_
  std::condition_variable arrived_;
  std::optional<Message> answer_;
};

/// Hears the cancel, answers at once, and ends the process when the other end is gone.
void listen(Channel& channel, std::stop_source& cancel, AskedFiles& files) {
  Message message;
  while (true) {
    try {
      const auto got = channel.receive(message, std::chrono::seconds{3600});
      if (got == Channel::Got::closed) std::_Exit(0);
      if (got == Channel::Got::message && to_type(message) == io::answer_type) files.take(std::exchange(message, {}));
      if (got != Channel::Got::message || !is<Cancel>(message)) continue;
      job::Event event;
      event.state = job::State::cancelling;
      event.stage = "cancelling";
      channel.send(to_message(JobEvent{event, {}}));
      cancel.request_stop();
    } catch (const Error&) {
      std::_Exit(exit_code(Errc::internal));
    } catch (const std::bad_alloc&) {
      cancel.request_stop();  // the answer could not be sent for want of memory; stopping gives it back
    }
  }
}

/// The first message, which says what this worker is for.
Message receive_first(Channel& channel) {
  channel.send(to_message(Hello{.process = ::getpid()}));
  Message message;
  while (true) {
    const auto got = channel.receive(message, std::chrono::seconds{60});
    if (got == Channel::Got::closed) std::_Exit(0);
    if (got == Channel::Got::message &&
        (is<RunRequest>(message) || is<PlanRequest>(message) || is<InteractRequest>(message)))
      return message;
  }
}

/// What is logged here stands in the log of the program, which named the least level at the start.
void log_to_program(Channel& channel, std::string_view level) {
  log::set_level(log::level_from_string(level).value_or(log::Level::warning));
  log::set_sink([&channel](log::Level at, std::string_view topic, std::string_view text) {
    try {
      channel.send(to_message(LogLine{at, std::string{topic}, std::string{text}}));
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): no line is worth a job; a program that has gone is heard of elsewhere
    }
  });
}

void limit_memory(std::size_t bytes) {
  if (bytes == 0) return;
    // The shadow memory of sanitizers takes terabytes of addresses; under a limit they could not even report.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

/// More than any plan may be wrong by: a method that takes twice what it said is not stopped for it.
std::size_t allowance(const job::Estimate& needed) {
  constexpr std::size_t always = std::size_t{1} << 30;
  constexpr std::size_t a_thread = std::size_t{136}
                                   << 20;  // its stack, and addresses that the C library sets aside for it
  return 2 * needed.total() + always + static_cast<std::size_t>(ThreadBudget::threads()) * a_thread;
}

/// Limits the addresses of this process to what it has and what the plan may need. What is allowed; 0: nothing is limited,
/// because a driver sets aside addresses of its own.
std::size_t limit_to_plan(const job::Estimate& needed, const std::string& backend) {
  if (backend.starts_with("cuda")) return 0;
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  rlimit before{};
  if (pages == 0 || ::getrlimit(RLIMIT_AS, &before) != 0) return 0;
  const std::size_t more = allowance(needed), all = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + more;
  if (before.rlim_cur != RLIM_INFINITY && before.rlim_cur <= all) return 0;
  limit_memory(all);
  return more;
}

void send_event(Channel& channel, const job::Event& event) {
  Packer packer;
  JobEvent message{event, {}};
  if (event.data) message.data = packer.pack(*event.data);
  channel.send(to_message(message), packer.descriptors());
}

job::RunResult run_job(Channel& channel, Message& message, const WorkerParts& parts, const std::stop_token& stop,
                       AskedFiles& files) {
  job::RunResult result;
  try {
    const auto request = from_message<RunRequest>(message.body);
    result.record.recipe = request.recipe;
    const auto workspace = std::make_shared<job::Workspace>();
    for (const auto& [name, data] : unpack_ports(request.datasets, message)) workspace->put(name, data);
    compute::BackendRegistry registry;
    parts.backends(registry, request.recipe.device);
    limit_memory(request.address_space_bytes);
    const auto folders = plugin_folders(request.plugin_directories);
    const auto source = parts.source(folders);  // reads manifests; code of a plugin runs confined
    io::ask_reader_through([&](const nlohmann::json& question) { return files.ask(channel, question); });
    use_runtime_module(request.recipe.task.substr(0, request.recipe.task.find('/')));
    confine_worker(folders, request.recipe, request.options, registry, source->permitted_needs(request.recipe.task));
    const auto data = job::make_data_access(workspace);
    std::size_t allowed = 0;
    const auto planned = [&](const job::Estimate& needed, const std::string& backend) {
      if (!request.options.ignore_memory) allowed = limit_to_plan(needed, backend);
    };
    result = run_task(request.recipe, {*source, registry, *data, request.options, planned}, stop,
                      [&](const job::Event& event) { send_event(channel, event); });
    if (result.record.error == Errc::out_of_memory && allowed > 0)
      result.record.error_hint = "by its plan it may take " + job::in_words(allowed) +
                                 " in a worker; --ignore-memory lifts that, the author of the plugin can mend the plan";
  } catch (...) {
    result.outputs.clear();
    put_error(result.record, current_error());
  }
  return result;
}

void send_result(Channel& channel, const job::RunResult& result) {
  Packer packer;
  RunReply reply{result.record, pack_ports(packer, result.outputs), {}};
  for (const auto& [name, file] : result.attachments) reply.attachments[name] = file.string();
  channel.send(to_message(reply), packer.descriptors());
}

}  // namespace

std::vector<std::filesystem::path> plugin_folders(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

int serve_worker(int argc, char** argv, const WorkerParts& parts) {
  const std::span<char*> arguments{argv, static_cast<std::size_t>(argc)};
  become_worker(option(arguments, "--parent="));
  Channel channel{Descriptor{socket_number}, patience};
  int code = 0;
  try {
    Message message = receive_first(channel);
    log_to_program(channel, option(arguments, "--log="));
    if (is<InteractRequest>(message)) std::_Exit(serve_interaction(channel, message, parts));
    if (is<PlanRequest>(message)) std::_Exit(serve_plans(channel, message, parts));
    std::stop_source cancel;
    AskedFiles files;
    std::thread{[&] { listen(channel, cancel, files); }}.detach();  // ends with the process, by _Exit below
    const Heart heart{channel};
    job::RunResult result = run_job(channel, message, parts, cancel.get_token(), files);
    try {
      send_result(channel, result);
    } catch (const Error& problem) {
      if (problem.code() == Errc::plugin_crashed) throw;
      result.outputs.clear();
      put_error(result.record, problem);  // no shared memory for the results
      send_result(channel, result);
    }
    code = result.record.error ? exit_code(*result.record.error) : 0;
    std::_Exit(code);  // without the destructors of a plugin: the result is whole
  } catch (...) {
    const Error problem = current_error();
    std::cerr << problem.what() << "\n";
    code = exit_code(problem.code());
  }
  std::_Exit(code);
}

}  // namespace iso::host
