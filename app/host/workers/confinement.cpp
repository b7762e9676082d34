#include "confinement.h"

#include "../startup/modules.h"
#include "../startup/resources.h"

#include "iso/base/log.h"
#include "iso/job/device_locks.h"
#include "iso/job/run.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <set>

namespace iso::host {
namespace fs = std::filesystem;
namespace {

// Later versions of the interface than the headers of Debian 12 know.
constexpr std::uint64_t access_refer = 1ULL << 13, access_truncate = 1ULL << 14, access_ioctl = 1ULL << 15;
constexpr std::uint64_t scope_abstract_sockets = 1ULL << 0, scope_signals = 1ULL << 1;
constexpr std::uint64_t net_bind = 1ULL << 0, net_connect = 1ULL << 1;

struct RulesetAttributes {  // struct landlock_ruleset_attr of Linux 6.12
  std::uint64_t files{0}, network{0}, scoped{0};
};

constexpr std::uint64_t read_file = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t read_all = read_file | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t write_file = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t write_all = write_file | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                    LANDLOCK_ACCESS_FS_MAKE_SOCK;

int landlock_version() noexcept {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

bool seccomp_known() noexcept {
  std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

class Ruleset {
 public:
  Ruleset(int version, bool network) {
    RulesetAttributes attributes;
    attributes.files = read_all | write_all | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
    if (version >= 2) attributes.files |= access_refer;
    if (version >= 3) attributes.files |= access_truncate;
    handled_ = attributes.files;
    std::size_t size = sizeof(std::uint64_t);
    if (version >= 4) {
      if (!network) attributes.network = net_bind | net_connect;
      size = 2 * sizeof(std::uint64_t);
    }
    if (version >= 6) {
      attributes.scoped = scope_signals | (network ? 0 : scope_abstract_sockets);
      size = sizeof attributes;
    }
    descriptor_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;
  ~Ruleset() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // What is not there cannot be reached either.
  void allow(const fs::path& path, std::uint64_t access) {
    const int opened = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (opened < 0) return;
    struct stat status {};
    ::fstat(opened, &status);
    if (!S_ISDIR(status.st_mode)) access &= read_file | write_file | access_truncate | access_ioctl;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access & handled_;
    rule.parent_fd = opened;
    if (rule.allowed_access != 0) ::syscall(SYS_landlock_add_rule, descriptor_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    ::close(opened);
  }
  [[nodiscard]] bool enforce() const {
    return descriptor_ >= 0 && ::syscall(SYS_landlock_restrict_self, descriptor_, 0) == 0;
  }

 private:
  std::uint64_t handled_{0};
  int descriptor_{-1};
};

/// The program, and the folders of its libraries, as they are mapped now.
std::set<fs::path> mapped_code() {
  std::set<fs::path> code;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find('/');
    if (at == std::string::npos || line.find(" r-xp ") == std::string::npos) continue;
    const fs::path file{line.substr(at)};
    code.insert(file.filename().string().find(".so") == std::string::npos ? file : file.parent_path());
  }
  return code;
}

bool confine_files(const Confinement& wish, int version) {
  Ruleset rules{version, wish.network};
  for (const fs::path& path : mapped_code()) rules.allow(path, read_all);
  // Libraries, time zones, and what tells how many processors and how much memory there is.
  for (const char* path : {"/usr",
                           "/lib",
                           "/lib64",
                           "/opt",
                           "/etc/ld.so.cache",
                           "/etc/localtime",
                           "/etc/OpenCL",
                           "/proc/self",
                           "/proc/cpuinfo",
                           "/proc/meminfo",
                           "/proc/stat",
                           "/proc/driver",
                           "/proc/sys/vm",
                           "/proc/sys/kernel",
                           "/proc/modules",
                           "/proc/devices",
                           "/sys/devices/system",
                           "/sys/fs/cgroup",
                           "/sys/bus",
                           "/sys/module/nvidia",
                           "/dev/urandom",
                           "/dev/random",
                           "/dev/zero"})
    rules.allow(path, read_all);
  std::error_code problem;
  rules.allow("/proc/" + std::to_string(::getpid()), read_all);
  for (const char* path : {"/dev/null", "/dev/full"}) rules.allow(path, read_file | write_file | access_truncate);
  for (fs::directory_iterator entry{"/dev", problem}, end; !problem && entry != end; entry.increment(problem))
    if (entry->path().filename().string().starts_with("nvidia"))
      rules.allow(entry->path(), read_all | write_all | access_ioctl);
  for (const fs::path& path : wish.readable) rules.allow(path, read_all);
  for (const fs::path& path : wish.writable)
    rules.allow(path, read_all | write_all | access_truncate | (version >= 2 ? access_refer : 0));
  return rules.enforce();
}

// A filter in the kernel's own small machine: load a word of the call, compare, jump.
class Filter {
 public:
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }
  void give(std::uint32_t answer) { add(BPF_RET | BPF_K, answer, 0, 0); }
  void unless_equal_skip(std::uint32_t value, std::uint8_t steps) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, steps); }
  void if_equal_skip(std::uint32_t value, std::uint8_t steps) { add(BPF_JMP | BPF_JEQ | BPF_K, value, steps, 0); }
  void unless_at_least_skip(std::uint32_t value, std::uint8_t steps) {
    add(BPF_JMP | BPF_JGE | BPF_K, value, 0, steps);
  }
  void if_bits_skip(std::uint32_t bits, std::uint8_t steps) { add(BPF_JMP | BPF_JSET | BPF_K, bits, steps, 0); }

  [[nodiscard]] bool enforce() {
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  void add(int code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, value});
  }
  std::vector<sock_filter> code_;
};

constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t number_at = offsetof(seccomp_data, nr), machine_at = offsetof(seccomp_data, arch);
constexpr std::uint32_t first_argument_at =
    offsetof(seccomp_data, args);  // its low half: these machines are little endian

#if defined(__x86_64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t this_machine = 0;
#endif

void refuse_call(Filter& filter, long number) {
  filter.unless_equal_skip(static_cast<std::uint32_t>(number), 1);
  filter.give(refuse);
}

/// A call that takes a process in its first argument: this one and its own group (0) only.
void only_for_self(Filter& filter, long number) {
  filter.unless_equal_skip(static_cast<std::uint32_t>(number), 5);
  filter.load(first_argument_at);
  filter.if_equal_skip(static_cast<std::uint32_t>(::getpid()), 2);
  filter.if_equal_skip(0, 1);
  filter.give(refuse);
  filter.give(SECCOMP_RET_ALLOW);
}

/// New threads, no new processes. The arguments of clone3 cannot be looked at; without it the C library takes clone.
void only_threads(Filter& filter) {
  for (const long number : {
#ifdef SYS_fork
           static_cast<long>(SYS_fork), static_cast<long>(SYS_vfork),
#endif
           static_cast<long>(SYS_execve), static_cast<long>(SYS_execveat)})
    refuse_call(filter, number);
  filter.unless_equal_skip(static_cast<std::uint32_t>(SYS_clone3), 1);
  filter.give(SECCOMP_RET_ERRNO | ENOSYS);
  filter.unless_equal_skip(static_cast<std::uint32_t>(SYS_clone), 4);
  filter.load(first_argument_at);
  filter.if_bits_skip(CLONE_THREAD, 1);
  filter.give(refuse);
  filter.give(SECCOMP_RET_ALLOW);
}

/// What no plugin needs: other processes, memory and messages that processes share, the kernel, the system.
constexpr auto never_allowed = std::to_array<long>({SYS_ptrace,
                                                    SYS_process_vm_readv,
                                                    SYS_process_vm_writev,
                                                    SYS_pidfd_open,
                                                    SYS_pidfd_send_signal,
                                                    SYS_pidfd_getfd,
                                                    SYS_rt_sigqueueinfo,
                                                    SYS_tkill,
                                                    SYS_io_uring_setup,
                                                    SYS_io_uring_enter,
                                                    SYS_io_uring_register,
                                                    SYS_bpf,
                                                    SYS_perf_event_open,
                                                    SYS_userfaultfd,
                                                    SYS_kcmp,
                                                    SYS_migrate_pages,
                                                    SYS_shmget,
                                                    SYS_shmat,
                                                    SYS_semget,
                                                    SYS_msgget,
                                                    SYS_mq_open,
                                                    SYS_keyctl,
                                                    SYS_add_key,
                                                    SYS_request_key,
                                                    SYS_mount,
                                                    SYS_umount2,
                                                    SYS_pivot_root,
                                                    SYS_chroot,
                                                    SYS_setns,
                                                    SYS_unshare,
                                                    SYS_init_module,
                                                    SYS_finit_module,
                                                    SYS_delete_module,
                                                    SYS_kexec_load,
                                                    SYS_reboot,
                                                    SYS_swapon,
                                                    SYS_swapoff,
                                                    SYS_settimeofday,
                                                    SYS_clock_settime,
                                                    SYS_sethostname,
                                                    SYS_open_by_handle_at,
                                                    SYS_setsid,
                                                    SYS_setpgid,
                                                    SYS_acct,
                                                    SYS_quotactl});

bool confine_calls(const Confinement& wish) {
  if (this_machine == 0) return false;
  Filter filter;
  filter.load(machine_at);
  filter.if_equal_skip(this_machine, 1);
  filter.give(refuse);
  filter.load(number_at);
#if defined(__x86_64__)
  filter.unless_at_least_skip(0x40000000U, 1);  // the other numbering of calls (x32)
  filter.give(refuse);
#endif
  if (!wish.network) {
    for (const long number : {SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4})
      refuse_call(filter, number);
  }
  for (const long number : never_allowed) refuse_call(filter, number);
  only_for_self(filter, SYS_kill);
  only_for_self(filter, SYS_tgkill);
  only_for_self(filter, SYS_prlimit64);
  if (!wish.processes) only_threads(filter);
  filter.give(SECCOMP_RET_ALLOW);
  return filter.enforce();
}

}  // namespace

