#include <iso/base/error.h>
#include <iso/base/threads.h>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace iso {
namespace {

/// Gives the budget back as it was.
class Threads : public testing::Test {
 protected:
  ~Threads() override { ThreadBudget::set(before_); }

 private:
  int before_{ThreadBudget::threads()};
};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds{ms}); }

}  // namespace

TEST_F(Threads, EveryIndexIsVisitedOnceInChunksThatDependOnCountAndGrainAlone) {
  std::set<std::pair<std::int64_t, std::int64_t>> first;
  for (const int threads : {1, 2, 5}) {
    ThreadBudget::set(threads);
    std::mutex mutex;
    std::set<std::pair<std::int64_t, std::int64_t>> chunks;
    std::vector<int> visits(1003, 0);
    parallel_for(1003, 10, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      const std::lock_guard lock{mutex};
      chunks.emplace(begin, end);
    });
    for (const int count : visits) EXPECT_EQ(count, 1);
    EXPECT_EQ(chunks.size(), 101U);
    if (first.empty()) first = chunks;
    EXPECT_EQ(chunks, first);
  }
  parallel_for(0, 10, [](std::int64_t, std::int64_t) { FAIL(); });
}

TEST_F(Threads, AsManyThreadsWorkAsTheBudgetAllows) {
  for (const int threads : {1, 3}) {
    ThreadBudget::set(threads);
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::atomic<int> now{0}, most{0};
    parallel_for(12, 1, [&](std::int64_t, std::int64_t) {
      const int here = ++now;
      for (int known = most; here > known && !most.compare_exchange_weak(known, here);) {
      }
      sleep_ms(20);
      --now;
      const std::lock_guard lock{mutex};
      seen.insert(std::this_thread::get_id());
    });
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(threads));
    EXPECT_EQ(most, threads);
  }
}

// A team that spins while one of it works takes a core for each of the others: 2 to 3 times the processor time of this loop,
// and of its neighbours where cores are shared.
TEST_F(Threads, ThreadsThatWaitTakeNoProcessorTime) {
  ThreadBudget::set(4);
  parallel_for(4, 1, [](std::int64_t, std::int64_t) { sleep_ms(1); });  // the helpers are there
  const double before = processor_seconds();
  parallel_for(4, 1, [](std::int64_t begin, std::int64_t) { sleep_ms(begin == 0 ? 400 : 1); });
  sleep_ms(200);
  EXPECT_LT(processor_seconds() - before, 0.1);
}

TEST_F(Threads, ALoopWithinALoopRunsOnItsThread) {
  ThreadBudget::set(3);
  std::atomic<int> visited{0}, elsewhere{0};
  parallel_for(6, 1, [&](std::int64_t, std::int64_t) {
    const auto here = std::this_thread::get_id();
    parallel_for(5, 1, [&](std::int64_t, std::int64_t) {
      ++visited;
      if (std::this_thread::get_id() != here) ++elsewhere;
    });
  });
  EXPECT_EQ(visited, 30);
  EXPECT_EQ(elsewhere, 0);
}

TEST_F(Threads, AnExceptionOfAChunkComesOutOnceAllHaveEnded) {
  ThreadBudget::set(3);
  std::atomic<int> ended{0};
  EXPECT_THROW(parallel_for(20, 1,
                            [&](std::int64_t begin, std::int64_t) {
                              ++ended;
                              if (begin == 4) throw std::runtime_error("chunk 4");
                            }),
               std::runtime_error);
  EXPECT_EQ(ended, 20);
}

TEST_F(Threads, LoopsOfSeveralThreadsDoNotMix) {
  ThreadBudget::set(3);
  std::vector<std::thread> callers;
  std::vector<std::int64_t> sums(6, 0);
  for (std::size_t caller = 0; caller < sums.size(); ++caller) {
    callers.emplace_back([&sums, caller] {
      for (int round = 0; round < 200; ++round) {
        std::atomic<std::int64_t> sum{0};
        parallel_for(64, 3, [&](std::int64_t begin, std::int64_t end) {
          for (auto i = begin; i < end; ++i) sum += i + static_cast<std::int64_t>(caller);
        });
        sums[caller] += sum;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  for (std::size_t caller = 0; caller < sums.size(); ++caller)
    EXPECT_EQ(sums[caller], 200 * (64 * 63 / 2 + 64 * static_cast<std::int64_t>(caller)));
}

TEST_F(Threads, ABudgetBelowOneIsRefused) { EXPECT_THROW(ThreadBudget::set(0), Error); }

}  // namespace iso
