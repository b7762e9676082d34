#pragma once

#include "gpu/reference/reference_backend.h"

#include <algorithm>

/// Differences along axes, of real and of complex values.
namespace iso::gpu {

/// y = x[next] - x for one or more axes; T is the type of a value.
template <class Spec, class T>
class ReferenceDifference final : public compute::LinearOperator {
 public:
  ReferenceDifference(const Spec& spec, const compute::Backend& backend)
      : compute::LinearOperator(spec, backend), spec_{spec} {}

 private:
  [[nodiscard]] bool is_cyclic() const noexcept {
    if constexpr (requires { spec_.cyclic; }) return spec_.cyclic;
    return false;
  }
  // visit(element, the next one along the axis, place of the difference); without a next one they are the same
  template <class Visit>
  void each_pair(Visit&& visit) const {
    const auto count = spec_.grid.count();
    for (std::size_t k = 0; k < spec_.axes.size(); ++k) {
      std::int64_t stride = 1;
      for (std::size_t axis = 0; axis < spec_.axes[k]; ++axis) stride *= spec_.grid[axis];
      const auto extent = spec_.grid[spec_.axes[k]];
      for (std::int64_t i = 0; i < count; ++i) {
        const bool border = (i / stride) % extent == extent - 1;
        const auto next = !border ? i + stride : is_cyclic() ? i - (extent - 1) * stride : i;
        visit(static_cast<std::size_t>(i), static_cast<std::size_t>(next),
              k * static_cast<std::size_t>(count) + static_cast<std::size_t>(i));
      }
    }
  }
  void do_forward(const compute::Array& x, compute::Array& y, compute::Stream&, compute::Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    each_pair([&](std::size_t i, std::size_t next, std::size_t at) {
      out[at] = in[next] - in[i] + (write == compute::Write::accumulate ? out[at] : T{});
    });
  }
  void do_adjoint(const compute::Array& y, compute::Array& x, compute::Stream&, compute::Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<T>();
    if (write == compute::Write::replace) std::fill(out.begin(), out.end(), T{});
    each_pair([&](std::size_t i, std::size_t next, std::size_t at) {
      if (next == i) return;
      out[next] += in[at];
      out[i] -= in[at];
    });
  }
  Spec spec_;
};

}  // namespace iso::gpu
