#pragma once

#include "iso/base/temporary_folder.h"

#include <filesystem>
#include <memory>
#include <stop_token>

namespace iso::cli {

/// While one lives, the first Ctrl-C (or SIGTERM) asks to stop, saying so at once, and the second ends the program, leaving
/// no scratch folder; a third ends it without that.
class Interrupt {
 public:
  Interrupt() : Interrupt{std::filesystem::path{}} {}
  explicit Interrupt(const TemporaryFolder& scratch) : Interrupt{scratch.path()} {}
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
  [[nodiscard]] std::stop_token token() const noexcept;

 private:
  explicit Interrupt(std::filesystem::path scratch);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::cli
