#pragma once

#include "iso/data/pixels.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace iso {

/// Where an address lies in shared memory: the descriptor, which stays with its owner, and the bytes before it and from it on.
/// What is written there by the descriptor needs no page of this process.
struct SharedPlace {
  int descriptor;
  std::size_t offset, bytes_left;
};

/// Pixels that several processes map: a memfd, sealed before it is shared, so that no process can shrink or
/// change what another one reads. Throws out_of_memory if the memory is not to be had.
class SharedPixels {
 public:
  [[nodiscard]] static SharedPixels create(const ArraySpec& spec);
  /// Takes the descriptor over, even when it throws. Throws invalid_input unless sealed and large enough.
  [[nodiscard]] static SharedPixels adopt(int descriptor, const ArraySpec& spec);
  [[nodiscard]] static SharedPixels make_copy(const Pixels& block);  ///< created, filled and sealed
  /// The memory of the block itself, sealed from here on, where it is shared already (`allocate_shared`, or adopted); else a copy.
  /// No other thread may read a block meanwhile that was not sealed before.
  [[nodiscard]] static SharedPixels share(const Pixels& block);
  [[nodiscard]] std::span<std::byte> bytes();  ///< throws internal after seal()
  void seal();
  [[nodiscard]] Pixels pixels() const;  ///< no copy; it keeps the mapping alive. Throws internal before seal()
  [[nodiscard]] int descriptor() const noexcept;
  [[nodiscard]] static std::optional<SharedPlace> find(const void* address) noexcept;  ///< nothing for another address

 private:
  struct Mapping;
  ArraySpec spec_;
  std::shared_ptr<Mapping> mapping_;
};

/// From now on a PixelBuffer of 1 MiB or more lies in shared memory, so that `SharedPixels::share` copies nothing: for a process
/// that reads files for another one.
void allocate_shared() noexcept;
[[nodiscard]] bool allocates_shared() noexcept;

}  // namespace iso
