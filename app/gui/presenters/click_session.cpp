#include "click_session.h"

#include "labels.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace iso::gui {
namespace {

constexpr std::chrono::milliseconds answer_budget{60};  ///< so that a click is on screen within 100 ms
constexpr std::chrono::milliseconds rest_budget{20};    ///< a click may have to wait for so long
constexpr int failures_in_a_row = 2;                    ///< then no new worker is started unasked

/// Threads whose session has gone; a task that hangs may keep one busy for a while. All have ended when the program ends.
class Retired {
 public:
  ~Retired() {
    for (Entry& entry : entries_) entry.thread.join();
  }
  void take(std::thread thread, std::shared_ptr<const std::atomic<bool>> over) {
    const std::lock_guard lock{mutex_};
    for (Entry& entry : entries_)
      if (*entry.over) entry.thread.join();
    std::erase_if(entries_, [](const Entry& entry) { return !entry.thread.joinable(); });
    entries_.push_back({std::move(thread), std::move(over)});
  }

 private:
  struct Entry {
    std::thread thread;
    std::shared_ptr<const std::atomic<bool>> over;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

Retired& retired() {
  static Retired all;
  return all;
}

DatasetPtr labels_of(const plugin::Datasets& outputs) {
  for (const auto& [name, data] : outputs)
    if (kind_of(*data) == Kind::label_map) return data;
  throw Error{Errc::invalid_result, "the answer holds no label map", "report this to the author of the plugin"};
}

bool same_labels(const DatasetPtr& a, const DatasetPtr& b) {
  const PixelBlock& first = get<LabelMap>(a).labels;
  const PixelBlock& second = get<LabelMap>(b).labels;
  return first.spec() == second.spec() && std::equal(first.data(), first.data() + first.spec().bytes(), second.data());
}

}  // namespace

/// The worker's side: brings the worker's strokes to what is wanted, and asks it.
struct ClickSession::Thread {
  // Guarded by the mutex.
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Click> wanted;
  std::uint64_t version{1}, served{0};
  bool ending{false}, paused{false}, resting{false};
  Post post;
  std::function<void(const Answer&)> answer;
  std::function<void()> synced;
  std::function<void(const Failure&)> failed;

  // The thread's own.
  Start start;
  std::shared_ptr<host::InteractionWorker> worker;
  std::vector<std::uint64_t> has;  ///< clicks the worker knows of
  std::uint64_t at{0};             ///< the click it is being told of
  DatasetPtr last;

  void run() {
    ThreadBudget::enter();
    while (true) {
      std::vector<Click> clicks;
      bool rest = false;
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return ending || (!paused && (version != served || resting)); });
        if (ending) break;
        rest = version == served;
        served = version;
        resting = false;
        clicks = wanted;
      }
      turn(clicks, rest);
    }
    worker.reset();
  }

  void turn(const std::vector<Click>& clicks, bool rest) {
    try {
      at = 0;
      if (!worker) {
        has.clear();
        worker = start();
      }
      rest ? refine(clicks) : serve(clicks);
    } catch (...) {
      const Error problem = current_error();
      worker.reset();
      has.clear();
      const std::lock_guard lock{mutex};
      paused = true;
      resting = false;
      tell([told = failed, failure = Failure{at, problem.code(), problem.what(), problem.hint()}] { told(failure); });
    }
  }

  void serve(const std::vector<Click>& clicks) {
    std::size_t common = 0;
    while (common < has.size() && common < clicks.size() && has[common] == clicks[common].id) ++common;
    for (; has.size() > common; has.pop_back()) worker->undo();
    plugin::Datasets outputs;
    for (std::size_t i = common; i < clicks.size(); ++i) {
      at = clicks[i].id;
      outputs = worker->update({&clicks[i].stroke, 1}, answer_budget);
      has.push_back(at);
    }
    const bool asked = std::ranges::any_of(clicks, [](const Click& c) { return c.stage == Stage::waiting; });
    at = 0;
    if (asked && outputs.empty()) outputs = worker->update({}, answer_budget);
    last = outputs.empty() ? nullptr : labels_of(outputs);
    const std::lock_guard lock{mutex};
    tell(synced);
    if (asked) give(clicks, false);
  }

  void refine(const std::vector<Click>& clicks) {
    DatasetPtr more = labels_of(worker->update({}, rest_budget));
    if (last && same_labels(more, last)) return;
    last = std::move(more);
    const std::lock_guard lock{mutex};
    give(clicks, true);
  }

  void give(const std::vector<Click>& clicks, bool refines) {  // with the mutex held
    Answer given{{}, refines, last};
    for (const Click& click : clicks) given.ids.push_back(click.id);
    resting = true;
    tell([told = answer, given = std::move(given)] { told(given); });
  }

  void tell(std::function<void()> what) const {  // with the mutex held: nobody listens once it is ending
    if (!ending) post(std::move(what));
  }
};

ClickSession::ClickSession(Document& document, ItemId image, Start start, Post post)
    : document_{document}, image_{image}, thread_{std::make_shared<Thread>()} {
  thread_->start = std::move(start);
  thread_->post = std::move(post);
  const auto if_alive = [alive = alive_](auto what) {
    return [alive, what](const auto&... arguments) {
      if (*alive) what(arguments...);
    };
  };
  thread_->answer = if_alive([this](const Answer& answer) { take(answer); });
  thread_->failed = if_alive([this](const Failure& failure) { fail(failure); });
  thread_->synced = if_alive([this] {
    failures_ = 0;
    ready();
  });
  labels_connection_ =
      document_.labels_changed.connect([this](ItemId id, const Document::LabelDelta& delta, bool forwards) {
        if (id == result_ && !refining_) painting_.changed(delta, forwards);
      });
  const auto over = std::make_shared<std::atomic<bool>>(false);
  retired().take(std::thread{[thread = thread_, over] {
                   thread->run();
                   *over = true;
                 }},
                 over);
}

