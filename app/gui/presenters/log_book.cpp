#include "log_book.h"

#include "host/plugins/catalogue.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <optional>
#include <sstream>
#include <thread>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_lines = 20000, most_files = 10, most_bytes_a_file = std::size_t{8} << 20;
constexpr std::array<std::string_view, 4> level_names{"DEBUG", "INFO", "WARNING", "ERROR"};
constexpr const char* time_format = "%d.%m.%Y %H:%M:%S";

std::string time_text(std::chrono::system_clock::time_point when, const char* format) {
  const std::time_t moment = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::localtime_r(&moment, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), format, &parts);
  return text.data();
}

bool contains(std::string_view text, std::string_view search) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), search.begin(), search.end(), same) != text.end();
}

bool shown(const LogLine& line, log::Level least, std::string_view search) {
  return line.level >= least && (search.empty() || contains(line.text, search) || contains(line.topic, search));
}

std::optional<LogLine> parsed(const std::string& text) {
  LogLine line;
  const auto level = text.find(']'), topic = text.find(" [", level), end = text.find("] - ", topic);
  if (text.empty() || text[0] != '[' || end == std::string::npos) return std::nullopt;
  const auto name = std::ranges::find(level_names, std::string_view{text}.substr(1, level - 1));
  if (name == level_names.end()) return std::nullopt;
  line.level = static_cast<log::Level>(name - level_names.begin());
  std::tm parts{};
  std::istringstream time{text.substr(text.find("] ", level + 1) + 2)};
  time >> std::get_time(&parts, time_format);
  parts.tm_isdst = -1;
  line.when = std::chrono::system_clock::from_time_t(std::mktime(&parts));
  line.topic = text.substr(topic + 2, end - topic - 2);
  line.text = text.substr(end + 4);
  return line;
}

std::string value_in(const char* file, const std::string& key) {
  std::ifstream stream{file};
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find_first_not_of(" \t:=\"", key.size());
    if (at == std::string::npos) return {};
    const auto end = line.find_last_not_of("\" \t");
    return line.substr(at, end - at + 1);
  }
  return {};
}

}  // namespace

std::string line_text(const LogLine& line) {
  if (line.when == std::chrono::system_clock::time_point{}) return line.text;  // the head of an earlier log
  const auto level = std::min(static_cast<std::size_t>(line.level), level_names.size() - 1);
  return "[" + std::string{level_names[level]} + "][desktop] " + time_text(line.when, time_format) + " [" + line.topic +
         "] - " + line.text;
}

LogBook::LogBook(fs::path folder) : folder_{std::move(folder)} {
  begin_file();
  log::set_sink([this](log::Level level, std::string_view topic, std::string_view text) { take(level, topic, text); });
}

LogBook::~LogBook() {
  log::set_sink({});
  if (stream_ >= 0) ::close(stream_);
}

void LogBook::begin_file() {
  std::error_code problem;
  fs::create_directories(folder_, problem);
  const auto now = std::chrono::system_clock::now();
  file_ = folder_ / ("isocenter_" + time_text(now, "%Y%m%d_%H%M%S") + "_" + std::to_string(::getpid()) + ".log");
  stream_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (stream_ < 0) {
    problem_ = "the log cannot be kept in '" + folder_.string() + "'";
    file_.clear();
    return;
  }
  const std::vector<fs::path> kept = log_files(folder_);
  for (std::size_t i = most_files; i < kept.size(); ++i) fs::remove(kept[i], problem);
  put("Isocenter desktop, started " + time_text(now, time_format) + "\n" + machine_text() + "\n");
}

void LogBook::put(const std::string& text) {
  if (stream_ < 0) return;
  if (written_ > most_bytes_a_file) {  // begins anew; the part before is kept beside it
    std::error_code ignored;
    fs::rename(file_, fs::path{file_}.concat(".old"), ignored);
    ::close(stream_);
    stream_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    written_ = 0;
    if (stream_ < 0) return;
  }
  // One call a line, so that a crash leaves whole lines. A full disk costs the line and nothing else.
  if (const auto done = ::write(stream_, text.data(), text.size()); done > 0)
    written_ += static_cast<std::size_t>(done);
}

void LogBook::take(log::Level level, std::string_view topic, std::string_view text) {
  LogLine line{level, std::chrono::system_clock::now(), std::string{topic}, std::string{text}};
  const std::string words = line_text(line) + "\n";
  if (level >= log::Level::warning) std::fputs(words.c_str(), stderr);
  const std::lock_guard lock{mutex_};
  put(words);
  lines_.push_back(std::move(line));
  if (lines_.size() > most_lines) lines_.pop_front();
  ++revision_;
}

std::vector<LogLine> LogBook::lines(log::Level least, std::string_view search) const {
  const std::lock_guard lock{mutex_};
  std::vector<LogLine> found;
  for (const LogLine& line : lines_)
    if (shown(line, least, search)) found.push_back(line);
  return found;
}

std::vector<LogLine> filtered(std::vector<LogLine> lines, log::Level least, std::string_view search) {
  std::erase_if(lines, [&](const LogLine& line) { return !shown(line, least, search); });
  return lines;
}

std::vector<fs::path> log_files(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("isocenter_") && (name.ends_with(".log") || name.ends_with(".log.old")))
      files.emplace_back(entry.last_write_time(problem), entry.path());
  }
  std::ranges::sort(files, std::greater{});
  std::vector<fs::path> names;
  for (auto& [time, file] : files) names.push_back(std::move(file));
  return names;
}

std::vector<LogLine> read_log(const fs::path& file, std::size_t most_bytes) {
  std::ifstream stream{file, std::ios::binary};
  std::error_code problem;
  const auto size = fs::file_size(file, problem);
  std::string text;
  if (!problem && size > most_bytes) {
    stream.seekg(static_cast<std::streamoff>(size - most_bytes));
    std::getline(stream, text);  // the rest of a line cut off
  }
  std::vector<LogLine> lines;
  while (std::getline(stream, text)) {
    if (auto line = parsed(text))
      lines.push_back(std::move(*line));
    else if (!lines.empty())
      lines.back().text += "\n" + text;
    else
      lines.push_back({log::Level::info, {}, "start", text});
  }
  return lines;
}

std::string machine_text() {
  utsname system{};
  ::uname(&system);
  const std::string memory = value_in("/proc/meminfo", "MemTotal");
  std::string text = "version: " ISO_VERSION "\nsystem: " + value_in("/etc/os-release", "PRETTY_NAME") + ", " +
                     system.sysname + " " + system.release + " " + system.machine +
                     "\nprocessor: " + value_in("/proc/cpuinfo", "model name") + ", " +
                     std::to_string(std::thread::hardware_concurrency()) + " threads\nmemory: " + memory + "\nplugins:";
  for (const auto& folder : host::plugin_directories()) text += " " + folder.string();
  return text;
}

}  // namespace iso::gui
