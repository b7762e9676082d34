#include "iso/base/threads.h"

#include "iso/base/error.h"

#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>

#ifdef _OPENMP
#include <omp.h>
#endif

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

}  // namespace

int ThreadBudget::available() noexcept { return count_available(); }
int ThreadBudget::threads() noexcept { return budget().load(); }

void ThreadBudget::set(int threads) {
  if (threads < 1) throw Error{Errc::usage, "the number of threads must be at least 1, not " + std::to_string(threads)};
  budget() = threads;
  enter();
}

void ThreadBudget::enter() {
#ifdef _OPENMP
  omp_set_dynamic(0);
  omp_set_max_active_levels(1);
  omp_set_num_threads(threads());
#endif
}

void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  const std::int64_t chunks = (count + grain - 1) / grain;
  std::exception_ptr failure;
  std::mutex failure_mutex;  // guards `failure`
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(ThreadBudget::threads()) if (chunks > 1)
#endif
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    try {
      body(chunk * grain, std::min(count, (chunk + 1) * grain));
    } catch (...) {
      const std::lock_guard lock{failure_mutex};
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace iso
