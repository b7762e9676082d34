#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

namespace iso::cli {

/// Parent of the folders that jobs keep while they run, gone with it.
class ScratchFolder {
 public:
  ScratchFolder();  ///< in TMPDIR or /tmp; throws output_directory
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// While one lives, the first Ctrl-C (or SIGTERM) asks to stop, saying so at once, and the second ends the program, leaving
/// no scratch folder; a third ends it without that.
class Interrupt {
 public:
  Interrupt() : Interrupt{std::filesystem::path{}} {}
  explicit Interrupt(const ScratchFolder& scratch) : Interrupt{scratch.path()} {}
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
