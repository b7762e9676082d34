#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Handover: a second start of the desktop gives its files to the desktop that is already running.
///
/// Every desktop listens on a local socket of its own, "isocenter-desktop-PID.socket", which only processes of the same user
/// reach. A message is one line of JSON, {"handover_version": 1, "files": [...], "hints": {...}}; the answer is "ok" or "no".
namespace iso::gui {

struct Handover {
  std::vector<std::filesystem::path> files;  ///< absolute
  std::map<std::string, std::string> hints;  ///< of the reader, for every file
  friend bool operator==(const Handover&, const Handover&) = default;
};

[[nodiscard]] std::string to_json(const Handover& handover);
[[nodiscard]] Handover handover_from_json(std::string_view text);  ///< throws invalid_input

/// Where the desktop of that process listens: in XDG_RUNTIME_DIR, else in `fallback`. Empty where that is too long a name.
[[nodiscard]] std::filesystem::path handover_socket(int process, const std::filesystem::path& fallback);

/// A socket that listens there; -1 if it cannot (a file system without sockets): then nothing is handed over. What a dead
/// process of the same number has left is replaced.
[[nodiscard]] int listen_for_handover(const std::filesystem::path& socket) noexcept;
/// Whether the process at the other end belongs to this user.
[[nodiscard]] bool same_user(int connection) noexcept;

/// Sends the message to the desktop that listens on the socket and waits at most two seconds; false without an answer.
[[nodiscard]] bool hand_over(const Handover& handover, const std::filesystem::path& socket) noexcept;
/// Process id of the first running desktop that accepted the message; empty if none did.
[[nodiscard]] std::optional<int> hand_over_to_any(const Handover& handover,
                                                  const std::filesystem::path& recovery_parent);

}  // namespace iso::gui
