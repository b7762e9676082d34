#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"
#include "iso/base/temporary_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace iso::cli {
namespace {

std::atomic<int> asked{0};
std::atomic<int> wake{-1};  ///< where the handler writes
constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

void on_signal(int number) {
  if (asked.fetch_add(1) > 1) end_process(128 + number);
  const char byte = static_cast<char>(number);
  [[maybe_unused]] const ssize_t count = ::write(wake.load(), &byte, 1);
}

}  // namespace

struct Interrupt::Impl {
  First first{First::asks};
  std::array<int, 2> ends{-1, -1};
  std::array<struct sigaction, signals.size()> before{};
  std::stop_source stop;
  std::thread watcher, stopper;

  /// Stopping may take its time in what it calls, so another thread does it and this one stays awake for the second signal.
  void watch() {
    for (char byte = 0; ::read(ends[0], &byte, 1) == 1 && byte != 0;) {
      if (first == First::ends || stopper.joinable()) {
        remove_remembered_folders();
        end_process(128 + byte);
      }
      stopper = std::thread{[this] {
        note("isocenter: cancelling; press Ctrl-C again to end at once");
        stop.request_stop();
      }};
    }
  }
};

Interrupt::Interrupt(First first) : impl_{std::make_unique<Impl>()} {
  impl_->first = first;
  if (::pipe2(impl_->ends.data(), O_CLOEXEC) != 0)
    throw Error(Errc::internal, "no pipe can be opened for signals", "raise the limit of open files with ulimit -n");
  asked = 0;
  wake = impl_->ends[1];
  impl_->watcher = std::thread{[impl = impl_.get()] { impl->watch(); }};
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &impl_->before[i]);
    if (signals[i] == SIGHUP && impl_->before[i].sa_handler == SIG_IGN) continue;
    ::sigaction(signals[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &impl_->before[i], nullptr);
  const char byte = 0;
  [[maybe_unused]] const ssize_t count = ::write(impl_->ends[1], &byte, 1);
  impl_->watcher.join();
  if (impl_->stopper.joinable()) impl_->stopper.join();
  wake = -1;
  ::close(impl_->ends[0]);
  ::close(impl_->ends[1]);
}

std::stop_token Interrupt::token() const noexcept { return impl_->stop.get_token(); }

}  // namespace iso::cli
