#pragma once

#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <vector>

/// Differences along axes, of real and of complex values.
namespace iso::gpu::cpu {

/// An axis as (inner, extent, outer) loops.
struct Cut {
  std::int64_t stride, extent;
};

template <class Spec, class T>
class CpuDifference final : public compute::LinearOperator {
 public:
  CpuDifference(const Spec& spec, const compute::Backend& backend)
      : compute::LinearOperator(spec, backend), count_{spec.grid.count()} {
    if constexpr (requires { spec.cyclic; }) cyclic_ = spec.cyclic;
    for (const auto axis : spec.axes) {
      std::int64_t stride = 1;
      for (std::size_t a = 0; a < axis; ++a) stride *= spec.grid[a];
      cuts_.push_back({stride, spec.grid[axis]});
    }
  }

 private:
  /// Runs of [begin, end) along an axis: visit(from, to, before, after) with the distances to the partners before and after
  /// them; 0: there is none.
  template <class Visit>
  void each_run(const Cut& cut, std::int64_t begin, std::int64_t end, Visit&& visit) const {
    const auto line = cut.stride * cut.extent, last = line - cut.stride, around = cyclic_ ? last : 0;
    for (auto from = begin; from < end;) {
      const auto first = from / line * line, place = from - first;
      // Of one line the two borders and the rest are a run each.
      const auto limit = place >= last ? line : place >= cut.stride ? last : cut.stride;
      const auto to = std::min(end, first + limit);
      visit(from, to, place < cut.stride ? around : -cut.stride, place >= last ? -around : cut.stride);
      from = to;
    }
  }
  void do_forward(const compute::Array& x, compute::Array& y, compute::Stream& stream,
                  compute::Write write) const override {
    const T* const in = x.host<const T>().data();
    T* const all = y.host<T>().data();
    const bool add = write == compute::Write::accumulate;
    parallel_for(count_, elements_of_a_task, [&](std::int64_t begin, std::int64_t end) {
      stream.check_stop();
      for (std::size_t k = 0; k < cuts_.size(); ++k) {
        T* const out = all + static_cast<std::int64_t>(k) * count_;
        each_run(cuts_[k], begin, end, [&](std::int64_t from, std::int64_t to, std::int64_t, std::int64_t after) {
          if (after == 0 && !add) std::fill(out + from, out + to, T{});
          if (after == 0) return;
          if (add)
            for (auto i = from; i < to; ++i) out[i] += in[i + after] - in[i];
          else
            for (auto i = from; i < to; ++i) out[i] = in[i + after] - in[i];
        });
      }
    });
  }
  void do_adjoint(const compute::Array& y, compute::Array& x, compute::Stream& stream,
                  compute::Write write) const override {
    const T* const all = y.host<const T>().data();
    T* const out = x.host<T>().data();
    parallel_for(count_, elements_of_a_task, [&](std::int64_t begin, std::int64_t end) {
      stream.check_stop();
      for (std::size_t k = 0; k < cuts_.size(); ++k) {
        const T* const in = all + static_cast<std::int64_t>(k) * count_;
        const bool add = k > 0 || write == compute::Write::accumulate;
        each_run(cuts_[k], begin, end,
                 [&](std::int64_t from, std::int64_t to, std::int64_t before, std::int64_t after) {
                   if (!add) std::fill(out + from, out + to, T{});
                   if (before != 0 && after != 0)
                     for (auto i = from; i < to; ++i) out[i] += in[i + before] - in[i];
                   else if (before != 0)
                     for (auto i = from; i < to; ++i) out[i] += in[i + before];
                   else if (after != 0)
                     for (auto i = from; i < to; ++i) out[i] -= in[i];
                 });
      }
    });
  }
  static constexpr auto elements_of_a_task = static_cast<std::int64_t>(131072 / sizeof(T));  // 128 KiB

  std::int64_t count_;
  bool cyclic_{false};
  std::vector<Cut> cuts_;
};

template <class Spec>
compute::OperatorCost difference_cost(const Spec& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {spec.axes.size() * sizeof(Cut), 0, throughput::seconds(moved, throughput::bytes_per_s), true};
}

}  // namespace iso::gpu::cpu
