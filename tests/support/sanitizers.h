#pragma once
/// What tests must know about sanitized builds (ISO_SANITIZE).

namespace iso::test {

/// Under the address and thread sanitizers memory that runs out ends the process: their operator new does not throw, and
/// their shadow memory is larger than any limit of the address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace iso::test
