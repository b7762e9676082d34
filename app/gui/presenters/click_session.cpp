#include "click_session.h"

#include "gui/model/labels.h"

#include "iso/base/error.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
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

DatasetPtr find_labels(const plugin::Datasets& outputs) {
  for (const auto& [name, data] : outputs)
    if (to_kind(*data) == Kind::label_map) return data;
  throw Error{Errc::invalid_result, "the answer holds no label map", "report this to the author of the plugin"};
}

/// The outputs beside the labels.
std::map<std::string, DatasetPtr> find_further(const plugin::Datasets& outputs) {
  const DatasetPtr labels = find_labels(outputs);
  std::map<std::string, DatasetPtr> further;
  for (const auto& [port, data] : outputs)
    if (data && data.get() != labels.get()) further[port] = data.one();
  return further;
}

/// The places of a table with columns x_mm, y_mm, z_mm; nothing for any other.
std::optional<std::vector<Vec3>> find_places(const Dataset& data) {
  const auto* const table = std::get_if<Table>(&data);
  if (table == nullptr) return {};
  std::array<std::size_t, 3> columns{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto found = std::ranges::find(table->columns, std::array{"x_mm", "y_mm", "z_mm"}[axis]);
    if (found == table->columns.end()) return {};
    columns[axis] = static_cast<std::size_t>(found - table->columns.begin());
  }
  std::vector<Vec3> places;
  places.reserve(table->values.size());
  for (const auto& row : table->values) places.push_back({row[columns[0]], row[columns[1]], row[columns[2]]});
  return places;
}

bool same_labels(const DatasetPtr& a, const DatasetPtr& b) {
  const Pixels& first = get<LabelMap>(a).labels;
  const Pixels& second = get<LabelMap>(b).labels;
  return first.spec() == second.spec() && std::equal(first.data(), first.data() + first.spec().bytes(), second.data());
}

}  // namespace

/// The worker's side: asks it about all marks, whenever they or the parameters change.
struct ClickSession::Thread {
  // Guarded by the mutex.
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Click> wanted;
  std::string parameters;
  std::uint64_t version{1}, served{0};
  bool ending{false}, paused{false}, resting{false};
  bool busy{false};                                    ///< with a turn
  std::shared_ptr<host::InteractionWorker> answering;  ///< while it is asked
  Post post;
  std::function<void(const Answer&)> answer;
  std::function<void()> synced;
  std::function<void(const Failure&)> failed;

  // The thread's own.
  Start start;
  std::shared_ptr<host::InteractionWorker> worker;
  std::string answered_parameters;
  DatasetPtr last;
  std::map<std::string, DatasetPtr> further;  ///< of the last answer
  /// Clicks whose answer was being refined when the worker died: the next worker goes on with it, once for each list.
  std::vector<std::uint64_t> unrefined, gone_on_with;

  static std::vector<std::uint64_t> make_ids(const std::vector<Click>& clicks) {
    std::vector<std::uint64_t> ids;
    ids.reserve(clicks.size());
    for (const Click& click : clicks) ids.push_back(click.id);
    return ids;
  }

  void run() {
    while (true) {
      std::vector<Click> clicks;
      std::string with;
      bool rest = false;
      {
        std::unique_lock lock{mutex};
        busy = false;
        changed.wait(lock, [&] { return ending || (!paused && (version != served || resting)); });
        busy = true;
        if (ending) break;
        rest = version == served;
        served = version;
        resting = false;
        clicks = wanted;
        with = parameters;
      }
      turn(clicks, with, rest);
    }
    worker.reset();
  }

  void turn(const std::vector<Click>& clicks, const std::string& with, bool rest) {
    const auto newest = std::ranges::find(clicks.rbegin(), clicks.rend(), Stage::waiting, &Click::stage);
    try {
      if (!worker) worker = start(with);
      rest ? refine(clicks, with) : serve(clicks, with, newest != clicks.rend());
    } catch (...) {
      const Error problem = current_error();
      if (problem.code() == Errc::plugin_crashed) worker.reset();
      if (rest && make_ids(clicks) != gone_on_with) unrefined = gone_on_with = make_ids(clicks);
      const std::uint64_t at = newest == clicks.rend() ? 0 : newest->id;
      const std::lock_guard lock{mutex};
      answering.reset();
      paused = true;
      resting = false;
      tell([told = failed, failure = Failure{at, problem.code(), problem.what(), problem.hint()}] { told(failure); });
    }
  }

