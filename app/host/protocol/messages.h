#pragma once

#include "iso/job/event.h"
#include "iso/job/executor.h"

#include <nlohmann/json.hpp>

namespace iso::host {

/// The JSON forms of what crosses the job's socket. "type" of each message: from the worker hello, heartbeat, event,
/// result; from the program run, cancel. Members that are not known are ignored, missing ones take their defaults.

[[nodiscard]] nlohmann::json event_message(const job::Event& event);  ///< without the data of a preview
[[nodiscard]] job::Event event_from(const nlohmann::json& message);
[[nodiscard]] nlohmann::json options_object(const job::ExecutionOptions& options);
[[nodiscard]] job::ExecutionOptions options_from(const nlohmann::json& json);

}  // namespace iso::host
