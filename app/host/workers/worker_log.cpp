#include "worker_log.h"

#include "iso/base/log.h"
#include "iso/base/printable.h"

#include <algorithm>
#include <string>

namespace iso::host {
namespace {

constexpr double bytes_beside = 64;     ///< of a line in the log: time, level
constexpr double bytes_of_count = 200;  ///< of the line that says how many were left out

}  // namespace

WorkerLog::~WorkerLog() {
  try {
    say_left_out();
  } catch (...) {  // NOLINT(bugprone-empty-catch): no line is worth a job
  }
}

void WorkerLog::take(const Message& message, Clock::time_point now) {
  const auto line = from_message<LogLine>(message.body);
  if (line.level < log::level()) return;
  const double seconds = std::chrono::duration<double>(now - filled_).count();
  room_ = std::min(most_bytes, room_ + std::max(0.0, seconds) * bytes_a_second);
  filled_ = now;
  const double bytes = bytes_beside + static_cast<double>(line.topic.size() + line.text.size());
  if (bytes > room_) {
    ++left_out_;
    return;
  }
  room_ -= bytes + (left_out_ > 0 ? bytes_of_count : 0);
  say_left_out();
  log::line(line.level, printable(line.topic), line.text);
}

void WorkerLog::say_left_out() {
  if (left_out_ == 0) return;
  log::warning("app.host", left_out_, left_out_ == 1 ? " line" : " lines",
               " of a worker left out: it logged more than 1 MiB, and faster than 4 KiB a second");
  left_out_ = 0;
}

}  // namespace iso::host
