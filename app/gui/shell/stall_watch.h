#pragma once

#include <QObject>

#include <chrono>
#include <vector>

class QTimer;

namespace iso::gui {

/// Notices when the desktop's thread does not answer: a timer that should come every 50 ms and comes late. Each gap of more
/// than 200 ms is logged as a warning and counted. Time in which the thread, or a thread of software OpenGL that draws for
/// it, wanted to run and other programs had the processors is no fault of the desktop's; it is taken off where the system
/// tells it (Linux, schedstat).
///
/// Costs two clock readings and one read of 40 bytes a thread, twenty times a second.
class StallWatch : public QObject {
  Q_OBJECT
 public:
  static constexpr int beat_ms = 50;
  static constexpr double stall_ms = 200;
  explicit StallWatch(QObject* parent = nullptr);
  ~StallWatch() override;
  [[nodiscard]] int stalls() const noexcept { return stalls_; }
  [[nodiscard]] double longest_ms() const noexcept { return longest_ms_; }  ///< the longest gap, stall or not
  void reset();                                                             ///< counts anew from this moment

 Q_SIGNALS:
  void stalled(double milliseconds);

 private:
  void beat();
  void find_threads();
  /// For a processor since the last call: our thread's time and the longest of those that draw.
  [[nodiscard]] double waited_ms();
  /// One thread's schedstat.
  struct Thread {
    int file{-1};
    double before_ms{0};
    [[nodiscard]] double waited_ms();
  };
  QTimer* timer_;
  Thread own_;
  std::vector<Thread> drawing_;
  int stalls_{0};
  double longest_ms_{0};
  std::chrono::steady_clock::time_point last_;
};

}  // namespace iso::gui
