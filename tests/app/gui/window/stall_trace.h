#pragma once

#include <QTimer>

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace iso::gui::test {

/// Where the thread that made it is while it does not answer: a second thread interrupts it once a gap lasts 150 ms and keeps
/// the calls it is in, so that a test that finds a stall can say what stalls. One at a time.
class StallTrace {
 public:
  StallTrace();
  ~StallTrace();
  StallTrace(const StallTrace&) = delete;
  StallTrace& operator=(const StallTrace&) = delete;
  /// The calls of every gap so far, innermost first, our own and VTK's and Qt's names as far as the linker kept them.
  [[nodiscard]] std::string text() const;

 private:
  void watch(const std::stop_token& stop);
  pthread_t watched_;
  QTimer beat_;
  std::atomic<std::chrono::steady_clock::time_point> last_;
  std::jthread thread_;
};

}  // namespace iso::gui::test
