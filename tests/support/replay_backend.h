#pragma once

#include <iso/compute/backend.h>

#include <memory>

namespace iso::test {

/// The CUDA back end with loops over host memory for its kernels: the same operators, arguments and bodies, so that all but
/// the launch itself is tested where there is no device. Its id is "replay".
[[nodiscard]] std::unique_ptr<compute::Backend> make_replay_backend();

/// How many elements bodies were run for since the program started.
[[nodiscard]] std::int64_t replayed_elements() noexcept;

}  // namespace iso::test
