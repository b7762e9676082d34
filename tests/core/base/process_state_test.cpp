#include "iso/base/process_state.h"

#include "iso/base/byte_text.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <locale>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace iso {
namespace {

/// The status of a process of its own that does this; 0 if it holds.
int apart(const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  if (child == 0) end_process(holds() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(ProcessState, OpensStandardDescriptorsThatAreClosed) {
  for (const std::array<int, 2> closed : {std::array{0, 2}, std::array{1, 2}, std::array{0, 1}}) {
    EXPECT_EQ(apart([&] {
                for (const int number : closed) ::close(number);
                open_standard_descriptors();
                bool all = true;
                for (int number = 0; number < 3; ++number) all = all && ::fcntl(number, F_GETFD) >= 0;
                const int next = ::open("/dev/null", O_RDONLY);
                return all && next > 2;
              }),
              0);
  }
}

/// A locale whose decimal sign is a comma, as far as the machine has one: streams always, C functions perhaps.
struct Comma final : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
};

TEST(ProcessState, KeepsNumbersOfTheCLocaleWhateverALibrarySets) {
  EXPECT_EQ(apart([] {
              std::setlocale(LC_ALL, "de_DE.UTF-8");
              std::locale::global(std::locale{std::locale::classic(), new Comma});
              use_c_numbers();
              std::ostringstream text;
              text << 0.5 << std::to_string(0.5);
              return text.str() == "0.50.500000";
            }),
            0);
}

TEST(ProcessState, TakesTheHomeFolderFromHomeOnlyIfItIsAbsolute) {
  EXPECT_EQ(apart([] {
              ::setenv("HOME", "/somewhere", 1);
              if (home_folder() != "/somewhere") return false;
              for (const char* const odd : {"", "relative", "./here"}) {
                ::setenv("HOME", odd, 1);
                if (!home_folder().empty() && !home_folder().is_absolute()) return false;
                if (home_folder() == odd && *odd != '\0') return false;
              }
              ::unsetenv("HOME");
              return home_folder().empty() || home_folder().is_absolute();
            }),
            0);
}

TEST(ForeignCode, LeavesNothingChanged) {
  EXPECT_EQ(apart([] {
              const std::filesystem::path folder = std::filesystem::current_path();
              ::umask(027);
              {
                const ForeignCode inside{"a plugin"};
                std::locale::global(std::locale{std::locale::classic(), new Comma});
                std::setlocale(LC_ALL, "de_DE.UTF-8");
                std::fesetround(FE_UPWARD);
                ::feenableexcept(FE_INEXACT);
                ::umask(0);
                std::filesystem::current_path("/");
                for (const int number : {SIGTERM, SIGPIPE, SIGCHLD}) std::signal(number, SIG_IGN);
                sigset_t all;
                ::sigfillset(&all);
                ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
                ::alarm(1000);
              }
              for (const int number : {SIGTERM, SIGPIPE, SIGCHLD})
                if (std::signal(number, SIG_DFL) == SIG_IGN) return false;
              sigset_t blocked;
              ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
              if (::sigismember(&blocked, SIGTERM) != 0 || ::alarm(0) != 0) return false;
              std::ostringstream text;
              text << 0.5;
              return text.str() == "0.5" && std::string{std::setlocale(LC_NUMERIC, nullptr)} == "C" &&
                     std::fegetround() == FE_TONEAREST && ::fegetexcept() == 0 && ::umask(0) == 027 &&
                     std::filesystem::current_path() == folder;
            }),
            0);
}

void tell(const char* who, int code, int signal) {
  end_process(std::string{who} == "a plugin" ? 50 + code + signal : 1);
}

TEST(ForeignCode, ThatEndsTheProcessIsTold) {
  const auto find_code = [](const std::function<void()>& end) {
    const int status = apart([&] {
      set_foreign_end(tell);
      const ForeignCode inside{"a plugin"};
      end();
      return true;
    });
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  };
  EXPECT_EQ(find_code([] { std::exit(7); }), 57);
  EXPECT_EQ(find_code([] { std::quick_exit(7); }), 50);
  EXPECT_EQ(find_code([] { foreign_code_exits(7); }), 57);
  EXPECT_EQ(find_code([] { std::abort(); }), 50 + SIGABRT);
  EXPECT_EQ(find_code([] { std::raise(SIGSEGV); }), 50 + SIGSEGV);
  EXPECT_EQ(find_code([] {}), 0);
}

TEST(ForeignCode, OnSeveralThreadsLeavesTheMaskOfNewFiles) {
  EXPECT_EQ(apart([] {
              ::umask(027);
              {
                std::vector<std::jthread> threads;
                for (int i = 0; i < 4; ++i)
                  threads.emplace_back([] {
                    for (int k = 0; k < 5000; ++k) const ForeignCode inside{"a plugin"};
                  });
              }
              return ::umask(0) == 027;
            }),
            0);
}

TEST(ForeignCode, ThatStillRunsIsToldOfWhenAnotherHasReturned) {
  const int status = apart([] {
    set_foreign_end(tell);
    auto first = std::make_unique<ForeignCode>("another");
    const ForeignCode inside{"a plugin"};
    first.reset();
    std::exit(7);
    return true;
  });
  EXPECT_EQ(WEXITSTATUS(status), 57);
}

TEST(ForeignCode, ThatHasReturnedIsNotToldOf) {
  const int status = apart([] {
    set_foreign_end(tell);
    { const ForeignCode inside{"a plugin"}; }
    foreign_code_exits(7);
    std::exit(3);
    return true;
  });
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(ByteText, BringsEveryNameBack) {
  for (const std::string name : {"plain", "\xc3\xa4", "a\xff\xfe", "\00161", "\x01", "", "caf\xe9.mha"}) {
    const std::string text = utf8_from_bytes(name);
    EXPECT_TRUE(is_utf8(text)) << name;
    EXPECT_EQ(bytes_from_utf8(text), name);
  }
  EXPECT_EQ(utf8_from_bytes("\xc3\xa4"), "\xc3\xa4") << "UTF-8 stays as it is";
  EXPECT_EQ(bytes_from_utf8("\x01zz"), "\x01zz") << "no digits";
}

}  // namespace
}  // namespace iso
