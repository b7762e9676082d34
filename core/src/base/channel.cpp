#include "iso/base/channel.h"

#include "iso/base/byte_text.h"
#include "iso/base/error.h"
#include "iso/base/json_text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace iso::wire {
namespace {

constexpr std::size_t most_descriptors = 64;  ///< in one message; the kernel allows 253
constexpr std::size_t most_waiting = 256;     ///< that arrived and no message has asked for

// Folders of plugins and of a job may be called by any bytes, too.
void encode_texts(nlohmann::json& json) {
  if (json.is_string()) json = utf8_from_bytes(json.get_ref<const std::string&>());
  if (json.is_structured())
    for (auto& element : json) encode_texts(element);
}

void decode_texts(nlohmann::json& json) {
  if (json.is_string()) json = bytes_from_utf8(json.get_ref<const std::string&>());
  if (json.is_structured())
    for (auto& element : json) decode_texts(element);
}

int milliseconds_until(std::chrono::steady_clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

/// One sendmsg; the descriptors travel with the first byte.
ssize_t send_some(int socket, std::string_view bytes, std::span<const int> descriptors) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(entry), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() { reset(); }

int Descriptor::release() noexcept { return std::exchange(number_, -1); }

void Descriptor::reset() noexcept {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

Channel::Channel(Descriptor socket, std::chrono::milliseconds patience)
    : socket_{std::move(socket)}, patience_{patience} {}

void Channel::send(const nlohmann::json& body, std::span<const int> descriptors) {
  if (descriptors.size() > most_descriptors)
    throw Error(Errc::internal, "a message carries " + std::to_string(descriptors.size()) + " descriptors, at most " +
                                    std::to_string(most_descriptors) + " are possible");
  nlohmann::json announced = body;
  announced["descriptors"] = descriptors.size();
  encode_texts(announced);
  const std::string line = announced.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const auto end = std::chrono::steady_clock::now() + patience_;
  const std::lock_guard lock{sending_};
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t count =
        send_some(socket_.get(), std::string_view{line}.substr(done), done == 0 ? descriptors : std::span<const int>{});
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      bytes_sent_ += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      throw Error(Errc::plugin_crashed,
                  "the other end of the job's socket is gone: " + std::string(std::strerror(errno)));
    pollfd wait{socket_.get(), POLLOUT, 0};
    if (::poll(&wait, 1, milliseconds_until(end)) == 0)
      throw Error(Errc::plugin_crashed, "the other end of the job's socket does not read");
  }
}

bool Channel::fill() {
  std::array<char, 65536> bytes;
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  for (cmsghdr* entry = CMSG_FIRSTHDR(&header); entry != nullptr; entry = CMSG_NXTHDR(&header, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t numbers = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < numbers; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(entry) + i * sizeof(int), sizeof(int));
      arrived_.emplace_back(number);
    }
  }
  if (arrived_.size() > most_waiting)
    throw Error(Errc::plugin_incompatible, "the worker sent more descriptors than its messages announce");
  if (count == 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

bool Channel::take_line(Message& message) {
  const std::size_t end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    if (searched_ > longest_line) throw Error(Errc::plugin_incompatible, "the worker sent a line of more than 256 MiB");
    return false;
  }
  const std::string_view line{buffer_.data(), end};
  message.body =
      nests_deeper_than(line) ? nlohmann::json{} : nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  buffer_.erase(0, end + 1);
  searched_ = 0;
  if (!message.body.is_object() || !message.body.value("type", nlohmann::json{}).is_string())
    throw Error(Errc::plugin_incompatible, "the worker sent a line that is not a message of the job protocol");
  decode_texts(message.body);
  message.descriptors.clear();
  const auto announced = message.body.find("descriptors");
  const std::size_t count =
      announced != message.body.end() && announced->is_number_unsigned() ? announced->get<std::size_t>() : 0;
  if (count > arrived_.size())
    throw Error(Errc::plugin_incompatible, "the worker announced " + std::to_string(count) + " descriptors, " +
                                               std::to_string(arrived_.size()) + " arrived");
  for (std::size_t i = 0; i < count; ++i) {
    message.descriptors.push_back(std::move(arrived_.front()));
    arrived_.pop_front();
  }
  return true;
}

Channel::Got Channel::receive(Message& message, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (take_line(message)) return Got::message;
    pollfd wait{socket_.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, milliseconds_until(end));
    if (ready < 0 && errno == EINTR) return Got::nothing;
    if (ready == 0) return Got::nothing;
    if (!fill()) return Got::closed;
  }
}

std::pair<Descriptor, Descriptor> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(Errc::internal, "no socket for a worker: " + std::string(std::strerror(errno)),
                "raise the limit of open files with ulimit -n");
  return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

}  // namespace iso::wire
