#pragma once

// The real command, started as a user starts it; for the tests of the whole.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace iso::test {

namespace fs = std::filesystem;

struct Answer {
  int code{-1};  ///< exit code; 128 + signal
  std::string out, err;
  double seconds{0}, processor_seconds{0};
  /// Lines on stderr that are neither warnings nor progress.
  [[nodiscard]] std::vector<std::string> complaints() const {
    std::vector<std::string> lines;
    std::istringstream text(err);
    for (std::string line; std::getline(text, line);)
      if (!line.starts_with("isocenter: warning: ") && line.find(" % ") == std::string::npos) lines.push_back(line);
    return lines;
  }
};

/// A command while it runs: its process, and the files that take what it prints.
struct Live {
  pid_t process;
  std::string out, err;
};

struct How {
  std::string in;                              ///< stdin
  std::size_t largest_file{0};                 ///< RLIMIT_FSIZE: a full disk; 0: none
  std::function<void(const Live&)> meanwhile;  ///< called once the process runs
  std::map<std::string, std::string> environment;
};

inline std::string to_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Waits until a file holds `words`, and says how long that took; -1 if it never did.
inline double seconds_until(const std::string& file, const std::string& words, double patience = 20) {
  const auto begin = std::chrono::steady_clock::now();
  const auto so_far = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  while (to_text(file).find(words) == std::string::npos) {
    if (so_far() > patience) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return so_far();
}

/// Runs `words` (the program first) and waits for its end.
inline Answer start(const std::vector<std::string>& words, const How& how = {}) {
  const fs::path base =
      fs::path(::testing::TempDir()) / ("iso_cmd" + std::to_string(::getpid()) + "_" +
                                        std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())));
  const std::string in = base.string() + ".in", out = base.string() + ".out", err = base.string() + ".err";
  std::ofstream(in) << how.in;
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto open_as = [](const std::string& file, int flags, int number) {
      const int opened = ::open(file.c_str(), flags, 0600);
      if (opened == number) return;  // it was closed, in surroundings without descriptors
      ::dup2(opened, number);
      ::close(opened);
    };
    open_as(in, O_RDONLY, 0);
    open_as(out, O_WRONLY | O_CREAT | O_TRUNC, 1);
    open_as(err, O_WRONLY | O_CREAT | O_TRUNC, 2);
    for (const auto& [name, value] : how.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (how.largest_file > 0) {
      const rlimit limit{how.largest_file, how.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  if (how.meanwhile) how.meanwhile({child, out, err});
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  Answer answer;
  for (const timeval& part : {used.ru_utime, used.ru_stime})
    answer.processor_seconds += static_cast<double>(part.tv_sec) + 1e-6 * static_cast<double>(part.tv_usec);
  answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  answer.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  answer.out = to_text(out);
  answer.err = to_text(err);
  for (const std::string& file : {in, out, err}) fs::remove(file);
  return answer;
}

#ifdef ISO_COMMAND
inline Answer isocenter(std::vector<std::string> arguments, const How& how = {}) {
  arguments.insert(arguments.begin(), ISO_COMMAND);
  return start(arguments, how);
}
#endif

/// A folder of one test program, gone with it.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_{fs::path(::testing::TempDir()) / (name + std::to_string(::getpid()))} {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  /// Every file with its size and time: what changes when anything is written.
  [[nodiscard]] std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> listing() const {
    std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> files;
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      files[entry.path().string()] = {entry.is_regular_file() ? entry.file_size() : 0, entry.last_write_time()};
    return files;
  }

 private:
  fs::path path_;
};

/// NumPy's format, version 1.0, little-endian; shape slowest first.
inline std::string npy(const std::string& type, const std::string& shape, const std::string& bytes) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  return text + header + bytes;
}

inline std::string byte_count(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A parallel scan in our JSON; `angles` is the JSON of its angles.
inline std::string parallel_scan(int elements, const std::string& angles, double pitch = 1) {
  return R"({"beam": "parallel", "angles_deg": )" + angles + R"(, "elements": [)" + std::to_string(elements) +
         R"(, 1], "pitch_mm": [)" + std::to_string(pitch) + ", 1]}";
}
inline std::string equal_views(int count, double span = 180) {
  return R"({"first": 0, "step": )" + std::to_string(span / count) + R"(, "count": )" + std::to_string(count) + "}";
}

}  // namespace iso::test
