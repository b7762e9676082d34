#include "stall_watch.h"

#include "iso/base/log.h"

#include <QTimer>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace iso::gui {

StallWatch::StallWatch(QObject* parent)
    : QObject{parent},
      timer_{new QTimer{this}},
      schedstat_{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)} {
  connect(timer_, &QTimer::timeout, this, &StallWatch::beat);
  timer_->setTimerType(Qt::PreciseTimer);
  timer_->start(beat_ms);
  reset();
}

StallWatch::~StallWatch() {
  if (schedstat_ >= 0) ::close(schedstat_);
}

void StallWatch::reset() {
  stalls_ = 0;
  longest_ms_ = 0;
  last_ = now();
}

double StallWatch::waited_ms() const {
  std::array<char, 96> text{};
  if (schedstat_ < 0 || ::pread(schedstat_, text.data(), text.size() - 1, 0) <= 0) return 0;
  char* after = nullptr;
  (void)std::strtoull(text.data(), &after, 10);  // nanoseconds run, then nanoseconds waited
  return static_cast<double>(std::strtoull(after, nullptr, 10)) / 1e6;
}

/// Both at one moment: read again where the thread had to wait in between, else the time would count here and the wait there.
StallWatch::Moment StallWatch::now() const {
  Moment moment{{}, waited_ms()};
  for (int tries = 0; tries < 8; ++tries) {
    moment.time = std::chrono::steady_clock::now();
    const double after = waited_ms();
    if (after == moment.waited_ms) break;
    moment.waited_ms = after;
  }
  return moment;
}

void StallWatch::beat() {
  const Moment moment = now();
  const std::chrono::duration<double, std::milli> passed = moment.time - last_.time;
  const double gap = passed.count() - beat_ms - (moment.waited_ms - last_.waited_ms);
  last_ = moment;
  longest_ms_ = std::max(longest_ms_, gap);
  if (gap <= stall_ms) return;
  ++stalls_;
  log::warning("gui", "the window did not answer for ", std::lround(gap), " ms");
  Q_EMIT stalled(gap);
}

}  // namespace iso::gui
