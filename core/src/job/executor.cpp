#include "iso/job/executor.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>

namespace iso::job {

namespace {
constexpr std::array<std::string_view, 7> kind_names{"state", "progress", "plot", "log", "warning", "preview", "needs"};
}

std::vector<std::string> TaskSource::permitted_needs(std::string_view) const { return {}; }

std::string_view to_string(EventKind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kind_names.size() ? kind_names[index] : "log";
}

EventKind event_kind_from_string(std::string_view name) noexcept {
  const auto found = std::ranges::find(kind_names, name);
  return found == kind_names.end() ? EventKind::log : static_cast<EventKind>(found - kind_names.begin());
}

void put_error(Record& record, const Error& error) {
  record.error = error.code();
  record.error_message = error.what();
  record.error_hint = error.hint();
  record.state = error.code() == Errc::cancelled        ? State::cancelled
                 : error.code() == Errc::plugin_crashed ? State::crashed
                                                        : State::failed;
  record.output_digests.clear();
}

Event end_event(const Record& record) {
  Event event;
  event.state = record.state;
  event.fraction = record.state == State::done ? 1.0 : 0.0;
  event.stage = std::string(to_string(record.state));
  event.message = record.error_message;
  event.elapsed_seconds = record.seconds;
  return event;
}

Replay replay(const Record& before, Executor& executor, const std::stop_token& stop, const OnEvent& on_event) {
  Recipe recipe = before.recipe;
  recipe.outputs.clear();
  if (!before.backend.empty()) recipe.device = before.backend;
  Replay result;
  result.record = executor.execute(recipe, stop, on_event);
  if (result.record.state == State::done)
    result.comparison = compare(before, result.record);
  else
    result.comparison.differences.push_back("the run " + std::string(to_string(result.record.state)) + ": " +
                                            result.record.error_message);
  return result;
}

}  // namespace iso::job
