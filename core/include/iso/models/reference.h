#pragma once

#include "iso/models/network.h"

#include <cstdint>
#include <string>

namespace iso::models {

/// Networks that need neither file nor runtime, so that what stands on the contract can be tested without weights.

/// The first `channels` channels of its only input `image` (W, H, C, B), unchanged.
[[nodiscard]] NetworkPtr identity_network(std::int64_t input_channels = 1, std::int64_t channels = 1);

/// The mean over the square of 2 r + 1 pixels around each pixel, zeros outside, channel by channel: a network whose receptive
/// field is known.
[[nodiscard]] NetworkPtr mean_network(std::int64_t radius);

}  // namespace iso::models
