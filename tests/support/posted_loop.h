#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace iso::test {

/// The desktop's thread, without a desktop: what is posted waits here until the test turns.
class Loop {
 public:
  void post(std::function<void()> what) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(what));
    came_.notify_all();
  }
  /// Runs what comes until `done`; false after the time given.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds patience = std::chrono::seconds{10}) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      std::unique_lock lock{mutex_};
      if (!came_.wait_until(lock, end, [&] { return !waiting_.empty(); })) return done();
      const auto what = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      what();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace iso::test
