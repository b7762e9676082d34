#include "traced_run.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

namespace iso::test {

#ifdef __x86_64__
namespace fs = std::filesystem;
namespace {

/// How a call says which file it is about: the number of the argument.
struct Call {
  int number;
  const char* name;
  int descriptor;         ///< argument that is an open file; -1: none
  int folder, path;       ///< arguments that are an open folder (-1: the current one) and a name; -1: none
  bool for_writing_only;  ///< openat: only with flags to write or make
};

constexpr std::array calls{
    Call{SYS_write, "write", 0, -1, -1, false},
    Call{SYS_writev, "writev", 0, -1, -1, false},
    Call{SYS_pwrite64, "pwrite", 0, -1, -1, false},
    Call{SYS_pwritev, "pwritev", 0, -1, -1, false},
    Call{SYS_copy_file_range, "copy_file_range", 2, -1, -1, false},
    Call{SYS_sendfile, "sendfile", 0, -1, -1, false},
    Call{SYS_fsync, "fsync", 0, -1, -1, false},
    Call{SYS_fdatasync, "fdatasync", 0, -1, -1, false},
    Call{SYS_ftruncate, "ftruncate", 0, -1, -1, false},
    Call{SYS_fallocate, "fallocate", 0, -1, -1, false},
    Call{SYS_openat, "openat", -1, 0, 1, true},
    Call{SYS_open, "open", -1, -1, 0, true},
    Call{SYS_creat, "creat", -1, -1, 0, false},
    Call{SYS_rename, "rename", -1, -1, 1, false},
    Call{SYS_renameat, "renameat", -1, 2, 3, false},
    Call{SYS_renameat2, "renameat2", -1, 2, 3, false},
    Call{SYS_link, "link", -1, -1, 1, false},
    Call{SYS_linkat, "linkat", -1, 2, 3, false},
    Call{SYS_symlink, "symlink", -1, -1, 1, false},
    Call{SYS_mkdir, "mkdir", -1, -1, 0, false},
    Call{SYS_mkdirat, "mkdirat", -1, 0, 1, false},
    Call{SYS_unlink, "unlink", -1, -1, 0, false},
    Call{SYS_unlinkat, "unlinkat", -1, 0, 1, false},
    Call{SYS_rmdir, "rmdir", -1, -1, 0, false},
    Call{SYS_truncate, "truncate", -1, -1, 0, false},
};

/// Stops in the tracer at these calls and at no others, so that the rest runs at full speed.
void install_filter() {
  std::vector<sock_filter> code;
  const auto add = [&](std::uint16_t op, std::uint8_t yes, std::uint8_t no, std::uint32_t value) {
    code.push_back({op, yes, no, value});
  };
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr));
  for (const Call& call : calls) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(call.number));
    add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
  }
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(126);
}

std::string read_text(pid_t process, unsigned long long address) {
  std::string text;
  while (text.size() < PATH_MAX) {
    errno = 0;
    const long word = ::ptrace(PTRACE_PEEKDATA, process, address + text.size(), nullptr);
    if (errno != 0) break;
    for (std::size_t i = 0; i < sizeof word; ++i) {
      const char c = static_cast<char>(static_cast<unsigned long>(word) >> (8 * i) & 0xff);
      if (c == '\0') return text;
      text += c;
    }
  }
  return text;
}

std::string link_text(const std::string& link) {
  std::error_code problem;
  return fs::read_symlink(link, problem).string();
}

class Tracer {
 public:
  Tracer(const fs::path& folder, Fault fault, int at) : folder_{folder.string() + "/"}, fault_{fault}, at_{at} {}

  Traced run(const std::vector<std::string>& words) {
    const std::string err = "/proc/self/fd/" + std::to_string(output_);
    start(words);
    int status = 0;
    while (!processes_.empty()) {  // this test has children of its own, such as the one that reads HDF5 files
      const pid_t process = ::waitpid(-1, &status, __WALL | (held_ > 0 ? WNOHANG : 0));
      if (process < 0) break;
      if (process == 0) {
        wait_for_end();
        continue;
      }
      if (WIFSTOPPED(status)) {
        stopped(process, status);
      } else {
        processes_.erase(process);
        if (process == held_) held_ = -1;
        ended_.insert(process);
        if (process == first_) result_.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      }
    }
    std::ostringstream text;
    text << std::ifstream{err}.rdbuf();
    result_.err = text.str().substr(0, 2000);
    ::close(output_);
    return result_;
  }

