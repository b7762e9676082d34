// A plugin that tries what a plugin may not: each task one thing. What the system refuses ends the task with an error that
// says so; what it lets through ends with "got through".
#include "iso/plugin/descriptor.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <locale>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace iso::plugin;

[[noreturn]] void refused(const std::string& what) {
  throw iso::Error(iso::Errc::unsupported, what + ": " + std::strerror(errno));
}
[[noreturn]] void got_through(const std::string& what) { throw iso::Error(iso::Errc::internal, what + " got through"); }
void expect_refused(bool done, const std::string& what) { done ? got_through(what) : refused(what); }

std::string named(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

/// The process that started the worker: the parent of the parent, or what the test names.
pid_t victim() { return named("HOSTILE_VICTIM").empty() ? ::getppid() : std::stoi(named("HOSTILE_VICTIM")); }

[[noreturn]] void wait_for_long() {
  std::this_thread::sleep_for(std::chrono::seconds{60});
  ::_exit(0);
}

void fork_bomb() {
  int made = 0;
  for (int i = 0; i < 40; ++i) {
    const pid_t child = ::fork();
    if (child < 0) break;
    ++made;
    if (child == 0) {
      for (int j = 0; j < 4; ++j) (void)::fork();
      wait_for_long();
    }
  }
  expect_refused(made > 0, "starting processes");
}

/// A child of a child that leaves the group and the session.
void leave_a_process_behind() {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::setsid();
    if (::fork() == 0) wait_for_long();
    wait_for_long();
  }
}

void take_memory() {
  constexpr std::size_t gibibyte = std::size_t{1} << 30;
  std::vector<std::vector<char>> kept;
  for (int i = 0; i < 10; ++i) {
    kept.emplace_back();
    kept.back().reserve(gibibyte);  // not touched: the tests must not exhaust the machine
  }
  got_through("10 GiB");
}

iso::Volume spoiled(const iso::Volume& from, std::string_view how) {
  iso::Volume volume = from;
  if (how == "grid_size") volume.grid.size = {4096, 4096, 64};
  if (how == "grid_nan") volume.grid.spacing_mm = {-1, std::numeric_limits<double>::quiet_NaN(), 1e308};
  if (how == "grid_singular") volume.grid.direction = {};
  if (how == "few_pixels") volume.pixels = iso::PixelBuffer::allocate({iso::Shape{2, 2, 2}, iso::ScalarType::f32});
  if (how == "one_axis") volume.pixels = iso::PixelBuffer::allocate({iso::Shape{64}, iso::ScalarType::f32});
  if (how == "five_axes") {
    volume.pixels = iso::PixelBuffer::allocate({iso::Shape{2, 2, 2, 2, 2}, iso::ScalarType::f32});
    volume.grid.size = {2, 2, 2};
  }
  return volume;
}

void act(std::string_view how) {
  if (how == "network") expect_refused(::socket(AF_INET, SOCK_STREAM, 0) >= 0, "a socket");
  if (how == "unix_socket") expect_refused(::socket(AF_UNIX, SOCK_STREAM, 0) >= 0, "a local socket");
  if (how == "read_file")
    expect_refused(::open(named("HOSTILE_FILE").c_str(), O_RDONLY) >= 0, "reading a foreign file");
  if (how == "write_file")
    expect_refused(::open(named("HOSTILE_FILE").c_str(), O_WRONLY | O_CREAT, 0600) >= 0, "writing a foreign file");
  if (how == "list_home") expect_refused(::open("/root", O_RDONLY | O_DIRECTORY) >= 0, "listing a home");
  if (how == "signal") expect_refused(::kill(victim(), SIGKILL) == 0, "a signal to another process");
  if (how == "signal_all") expect_refused(::kill(-1, SIGTERM) == 0, "a signal to every process");
  if (how == "trace") expect_refused(::ptrace(PTRACE_ATTACH, victim(), nullptr, nullptr) == 0, "tracing");
  if (how == "limits") {
    const rlimit none{0, 0};
    expect_refused(::prlimit(victim(), RLIMIT_NOFILE, &none, nullptr) == 0, "limits of another process");
  }
  if (how == "forks") fork_bomb();
  if (how == "program") expect_refused(::execl("/bin/true", "true", nullptr) == 0, "another program");
  if (how == "memory") take_memory();
  if (how == "exit") std::exit(0);
  if (how == "exit_at_once") ::_exit(0);
  if (how == "quick_exit") std::quick_exit(3);
  if (how == "exit_syscall") ::syscall(SYS_exit_group, 0);
  if (how == "thread_exit") ::syscall(SYS_exit, 0);
  if (how == "forked_exit") {  // of a child: nobody's end but its own
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    (void)::waitpid(child, nullptr, 0);
  }
  if (how == "abort") std::abort();
  if (how == "child") leave_a_process_behind();
  if (how == "child_and_exit") {
    leave_a_process_behind();
    ::_exit(3);
  }
  if (how == "surroundings") {
    std::setlocale(LC_ALL, "de_DE.UTF-8");
    try {
      std::locale::global(std::locale{"de_DE.UTF-8"});
    } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch): the machine has no such locale
    }
    std::fesetround(FE_UPWARD);
    ::umask(0);
    (void)!::chdir("/");
  }
}

