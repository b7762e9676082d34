#pragma once

#include "iso/data/dataset.h"
#include "iso/job/recipe.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iso::job {

/// What an event is about. Every event carries the state, the fraction and the stage as they stand.
/// `needs` comes once, before the task runs: the message says what memory and time it will take, x and y are the
/// bytes and the seconds (0: no idea).
enum class EventKind : std::uint8_t { state, progress, plot, log, warning, preview, needs };
[[nodiscard]] std::string_view to_string(EventKind kind) noexcept;               ///< "progress"
[[nodiscard]] EventKind event_kind_from_string(std::string_view name) noexcept;  ///< log for a name that is none

/// One thing that happened in a job. Progress comes at most ten times a second.
struct Event {
  std::uint64_t job{0};
  State state{State::queued};
  double fraction{0};   ///< of the whole job, 0 to 1, never falling
  std::string stage;    ///< short noun phrase
  std::string message;  ///< text of log, warning and of an end
  EventKind kind{EventKind::state};
  double elapsed_seconds{0};
  std::optional<double> remaining_seconds;  ///< from the pace so far, once there is one
  std::string curve;                        ///< plot: name of the curve, and its point
  double x{0}, y{0};                        ///< or of `needs`
  std::string output;                       ///< preview: the port, and what stands there so far
  DatasetPtr data;
};

}  // namespace iso::job
