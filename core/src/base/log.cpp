#include "iso/base/log.h"

#include "iso/base/printable.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <mutex>

namespace iso::log {
namespace {

std::atomic<Level> threshold{Level::warning};

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

constexpr std::string_view name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
    case Level::quiet: break;
  }
  return "quiet";
}

}  // namespace

void set_level(Level at) noexcept { threshold = at; }
Level level() noexcept { return threshold; }

void set_sink(Sink sink) {
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  all.replaced = std::move(sink);
}

void to_file(const std::string& path) {
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  all.file = std::make_shared<spdlog::logger>("file", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  all.file->set_pattern("[%l] %d.%m.%Y %H:%M:%S %v");
  all.file->set_level(spdlog::level::trace);
  all.file->flush_on(spdlog::level::trace);
}

void line(Level at, std::string_view topic, std::string_view given) {
  const std::string text = printable(given);
  auto& all = sinks();
  const std::lock_guard lock{all.mutex};
  if (all.file) all.file->info("[{}] [{}] - {}", name(at), topic, text);
  if (all.replaced) {
    all.replaced(at, topic, text);
  } else {
    all.terminal->info("{}: {}", name(at), text);
    all.terminal->flush();
  }
}

}  // namespace iso::log
