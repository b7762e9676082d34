#include "iso/base/threads.h"

#include "iso/base/error.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace iso {
namespace {

int count_available() noexcept {
  cpu_set_t set;
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (std::ifstream quota{"/sys/fs/cgroup/cpu.max"}; quota) {
    std::string limit;
    double period = 0;
    if (quota >> limit >> period && limit != "max" && period > 0) {
      cores = std::min(cores, std::max(1, static_cast<int>(std::atof(limit.c_str()) / period)));
    }
  }
  if (const char* slurm = std::getenv("SLURM_CPUS_PER_TASK")) cores = std::min(cores, std::max(1, std::atoi(slurm)));
  return std::max(1, cores);
}

std::atomic<int>& budget() noexcept {
  static std::atomic<int> threads{count_available()};
  return threads;
}

using Body = std::function<void(std::int64_t, std::int64_t)>;

/// A loop that its caller and helpers work on. Chunks are taken in order, by whoever comes.
class Loop {
 public:
  Loop(std::int64_t count, std::int64_t grain, const Body& body) : count_{count}, grain_{grain}, body_{&body} {}
  [[nodiscard]] bool finished() const noexcept { return next_.load(std::memory_order_relaxed) * grain_ >= count_; }
  void work() noexcept {
    for (;;) {
      const std::int64_t begin = next_.fetch_add(1, std::memory_order_relaxed) * grain_;
      if (begin >= count_) return;
      try {
        (*body_)(begin, std::min(count_, begin + grain_));
      } catch (...) {
        const std::lock_guard lock{mutex_};
        if (!failure_) failure_ = std::current_exception();
      }
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  int places{0};   ///< for helpers that may still join; guarded by the crew's mutex
  int helpers{0};  ///< at work; likewise
  std::condition_variable helper_left;

 private:
  std::int64_t count_, grain_;
  const Body* body_;
  std::atomic<std::int64_t> next_{0};
  std::exception_ptr failure_;
  std::mutex mutex_;  // guards failure_
};

thread_local bool inside_loop = false;

/// The threads of this process that help with loops. They sleep while there is nothing to do, so that they take no time from
/// other processes, and are never ended: the object outlives main, and at exit they sleep.
class Crew {
 public:
  static Crew& get() {
    static Crew* const crew = new Crew;  // kept: threads use it until the process ends
    return *crew;
  }

  void run(Loop& loop, int helpers) {
    {
      const std::lock_guard lock{mutex_};
      recruit(helpers);
      loop.places = std::min(helpers, size_);
      loops_.push_back(&loop);
    }
    for (int i = 0; i < helpers; ++i) work_came_.notify_one();
    loop.work();
    std::unique_lock lock{mutex_};
    loops_.remove(&loop);
    loop.helper_left.wait(lock, [&] { return loop.helpers == 0; });
  }

 private:
  /// As many threads as the largest loop so far could use. Where the system gives fewer, loops have fewer.
  void recruit(int wanted) {
    while (size_ < wanted) {
      try {
        std::thread([this] { help(); }).detach();
      } catch (const std::system_error&) {
        return;
      }
      ++size_;
    }
  }

  void help() {
    inside_loop = true;
    std::unique_lock lock{mutex_};
    for (;;) {
      Loop* loop = nullptr;
      work_came_.wait(lock, [&] {
        const auto found = std::ranges::find_if(loops_, [](Loop* l) { return l->places > 0 && !l->finished(); });
        loop = found == loops_.end() ? nullptr : *found;
        return loop != nullptr;
      });
      --loop->places;
      ++loop->helpers;
      lock.unlock();
      loop->work();
      lock.lock();
      if (--loop->helpers == 0) loop->helper_left.notify_one();
    }
  }

  std::mutex mutex_;  // guards all below, and `places` and `helpers` of loops
  std::condition_variable work_came_;
  std::list<Loop*> loops_;
  int size_{0};
};

/// Marks the calling thread as one that works on a loop: loops within loops run on their thread.
class InsideLoop {
 public:
  InsideLoop() { inside_loop = true; }
  InsideLoop(const InsideLoop&) = delete;
  InsideLoop& operator=(const InsideLoop&) = delete;
  ~InsideLoop() { inside_loop = false; }
};

}  // namespace

int ThreadBudget::available() noexcept { return count_available(); }
int ThreadBudget::threads() noexcept { return budget().load(); }

void ThreadBudget::set(int threads) {
  if (threads < 1) throw Error{Errc::usage, "the number of threads must be at least 1, not " + std::to_string(threads)};
  budget() = threads;
}

void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  const std::int64_t chunks = (count + grain - 1) / grain;
  const int helpers = static_cast<int>(std::min<std::int64_t>(ThreadBudget::threads(), chunks)) - 1;
  Loop loop{count, grain, body};
  if (inside_loop || helpers == 0) {
    loop.work();
  } else {
    const InsideLoop mark;
    Crew::get().run(loop, helpers);
  }
  loop.rethrow();
}

}  // namespace iso
