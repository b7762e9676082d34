#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace iso {

/// Counter-based random numbers: the value depends on (seed, stream, index) alone, so every backend, thread
/// count and split of the work gives the same field.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox 4x32-10).
class Philox {
 public:
  Philox(std::uint64_t seed, std::uint64_t stream) noexcept : seed_{seed}, stream_{stream} {}
  [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t index) const noexcept;
  [[nodiscard]] double uniform(std::uint64_t index) const noexcept;  ///< in (0, 1), 53 bits
  [[nodiscard]] double normal(std::uint64_t index) const noexcept;   ///< mean 0, variance 1 (Box and Muller)
  /// A Poisson count of the given mean; exact: products of uniforms (Knuth) below 30, PTRS rejection (Hormann 1993) above.
  [[nodiscard]] double poisson(std::uint64_t index, double mean) const noexcept;

 private:
  std::uint64_t seed_, stream_;
};

}  // namespace iso
