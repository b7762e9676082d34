#pragma once

#include "document.h"
#include "session.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

/// The journal: a record of every change of the document on the disk, so that a crash loses at most the last quarter second.
///
/// One folder a process, "Recovery_yyyyMMdd_HHmmss_PID" (mode 0700, files 0600: names are those of patients), locked while the
/// process lives. In it `journal.jsonl`, to which lines are only ever appended: {"state": ...} the document without pixels, {"data": item, "file": name} pixels that no
/// file of the user's holds, {"labels": item, "forwards": b, "runs": [[first, length, before, after], ...]} a stroke. Lines
/// and pixels are written in order on a thread of the journal's own; the desktop's thread only makes the text. Each line
/// begins with its checksum, {"sum": "...", ...}; it is written after the data that it speaks of were synced.
///
/// Nothing is deleted that holds data. Where lines are torn or missing (power cut), the state of the last whole line is
/// offered together with every data file that came after it, each as an item of its own.
namespace iso::gui {

class Journal {
 public:
  /// Records changes from now on. Throws output_directory if the folder cannot be made.
  Journal(Document& document, const std::filesystem::path& parent);
  ~Journal();  ///< a clean end: the folder is removed, unless `keep`
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Queues the changes since the last call for the writing thread. Call it every 250 ms.
  void tick();
  /// Whether everything that was queued is on the disk, once the queue is empty.
  bool wait_until_written();
  void keep() noexcept { keep_ = true; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// One sentence when the last write failed (full disk), else empty.
  [[nodiscard]] std::optional<std::string> take_problem();

 private:
  struct Line {
    std::string text;
  };
  struct Data {
    ItemId item;
    std::string file;
    DatasetPtr data;
  };
  using Work = std::variant<Line, Data>;
  void write(const std::stop_token& stop);
  void write(const Work& work);
  void append(const std::string& text);
  [[noreturn]] void fail_to_append() const;
  void put(Work work);

  Document& document_;
  std::filesystem::path folder_;
  int lock_{-1}, file_{-1};
  bool dirty_{true}, keep_{false};
  /// Pixels that are (on their way) in the folder; not held, so that strokes may change labels where they are.
  std::map<ItemId, std::weak_ptr<const Dataset>> known_;
  std::map<ItemId, std::string> files_;
  std::uint64_t next_file_{1};
  std::vector<Connection> connections_;
  std::mutex mutex_;  // guards queue_, busy_, problem_, failed_, line_failed_
  std::condition_variable_any wake_, idle_;
  std::deque<Work> queue_;
  bool busy_{false};
  std::optional<std::string> problem_;
  std::set<ItemId> failed_;  ///< whose pixels could not be written; tried again with the next tick
  bool line_failed_{false};
  std::jthread writer_;
};

/// A lock on the folder of a dead process, so that only one of two desktops that start at once offers to recover it.
class Claim {
 public:
  explicit Claim(int lock) noexcept : lock_{lock} {}
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  int lock_;
};

/// The journal of a process that crashed or was killed.
struct Recovery {
  std::filesystem::path folder;
  std::shared_ptr<const Claim> claim;
  std::chrono::system_clock::time_point last_change;
  std::size_t items{0};
};
[[nodiscard]] std::vector<Recovery> find_recoveries(
    const std::filesystem::path& parent);  ///< newest first, claimed; those of living processes left out
/// The processes of this user's desktops that live, but for this one.
[[nodiscard]] std::vector<int> living_desktops(const std::filesystem::path& parent);
/// The state at the last whole line, or the data files themselves where there is none. Reads files; for a thread of its own.
/// Throws invalid_input if there is nothing to use.
[[nodiscard]] LoadedSession recover(const std::filesystem::path& folder);
void discard(const Recovery& recovery);

}  // namespace iso::gui
