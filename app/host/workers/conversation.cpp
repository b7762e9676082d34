#include "conversation.h"

#include "iso/base/error.h"

#include <sys/wait.h>

#include <cstring>

namespace iso::host {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds tick{20};

}  // namespace

void check_hello(const Message& message) {
  std::string spoken = "nothing that this program knows";
  try {
    const auto hello = from_message<Hello>(message.body);
    if (is<Hello>(message) && hello.major == protocol_major) return;
    spoken = "version " + std::to_string(hello.major) + "." + std::to_string(hello.minor);
  } catch (const Error&) {  // said below
  }
  throw Error(Errc::plugin_incompatible,
              "the worker speaks " + spoken + " of the worker protocol, this program speaks version " +
                  std::to_string(protocol_major) + "." + std::to_string(protocol_minor),
              "install program and worker from one package");
}

Conversation::Conversation(const std::filesystem::path& program, std::string subject,
                           std::chrono::milliseconds start_limit)
    : subject_{std::move(subject)}, worker_{program} {
  check_hello(expect<Hello>(start_limit));
}

void Conversation::send_body(const nlohmann::json& body, std::span<const int> descriptors) {
  try {
    worker_.channel().send(body, descriptors);
  } catch (const Error& problem) {
    if (problem.code() != Errc::plugin_crashed) throw;
    died();
  }
}

Message Conversation::expect_type(std::string_view type, std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  Message message;
  while (Clock::now() < until) {
    worker_.read_output();
    switch (worker_.channel().receive(message, tick)) {
      case Channel::Got::nothing: continue;
      case Channel::Got::closed: died();
      case Channel::Got::message: break;
    }
    if (is<LogLine>(message)) log_.take(message);
    if (is<ErrorReply>(message)) throw from_message<ErrorReply>(message.body).error();
    if (to_type(message) == type || is<Hello>(message)) return message;
  }
  worker_.kill();
  throw Error(Errc::plugin_crashed,
              subject_ + " did not answer within " + std::to_string(limit.count()) + " ms and was ended",
              "report this to the author of the plugin");
}

void Conversation::died() {
  const int status = worker_.wait(std::chrono::milliseconds{500});
  std::string how = "ended with exit code " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigdescr_np(WTERMSIG(status));
    how = "crashed with signal " + std::to_string(WTERMSIG(status)) + " (" + (name == nullptr ? "unknown" : name) + ")";
  }
  const std::string printed = worker_.tail();
  throw Error(Errc::plugin_crashed, subject_ + " " + how + " while it answered",
              "report this to the author of the plugin" + (printed.empty() ? "" : "; it printed last:\n" + printed));
}

}  // namespace iso::host
