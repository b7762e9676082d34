#include "stall_watch.h"

#include "iso/base/log.h"

#include <QTimer>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace iso::gui {

namespace {
using Milliseconds = std::chrono::duration<double, std::milli>;

int schedstat(const std::filesystem::path& thread) {
  return ::open((thread / "schedstat").c_str(), O_RDONLY | O_CLOEXEC);
}
}  // namespace

StallWatch::StallWatch(QObject* parent) : QObject{parent}, timer_{new QTimer{this}} {
  own_.file = schedstat("/proc/thread-self");
  connect(timer_, &QTimer::timeout, this, &StallWatch::beat);
  timer_->setTimerType(Qt::PreciseTimer);
  timer_->start(beat_ms);
  reset();
}

StallWatch::~StallWatch() {
  drawing_.push_back(own_);
  for (const Thread& thread : drawing_)
    if (thread.file >= 0) ::close(thread.file);
}

void StallWatch::find_threads() {
  for (const Thread& thread : drawing_) ::close(thread.file);
  drawing_.clear();
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task", gone}) {
    std::string name;
    std::getline(std::ifstream{thread.path() / "comm"}, name);
    if (!name.starts_with("llvmpipe")) continue;
    if (const int file = schedstat(thread.path()); file >= 0) drawing_.push_back({file, 0});
  }
}

void StallWatch::reset() {
  find_threads();
  stalls_ = 0;
  longest_ms_ = 0;
  last_ = std::chrono::steady_clock::now();
  (void)waited_ms();
}

double StallWatch::Thread::waited_ms() {
  std::array<char, 96> text{};
  if (file < 0 || ::pread(file, text.data(), text.size() - 1, 0) <= 0) return 0;
  char* after = nullptr;
  (void)std::strtoull(text.data(), &after, 10);  // nanoseconds run, then nanoseconds waited
  const double all = static_cast<double>(std::strtoull(after, nullptr, 10)) / 1e6;
  return std::max(0.0, all - std::exchange(before_ms, all));
}

double StallWatch::waited_ms() {
  double longest = 0;
  for (Thread& thread : drawing_) longest = std::max(longest, thread.waited_ms());
  return own_.waited_ms() + longest;
}

void StallWatch::beat() {
  const auto now = std::chrono::steady_clock::now();
  const double gap = Milliseconds{now - last_}.count() - beat_ms - waited_ms();
  last_ = now;
  longest_ms_ = std::max(longest_ms_, gap);
  if (gap <= stall_ms) return;
  ++stalls_;
  log::warning("gui", "the window did not answer for ", std::lround(gap), " ms");
  Q_EMIT stalled(gap);
}

}  // namespace iso::gui
