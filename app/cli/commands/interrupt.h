#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

namespace iso::cli {

/// While one lives, the first Ctrl-C (SIGTERM, or SIGHUP when the terminal closes) asks to stop, saying so at once, and the
/// second ends the program, leaving no temporary folder; a third ends it without that. SIGHUP stays ignored where it was when
/// the program started (nohup).
class Interrupt {
 public:
  /// What the first signal does: a command without steps to stop between ends at once, as by the second.
  enum class First : std::uint8_t { asks, ends };
  explicit Interrupt(First first = First::asks);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
  [[nodiscard]] std::stop_token token() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::cli
