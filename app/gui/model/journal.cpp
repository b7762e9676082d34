#include "journal.h"

#include "labels.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace iso::gui {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;
constexpr const char* journal_name = "journal.jsonl";

std::string folder_name() {
  const std::time_t moment = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&moment, &parts);
  std::array<char, 48> text{};
  std::strftime(text.data(), text.size(), "Recovery_%Y%m%d_%H%M%S_", &parts);
  return text.data() + std::to_string(::getpid());
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Document::LabelDelta delta_from(const Json& line) {
  Document::LabelDelta delta;
  for (const Json& run : line.at("runs"))
    delta.runs.push_back({run.at(0).get<std::int64_t>(), run.at(1).get<std::int32_t>(), run.at(2).get<std::uint16_t>(),
                          run.at(3).get<std::uint16_t>()});
  return delta;
}

/// The lock of a folder, null while the process that made it, or one that claimed it, lives. A lock that was waited for may
/// be that of a folder which is gone, with another one of the same name in its place: its file must still be the one there.
std::shared_ptr<const Claim> claim(const fs::path& folder) {
  const fs::path file = folder / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return nullptr;
  auto claimed = std::make_shared<const Claim>(lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return nullptr;
  struct stat held {
  }, there{};
  if (::fstat(lock, &held) != 0 || ::stat(file.c_str(), &there) != 0) return nullptr;
  return held.st_ino == there.st_ino && held.st_dev == there.st_dev ? claimed : nullptr;
}

/// A folder whose process ended while it was made; one that is being made now is left alone.
void clean_up(const fs::path& making) {
  std::error_code problem;
  const auto age = fs::file_time_type::clock::now() - fs::last_write_time(making, problem);
  if (problem || age < std::chrono::minutes{1}) return;
  const auto held = claim(making);
  if (held || !fs::exists(making / "lock", problem)) fs::remove_all(making, problem);
}

/// Whole lines only: the last may have been cut off by the end of the process.
std::vector<Json> read_lines(const fs::path& folder) {
  std::vector<Json> lines;
  std::ifstream stream{folder / journal_name, std::ios::binary};
  for (std::string text; std::getline(stream, text);) {
    Json line = Json::parse(text, nullptr, false);
    if (line.is_discarded() || !line.is_object()) break;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

Journal::Journal(Document& document, const fs::path& parent) : document_{document}, folder_{parent / folder_name()} {
  std::error_code problem;
  for (int i = 2; fs::exists(folder_, problem); ++i) folder_ = parent / (folder_name() + "_" + std::to_string(i));
  // Made under another name and locked before it gets its own: a desktop that starts at the same moment and looks for what was
  // left behind would else take it for an empty one and clean it up.
  const fs::path making = parent / ("making_" + folder_.filename().string());
  fs::create_directories(making, problem);
  lock_ = ::open((making / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  file_ = ::open((making / journal_name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool locked = !problem && lock_ >= 0 && file_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
  if (locked) fs::rename(making, folder_, problem);
  if (!locked || problem)
    throw Error{Errc::output_directory, "work cannot be kept safe in '" + folder_.string() + "'",
                "check that the folder can be written to"};
  const auto changed = [this] { dirty_ = true; };
  connections_ = document_.watch(changed);
  connections_.push_back(document_.selection_changed.connect(changed));
  connections_.push_back(
      document_.labels_changed.connect([this](ItemId id, const Document::LabelDelta& delta, bool forwards) {
        const Item* const item = document_.find(id);
        if (item == nullptr || !files_.contains(id)) return;  // the whole map follows with the next tick
        Json runs = Json::array();
        for (const LabelRun& run : delta.runs) runs.push_back({run.first, run.length, run.before, run.after});
        known_[id] = item->data;
        put(Line{Json{{"labels", id}, {"forwards", forwards}, {"runs", std::move(runs)}}.dump()});
      }));
  writer_ = std::jthread{[this](const std::stop_token& stop) { write(stop); }};
  tick();
}

Journal::~Journal() {
  connections_.clear();
  if (keep_) wait_until_written();
  writer_.request_stop();
  wake_.notify_all();
  if (writer_.joinable()) writer_.join();
  ::close(file_);
  std::error_code ignored;
  if (!keep_) fs::remove_all(folder_, ignored);
  ::close(lock_);  // last: who gets the lock may take what lies there for left behind
}

void Journal::tick() {
  if (!dirty_) return;
  dirty_ = false;
  const auto own_file = [](const Item& item) { return item.saved && !item.file.empty(); };
  for (const auto& item : document_.items()) {
    if (own_file(*item) || item->live) continue;
    std::weak_ptr<const Dataset>& known = known_[item->id];
    if (known.lock() == item->data) continue;
    known = item->data;
    files_[item->id] = "item-" + std::to_string(item->id) + "-" + std::to_string(next_file_++) + ".h5";
    put(Data{item->id, files_[item->id], item->data});
  }
  std::string state = to_json(document_, [&](const Item& item) -> std::optional<std::string> {
    if (item.live) return std::nullopt;
    return own_file(item) ? std::string{} : files_[item.id];
  });
  put(Line{R"({"state":)" + std::move(state) + "}"});
}

void Journal::put(Work work) {
  const std::lock_guard lock{mutex_};
  queue_.push_back(std::move(work));
  wake_.notify_one();
}

void Journal::wait_until_written() {
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [&] { return queue_.empty() && !busy_; });
}

std::optional<std::string> Journal::take_problem() {
  const std::lock_guard lock{mutex_};
  return std::exchange(problem_, std::nullopt);
}

void Journal::write(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock{mutex_};
    if (!wake_.wait(lock, stop, [&] { return !queue_.empty(); })) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    std::optional<std::string> failed;
    try {
      std::string text;
      if (const auto* data = std::get_if<Data>(&work)) {
        io::write(folder_ / data->file, *data->data, {.overwrite = true});
        text = Json{{"data", data->item}, {"file", data->file}}.dump();
      } else {
        text = std::get<Line>(work).text;
      }
      if (!write_all(file_, text + "\n"))
        failed = "the journal in '" + folder_.string() + "' cannot be written: is the disk full?";
    } catch (...) {
      failed = current_error().what();
    }
    work = Line{};
    lock.lock();
    busy_ = false;
    if (failed) problem_ = std::move(failed);
    if (queue_.empty()) idle_.notify_all();
  }
}

Claim::~Claim() { ::close(lock_); }

std::vector<Recovery> find_recoveries(const fs::path& parent) {
  std::vector<Recovery> found;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{parent, problem}) {
    if (entry.path().filename().string().starts_with("making_")) clean_up(entry.path());
    if (!entry.is_directory(problem) || !entry.path().filename().string().starts_with("Recovery_")) continue;
    auto held = claim(entry.path());
    if (!held) continue;
    const fs::path file = entry.path() / journal_name;
    std::size_t items = 0;
    for (const Json& line : read_lines(entry.path()))
      if (line.contains("state")) items = line["state"].value("items", Json::array()).size();
    if (items == 0) {
      fs::remove_all(entry.path(), problem);  // nothing in it to give back
      continue;
    }
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(file, problem);
    found.push_back(
        {entry.path(), std::move(held),
         std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(age),
         items});
  }
  std::ranges::sort(found, [](const Recovery& a, const Recovery& b) { return a.last_change > b.last_change; });
  return found;
}

std::vector<int> living_desktops(const fs::path& parent) {
  std::vector<int> processes;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{parent, problem}) {
    const std::string name = entry.path().filename().string();
    // Recovery_yyyyMMdd_HHmmss_PID[_n]
    const auto at = std::string_view{"Recovery_yyyyMMdd_HHmmss_"}.size();
    if (!name.starts_with("Recovery_") || name.size() <= at) continue;
    const int process = std::atoi(name.c_str() + at);
    if (process <= 0 || process == static_cast<int>(::getpid())) continue;
    const bool there = ::kill(process, 0) == 0 || errno == EPERM;
    if (there && !claim(entry.path())) processes.push_back(process);
  }
  return processes;
}

LoadedSession recover(const fs::path& folder) {
  const std::vector<Json> lines = read_lines(folder);
  std::optional<StoredSession> session;
  std::map<ItemId, std::vector<std::pair<Document::LabelDelta, bool>>> strokes;
  std::map<ItemId, std::string> files;
  for (const Json& line : lines) {
    if (line.contains("data")) {
      files[line["data"].get<ItemId>()] = line.at("file").get<std::string>();
      strokes.erase(line["data"].get<ItemId>());  // the file holds them already
    } else if (line.contains("labels")) {
      strokes[line["labels"].get<ItemId>()].emplace_back(delta_from(line), line.at("forwards").get<bool>());
    } else if (line.contains("state")) {
      session = session_from_json(line["state"].dump());
    }
  }
  if (!session) throw Error{Errc::invalid_input, "nothing can be recovered from '" + folder.string() + "'"};
  for (StoredItem& stored : session->items)
    if (const auto file = files.find(stored.item.id); file != files.end() && !stored.data_file.empty())
      stored.data_file = file->second;
  return load(std::move(*session), folder, [&](ItemId id, DatasetPtr data) {
    const auto own = strokes.find(id);
    if (own == strokes.end() || to_kind(*data) != Kind::label_map) return data;
    LabelMap labels = get<LabelMap>(data);
    for (const auto& [delta, forwards] : own->second) labels = applied(labels, delta, forwards);
    return freeze(std::move(labels));
  });
}

void discard(const Recovery& recovery) {
  std::error_code ignored;
  fs::remove_all(recovery.folder, ignored);
}

}  // namespace iso::gui
