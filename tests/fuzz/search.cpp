// The search for bytes that do harm: fuzz_readers READER COUNT [FOLDER [SEED]]. Bytes of sound files are changed and read; fuzz_parsers does the
// same with those of recipes, records, messages and the like. Anything but data or an error of ours is a finding and is kept in FOLDER.
// HDF5 is read here and not by a process a file, as the program does, which takes forty times as long with the sanitizers: a fault inside the
// library, which the program turns into a refusal, ends the process and is counted apart (the first are kept, too).
// Built with the sanitizers by tests/fuzz/run.
#include "mutate.h"
#include "readers.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/threads.h"
#include "iso/io/reader_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <sstream>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
// Of the run-time library of the sanitizer, for which g++ has no header.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void*, std::size_t),
                                                         void (*freed)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void*);
extern "C" int __sanitizer_get_ownership(const volatile void*);
#endif

namespace iso::test {
namespace {

namespace fs = std::filesystem;

constexpr double most_seconds = 1;
constexpr std::size_t most_file_factor = 4, most_bytes_beside = std::size_t{64} << 20;
constexpr std::size_t most_findings = 20;
constexpr std::uint64_t most_of_a_process = 5000;    ///< files; libhdf5 keeps what it could not close
constexpr time_t longest = 20, longest_of_hdf5 = 2;  ///< s of processor time, then the process is ended

/// What the process that reads leaves behind for the one that counts, whatever becomes of it.
struct Shared {
  std::atomic<std::uint64_t> next{0}, accepted{0}, refused{0}, findings{0};
  std::atomic<std::uint64_t> ended_by_library{0}, endless{0}, large{0};  ///< of HDF5 alone
  std::atomic<double> slowest{0};
  std::atomic<std::size_t> largest{0};
};

std::atomic<std::size_t> held{0}, peak{0};
void count_memory() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t bytes) {
        const std::size_t now = held += bytes;
        for (std::size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {
        }
      },
      [](const volatile void* memory) {
        if (__sanitizer_get_ownership(memory) != 0) held -= __sanitizer_get_allocated_size(memory);
      });
#endif
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/// One process of the search: reads until it is done or dies.
class Search {
 public:
  Search(const Reader& reader, std::vector<Seed> seeds, fs::path keep, std::uint64_t first, Shared& shared)
      : reader_{reader}, seeds_{std::move(seeds)}, keep_{std::move(keep)}, first_{first}, shared_{shared} {}

  void run(std::uint64_t count) {
    begin();
    const std::uint64_t end = std::min(count, shared_.next + most_of_a_process);
    while (shared_.next < end && shared_.findings < most_findings) one(shared_.next++);
  }
  /// That number alone, as the program reads it: in a process in which nothing was read before.
  void run_alone(std::uint64_t number) {
    begin();
    one(number);
  }