  job::InteractionAnswer ask(const std::vector<Click>& clicks, const std::string& with,
                             std::chrono::milliseconds budget) {
    std::vector<plugin::Mark> marks;
    marks.reserve(clicks.size());
    for (const Click& click : clicks) marks.push_back(click.mark);
    {
      const std::lock_guard lock{mutex};
      answering = worker;
    }
    job::InteractionAnswer given = worker->answer(marks, with, budget);
    const std::lock_guard lock{mutex};
    answering.reset();
    return given;
  }

  void serve(const std::vector<Click>& clicks, const std::string& with, bool clicked) {
    // Further outputs have no undo step: after an undo the worker makes them anew.
    const bool goes_on = !clicked && !clicks.empty() && std::exchange(unrefined, {}) == make_ids(clicks);
    const bool asked = clicked || goes_on || ((with != answered_parameters || !further.empty()) && !clicks.empty());
    std::optional<job::InteractionAnswer> given;
    if (asked) given = ask(clicks, with, answer_budget);
    answered_parameters = with;
    last = given ? find_labels(given->outputs) : nullptr;
    if (given) further = find_further(given->outputs);
    const std::lock_guard lock{mutex};
    tell(synced);
    if (given) give(clicks, with, goes_on, given->fraction);
  }

  void refine(const std::vector<Click>& clicks, const std::string& with) {
    const job::InteractionAnswer given = ask(clicks, with, rest_budget);
    DatasetPtr more = find_labels(given.outputs);
    const bool same = last && same_labels(more, last);
    last = std::move(more);
    further = find_further(given.outputs);
    const std::lock_guard lock{mutex};
    if (same) {
      resting = given.fraction < 1;
      return;
    }
    give(clicks, with, true, given.fraction);
  }

  void give(const std::vector<Click>& clicks, const std::string& with, bool refines,
            double fraction) {  // with the mutex held
    Answer given{make_ids(clicks), with, refines, last, further};
    resting = fraction < 1;
    tell([told = answer, given = std::move(given)] { told(given); });
  }

  void tell(std::function<void()> what) const {  // with the mutex held: nobody listens once it is ending
    if (!ending) post(std::move(what));
  }
};

ClickSession::ClickSession(Document& document, ItemId image, std::string parameters_json, Start start, Post post,
                           ItemId result)
    : document_{document},
      image_{image},
      result_{result},
      parameters_{std::move(parameters_json)},
      shown_parameters_{parameters_},
      thread_{std::make_shared<Thread>()} {
  thread_->parameters = thread_->answered_parameters = parameters_;
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
  for (const auto& [port, id] : further_) document_.keep_live(id);
  const std::lock_guard lock{thread_->mutex};
  thread_->ending = true;
  if (thread_->answering) thread_->answering->stop();
  thread_->changed.notify_all();
}

bool ClickSession::waiting() const noexcept {
  return std::ranges::any_of(clicks_, [](const Click& click) { return click.stage == Stage::waiting; });
}

bool ClickSession::settled() const {
  const std::lock_guard lock{thread_->mutex};
  return !thread_->busy && !thread_->resting && thread_->version == thread_->served;
}

std::vector<plugin::Mark> ClickSession::marks() const {
  std::vector<plugin::Mark> all;
  all.reserve(clicks_.size());
  for (const Click& click : clicks_) all.push_back(click.mark);
  return all;
}

std::vector<ClickMark> ClickSession::shown_marks() const {
  std::vector<ClickMark> all;
  all.reserve(suggested_.size() + clicks_.size());
  for (const Vec3& place : suggested_) all.push_back({place, ClickMark::Kind::suggested});
  for (const Click& click : clicks_)
    all.push_back({click.mark.place_mm, click.mark.label == 0 ? ClickMark::Kind::takes_away : ClickMark::Kind::adds});
  return all;
}

void ClickSession::load(const std::vector<plugin::Mark>& marks) {
  for (const plugin::Mark& mark : marks) {
    Click click{++last_id_, mark, "Open clicks", Stage::waiting};
    click.mark.id = click.id;
    clicks_.push_back(std::move(click));
  }
  hand_over();
}

void ClickSession::take_back_newest() {
  if (clicks_.empty()) return;
  if (clicks_.back().stage == Stage::entered) return document_.undo_stack().undo();
  clicks_.pop_back();  // it has changed nothing yet
  hand_over();
}

