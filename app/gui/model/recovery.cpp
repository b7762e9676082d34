#include "journal.h"

#include "journal_line.h"
#include "labels.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

// What a crash, or the end of the power, left behind.
namespace iso::gui {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

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
  if (!held && fs::exists(making / "lock", problem)) return;
  for (const char* const name : {journal_name, "lock"}) fs::remove(making / name, problem);
  fs::remove(making, problem);  // unless there is more in it
}

/// Whole lines, up to the first that is not.
std::vector<Json> read_lines(const fs::path& folder) {
  std::vector<Json> lines;
  std::ifstream stream{folder / journal_name, std::ios::binary};
  for (std::string text; std::getline(stream, text);) {
    Json line = parse_line(text);
    if (line.is_discarded() || !line.is_object()) break;
    lines.push_back(std::move(line));
  }
  return lines;
}

/// "item-7-12.h5" -> 7 and 12; nothing for another name.
std::optional<std::pair<ItemId, std::uint64_t>> numbers_in(const std::string& name) {
  unsigned long long item = 0, version = 0;
  int end = 0;
  if (std::sscanf(name.c_str(), "item-%llu-%llu.h5%n", &item, &version, &end) != 2) return std::nullopt;
  if (end <= 0 || static_cast<std::size_t>(end) != name.size()) return std::nullopt;
  return std::pair{ItemId{item}, std::uint64_t{version}};
}

/// What a folder holds: what the lines of its journal tell, and its data files.
struct Told {
  std::optional<StoredSession> session;
  std::map<ItemId, std::vector<std::pair<Document::LabelDelta, bool>>> strokes;
  std::map<ItemId, std::string> files, digests;
  std::set<std::string> accounted;            ///< data files of which the last state knew: an item of it, or closed
  std::map<ItemId, std::string> unaccounted;  ///< the newest of each other item

  explicit Told(const fs::path& folder) {
    sweep_staging(folder);  // a data file that was whole comes to its place
    const std::vector<Json> lines = read_lines(folder);
    std::size_t good = lines.size();
    try {
      for (std::size_t i = 0; i < lines.size(); ++i) {
        good = i;
        take(lines[i]);
      }
    } catch (const std::exception& problem) {
      log::warning("app.gui", "line ", good + 1, " of the journal in '", folder.string(),
                   "' is damaged: ", problem.what());
    }
    find_unaccounted(folder);
  }
  [[nodiscard]] std::size_t items() const { return (session ? session->items.size() : 0) + unaccounted.size(); }

 private:
  void take(const Json& line) {
    if (line.contains("data")) {
      const auto item = line["data"].get<ItemId>();
      files[item] = line.at("file").get<std::string>();
      digests[item] = line.value("digest", std::string{});
      strokes.erase(item);  // the file holds them already
      mentioned_.insert(files[item]);
    } else if (line.contains("labels")) {
      strokes[line["labels"].get<ItemId>()].emplace_back(delta_from(line), line.at("forwards").get<bool>());
    } else if (line.contains("state")) {
      session = session_from_json(line["state"].dump());
      accounted = mentioned_;
    }
  }

  void find_unaccounted(const fs::path& folder) {
    std::map<ItemId, std::uint64_t> newest;
    std::error_code problem;
    for (fs::directory_iterator entry{folder, problem}, end; !problem && entry != end; entry.increment(problem)) {
      const std::string name = entry->path().filename().string();
      const auto numbers = numbers_in(name);
      if (!numbers || accounted.contains(name)) continue;
      const auto in_session = [&](const StoredItem& stored) { return stored.item.id == numbers->first; };
      if (session && std::ranges::any_of(session->items, in_session)) continue;
      auto& known = newest[numbers->first];
      if (!unaccounted.contains(numbers->first) || known < numbers->second)
        known = numbers->second, unaccounted[numbers->first] = name;
    }
  }

  std::set<std::string> mentioned_;
};

/// A folder that holds nothing to give back: everything in it had been closed. What is not ours stays.
void remove_empty(const fs::path& folder, const Told& told) {
  std::error_code problem;
  for (const std::string& file : told.accounted)
    if (numbers_in(file)) fs::remove(folder / file, problem);
  for (const char* const name : {journal_name, "lock"}) fs::remove(folder / name, problem);
  fs::remove(folder, problem);
}

}  // namespace

Claim::~Claim() { ::close(lock_); }

std::vector<Recovery> find_recoveries(const fs::path& parent) {
  std::vector<Recovery> found;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{parent, problem}) {
    if (entry.path().filename().string().starts_with("making_")) clean_up(entry.path());
    if (!entry.is_directory(problem) || !entry.path().filename().string().starts_with("Recovery_")) continue;
    auto held = claim(entry.path());
    if (!held) continue;
    const Told told{entry.path()};
    if (told.items() == 0) {
      remove_empty(entry.path(), told);
      continue;
    }
    auto changed = fs::last_write_time(entry.path() / journal_name, problem);
    if (problem) changed = fs::last_write_time(entry.path(), problem);
    const auto age = fs::file_time_type::clock::now() - changed;
    found.push_back(
        {entry.path(), std::move(held),
         std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(age),
         told.items()});
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
  Told told{folder};
  if (!told.session && told.unaccounted.empty())
    throw Error{Errc::invalid_input, "nothing can be recovered from '" + folder.string() + "'"};
  StoredSession session = told.session ? std::move(*told.session) : StoredSession{};
  for (StoredItem& stored : session.items)
    if (const auto file = told.files.find(stored.item.id); file != told.files.end() && !stored.data_file.empty())
      stored.data_file = file->second;
  for (const auto& [item, file] : told.unaccounted) {
    StoredItem found;
    found.item.id = item;
    found.item.name = "recovered " + std::to_string(item);
    found.item.saved = false;
    found.data_file = file;
    session.items.push_back(std::move(found));
  }
  return load(std::move(session), folder, [&](ItemId id, DatasetPtr data) {
    if (const auto known = told.digests.find(id);
        known != told.digests.end() && !known->second.empty() && digest(*data) != known->second)
      throw Error{Errc::invalid_input, "its data file is damaged; it is kept in '" + folder.string() + "'"};
    const auto own = told.strokes.find(id);
    if (own == told.strokes.end() || to_kind(*data) != Kind::label_map) return data;
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
