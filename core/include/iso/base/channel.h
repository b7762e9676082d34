#pragma once

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// How processes of ours speak with each other. For programs of ours and not for plugins: the only headers of the core that
/// need nlohmann-json are this one and iso/data/dataset_message.h.
namespace iso::wire {

/// An open file descriptor, closed when the owner goes.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{other.release()} {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int release() noexcept;
  void reset() noexcept;

 private:
  int number_{-1};
};

/// One message: a JSON object and the descriptors it brought.
struct Message {
  nlohmann::json body;
  std::vector<Descriptor> descriptors;
};

/// One end of the socket between the program and a process that works for it: one JSON object a line, each with the number of
/// descriptors (of shared pixels) it carries in "descriptors". Several threads may send, one receives.
class Channel {
 public:
  static constexpr std::size_t longest_line = std::size_t{256} << 20;
  enum class Got : std::uint8_t { message, nothing, closed };

  /// `patience`: how long a send waits for an end that does not read. A message cut off by it ends the conversation.
  explicit Channel(Descriptor socket, std::chrono::milliseconds patience = std::chrono::seconds{10});
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  [[nodiscard]] std::size_t bytes_sent() const noexcept { return bytes_sent_; }  ///< without what descriptors share

  /// Throws plugin_crashed when the other end is gone or does not read.
  void send(const nlohmann::json& body, std::span<const int> descriptors = {});

  /// The next message, waiting no longer than `patience`. Throws plugin_incompatible for what is not the protocol:
  /// no JSON, no object, an endless line, fewer descriptors than announced.
  [[nodiscard]] Got receive(Message& message, std::chrono::milliseconds patience);

 private:
  bool take_line(Message& message);
  [[nodiscard]] bool fill();  ///< reads what is there; false at the end

  Descriptor socket_;
  std::chrono::milliseconds patience_;
  std::mutex sending_;  ///< one message at a time
  std::atomic<std::size_t> bytes_sent_{0};
  std::string buffer_;
  std::size_t searched_{0};
  std::deque<Descriptor> arrived_;
};

/// A connected pair, both closed on exec.
[[nodiscard]] std::pair<Descriptor, Descriptor> socket_pair();

}  // namespace iso::wire