 private:
  void start(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    first_ = ::fork();
    if (first_ == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      const int nothing = ::open("/dev/null", O_RDWR);
      ::dup2(nothing, 0);
      ::dup2(nothing, 1);
      ::dup2(output_, 2);
      if (::chdir(folder_.c_str()) != 0) ::_exit(126);
      install_filter();
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    processes_.insert(first_);
    int status = 0;
    ::waitpid(first_, &status, __WALL);
    ::ptrace(
        PTRACE_SETOPTIONS, first_, nullptr,
        PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL);
    ::ptrace(PTRACE_CONT, first_, nullptr, nullptr);
  }

  void stopped(pid_t process, int status) {
    processes_.insert(process);
    long signal = 0;
    const int event = status >> 16;
    unsigned long child = 0;
    if (event == PTRACE_EVENT_SECCOMP)
      at_call(process);
    else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
      begun(::ptrace(PTRACE_GETEVENTMSG, process, nullptr, &child) == 0 ? static_cast<pid_t>(child) : 0);
    else if (event == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP)
      signal = WSTOPSIG(status);
    if (process != held_) ::ptrace(PTRACE_CONT, process, nullptr, signal);
  }

  /// Nothing stops just now, and a call is held.
  void wait_for_end() {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    ++held_ms_;
    if (fault_ == Fault::asked_twice && held_ms_ == most_held_ms / 2) ::kill(first_, SIGTERM);
    if (held_ms_ < most_held_ms) return;
    ::ptrace(PTRACE_CONT, std::exchange(held_, -1), nullptr, nullptr);
  }

  /// A child may have stopped, gone on and ended before its parent's stop is seen.
  void begun(pid_t child) {
    if (child > 0 && !ended_.contains(child)) processes_.insert(child);
  }

  void at_call(pid_t process) {
    user_regs_struct registers{};
    if (::ptrace(PTRACE_GETREGS, process, nullptr, &registers) != 0) return;
    const std::array<unsigned long long, 6> arguments{registers.rdi, registers.rsi, registers.rdx,
                                                      registers.r10, registers.r8,  registers.r9};
    const auto number = static_cast<int>(registers.orig_rax);
    for (const Call& call : calls)
      if (call.number == number && concerns(process, call, arguments)) return at_point(process, call, registers);
  }

  bool concerns(pid_t process, const Call& call, const std::array<unsigned long long, 6>& arguments) const {
    const auto argument = [&](int i) { return arguments[static_cast<std::size_t>(i)]; };
    const std::string own = "/proc/" + std::to_string(process);
    if (call.descriptor >= 0)
      return link_text(own + "/fd/" + std::to_string(argument(call.descriptor))).starts_with(folder_);
    if (call.for_writing_only && (argument(call.path + 1) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) == 0) return false;
    std::string path = read_text(process, argument(call.path));
    if (!path.starts_with('/')) {
      const auto at = call.folder < 0 ? AT_FDCWD : static_cast<int>(argument(call.folder));
      path = link_text(at == AT_FDCWD ? own + "/cwd" : own + "/fd/" + std::to_string(at)) + "/" + path;
    }
    return fs::path{path}.lexically_normal().string().starts_with(folder_);
  }

  void at_point(pid_t process, const Call& call, user_regs_struct& registers) {
    if (++result_.points != at_ || fault_ == Fault::none) return;
    result_.hit = true;
    result_.call = call.name;
    if (fault_ == Fault::killed) {
      for (const pid_t each : processes_) ::kill(each, SIGKILL);
      return;
    }
    if (fault_ == Fault::asked || fault_ == Fault::asked_twice) {
      held_ = process;
      ::kill(first_, SIGTERM);
      return;
    }
    registers.orig_rax = static_cast<unsigned long long>(-1);  // the call is left out ...
    registers.rax = static_cast<unsigned long long>(fault_ == Fault::no_room ? -ENOSPC : -EIO);  // ... and says so
    ::ptrace(PTRACE_SETREGS, process, nullptr, &registers);
  }

  std::string folder_;
  Fault fault_;
  int at_;
  pid_t first_{-1}, held_{-1};
  static constexpr int most_held_ms = 100;
  int held_ms_{0};
  int output_{::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  std::set<pid_t> processes_, ended_;
  Traced result_;
};

}  // namespace

Traced run_traced(const std::vector<std::string>& words, const fs::path& folder, Fault fault, int at) {
  return Tracer{fs::canonical(folder), fault, at}.run(words);
}

std::string why_no_tracing() {
  const fs::path folder = fs::temp_directory_path() / ("iso_tracing_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const Traced tried = run_traced({"/bin/sh", "-c", "echo a > b"}, folder);
  fs::remove_all(folder);
  return tried.code == 0 && tried.points > 0 ? std::string{} : "this machine does not allow ptrace with seccomp";
}
#else
Traced run_traced(const std::vector<std::string>&, const std::filesystem::path&, Fault, int) { return {}; }
std::string why_no_tracing() { return "system calls are only known for x86-64 here"; }
#endif

}  // namespace iso::test
