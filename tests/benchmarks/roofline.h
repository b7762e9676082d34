#pragma once

namespace roofline {

/// What this machine does with the threads of the budget: measured once, in about half a second.
struct Rates {
  double bytes_per_s;  ///< of main memory, triad over arrays that fit no cache
  double flops_per_s;  ///< single precision, multiply-add from registers, at the instruction set of this machine
};
[[nodiscard]] const Rates& rates();

/// The shortest time for that much work, by Williams, Waterman and Patterson (2009).
[[nodiscard]] double seconds(double bytes, double flops);

}  // namespace roofline
