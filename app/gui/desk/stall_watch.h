#pragma once

#include <QObject>

#include <chrono>

class QTimer;

namespace iso::gui {

/// Detects stalls of the desktop's thread by a timer of 50 ms that fires late. Each gap of more
/// than 200 ms is logged as a warning and counted. Time in which the thread wanted to run and had no processor is no fault of
/// the desktop's and is taken off, as the system counts it for this thread (Linux, schedstat: exact; nothing elsewhere).
/// Whatever the thread waits for while it sleeps counts: files, locks, other threads that draw or compute for it.
///
/// Costs a clock reading and two reads of 40 bytes, twenty times a second.
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
  struct Moment {
    std::chrono::steady_clock::time_point time;
    double waited_ms{0};  ///< for a processor, since the thread began
  };
  void beat();
  [[nodiscard]] double waited_ms() const;
  [[nodiscard]] Moment now() const;
  QTimer* timer_;
  int schedstat_{-1};
  int stalls_{0};
  double longest_ms_{0};
  Moment last_;
};

}  // namespace iso::gui
