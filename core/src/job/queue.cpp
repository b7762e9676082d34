#include "iso/base/error.h"
#include "iso/job/executor.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace iso::job {
namespace {

struct Entry {
  std::uint64_t id{0};
  Recipe recipe;
  OnEvent on_event;
  std::stop_source stop;
  State state{State::queued};
  std::optional<Record> record;
};
using EntryPtr = std::shared_ptr<Entry>;

}  // namespace

struct Queue::Impl {
  struct Lane {
    std::shared_ptr<Executor> executor;
    std::deque<EntryPtr> waiting;
  };

  std::mutex mutex;  // guards everything below
  std::condition_variable changed;
  Lane here, workers;
  std::map<std::uint64_t, EntryPtr> jobs;
  std::uint64_t last{0};
  bool closing{false};
  std::vector<std::jthread> threads;

  void serve(Lane& lane) {
    std::unique_lock lock{mutex};
    while (true) {
      changed.wait(lock, [&] { return closing || !lane.waiting.empty(); });
      if (lane.waiting.empty()) return;
      const EntryPtr entry = lane.waiting.front();
      lane.waiting.pop_front();
      lock.unlock();
      Record record = run(lane, *entry);
      lock.lock();
      entry->state = record.state;
      entry->record = std::move(record);
      changed.notify_all();
    }
  }

  Record run(Lane& lane, Entry& entry) {
    if (entry.stop.stop_requested()) {
      Record record;
      record.recipe = entry.recipe;
      put_error(record, Error(Errc::cancelled, "task '" + entry.recipe.task + "' was cancelled before it began"));
      pass_on(entry, end_event(record));
      return record;
    }
    try {
      return lane.executor->execute(entry.recipe, entry.stop.get_token(),
                                    [&](const Event& event) { pass_on(entry, event); });
    } catch (...) {
      Record record;
      record.recipe = entry.recipe;
      put_error(record, current_error());
      return record;
    }
  }

  /// The end of a job that was cancelled before it began, told on the thread that cancels it.
  void end_unbegun(Entry& entry) noexcept {
    Record record;
    record.recipe = entry.recipe;
    put_error(record, Error(Errc::cancelled, "task '" + entry.recipe.task + "' was cancelled before it began"));
    try {
      pass_on(entry, end_event(record));
    } catch (const std::exception&) {  // whoever listens failed; the job has ended all the same
    }
    const std::lock_guard lock{mutex};
    entry.state = record.state;
    entry.record = std::move(record);
    changed.notify_all();
  }

  void pass_on(Entry& entry, Event event) {
    event.job = entry.id;
    {
      const std::lock_guard lock{mutex};
      if (!ended(event.state)) entry.state = event.state;
    }
    if (entry.on_event) entry.on_event(event);
  }
};

Queue::Queue(std::shared_ptr<Executor> in_process, std::shared_ptr<Executor> worker, int parallel_workers)
    : impl_{std::make_unique<Impl>()} {
  impl_->here.executor = std::move(in_process);
  impl_->workers.executor = std::move(worker);
  if (impl_->here.executor) impl_->threads.emplace_back([impl = impl_.get()] { impl->serve(impl->here); });
  if (impl_->workers.executor)
    for (int i = 0; i < std::max(1, parallel_workers); ++i)
      impl_->threads.emplace_back([impl = impl_.get()] { impl->serve(impl->workers); });
}

Queue::~Queue() {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->closing = true;
  }
  std::vector<EntryPtr> left;
  {
    const std::lock_guard lock{impl_->mutex};
    for (const auto& [id, entry] : impl_->jobs) left.push_back(entry);
  }
  for (const EntryPtr& entry : left) entry->stop.request_stop();
  impl_->changed.notify_all();
  impl_->threads.clear();  // joins
}

std::uint64_t Queue::submit(Recipe recipe, Isolation isolation, OnEvent on_event) {
  Impl::Lane& lane = isolation == Isolation::worker ? impl_->workers : impl_->here;
  if (!lane.executor) throw Error(Errc::usage, "this queue cannot run a job that way");
  auto entry = std::make_shared<Entry>();
  entry->recipe = std::move(recipe);
  entry->on_event = std::move(on_event);
  const std::lock_guard lock{impl_->mutex};
  entry->id = ++impl_->last;
  impl_->jobs[entry->id] = entry;
  lane.waiting.push_back(entry);
  impl_->changed.notify_all();
  return entry->id;
}

void Queue::cancel(std::uint64_t job) noexcept {
  EntryPtr entry;
  bool waits = false;
  {
    const std::lock_guard lock{impl_->mutex};
    const auto found = impl_->jobs.find(job);
    if (found == impl_->jobs.end()) return;
    entry = found->second;
    if (!ended(entry->state)) entry->state = State::cancelling;
    for (Impl::Lane* const lane : {&impl_->here, &impl_->workers})
      waits = std::erase(lane->waiting, entry) > 0 || waits;
  }
  entry->stop.request_stop();
  if (waits) impl_->end_unbegun(*entry);  // at once, and not when the job before it has ended
}

State Queue::state(std::uint64_t job) const {
  const std::lock_guard lock{impl_->mutex};
  const auto found = impl_->jobs.find(job);
  if (found == impl_->jobs.end()) throw Error(Errc::usage, "there is no job " + std::to_string(job));
  return found->second->state;
}

std::optional<Record> Queue::wait(std::uint64_t job) {
  std::unique_lock lock{impl_->mutex};
  const auto found = impl_->jobs.find(job);
  if (found == impl_->jobs.end()) return std::nullopt;
  const EntryPtr entry = found->second;
  impl_->changed.wait(lock, [&] { return entry->record.has_value(); });
  return entry->record;
}

}  // namespace iso::job