std::string ConfinementSupport::sentence() const {
  if (complete()) return "files, sockets, processes and signals are confined";
  std::string missing;
  const auto add = [&](bool there, const char* name) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string{name};
  };
  add(landlock > 0, "files (landlock)");
  add(seccomp, "sockets, processes and signals (seccomp)");
  add(no_new_privileges, "rights of programs that are started");
  return "this kernel cannot confine: " + missing;
}

ConfinementSupport confinement_support() noexcept {
  ConfinementSupport support;
  support.no_new_privileges = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
  support.landlock = landlock_version();
  support.seccomp = this_machine != 0 && seccomp_known();
  return support;
}

ConfinementSupport confine(const Confinement& wish) {
  ConfinementSupport done;
  done.no_new_privileges = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  if (const int version = landlock_version(); version > 0 && confine_files(wish, version)) done.landlock = version;
  done.seccomp = confine_calls(wish);
  return done;
}

namespace {

void confine_and_say(const Confinement& wish) {
  const ConfinementSupport done = confine(wish);
  log::write(done.complete() ? log::Level::debug : log::Level::info, "app.host", done.sentence());
}

/// The folder of a place, and the folders that links there lead to (data sets under version control are folders of links).
void add_folder(std::vector<fs::path>& folders, const std::string& place) {
  std::error_code problem;
  if (job::in_workspace(place)) return;
  const fs::path path = fs::absolute(place, problem);
  if (problem) return;
  const bool is_folder = fs::is_directory(path, problem);
  const fs::path folder = is_folder ? path : path.parent_path();
  std::set<fs::path> found{folder};
  if (!is_folder) found.insert(fs::weakly_canonical(path, problem).parent_path());
  for (fs::directory_iterator entry{folder, problem}, end; is_folder && !problem && entry != end;
       entry.increment(problem)) {
    std::error_code unreadable;
    if (entry->is_symlink(unreadable)) found.insert(fs::weakly_canonical(entry->path(), unreadable).parent_path());
  }
  found.erase(fs::path{});
  folders.insert(folders.end(), found.begin(), found.end());
}

Confinement make_wish(const std::vector<fs::path>& plugin_directories, const job::Recipe& recipe,
                      const job::ExecutionOptions& options) {
  Confinement wish;
  wish.readable = plugin_directories;
  for (const fs::path& folder : model_directories()) wish.readable.push_back(folder);
  for (const fs::path& place : options.model_directories) add_folder(wish.readable, place.string());
  for (const fs::path& folder : runtime_directories()) wish.readable.push_back(folder);
  const std::string plugin = recipe.task.substr(0, recipe.task.find('/'));
  if (const fs::path cache = network_cache(plugin); !cache.empty()) wish.writable.push_back(cache);
  for (const auto& [port, place] : recipe.inputs) add_folder(wish.readable, place);
  for (const auto& [port, places] : recipe.collections)
    for (const std::string& place : places) add_folder(wish.readable, place);
  std::error_code problem;
  for (const auto& [port, hints] : recipe.hints)
    for (const auto& [name, value] : hints)
      if (fs::exists(value, problem)) add_folder(wish.readable, value);
  if (!options.scratch.empty()) wish.writable.push_back(options.scratch);
  if (options.checkpoint_every.count() > 0 || options.resume)
    if (const fs::path state = job::checkpoint_path(recipe); !state.empty()) add_folder(wish.writable, state.string());
  return wish;
}

}  // namespace

