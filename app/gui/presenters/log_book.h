#pragma once

#include "iso/base/log.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gui {

struct LogLine {
  log::Level level{log::Level::info};
  std::chrono::system_clock::time_point when;
  std::string topic, text;
};
/// "[WARNING][desktop] 24.11.2026 18:05:33 [core.io] - text"
[[nodiscard]] std::string line_text(const LogLine& line);

/// The log of this run: the last lines in memory for the viewer, all of them in a file of its own. The ten newest files of the
/// folder are kept, and each begins with what a bug report needs. Takes lines from every thread.
class LogBook {
 public:
  /// Sets itself as the sink of the log (`iso::log::set_sink`) for its lifetime; warnings still go to stderr. If the folder cannot
  /// be written, `problem()` says so and the log stays in memory.
  explicit LogBook(std::filesystem::path folder);
  ~LogBook();
  LogBook(const LogBook&) = delete;
  LogBook& operator=(const LogBook&) = delete;

  /// Of at least this level, with `search` (any case) in topic or text; oldest first.
  [[nodiscard]] std::vector<LogLine> lines(log::Level least = log::Level::debug, std::string_view search = {}) const;
  [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }  ///< grows with every line
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }  ///< empty if there is none
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  void take(log::Level level, std::string_view topic, std::string_view text);
  void begin_file();
  void put(const std::string& text);
  std::filesystem::path folder_, file_;
  std::string problem_;
  mutable std::mutex mutex_;  // guards lines_, stream_, written_
  std::deque<LogLine> lines_;
  int stream_{-1};
  std::size_t written_{0};
  std::atomic<std::uint64_t> revision_{0};
};

[[nodiscard]] std::vector<std::filesystem::path> log_files(const std::filesystem::path& folder);  ///< newest first
/// The lines of a log of an earlier run, at most the last `most_bytes` of it; a line cut off at the front is left out.
[[nodiscard]] std::vector<LogLine> read_log(const std::filesystem::path& file, std::size_t most_bytes = 1 << 20);
[[nodiscard]] std::vector<LogLine> filtered(std::vector<LogLine> lines, log::Level least, std::string_view search);
/// Version, system, processor, memory, folders: what a bug report begins with. No names of users or patients.
[[nodiscard]] std::string machine_text();

}  // namespace iso::gui
