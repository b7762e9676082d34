#pragma once

#include "process.h"
#include "worker_log.h"

#include "../protocol/messages.h"

#include <chrono>
#include <span>
#include <string>

namespace iso::host {

/// Throws plugin_incompatible unless a first message is the Hello of a worker that speaks our protocol.
void check_hello(const Message& message);

/// Questions to a warm worker and its replies, one at a time. Whatever becomes of the worker is an Error.
class Conversation {
 public:
  /// Starts the worker and hears its Hello. `subject` is who is spoken of in errors: "task 'example/smoothing'".
  Conversation(const std::filesystem::path& program, std::string subject, std::chrono::milliseconds start_limit);

  template <class T>
  void send(const T& message, std::span<const int> descriptors = {}) {
    send_body(to_message(message), descriptors);
  }
  /// The reply. Throws the error of an ErrorReply; plugin_crashed if the worker dies, or is not heard of within `limit` and
  /// killed for it.
  template <class T>
  [[nodiscard]] Message expect(std::chrono::milliseconds limit) {
    return expect_type(T::type, limit);
  }
  [[nodiscard]] std::size_t bytes_sent() const noexcept { return worker_.channel().bytes_sent(); }

 private:
  void send_body(const nlohmann::json& body, std::span<const int> descriptors);
  [[nodiscard]] Message expect_type(std::string_view type, std::chrono::milliseconds limit);
  [[noreturn]] void died();

  std::string subject_;
  WorkerProcess worker_;
  WorkerLog log_;
};

}  // namespace iso::host
