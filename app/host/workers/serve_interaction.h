#pragma once

#include "serve.h"

#include "../protocol/messages.h"

namespace iso::host {

/// The worker's side of an interaction: begins it from the message that asked for it, then answers one message after the other
/// until the other end is gone. Returns the exit code.
[[nodiscard]] int serve_interaction(Channel& channel, Message& message, const WorkerParts& parts);

}  // namespace iso::host
