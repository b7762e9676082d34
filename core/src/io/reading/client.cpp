#include "io/reading/messages_impl.h"

#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"
#include "iso/base/error.h"
#include "iso/base/process_start.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

/// The program's side: starts isocenter-reader when a file needs it first, asks, and turns the answer into data or an error.
namespace iso::io {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace detail::reading {
namespace {

constexpr std::size_t bytes_copied = std::size_t{1} << 20;  ///< less is not worth a mapping and an open file

fs::path find_reader() {
  if (const char* const named = std::getenv("ISOCENTER_READER"); named != nullptr && *named != '\0') return named;
  Dl_info library{};
  std::error_code problem;
  std::vector<fs::path> folders;
  if (::dladdr(reinterpret_cast<const void*>(&serve_reader), &library) != 0 && library.dli_fname != nullptr) {
    const fs::path folder = fs::weakly_canonical(library.dli_fname, problem).parent_path();
    folders = {folder / ISO_READER_FROM_LIBRARY, folder / "../bin"};
  }
  const fs::path folder = fs::read_symlink("/proc/self/exe", problem).parent_path();
  folders.insert(folders.end(), {folder, folder / "../libexec/isocenter"});
  for (const fs::path& place : folders)
    if (::access((place / "isocenter-reader").c_str(), X_OK) == 0)
      return (place / "isocenter-reader").lexically_normal();
  throw Error{Errc::internal,
              "the program isocenter-reader, which reads HDF5 files, is not in '" +
                  folders.front().lexically_normal().string() + "'",
              "reinstall, or name it in ISOCENTER_READER"};
}

/// The process isocenter-reader of this process.
class Reader {
 public:
  static Reader& get() {
    static Reader& one = *new Reader;  // who reads while the program ends finds it, too
    return one;
  }