 private:
  void begin() {
    words_ = ::open((keep_ / "words").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    ::dup2(words_, 2);
    log::set_level(log::Level::quiet);
    ThreadBudget::set(1);
    for (const Seed& seed : seeds_) others_.push_back(&seed.bytes);
  }
  void one(std::uint64_t number) {
    Mutator mutate{first_ + number};
    const Seed& seed = seeds_[mutate.pick(seeds_.size())];
    const std::string bytes = sealed(mutate(seed.bytes, others_), seed.seal);
    one(seed, bytes, number, mutate.pick(16));
  }
  void one(const Seed& seed, const std::string& bytes, std::uint64_t number, std::size_t way) {
    put(seed.file, bytes);
    // Whoever takes longer is killed, and that is a finding; but of libhdf5, which the program ends after as long, a refusal.
    const itimerval watch{{0, 0}, {reader_.by_hdf5 ? longest_of_hdf5 : longest, 0}};
    ::setitimer(ITIMER_PROF, &watch, nullptr);
    const double start = processor_seconds();
    peak = held.load();
    const std::size_t before = held;
    std::string what;
    try {
      reader_.read(seed.file, way);
      ++shared_.accepted;
    } catch (const Error& error) {
      ++shared_.refused;
      const int code = exit_code(error.code());
      if ((code < 20 || code > 39) && code != 89 && error.code() != Errc::unsupported &&
          error.code() != Errc::out_of_memory && error.code() != Errc::invalid_result)
        what = "the exit code " + std::to_string(code) + ": " + error.what();
      if (std::string_view{error.what()}.empty()) what = "an error without words";
    } catch (const std::exception& error) {
      what = std::string{"a foreign exception: "} + error.what();
    }
    const double seconds = processor_seconds() - start;
    const std::size_t bytes_used = peak - std::min<std::size_t>(peak, before);
    shared_.slowest = std::max<double>(shared_.slowest, seconds);
    shared_.largest = std::max<std::size_t>(shared_.largest, bytes_used);
    if (seconds > (reader_.by_hdf5 ? static_cast<double>(longest_of_hdf5) : most_seconds))
      what = std::to_string(seconds) + " s";
    const bool large = bytes_used > most_file_factor * bytes.size() + most_bytes_beside;
    if (large && reader_.by_hdf5)
      ++shared_.large;
    else if (large)
      what = std::to_string(bytes_used >> 20) + " MiB for a file of " + std::to_string(bytes.size()) + " bytes";
    if (const std::string words = spoken(); !words.empty()) what = "words on standard error: " + words;
    if (!what.empty()) finding(seed, bytes, number, what);
  }
  /// The first line that was written to standard error. That the sanitizer gives no memory of more than 4 GiB is no word of ours:
  /// who asked got none, as on a machine without it. Nor is what libhdf5 says by itself after it was begun a second time in a process,
  /// which the program never does.
  std::string spoken() {
    const off_t size = ::lseek(words_, 0, SEEK_END);
    if (size <= 0) return {};
    std::string text(static_cast<std::size_t>(size), '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(words_, text.data(), text.size(), 0), 0)));
    (void)!::ftruncate(words_, 0);
    ::lseek(words_, 0, SEEK_SET);
    if (reader_.by_hdf5 && text.starts_with("HDF5-DIAG")) return {};
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line.find("AddressSanitizer failed to allocate") == std::string::npos) return line;
    return {};
  }
  void finding(const Seed& seed, const std::string& bytes, std::uint64_t number, const std::string& what) {
    ++shared_.findings;
    put(keep_ / (std::to_string(number) + "_" + seed.file.filename().string()), bytes);
    std::ofstream{keep_ / "findings.txt", std::ios::app} << number << " " << seed.file.filename().string() << ": "
                                                         << what << "\n";
  }

  const Reader& reader_;
  std::vector<Seed> seeds_;
  fs::path keep_;
  std::uint64_t first_;
  Shared& shared_;
  std::vector<const std::string*> others_;
  int words_{-1};
};

/// Whether a report of the address sanitizer is of libhdf5: the first function outside the run-time libraries is its, of who touched the
/// memory and, where it is still there, of who allocated it. A buffer of ours that is too short for the library has a stack of ours.
bool is_of_library(const fs::path& report) {
  std::ifstream lines{report};
  bool any = false, looking = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("freed by")) return any;  // a stray pointer: nobody frees during a call what he hands over
    if (line.starts_with("*** stack smashing detected")) return true;  // its functions guard their frames, ours do not
    const std::size_t frame = line.find_first_not_of(' ');
    if (frame == std::string::npos || line[frame] != '#') continue;
    if (line.compare(frame, 3, "#0 ") == 0) looking = true;
    const auto names = [&](std::string_view part) { return line.find(part) != std::string::npos; };
    if (!looking || names("libasan") || names("libsanitizer") || names("libc.so")) continue;
    if (!names("libhdf5")) return false;
    any = true;
    looking = false;
  }
  return any;
}

