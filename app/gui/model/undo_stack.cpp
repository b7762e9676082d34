#include "undo_stack.h"

#include <chrono>
#include <utility>

namespace iso::gui {
namespace {

constexpr std::int64_t merge_within_ms = 1000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

UndoStack::UndoStack(std::size_t budget_bytes) : budget_{budget_bytes} {}

void UndoStack::push(UndoStep step) {
  steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(position_), steps_.end());
  const std::int64_t moment = now_ms();
  if (position_ > 0 && !step.merge_key.empty() && steps_.back().merge_key == step.merge_key &&
      moment - last_push_ms_ < merge_within_ms) {
    steps_.back().redo = std::move(step.redo);  // from where the first began to where the last ended
  } else {
    steps_.push_back(std::move(step));
    ++position_;
  }
  last_push_ms_ = moment;
  while (steps_.size() > 1 && bytes() > budget_) {
    steps_.pop_front();
    --position_;
    ++forgotten_;
  }
  changed();
}

void UndoStack::undo() {
  if (!can_undo()) return;
  steps_[--position_].undo();
  last_push_ms_ = 0;
  changed();
}

void UndoStack::redo() {
  if (!can_redo()) return;
  steps_[position_++].redo();
  last_push_ms_ = 0;
  changed();
}

void UndoStack::clear() {
  steps_.clear();
  position_ = 0;
  changed();
}

void UndoStack::set_newest_bytes(std::size_t bytes) {
  if (!steps_.empty()) steps_.back().bytes = bytes;
  changed();
}

bool UndoStack::can_undo() const noexcept { return position_ > 0; }
bool UndoStack::can_redo() const noexcept { return position_ < steps_.size(); }
std::string UndoStack::undo_name() const { return can_undo() ? steps_[position_ - 1].name : std::string{}; }
std::string UndoStack::redo_name() const { return can_redo() ? steps_[position_].name : std::string{}; }

std::vector<std::string> UndoStack::names() const {
  std::vector<std::string> all;
  all.reserve(steps_.size());
  for (const UndoStep& step : steps_) all.push_back(step.name);
  return all;
}

std::size_t UndoStack::position() const noexcept { return position_; }
std::size_t UndoStack::budget_bytes() const noexcept { return budget_; }
std::size_t UndoStack::forgotten() const noexcept { return forgotten_; }

std::size_t UndoStack::bytes() const noexcept {
  std::size_t sum = 0;
  for (const UndoStep& step : steps_) sum += step.bytes;
  return sum;
}

}  // namespace iso::gui