class None final : public ParsedParameters {
 public:
  [[nodiscard]] std::string json() const override { return "{}"; }
};

class Hostile final : public Task {
 public:
  explicit Hostile(std::string_view how) : how_{how} {}
  [[nodiscard]] About about() const override { return {"Hostile", "Tries what it may not.", "", "Filtering", {}}; }
  [[nodiscard]] std::span<const Port> inputs() const noexcept override { return {&input_, 1}; }
  [[nodiscard]] std::span<const Port> outputs() const noexcept override { return {&output_, 1}; }
  [[nodiscard]] std::string schema_json() const override { return R"({"parameters":[]})"; }
  [[nodiscard]] ParametersPtr parse(const std::string&) const override { return std::make_shared<None>(); }
  [[nodiscard]] Plan plan(const Descriptions&, const ParsedParameters&) const override {
    if (how_ == "plan_network") act("network");
    if (how_ == "plan_read_file") act("read_file");
    return {};
  }
  [[nodiscard]] Datasets run(const Datasets& inputs, const ParsedParameters&, RunContext& context) override {
    context.report(0.5, "hostile");
    act(how_);
    return {{"result", iso::freeze(spoiled(*std::get_if<iso::Volume>(inputs.at("volume").get()), how_))}};
  }

 private:
  std::string how_;
  Port input_{"volume", iso::Kind::volume, false, "Anything."};
  Port output_{"result", iso::Kind::volume, false, "The same."};
};

constexpr std::array tasks{
    "hostile/network",        "hostile/unix_socket",    "hostile/read_file",  "hostile/write_file",
    "hostile/list_home",      "hostile/signal",         "hostile/signal_all", "hostile/trace",
    "hostile/limits",         "hostile/forks",          "hostile/program",    "hostile/memory",
    "hostile/exit",           "hostile/exit_at_once",   "hostile/quick_exit", "hostile/exit_syscall",
    "hostile/thread_exit",    "hostile/forked_exit",    "hostile/abort",      "hostile/child",
    "hostile/child_and_exit", "hostile/surroundings",   "hostile/grid_size",  "hostile/grid_nan",
    "hostile/grid_singular",  "hostile/few_pixels",     "hostile/one_axis",   "hostile/five_axes",
    "hostile/plan_network",   "hostile/plan_read_file", "hostile/nothing",    static_cast<const char*>(nullptr)};

Task* create(const char* id) { return new Hostile{std::string_view{id}.substr(std::string_view{"hostile/"}.size())}; }
void destroy(Task* task) { delete task; }

constexpr auto tag = make_build_tag();
constexpr PluginDescriptor descriptor{sizeof(PluginDescriptor),
                                      abi_major,
                                      abi_minor,
                                      tag.data(),
                                      "hostile",
                                      "1.0.0",
                                      "Hostile",
                                      "Apache-2.0",
                                      tasks.data(),
                                      create,
                                      destroy};

}  // namespace

extern "C" __attribute__((visibility("default"))) const PluginDescriptor* iso_plugin_v1();
extern "C" const PluginDescriptor* iso_plugin_v1() { return &descriptor; }
