#include "iso/base/log.h"

#include "iso/base/error.h"
#include "iso/base/log_file.h"
#include "iso/base/printable.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

namespace iso::log {
namespace {

std::atomic<Level> threshold{Level::warning};
std::atomic<bool> file_is_whole{true};

struct Sinks {
  std::mutex mutex;  // guards the members below
  Sink replaced;
  std::shared_ptr<spdlog::logger> terminal{
      std::make_shared<spdlog::logger>("isocenter", std::make_shared<spdlog::sinks::stderr_sink_mt>())};
  std::shared_ptr<spdlog::logger> file;
  Sinks() {
    terminal->set_pattern("%v");
    terminal->set_level(spdlog::level::trace);
  }
};

Sinks& sinks() {
  static Sinks all;
  return all;
}

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warning", "error", "quiet"};

/// Makes the file for its user alone, because lines name files and thereby patients, or looks whether the one that is there
/// is a log: lines are not put behind data.
void prepare_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  const int problem = errno;
  struct stat status {};
  std::array<char, 16> start{};
  const bool is_plain = file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t count = is_plain ? ::pread(file, start.data(), start.size(), 0) : 0;
  if (file >= 0) ::close(file);
  if (file < 0)
    throw Error{Errc::cannot_write, "the log '" + path + "' cannot be written: " + std::strerror(problem),
                "name a file in a folder that you may write to"};
  const std::string_view text{start.data(), count < 0 ? 0 : static_cast<std::size_t>(count)};
  if (status.st_size == 0 || !is_plain || text.starts_with("[info] ")) return;
  throw Error{Errc::cannot_write, "'" + path + "' exists already and is no log of this program",
              "name a new file for the log"};
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  return level_names[std::min(static_cast<std::size_t>(level), level_names.size() - 1)];
}

std::optional<Level> level_from_string(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(level_names, name);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<Level>(found - level_names.begin());
}

void set_level(Level at) noexcept { threshold = at; }
Level level() noexcept { return threshold; }

void set_sink(Sink sink) {
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  all.replaced = std::move(sink);
}

void to_file(const std::string& path) {
  prepare_file(path);
  const auto file = std::make_shared<spdlog::logger>("file", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  file->set_pattern("[%l] %d.%m.%Y %H:%M:%S %v");
  file->set_level(spdlog::level::trace);
  file->flush_on(spdlog::level::trace);
  file->set_error_handler([](const std::string&) { file_is_whole = false; });
  file_is_whole = true;
  // The first line shows a full disk before any work is done, and where one run ends and the next begins.
  file->info("[{}] [{}] - {}", to_string(Level::info), "core.base", "the log of process " + std::to_string(::getpid()));
  if (!file_is_whole.exchange(true))
    throw Error{Errc::cannot_write, "the log '" + path + "' cannot be written",
                "free some space, or name a file on another disk"};
  // A disk that fills up later is no reason to stop, and one sentence is enough; the exit code tells of it, too.
  file->set_error_handler([path](const std::string&) {
    if (!file_is_whole.exchange(false)) return;
    const std::string text = "isocenter: warning: the log '" + printable(path) + "' cannot be written any more\n";
    [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
  });
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  all.file = file;
}

bool is_file_whole() noexcept { return file_is_whole; }

void line(Level at, std::string_view topic, std::string_view given) {
  const std::string text = printable(given);
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  if (all.file) all.file->info("[{}] [{}] - {}", to_string(at), topic, text);
  if (all.replaced) {
    all.replaced(at, topic, text);
  } else {
    all.terminal->info("{}: {}", to_string(at), text);
    all.terminal->flush();
  }
}

}  // namespace iso::log
