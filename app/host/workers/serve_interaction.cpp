#include "serve_interaction.h"

#include "../protocol/messages.h"
#include "confinement.h"

#include "iso/base/error.h"
#include "iso/job/interaction.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace iso::host {
namespace {

/// Hears the program while an answer is being made: questions wait their turn, a stop is passed on at once.
class Listener {
 public:
  explicit Listener(Channel& channel) : channel_{channel}, thread_{[this] { listen(); }} {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { thread_.detach(); }  // it waits in the socket; the process ends without it

  /// The next question, or nothing when the program has gone.
  std::optional<Message> next(std::stop_source& stop) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return gone_ || !waiting_.empty(); });
    if (waiting_.empty()) return {};
    Message message = std::move(waiting_.front());
    waiting_.pop_front();
    answering_ = stop = std::stop_source{};
    return message;
  }

 private:
  void listen() {
    Channel::Got got = Channel::Got::nothing;
    while (got != Channel::Got::closed) {
      Message message;
      try {
        got = channel_.receive(message, std::chrono::seconds{3600});
      } catch (const Error&) {
        got = Channel::Got::closed;
      }
      const std::lock_guard lock{mutex_};
      if (got == Channel::Got::closed) gone_ = true;
      if (gone_ || is<StopAnswer>(message)) answering_.request_stop();
      if (got == Channel::Got::message && is<AnswerRequest>(message)) waiting_.push_back(std::move(message));
      changed_.notify_all();
    }
  }

  Channel& channel_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::deque<Message> waiting_;
  std::stop_source answering_;
  bool gone_{false};
  std::thread thread_;
};

void answer(Channel& channel, const Message& message, job::InteractionSession& session, const std::stop_token& stop) {
  const auto request = from_message<AnswerRequest>(message.body);
  job::InteractionAnswer given =
      session.answer(request.marks, request.parameters_json, std::chrono::milliseconds{request.budget_ms}, stop);
  Packer packer;
  const AnswerReply reply{pack_ports(packer, given.outputs), given.fraction, std::move(given.figures),
                          std::move(given.warnings)};
  channel.send(to_message(reply), packer.descriptors());  // once everything is packed
}

}  // namespace

int serve_interaction(Channel& channel, Message& message, const WorkerParts& parts) {
  std::unique_ptr<job::TaskSource> source;
  compute::BackendRegistry registry;
  std::optional<job::InteractionSession> session;
  try {
    auto request = from_message<InteractRequest>(message.body);
    parts.backends(registry, request.recipe.device);
    const auto folders = plugin_folders(request.plugin_directories);
    source = parts.source(folders);  // reads manifests
    confine_worker(folders, {}, request.options, registry,
                   source->permitted_needs(request.recipe.task));  // then code of a plugin
    session.emplace(request.recipe, unpack_ports(request.inputs, message), *source, registry, request.options);
    channel.send(to_message(Ready{}));
  } catch (...) {
    const Error problem = current_error();
    channel.send(to_message(ErrorReply{problem}));
    return exit_code(problem.code());
  }
  Listener listener{channel};
  std::stop_source stop;
  while (std::optional<Message> next = listener.next(stop)) {
    try {
      answer(channel, *next, *session, stop.get_token());
    } catch (...) {
      channel.send(to_message(ErrorReply{current_error()}));
    }
  }
  session.reset();  // its scratch folder goes with it
  std::_Exit(0);
}

}  // namespace iso::host
