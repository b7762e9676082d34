#include "journal.h"

#include "journal_line.h"

#include "labels.h"

#include "iso/base/digest.h"
#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string_view>
#include <utility>

namespace iso::gui {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

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

bool make_private_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder.parent_path(), problem);
  return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST;
}

void sync_folder(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  ::fsync(opened);
  ::close(opened);
}

}  // namespace

Journal::Journal(Document& document, const fs::path& parent) : document_{document}, folder_{parent / folder_name()} {
  std::error_code problem;
  for (int i = 2; fs::exists(folder_, problem); ++i) folder_ = parent / (folder_name() + "_" + std::to_string(i));
  // Made under another name and locked before it gets its own: a desktop that starts at the same moment and looks for what was
  // left behind would else take it for an empty one and clean it up.
  const fs::path making = parent / ("making_" + folder_.filename().string());
  // Of this user alone, also where an older program made it readable.
  if (make_private_folder(parent)) ::chmod(parent.c_str(), 0700);
  (void)make_private_folder(making);
  lock_ = ::open((making / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  file_ = ::open((making / journal_name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool locked = !problem && lock_ >= 0 && file_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
  if (locked) fs::rename(making, folder_, problem);
  sync_folder(folder_);
  sync_folder(parent);
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
  if (keep_) (void)wait_until_written();
  writer_.request_stop();
  wake_.notify_all();
  if (writer_.joinable()) writer_.join();
  ::close(file_);
  std::error_code ignored;
  if (!keep_) fs::remove_all(folder_, ignored);
  ::close(lock_);  // last: who gets the lock may take what lies there for left behind
}

void Journal::tick() {
  {
    const std::lock_guard lock{mutex_};
    for (const ItemId item : std::exchange(failed_, {})) known_.erase(item), dirty_ = true;
    dirty_ = dirty_ || std::exchange(line_failed_, false);
  }
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

bool Journal::wait_until_written() {
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [&] { return queue_.empty() && !busy_; });
  return failed_.empty() && !line_failed_;
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
      write(work);
      // Synced once for all that waits: a stroke is followed by the next one within milliseconds.
      lock.lock();
      const bool last = queue_.empty();
      lock.unlock();
      if (last && ::fdatasync(file_) != 0) fail_to_append();
    } catch (...) {
      failed = current_error().what();
    }
    const ItemId item = std::holds_alternative<Data>(work) ? std::get<Data>(work).item : ItemId{0};
    work = Line{};
    lock.lock();
    busy_ = false;
    if (failed) {
      problem_ = std::move(failed);
      line_failed_ = true;
      if (item != ItemId{0}) failed_.insert(item);
    }
    if (queue_.empty()) idle_.notify_all();
  }
}

void Journal::write(const Work& work) {
  const auto* const data = std::get_if<Data>(&work);
  if (data == nullptr) return append(std::get<Line>(work).text);
  const fs::path file = folder_ / data->file;
  io::write(file, *data->data, {.overwrite = true});  // synced, and only then the line that speaks of it
  std::error_code ignored;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, ignored);
  append(Json{{"data", data->item}, {"file", data->file}, {"digest", digest(*data->data)}}.dump());
}

/// A line that does not fit is taken back, so that the next one does not continue it.
void Journal::append(const std::string& text) {
  const off_t before = ::lseek(file_, 0, SEEK_END);
  if (write_all(file_, with_checksum(text) + "\n")) return;
  if (before >= 0) [[maybe_unused]]
    const int ignored = ::ftruncate(file_, before);
  fail_to_append();
}

void Journal::fail_to_append() const {
  throw Error{Errc::cannot_write, "the journal in '" + folder_.string() + "' cannot be written: is the disk full?"};
}

}  // namespace iso::gui
