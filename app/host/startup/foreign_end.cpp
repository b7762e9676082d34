#include "foreign_end.h"

#include "../workers/descendants.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace iso::host {
namespace {

/// A line that is put together without asking for memory.
class Line {
 public:
  Line& operator<<(std::string_view text) {
    for (const char c : text)
      if (size_ < text_.size()) text_[size_++] = c;
    return *this;
  }
  Line& operator<<(int number) {
    std::array<char, 12> digits{};
    std::size_t count = 0;
    if (number < 0) *this << "-";
    for (unsigned int rest = number < 0 ? 0U - static_cast<unsigned int>(number) : static_cast<unsigned int>(number);
         count == 0 || rest > 0; rest /= 10)
      digits[count++] = static_cast<char>('0' + rest % 10);
    while (count > 0) *this << std::string_view{&digits[--count], 1};
    return *this;
  }
  void write() const { [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, text_.data(), size_); }

 private:
  std::array<char, 600> text_{};
  std::size_t size_{0};
};

[[noreturn]] void on_end(const char* who, int code, int signal) {
  Line line;
  line << (::isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "") << "isocenter: " << who;
  if (signal > 0) {
    const char* const name = ::sigdescr_np(signal);
    line << " crashed with signal " << signal << " (" << (name == nullptr ? "unknown" : name) << ")";
  } else {
    line << " ended the program with exit code " << code << " instead of returning";
  }
  line << "\nhint: report this to the author of the plugin; with --isolate it runs in a process of its own\n";
  line.write();
  end_descendants();
  end_process(exit_code(Errc::plugin_crashed));
}

using SystemCall = long (*)(long, ...);
std::atomic<SystemCall> of_the_library{nullptr};

/// That of the C library. No guarded static: the guard itself may wait by a system call.
SystemCall library_syscall() noexcept {
  SystemCall found = of_the_library;
  if (found == nullptr) {
    found = reinterpret_cast<SystemCall>(::dlsym(RTLD_NEXT, "syscall"));
    of_the_library = found;
  }
  return found;
}

}  // namespace

void report_foreign_end() noexcept {
  (void)library_syscall();  // may not be looked up in a signal handler
  set_foreign_end(on_end);
}

}  // namespace iso::host

// Found by the libraries of plugins before those of the C library, because the program exports them (CMakeLists.txt). An exit
// by a machine instruction of the plugin's own is seen only from outside of the process (--isolate).
extern "C" {
void _exit(int code) {
  iso::foreign_code_exits(code);
  iso::end_process(code);
}
void _Exit(int code) noexcept {
  iso::foreign_code_exits(code);
  iso::end_process(code);
}
long syscall(long number, ...) noexcept {  // NOLINT(cert-dcl50-cpp): as the C library declares it
  std::va_list given;
  va_start(given, number);
  std::array<long, 6> words{};
  for (long& word : words) word = va_arg(given, long);
  va_end(given);
  if (number == SYS_exit_group || number == SYS_exit) iso::foreign_code_exits(static_cast<int>(words[0]));
  return iso::host::library_syscall()(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
}