ClickSession::~ClickSession() {
  *alive_ = false;
  const std::lock_guard lock{thread_->mutex};
  thread_->ending = true;
  thread_->changed.notify_all();
}

bool ClickSession::waiting() const noexcept {
  return std::ranges::any_of(clicks_, [](const Click& click) { return click.stage == Stage::waiting; });
}

void ClickSession::hand_over() {
  const std::lock_guard lock{thread_->mutex};
  thread_->wanted = clicks_;
  ++thread_->version;
  thread_->paused = false;
  thread_->changed.notify_all();
}

void ClickSession::click(const std::array<std::int32_t, 3>& voxel, std::uint16_t label, std::string step_name) {
  failed_.clear();
  if (result_ != 0 && document_.find(result_) == nullptr) {  // its label map was deleted: this begins another
    clicks_.clear();
    result_ = 0;
    painting_.clear();
  }
  Click click{++last_id_, {}, std::move(step_name), Stage::waiting};
  click.stroke.label = label;
  click.stroke.voxels = {voxel};
  clicks_.push_back(std::move(click));
  hand_over();
}

void ClickSession::retry() {
  failures_ = 0;
  clicks_.insert(clicks_.end(), failed_.begin(), failed_.end());
  failed_.clear();
  hand_over();
}

void ClickSession::take(const Answer& answer) {
  // One to clicks that were taken back meanwhile is no answer any more.
  if (answer.ids.size() > clicks_.size() ||
      !std::equal(answer.ids.begin(), answer.ids.end(), clicks_.begin(),
                  [](std::uint64_t id, const Click& click) { return id == click.id; }))
    return;
  std::vector<Click> covered;
  for (std::size_t i = 0; i < answer.ids.size(); ++i)
    if (clicks_[i].stage != Stage::entered) covered.push_back(clicks_[i]);
  const bool current = answer.ids.size() == clicks_.size();
  if ((covered.empty() && !(answer.refines && current)) || document_.find(image_) == nullptr) return;
  try {
    enter(answer, std::move(covered));
  } catch (const Error& problem) {
    troubled({problem.what(), problem.hint(), false, false});
  }
  answered();
}

void ClickSession::enter(const Answer& answer, std::vector<Click> covered) {
  const auto& labels = get<LabelMap>(answer.labels);
  for (const Click& one : covered)
    for (Click& click : clicks_)
      if (click.id == one.id) click.stage = Stage::without_effect;
  if (document_.find(result_) == nullptr) {
    if (covered.empty()) return;
    result_ = document_.add_label_map(image_, "clicked");
  }
  const auto delta = painting_.spared(delta_between(get<LabelMap>(document_.find(result_)->data), labels));
  if (!delta) return;  // such clicks belong to the step of the next that changes something
  if (covered.empty()) {
    refining_ = true;
    (void)document_.extend_label_delta(result_, *delta);
    refining_ = false;
    return;
  }
  for (Click& one : covered) {
    one.stage = Stage::entered;
    for (Click& click : clicks_)
      if (click.id == one.id) click.stage = Stage::entered;
  }
  const std::string name = covered.back().name;
  document_.apply_label_delta(result_, delta, name,
                              [this, alive = alive_, id = result_, covered = std::move(covered)](bool forwards) {
                                if (!*alive || id != result_) return;
                                if (forwards) painting_.newest_was_the_task();
                                forwards ? put_back(covered) : take_back(covered);
                              });
  painting_.newest_was_the_task();
}

void ClickSession::take_back(const std::vector<Click>& clicks) {
  for (const Click& one : clicks) std::erase_if(clicks_, [&](const Click& click) { return click.id == one.id; });
  hand_over();
}

void ClickSession::put_back(const std::vector<Click>& clicks) {
  clicks_.insert(clicks_.end(), clicks.begin(), clicks.end());
  std::ranges::sort(clicks_, {}, &Click::id);
  hand_over();
}

void ClickSession::fail(const Failure& failure) {
  const bool crashed = failure.code == Errc::plugin_crashed;
  ++failures_;
  const auto at = std::ranges::find(clicks_, failure.click, &Click::id);
  if (failure.click != 0 && at != clicks_.end() && at->stage != Stage::entered) {
    failed_ = {*at};
    clicks_.erase(at);
    const std::string kept =
        clicks_.empty()       ? "A new worker has been started."
        : clicks_.size() == 1 ? "A new worker goes on from the click before."
                              : "A new worker goes on from the " + std::to_string(clicks_.size()) + " clicks before.";
    if (failures_ < failures_in_a_row || !crashed) hand_over();
    return troubled({failure.sentence, kept, true, false});
  }
  const bool hopeless = !crashed && failure.click == 0 && failure.code != Errc::internal;
  if (failures_ < failures_in_a_row && !hopeless) return hand_over();  // it died between two clicks: nobody lost one
  troubled({failure.sentence, hopeless ? failure.hint : "The labels are kept; try again, or end the clicking.",
            !hopeless, hopeless});
}

}  // namespace iso::gui
