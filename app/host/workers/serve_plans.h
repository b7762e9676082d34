#pragma once

#include "serve.h"

#include "../protocol/messages.h"

namespace iso::host {

/// The worker's side of planning: answers `first` and every PlanRequest after it until the other end is gone. Plugins and
/// back ends stay loaded between two. Returns the exit code.
[[nodiscard]] int serve_plans(Channel& channel, Message& first, const WorkerParts& parts);

}  // namespace iso::host
