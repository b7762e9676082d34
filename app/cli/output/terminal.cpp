#include "terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace iso::cli {
namespace {

std::mutex writing;  // guards bar, and the order of what is written
std::string bar;
int results = STDOUT_FILENO;  ///< where they go

void write_all(int file, std::string_view text, bool must) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // who shares the pipe asked for that; it will have room again
      pollfd room{file, POLLOUT, 0};
      (void)::poll(&room, 1, -1);
    } else if (errno != EINTR && must) {
      throw Error(Errc::cannot_write, "the standard output cannot be written: " + std::string(std::strerror(errno)));
    } else if (errno != EINTR) {
      return;
    }
  }
}

constexpr std::string_view clear_line = "\r\033[K";

}  // namespace

void reserve_stdout() {
  if (results != STDOUT_FILENO) return;
  std::fflush(stdout);
  const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
  if (kept < 0) return;  // it is closed: `print` says so
  results = kept;
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

void print(std::string_view text) {
  const std::lock_guard lock{writing};
  if (!bar.empty()) write_all(STDERR_FILENO, clear_line, false);
  write_all(results, printable(text, LineBreaks::keep), true);
  write_all(STDERR_FILENO, bar, false);
}

void note(std::string_view line) {
  const std::lock_guard lock{writing};
  std::string text{bar.empty() ? std::string_view{} : clear_line};
  text.append(printable(line)).append("\n").append(bar);
  write_all(STDERR_FILENO, text, false);
}

void draw_bar(std::string_view given) {
  const std::string line = printable(given);
  const std::lock_guard lock{writing};
  if (line == bar) return;
  write_all(STDERR_FILENO, std::string{clear_line}.append(line), false);
  bar = line;
}

bool stderr_is_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

int terminal_columns() noexcept {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void TextTable::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string result;
  bool header = true;
  for (const auto& row : rows_) {
    std::string line, rule;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
      rule += std::string(widths[i], '-') + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    rule.erase(rule.find_last_not_of(' ') + 1);
    result += line + "\n";
    if (header) result += rule + "\n";
    header = false;
  }
  return result;
}

std::string in_digits(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, value + 0.0);  // no sign on a zero
  return text.data();
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(std::max(0.0, seconds)));
  std::array<char, 32> text{};
  if (whole < 3600)
    std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60, whole % 60);
  else
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return text.data();
}

}  // namespace iso::cli