  /// Hands one end of a socket over, on which the answer comes. Throws internal if the reader cannot be started.
  void ask(const Json& question, const wire::Descriptor& reply) {
    const std::lock_guard lock{mutex_};
    if (!channel_ || parent_ != ::getpid()) start();  // a fork of a program has a reader of its own
    const std::array<int, 1> descriptors{reply.get()};
    try {
      channel_->send(question, descriptors);
      return;
    } catch (const Error&) {
      forget();
      start();
    }
    try {
      channel_->send(question, descriptors);
    } catch (const Error&) {
      forget();
      refuse_to_start();
    }
  }
  void forget() {
    if (process_ > 0 && parent_ == ::getpid()) {
      ::kill(process_, SIGKILL);
      while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    process_ = -1;
    channel_.reset();
  }
  /// Throws internal if it ended by itself, which it does at its start alone.
  void forget_if_gone() {
    const std::lock_guard lock{mutex_};
    int status = 0;
    if (process_ <= 0 || parent_ != ::getpid() || ::waitpid(process_, &status, WNOHANG) != process_) return;
    process_ = -1;
    channel_.reset();
    if (WIFEXITED(status)) refuse_to_start();
  }

 private:
  [[noreturn]] static void refuse_to_start() {
    throw Error{Errc::internal, "the program isocenter-reader, which reads HDF5 files, ends as soon as it is started",
                "check the installation, and the limits of memory and open files (ulimit -v, ulimit -n)"};
  }
  void start() {
    auto [ours, theirs] = wire::socket_pair();
    const fs::path program = find_reader();
    const StartedProcess started = start_process({.program = program, .socket = theirs.get()});
    if (started.problem != 0)
      throw Error{Errc::internal,
                  "the program '" + program.string() +
                      "', which reads HDF5 files, cannot be started: " + std::strerror(started.problem),
                  "check the installation, and the limits of processes and open files (ulimit -u, ulimit -n)"};
    process_ = started.process;
    parent_ = ::getpid();
    channel_ = std::make_unique<wire::Channel>(std::move(ours));
  }

  std::mutex mutex_;  // guards all below
  std::unique_ptr<wire::Channel> channel_;
  pid_t process_{-1}, parent_{-1};
};

AskReader& other_way() {
  static AskReader& way = *new AskReader;
  return way;
}

std::string quoted(const fs::path& file) { return "'" + file.string() + "'"; }

[[noreturn]] void refuse(const fs::path& file, const End& end) {
  if (end.stood_still)
    throw Error{Errc::cannot_read, quoted(file) + " is not read: reading it stood still for a minute",
                "check the disk or the network that it is on"};
  if (end.signal == SIGKILL || end.signal == SIGTERM)
    throw Error{Errc::out_of_memory, quoted(file) + " is not read: the process that read it was ended from outside",
                "most often the system does so when memory runs out; close other programs"};
  if (end.code == exit_code(Errc::out_of_memory))
    throw Error{Errc::out_of_memory, quoted(file) + " needs more memory than there is",
                "close other programs, or take a smaller file"};
  throw Error{Errc::cannot_read,
              quoted(file) + " is damaged: the HDF5 library " +
                  (end.signal == SIGXCPU ? "comes to no end" : "breaks down") + " over the structure of the file",
              "take another copy of it, or let the program that wrote it write it again"};
}

/// The answer, if it is one. Its warnings are ours from here on.
wire::Message ask(Wish wish, const fs::path& file, const ReadOptions& options = {}, const std::string& key = {}) {
  std::error_code problem;
  const Json question = to_json(Question{wish, file, fs::current_path(problem), options, key});
  wire::Message message = other_way() ? other_way()(question) : ask_reader(question);
  try {
    if (const auto end = end_in(message.body)) refuse(file, *end);
    for (const Json& text : message.body.at("warnings")) warn(text.get<std::string>());
    throw_error_in(message.body);
  } catch (const Json::exception&) {
    refuse(file, {});  // no child that was sound answers so
  }
  return message;
}

template <class Work>
auto understand(const fs::path& file, const Work& work) {
  try {
    return work();
  } catch (const Json::exception&) {
    refuse(file, {});
  } catch (const Error& error) {
    if (error.code() == Errc::out_of_memory) throw;
    refuse(file, {});
  }
}

void copy_if_small(Pixels& pixels) {
  if (!pixels.empty() && !pixels.is_outline() && pixels.spec().bytes() < bytes_copied)
    pixels = PixelBuffer::make_copy(pixels);
}

}  // namespace
}  // namespace detail::reading

wire::Message ask_reader(const Json& question, const std::stop_token& stop) {
  using detail::reading::Reader;
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto [ours, theirs] = wire::socket_pair();
    Reader::get().ask(question, theirs);
    theirs.reset();
    wire::Channel channel{std::move(ours)};
    wire::Message message;
    try {
      const std::chrono::milliseconds pause{stop.stop_possible() ? 20 : 60000};
      while (!stop.stop_requested()) {
        const auto got = channel.receive(message, pause);
        if (got == wire::Channel::Got::message) return message;
        if (got == wire::Channel::Got::closed) break;
      }
    } catch (const Error&) {  // no child that was sound says so
      return {detail::reading::to_json(detail::reading::End{}), {}};
    }
    if (stop.stop_requested()) break;
    Reader::get().forget_if_gone();
  }
  return {detail::reading::to_json(detail::reading::End{SIGKILL, 0, false}), {}};
}

void ask_reader_through(AskReader ask) { detail::reading::other_way() = std::move(ask); }

std::vector<fs::path> files_in_question(const Json& question) {
  const auto asked = detail::reading::question_from(question);
  std::vector<fs::path> files{asked.folder / asked.file};
  if (!asked.options.geometry.empty()) files.push_back(asked.folder / asked.options.geometry);
  std::error_code problem;
  for (const auto& [name, value] : asked.options.hints)
    if (fs::exists(asked.folder / value, problem)) files.push_back(asked.folder / value);
  return files;
}

bool asks_for_checkpoint(const Json& question) {
  return detail::reading::question_from(question).wish == detail::reading::Wish::checkpoint;
}

Json answer_with(const Error& error) {
  return {{"type", answer_type},
          {"warnings", Json::array()},
          {"error", {{"code", to_string(error.code())}, {"message", error.what()}, {"hint", error.hint()}}}};
}

namespace detail {

using reading::Wish;

bool is_read_elsewhere(const fs::path& file) { return !is_reading_child() && h5::looks_like_hdf5(file); }

DatasetPtr read_elsewhere(const fs::path& file, const ReadOptions& options) {
  wire::Message message = reading::ask(Wish::dataset, file, options);
  return reading::understand(file, [&] {
    const DatasetPtr read = wire::unpack_outlines(message.body.at("dataset"), message);
    Dataset data = *read;
    visit_members(data, []<class T>(const Member&, T& value) {
      if constexpr (std::is_same_v<T, Pixels>) reading::copy_if_small(value);
    });
    check_members(data);
    return std::make_shared<const Dataset>(std::move(data));
  });
}

std::vector<ArrayInfo> arrays_elsewhere(const fs::path& file) {
  const wire::Message message = reading::ask(Wish::arrays, file);
  return reading::understand(file, [&] {
    std::vector<ArrayInfo> list;
    for (const Json& array : message.body.at("arrays"))
      list.push_back({array.at("name").get<std::string>(), array.at("extents").get<std::vector<std::int64_t>>()});
    return list;
  });
}

const Handler& handler_elsewhere(const fs::path& file) {
  const wire::Message message = reading::ask(Wish::format, file);
  const auto name = reading::understand(file, [&] { return message.body.at("format").get<std::string>(); });
  const auto known =
      std::ranges::find_if(handlers(), [&](const auto& handler) { return handler->format().name == name; });
  if (known == handlers().end()) reading::refuse(file, {});
  return **known;
}

std::optional<Checkpoint> checkpoint_elsewhere(const fs::path& file, const std::string& key) {
  wire::Message message = reading::ask(Wish::checkpoint, file, {}, key);
  return reading::understand(file, [&]() -> std::optional<Checkpoint> {
    const Json& json = message.body.at("checkpoint");
    if (json.is_null()) return std::nullopt;
    Checkpoint state;
    json.at("iteration").get_to(state.iteration);
    for (const auto& [name, array] : json.at("arrays").items()) {
      Pixels& pixels = state.arrays[name] = wire::unpack_pixels(array, message);
      reading::copy_if_small(pixels);
    }
    const Pixels numbers = wire::unpack_pixels(json.at("numbers"), message);
    const auto names = json.at("names").get<std::vector<std::string>>();
    const std::span<const double> values = numbers.empty() ? std::span<const double>{} : numbers.values<double>();
    for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) state.numbers[names[i]] = values[i];
    return state;
  });
}

}  // namespace detail
}  // namespace iso::io