void confine_worker(const std::vector<fs::path>& plugin_directories, const job::Recipe& recipe,
                    const job::ExecutionOptions& options, const compute::BackendRegistry& devices,
                    const std::vector<std::string>& needs) {
  Confinement wish = make_wish(plugin_directories, recipe, options);
  const auto locks = job::device_locks(devices);
  wish.readable.insert(wish.readable.end(), locks.begin(), locks.end());
  wish.network = std::ranges::find(needs, "network") != needs.end();
  wish.processes = std::ranges::find(needs, "processes") != needs.end();
  confine_and_say(wish);
}

bool may_worker_read(const fs::path& file, const std::vector<fs::path>& plugin_directories, const job::Recipe& recipe,
                     const job::ExecutionOptions& options) {
  std::error_code problem;
  const fs::path real = fs::weakly_canonical(file, problem);
  if (problem) return false;
  const Confinement wish = make_wish(plugin_directories, recipe, options);
  const auto within = [&](const fs::path& folder) {
    const fs::path known = fs::weakly_canonical(folder, problem);
    return !problem && !known.empty() && std::ranges::mismatch(known, real).in1 == known.end();
  };
  return std::ranges::any_of(wish.readable, within);
}

bool is_for_workers(std::string_view variable) noexcept {
  const std::string_view name = variable.substr(0, variable.find('='));
  static constexpr std::array<std::string_view, 6> sockets{
      "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "GPG_AGENT_INFO"};
  static constexpr std::array<std::string_view, 10> secrets{"TOKEN",      "SECRET",    "PASSWORD",   "PASSWD",
                                                            "PASSPHRASE", "API_KEY",   "ACCESS_KEY", "PRIVATE_KEY",
                                                            "COOKIE",     "CREDENTIAL"};
  if (std::ranges::find(sockets, name) != sockets.end()) return false;
  // "http://user:password@proxy"
  if (const auto place = variable.find("://"); place != std::string_view::npos)
    if (const auto at = variable.find('@', place);
        at != std::string_view::npos && variable.substr(place + 3, at - place - 3).find(':') != std::string_view::npos)
      return false;
  return std::ranges::none_of(secrets, [&](std::string_view word) {
    return std::ranges::search(name, word, [](char a, char b) { return (a & ~0x20) == (b & ~0x20); }).begin() !=
           name.end();
  });
}

}  // namespace iso::host
