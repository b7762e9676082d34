#include "iso/base/process_state.h"

#include "iso/base/printable.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <locale>
#include <mutex>
#include <string>
#include <vector>

namespace iso {
namespace {

std::atomic<ForeignEnd> foreign_end{nullptr};
std::atomic<pid_t> watched{0};     ///< the process that set it; what a child that was forked does is its own affair
std::atomic<int> running{0};       ///< how many ForeignCode live
std::array<char, 201> who_runs{};  ///< the newest; read by handlers, so that no string may stand here

/// Process-wide state is looked at and put back by one thread at a time: the mask of new files can only be read by changing it.
std::mutex entering;

void hand_on(int code, int signal) noexcept {
  const ForeignEnd handler = foreign_end;
  if (watched.load() != ::getpid()) return;
  if (running.exchange(0) > 0 && handler != nullptr) handler(who_runs.data(), code, signal);
}

void at_exit(int code, void*) { hand_on(code, 0); }
void at_quick_exit() { hand_on(0, 0); }  // its code is not known there

void on_crash(int number) {
  hand_on(0, number);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

/// The signals of a crash; those that somebody else handles (a sanitizer, a debugger's library) are left to them.
void watch_crashes() {
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    ::sigaction(number, &action, nullptr);
  }
}

std::string locale_name() {
  const char* const name = std::setlocale(LC_ALL, nullptr);
  return name == nullptr ? "C" : name;
}

}  // namespace

void open_standard_descriptors() noexcept {
  // open() gives the lowest free number, so this ends at 3 at the latest.
  int opened = ::open("/dev/null", O_RDWR);
  while (opened >= 0 && opened <= STDERR_FILENO) opened = ::open("/dev/null", O_RDWR);
  if (opened > STDERR_FILENO) ::close(opened);
}

void use_c_numbers() noexcept {
  try {
    const char* const numbers = std::setlocale(LC_NUMERIC, nullptr);
    if (numbers != nullptr && std::strcmp(numbers, "C") == 0 && std::locale{} == std::locale::classic()) return;
    if (const std::string before = locale_name(); std::locale{} != std::locale::classic()) {
      std::locale::global(std::locale::classic());  // sets all categories of C, too
      std::setlocale(LC_ALL, before.c_str());
    }
    std::setlocale(LC_NUMERIC, "C");
  } catch (...) {
    std::setlocale(LC_ALL, "C");
  }
}

std::filesystem::path home_folder() {
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/') return home;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> text{};
  if (::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return {};
  return entry.pw_dir != nullptr && *entry.pw_dir == '/' ? entry.pw_dir : "";
}

/// What a signal does that a library may have set for itself. Those of a crash are watched; the others nobody sets.
class Signals {
 public:
  Signals() noexcept {
    for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], nullptr, &actions_[i]);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  }
  void restore() const noexcept {
    if (!had_alarm_) ::alarm(0);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      struct sigaction now {};
      const auto& before = actions_[i];
      if (::sigaction(numbers[i], nullptr, &now) == 0 && now.sa_sigaction != before.sa_sigaction)
        ::sigaction(numbers[i], &before, nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

 private:
  static constexpr std::array numbers{SIGHUP,  SIGINT,  SIGTERM,   SIGPIPE, SIGXFSZ, SIGCHLD,
                                      SIGALRM, SIGPROF, SIGVTALRM, SIGUSR1, SIGUSR2};
  std::array<struct sigaction, numbers.size()> actions_{};
  sigset_t mask_{};
  bool had_alarm_{[] {
    itimerval timer{};
    return ::getitimer(ITIMER_REAL, &timer) != 0 || timer.it_value.tv_sec > 0 || timer.it_value.tv_usec > 0;
  }()};
};

struct ForeignCode::State {
  std::string locale{locale_name()};
  std::locale streams{};
  locale_t of_thread{::uselocale(nullptr)};
  int traps{::fegetexcept()}, rounding{std::fegetround()};
  int folder{::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  mode_t mask{::umask(077)};
  Signals signals;
  std::string who;

  explicit State(std::string_view runs) : who{printable(runs).substr(0, who_runs.size() - 1)} {
    ::umask(mask);
    living().push_back(this);
    name_newest();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    std::erase(living(), this);
    name_newest();
    ::uselocale(of_thread);
    if (std::locale{} != streams) std::locale::global(streams);
    if (locale_name() != locale) std::setlocale(LC_ALL, locale.c_str());
    if (std::fegetround() != rounding) std::fesetround(rounding);
    if (::fegetexcept() != traps) {
      ::fedisableexcept(FE_ALL_EXCEPT);
      std::feclearexcept(FE_ALL_EXCEPT);
      ::feenableexcept(traps);
    }
    ::umask(mask);
    signals.restore();
    if (folder < 0) return;
    [[maybe_unused]] const int changed = ::fchdir(folder);
    ::close(folder);
  }

 private:
  /// In the order of their beginning. Never destroyed: foreign code may run until the process is gone.
  static std::vector<State*>& living() {
    static auto& all = *new std::vector<State*>;
    return all;
  }
  static void name_newest() {
    who_runs.fill('\0');
    if (!living().empty()) std::ranges::copy(living().back()->who, who_runs.begin());
  }
};

ForeignCode::ForeignCode(std::string_view who) {
  if (foreign_end.load() != nullptr) {
    static std::once_flag once;
    std::call_once(once, [] {
      ::on_exit(at_exit, nullptr);
      std::at_quick_exit(at_quick_exit);
      watch_crashes();
    });
  }
  const std::lock_guard lock{entering};
  state_ = std::make_unique<State>(who);
  ++running;
}

ForeignCode::~ForeignCode() {
  // Foreign code that ends the process is told while the counter is up; an exit of ours comes later.
  const std::lock_guard lock{entering};
  if (running.load() > 0) --running;
  state_.reset();
}

void set_foreign_end(ForeignEnd handler) noexcept {
  watched = ::getpid();
  foreign_end = handler;
}

void foreign_code_exits(int code) noexcept { hand_on(code, 0); }

void end_process(int code) noexcept {
  running = 0;  // the program may have a `syscall` of its own, which looks at it
  for (;;) ::syscall(SYS_exit_group, code);
}

}  // namespace iso
