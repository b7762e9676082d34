#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <complex>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t elements_of_a_task = 16384;

/// An axis as (inner, extent, outer) loops.
struct Cut {
  std::int64_t stride, extent;
};

template <class T>
class CpuComplexDifference final : public LinearOperator {
 public:
  CpuComplexDifference(const ComplexDifference& spec, const Backend& backend)
      : LinearOperator(spec, backend), count_{spec.grid.count()}, cyclic_{spec.cyclic} {
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
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const T* const in = x.host<const T>().data();
    T* const all = y.host<T>().data();
    const bool add = write == Write::accumulate;
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
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const T* const all = y.host<const T>().data();
    T* const out = x.host<T>().data();
    parallel_for(count_, elements_of_a_task, [&](std::int64_t begin, std::int64_t end) {
      stream.check_stop();
      for (std::size_t k = 0; k < cuts_.size(); ++k) {
        const T* const in = all + static_cast<std::int64_t>(k) * count_;
        const bool add = k > 0 || write == Write::accumulate;
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
  std::int64_t count_;
  bool cyclic_;
  std::vector<Cut> cuts_;
};

}  // namespace

OperatorCost cost(const ComplexDifference& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {spec.axes.size() * sizeof(Cut), 0, throughput::seconds(moved, throughput::bytes_per_s), true};
}

OperatorPtr make_operator(const ComplexDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuComplexDifference<std::complex<double>>>(spec, backend);
  return std::make_shared<CpuComplexDifference<std::complex<float>>>(spec, backend);
}

}  // namespace iso::gpu::cpu
