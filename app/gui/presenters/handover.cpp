#include "handover.h"

#include "gui/model/journal.h"

#include "iso/base/error.h"
#include "iso/base/json_text.h"

#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace iso::gui {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;
constexpr int handover_version = 1;
constexpr timeval patience{2, 0};

sockaddr_un make_address(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  return address;
}

/// Closes itself.
class Socket {
 public:
  Socket() noexcept : handle_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  ~Socket() {
    if (handle_ >= 0) ::close(handle_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const noexcept { return handle_; }
  [[nodiscard]] int release() noexcept { return std::exchange(handle_, -1); }

 private:
  int handle_;
};

bool send_all(int connection, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

std::string to_json(const Handover& handover) {
  Json files = Json::array();
  for (const fs::path& file : handover.files) files.push_back(file.string());
  return Json{{"handover_version", handover_version}, {"files", files}, {"hints", handover.hints}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

Handover handover_from_json(std::string_view text) {
  Handover handover;
  try {
    if (nests_deeper_than(text)) throw Error{Errc::invalid_input, "a message to this desktop is nested without end"};
    const Json j = Json::parse(text.begin(), text.end());
    if (j.at("handover_version").get<int>() != handover_version)
      throw Error{Errc::invalid_input, "a message to this desktop is of another version of Isocenter"};
    for (const Json& file : j.at("files")) handover.files.emplace_back(file.get<std::string>());
    handover.hints = j.at("hints").get<std::map<std::string, std::string>>();
  } catch (const Json::exception&) {
    throw Error{Errc::invalid_input, "a message to this desktop could not be understood"};
  }
  return handover;
}

fs::path handover_socket(int process, const fs::path& fallback) {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code problem;
  const bool there = runtime != nullptr && *runtime != '\0' && fs::is_directory(runtime, problem);
  fs::path socket =
      (there ? fs::path{runtime} : fallback) / ("isocenter-desktop-" + std::to_string(process) + ".socket");
  if (socket.string().size() >= sizeof(sockaddr_un{}.sun_path)) return {};
  return socket;
}

int listen_for_handover(const fs::path& socket) noexcept {
  if (socket.empty()) return -1;
  Socket listening;
  const sockaddr_un address = make_address(socket);
  ::unlink(socket.c_str());
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  if (listening.get() < 0 || ::bind(listening.get(), raw, sizeof address) != 0 || ::listen(listening.get(), 8) != 0)
    return -1;
  return listening.release();
}

bool same_user(int connection) noexcept {
  ucred other{};
  socklen_t size = sizeof other;
  return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == ::geteuid();
}

bool hand_over(const Handover& handover, const fs::path& socket) noexcept {
  if (socket.empty()) return false;
  try {
    const Socket connection;
    const sockaddr_un address = make_address(socket);
    for (const int what : {SO_SNDTIMEO, SO_RCVTIMEO})
      ::setsockopt(connection.get(), SOL_SOCKET, what, &patience, sizeof patience);
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        !same_user(connection.get()) || !send_all(connection.get(), to_json(handover) + "\n"))
      return false;
    char answer[2]{};
    return ::recv(connection.get(), answer, sizeof answer, MSG_WAITALL) == 2 && answer[0] == 'o' && answer[1] == 'k';
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<int> hand_over_to_any(const Handover& handover, const fs::path& recovery_parent) {
  for (const int process : living_desktops(recovery_parent))
    if (hand_over(handover, handover_socket(process, recovery_parent))) return process;
  return {};
}

}  // namespace iso::gui
