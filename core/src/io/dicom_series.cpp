#include "iso/io/dicom_series.h"

#include "dicom_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

namespace iso::io {

using namespace detail;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_files = 200000, most_damaged = 200;
constexpr rlim_t seconds_a_header = 5;
constexpr useconds_t look_every_us = 20000;

using Progress = std::function<void(std::size_t, std::size_t)>;

/// A number that a child process counts up, so that the file it dies of is known.
class SharedCount {
 public:
  SharedCount()
      : memory_{::mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)} {
    if (memory_ == MAP_FAILED)
      throw Error{Errc::out_of_memory, "no memory can be shared with the process that looks at files"};
    count_ = new (memory_) std::atomic<std::size_t>{0};
  }
  ~SharedCount() { ::munmap(memory_, sizeof(std::atomic<std::size_t>)); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  std::atomic<std::size_t>& value() noexcept { return *count_; }

 private:
  void* memory_;
  std::atomic<std::size_t>* count_{nullptr};
};

std::vector<fs::path> files_below(const fs::path& place) {
  std::error_code problem;
  if (!fs::exists(place, problem))
    throw Error{Errc::input_directory, "there is no folder '" + place.string() + "'", "check the name"};
  if (!fs::is_directory(place, problem)) return {place};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at{place, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && at != end; at.increment(problem))
    if (at->is_regular_file(problem) && files.size() < most_files) files.push_back(at->path());
  if (problem)
    throw Error{Errc::input_directory, "the folder '" + place.string() + "' cannot be read: " + problem.message(),
                "check your permission"};
  std::ranges::sort(files);
  return files;
}

[[noreturn]] void look_at_files(const std::vector<fs::path>& files, std::size_t begin, std::atomic<std::size_t>& at) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  for (std::size_t i = begin; i < files.size(); ++i) {
    at = i;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const rlimit patience{static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds_a_header,
                          RLIM_INFINITY};
    ::setrlimit(RLIMIT_CPU, &patience);
    DicomHeader header;
    try {
      (void)read_dicom_header(files[i], header);
    } catch (...) {  // an error in order, which the parent will meet too
    }
  }
  ::_exit(0);
}

/// Waits for the child; whether it came to its end.
bool lived(pid_t child, const std::atomic<std::size_t>& at, std::size_t files, const std::stop_token& stop,
           const Progress& progress) {
  int status = 0;
  for (pid_t ended = 0; ended == 0;) {
    ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno == EINTR) ended = 0;
    if (ended != 0) break;
    if (stop.stop_requested()) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      throw Error{Errc::cancelled, "looking through the folder was cancelled"};
    }
    if (progress) progress(at / 2, files);
    ::usleep(look_every_us);
  }
  return WIFEXITED(status);
}

std::vector<fs::path> without_damaged(std::vector<fs::path> files, DicomFolder& folder, const std::stop_token& stop,
                                      const Progress& progress) {
  SharedCount count;
  std::set<fs::path> damaged;
  for (std::size_t begin = 0; begin < files.size();) {
    const pid_t child = ::fork();
    if (child < 0) break;  // no process to be had: look without the precaution
    if (child == 0) look_at_files(files, begin, count.value());
    if (lived(child, count.value(), files.size(), stop, progress)) break;
    damaged.insert(files[count.value()]);
    begin = count.value() + 1;
    if (damaged.size() > most_damaged)
      throw Error{Errc::cannot_read,
                  "the decoder fails on more than " + std::to_string(most_damaged) + " files of the folder",
                  "check where the files came from"};
  }
  folder.damaged.assign(damaged.begin(), damaged.end());
  std::erase_if(files, [&](const fs::path& file) { return damaged.contains(file); });
  return files;
}

DicomSeries described(const std::vector<DicomHeader>& headers) {
  const DicomHeader& first = headers.front();
  const DicomStack stack = dicom_stack(headers);
  DicomSeries series;
  series.uid = first.series;
  series.modality = first.modality;
  series.patient = first.patient;
  series.patient_id = first.patient_id;
  series.study = first.study;
  series.study_date = first.study_date;
  series.description = first.description;
  series.number = first.number;
  series.files = static_cast<std::int64_t>(headers.size());
  series.slices = static_cast<std::int64_t>(stack.slices);
  series.times = static_cast<std::int64_t>(stack.times);
  series.size = {first.columns, first.rows};
  if (first.spaced) {
    series.spacing_mm[0] = first.spacing_x;
    series.spacing_mm[1] = first.spacing_y;
  }
  // As the reader takes it: positions, else what the frames or the slices say of themselves.
  series.spacing_mm[2] = stack.step_mm > 0                          ? stack.step_mm
                         : first.frames > 1 && first.frame_step > 0 ? first.frame_step
                                                                    : std::max(0.0, first.thickness);
  series.verdict = stack.verdict;
  for (const DicomHeader& header : headers)
    if (series.refusal.empty()) series.refusal = dicom_refusal(header);
  if (series.refusal.empty() && stack.verdict.finding == Finding::mismatch)
    series.refusal = stack.verdict.sentence + "; open its files one by one";
  return series;
}

}  // namespace

std::string size_text(const DicomSeries& series) {
  return std::to_string(series.size[0]) + " x " + std::to_string(series.size[1]) + " x " +
         std::to_string(series.slices) + (series.times > 1 ? " x " + std::to_string(series.times) : "");
}

std::string spacing_text(const DicomSeries& series) {
  std::string text;
  for (const double step : series.spacing_mm) {
    char number[32] = "?";
    if (step > 0) std::snprintf(number, sizeof number, "%.4g", step);
    text += (text.empty() ? "" : " x ") + std::string{number};
  }
  return text + " mm";
}

DicomFolder list_dicom(const fs::path& place, const std::stop_token& stop, const Progress& progress) {
  DicomFolder folder;
  std::vector<fs::path> files = files_below(place);
  folder.files = files.size();
  files = without_damaged(std::move(files), folder, stop, progress);
  std::map<std::string, std::vector<DicomHeader>> by_series;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (stop.stop_requested()) throw Error{Errc::cancelled, "looking through the folder was cancelled"};
    DicomHeader header;
    if (read_dicom_header(files[i], header)) by_series[header.series].push_back(std::move(header));
    if (progress) progress((files.size() + i + 1) / 2, files.size());
  }
  if (by_series.empty())
    throw Error{Errc::no_input, "'" + place.string() + "' holds no DICOM image",
                "give the folder of a study or of a series"};
  for (const auto& [uid, headers] : by_series) {
    folder.series.push_back(described(headers));
    DicomSeries& series = folder.series.back();
    if (uid.empty() && by_series.size() > 1 && series.refusal.empty())
      series.refusal = "its files do not say which series they are of; open them one by one";
  }
  std::ranges::stable_sort(folder.series, {}, [](const DicomSeries& s) {
    return std::tie(s.patient, s.patient_id, s.study_date, s.study, s.number, s.description, s.uid);
  });
  return folder;
}

}  // namespace iso::io
