#include "stall_trace.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace iso::gui::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_calls = 48, most_traces = 8;
std::array<std::array<void*, most_calls>, most_traces> calls;
std::array<int, most_traces> lengths;
std::atomic<std::size_t> traces{0};

extern "C" void keep_calls(int) {
  const std::size_t at = traces.load();
  if (at >= most_traces) return;
  lengths[at] = ::backtrace(calls[at].data(), static_cast<int>(most_calls));
  traces.store(at + 1);
}

std::string to_name(void* call) {
  Dl_info info{};
  if (::dladdr(call, &info) == 0 || info.dli_sname == nullptr) return info.dli_fname != nullptr ? info.dli_fname : "?";
  int failed = 0;
  char* const plain = abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &failed);
  std::string name = plain != nullptr ? plain : info.dli_sname;
  std::free(plain);
  return name.substr(0, 120);
}

}  // namespace

StallTrace::StallTrace() : watched_{::pthread_self()}, last_{std::chrono::steady_clock::now()} {
  void* first = nullptr;
  (void)::backtrace(&first, 1);  // loads its library here and not in the signal
  traces = 0;
  struct sigaction action {};
  action.sa_handler = keep_calls;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR2, &action, nullptr);
  QObject::connect(&beat_, &QTimer::timeout, &beat_, [this] { last_ = std::chrono::steady_clock::now(); });
  beat_.start(20ms);
  thread_ = std::jthread{[this](const std::stop_token& stop) { watch(stop); }};
}

StallTrace::~StallTrace() {
  thread_.request_stop();
  thread_.join();
  std::signal(SIGUSR2, SIG_DFL);
}

void StallTrace::watch(const std::stop_token& stop) {
  auto told = last_.load();
  while (!stop.stop_requested()) {
    std::this_thread::sleep_for(10ms);
    const auto last = last_.load();
    if (last == told || std::chrono::steady_clock::now() - last < 150ms) continue;
    told = last;
    ::pthread_kill(watched_, SIGUSR2);
  }
}

std::string StallTrace::text() const {
  std::string text;
  for (std::size_t i = 0; i < traces.load(); ++i) {
    text += "while in\n";
    for (int k = 2; k < lengths[i]; ++k) text += "  " + to_name(calls[i][static_cast<std::size_t>(k)]) + "\n";
  }
  return text;
}

}  // namespace iso::gui::test