/// What a stray pointer of libhdf5 meets depends on what was read before in the process, as do the stacks of a report. This reads the
/// file alone, as the program does. The status of that process: 0 if the file was read or refused, which is counted.
int status_alone(Search search, std::uint64_t number) {
  const pid_t child = ::fork();
  if (child == 0) {
    search.run_alone(number);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

// The number at which a process of the search died is left out by the next one.
void keep_death(const Reader& reader, const std::vector<Seed>& seeds, const fs::path& keep, std::uint64_t first,
                Shared& shared, int status) {
  const bool endless = reader.by_hdf5 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
  bool of_library = reader.by_hdf5 && !endless && is_of_library(keep / "words");
  if (reader.by_hdf5 && !endless && !of_library) {
    if (status_alone(Search{reader, seeds, keep, first, shared}, shared.next - 1) == 0) return;
    of_library = is_of_library(keep / "words");
  }
  const std::uint64_t before = endless ? shared.endless++ : of_library ? shared.ended_by_library++ : shared.findings++;
  if (before >= most_findings) return;
  const std::uint64_t number = shared.next - 1;
  Mutator mutate{first + number};
  const Seed& seed = seeds[mutate.pick(seeds.size())];
  std::error_code problem;
  fs::copy_file(seed.file, keep / (std::to_string(number) + "_" + seed.file.filename().string()),
                fs::copy_options::overwrite_existing, problem);
  fs::rename(keep / "words", keep / (std::to_string(number) + "_words.txt"), problem);
  std::ofstream{keep / "findings.txt", std::ios::app}
      << number << " " << seed.file.filename().string() << ": "
      << (endless      ? "no end"
          : of_library ? "the library ended the process"
                       : "the process ended by ")
      << (endless || of_library ? ""
          : WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                : "itself")
      << "\n";
}

void print_line(const Reader& reader, std::size_t seeds, const Shared& shared, double wall) {
  std::cout << "| " << reader.name << " | " << seeds << " | " << shared.next << " | " << shared.accepted << " | "
            << shared.refused << " | " << shared.findings << " | " << shared.slowest << " | " << (shared.largest >> 20)
            << " | " << static_cast<int>(static_cast<double>(shared.next) / wall) << " |\n";
  if (reader.by_hdf5)
    std::cout << reader.name << ": ended by the library " << shared.ended_by_library << ", after " << longest_of_hdf5
              << " s " << shared.endless << "; of much memory " << shared.large << "\n";
}

int search(const Reader& reader, std::uint64_t count, const fs::path& keep, std::uint64_t first) {
  const fs::path folder = fs::path{"/dev/shm"} / ("iso_fuzz_" + std::to_string(::getpid()));
  fs::create_directories(keep);
  void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& shared = *new (memory) Shared;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Seed> seeds = make_seeds(reader, folder);
  if (seeds.empty()) throw Error{Errc::no_input, "there is no sound file to change"};
  if (reader.by_hdf5) io::read_as_child();
  while (shared.next < count && shared.findings < most_findings) {
    const pid_t child = ::fork();
    if (child == 0) {
      count_memory();
      Search{reader, seeds, keep, first, shared}.run(count);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) keep_death(reader, seeds, keep, first, shared, status);
  }
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  print_line(reader, seeds.size(), shared, wall);
  fs::remove_all(folder);
  return shared.findings > 0 ? 1 : 0;
}

}  // namespace
}  // namespace iso::test

int main(int argc, char** argv) {
  using namespace iso::test;
  const std::vector<Reader>& all = subjects();
  std::string names;
  for (const Reader& reader : all) names += " " + reader.name;
  if (argc < 3) {
    std::cerr << "usage: PROGRAM READER COUNT [FOLDER [SEED]]; readers are" << names << "\n";
    return 1;
  }
  const std::string folder = argc > 3 ? argv[3] : std::string{"fuzz_"} + argv[1];
  const std::uint64_t first = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1;
  try {
    for (const Reader& reader : all)
      if (reader.name == argv[1]) return search(reader, std::strtoull(argv[2], nullptr, 10), folder, first << 32U);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  std::cerr << "there is no reader '" << argv[1] << "'; readers are" << names << "\n";
  return 1;
}