void ClickSession::hand_over() {
  if (clicks_.empty()) remove_further();
  marks_changed();
  const std::lock_guard lock{thread_->mutex};
  thread_->wanted = clicks_;
  thread_->parameters = parameters_;
  ++thread_->version;
  if (thread_->answering) thread_->answering->stop();  // what it answers is not asked any more
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
  click.mark.id = click.id;
  click.mark.label = label;
  click.mark.voxels = {voxel};
  if (const Item* const image = document_.find(image_); image != nullptr && image->raster)
    click.mark.place_mm = image->raster->frame.to_world(
        {static_cast<double>(voxel[0]), static_cast<double>(voxel[1]), static_cast<double>(voxel[2])});
  clicks_.push_back(std::move(click));
  hand_over();
}

void ClickSession::set_parameters(std::string parameters_json) {
  parameters_ = std::move(parameters_json);
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
  const bool current = answer.ids.size() == clicks_.size() && answer.parameters == parameters_;
  if (current) show_further(answer.further);
  const bool adjusts = answer.parameters != shown_parameters_;
  if ((covered.empty() && !((answer.refines || adjusts) && current)) || document_.find(image_) == nullptr) return;
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
  if (covered.empty() && answer.parameters != shown_parameters_) return enter_parameters(answer.parameters, delta);
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
  shown_parameters_ = answer.parameters;
  const std::string name = covered.back().name;
  document_.apply_label_delta(result_, delta, name,
                              [this, alive = alive_, id = result_, covered = std::move(covered)](bool forwards) {
                                if (!*alive || id != result_) return;
                                if (forwards) painting_.newest_was_the_task();
                                forwards ? insert_clicks(covered) : take_back(covered);
                              });
  painting_.newest_was_the_task();
}

void ClickSession::enter_parameters(const std::string& now, std::shared_ptr<const Document::LabelDelta> delta) {
  const std::string before = std::exchange(shown_parameters_, now);
  document_.apply_label_delta(result_, std::move(delta), "Change parameters",
                              [this, alive = alive_, id = result_, before, now](bool forwards) {
                                if (!*alive || id != result_) return;
                                if (forwards) painting_.newest_was_the_task();
                                shown_parameters_ = forwards ? now : before;
                                set_parameters(shown_parameters_);
                                parameters_changed(parameters_);
                              });
  painting_.newest_was_the_task();
}

void ClickSession::take_back(const std::vector<Click>& clicks) {
  for (const Click& one : clicks) std::erase_if(clicks_, [&](const Click& click) { return click.id == one.id; });
  hand_over();
}

void ClickSession::insert_clicks(const std::vector<Click>& clicks) {
  clicks_.insert(clicks_.end(), clicks.begin(), clicks.end());
  std::ranges::sort(clicks_, {}, &Click::id);
  hand_over();
}

void ClickSession::show_further(const std::map<std::string, DatasetPtr>& outputs) {
  suggested_.clear();
  for (const auto& [port, data] : outputs) {
    if (auto places = find_places(*data)) {
      suggested_ = std::move(*places);
      continue;
    }
    const auto known = further_.find(port);
    if (known == further_.end())
      further_[port] = document_.show_live(0, port, data);
    else if (known->second != 0)
      known->second = document_.show_live(known->second, port, data);  // 0 once the user has deleted it
  }
  show_beneath();
  marks_changed();
}

/// An uncertainty is seen below the labels that it is of.
void ClickSession::show_beneath() {
  Look look = document_.look();
  look.overlay.beneath = 0;
  for (const auto& [port, id] : further_)
    if (const Item* const item = document_.find(id); item != nullptr)
      if (const auto* const volume = std::get_if<Volume>(item->data.get());
          volume != nullptr && volume->quantity == Quantity::standard_deviation)
        look.overlay.beneath = id;
  document_.set_look(look);
}

void ClickSession::remove_further() {
  for (const auto& [port, id] : further_) document_.remove_live(id);
  further_.clear();
  suggested_.clear();
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
  if (failures_ < failures_in_a_row && !hopeless)
    return hand_over();  // the worker died between two clicks, so no click is lost
  troubled({failure.sentence, hopeless ? failure.hint : "The labels are kept; try again, or end the clicking.",
            !hopeless, hopeless});
}

}  // namespace iso::gui
