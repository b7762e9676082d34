#pragma once

#include "gpu/cuda/launch.h"
#include "gpu/kernels/index.h"

#include <iso/compute/backend.h>
#include <iso/compute/smoothing_noise.h>
#include <iso/compute/unmixing_steps.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

/// What the CUDA back end does short of touching CUDA: describing work to `launch`. The host replay of the tests uses the
/// same, over host memory.
namespace iso::gpu {

/// A stream that remembers what was queued last, so that an error found later can be named.
class NotingStream : public compute::Stream {
 public:
  using Stream::Stream;
  virtual void note(std::string_view operation) = 0;
};

/// Queues a body and throws device_failed, naming the operation, if that was refused.
template <class Arguments>
void queue(const Arguments& arguments, std::int64_t elements, std::string_view operation, compute::Stream& stream) {
  if (auto* noting = dynamic_cast<NotingStream*>(&stream)) noting->note(operation);
  if (const char* failure = launch(arguments, elements, stream.native_handle())) {
    throw Error{Errc::device_failed,
                "the " + std::string{operation} + " could not be started on the device: " + failure};
  }
}

/// Likewise for arguments with `first` and `count`, in pieces of some 2^31 steps at `steps` an element, and asks between
/// them whether to stop.
template <class Arguments>
void queue_in_pieces(Arguments arguments, std::int64_t elements, double steps, std::string_view operation,
                     compute::Stream& stream) {
  const auto piece = static_cast<std::int64_t>(larger(2147483648.0 / larger(steps, 1.0), 65536.0));
  for (std::int64_t first = 0; first < elements; first += piece) {
    if (first > 0) stream.synchronize();
    stream.check_stop();
    arguments.first = first;
    arguments.count = smaller(piece, elements - first);
    queue(arguments, arguments.count, operation, stream);
  }
}

/// The table of operators, for every back end that launches these kernels.
[[nodiscard]] std::span<const compute::OperatorEntry> kernel_operators() noexcept;
[[nodiscard]] std::unique_ptr<const compute::VectorOps> make_kernel_vector_ops();
[[nodiscard]] const compute::UnmixingSteps& kernel_unmixing_steps() noexcept;
[[nodiscard]] const compute::SmoothingNoise& kernel_smoothing_noise() noexcept;

}  // namespace iso::gpu
