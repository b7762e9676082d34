#pragma once

#include <memory>
#include <stop_token>

namespace iso::cli {

/// While one lives, the first Ctrl-C (or SIGTERM) asks to stop, saying so at once, and the second ends the program.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
  [[nodiscard]] std::stop_token token() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::cli
