#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t elements_of_a_task = 32768;

/// An axis as (inner, extent, outer) loops.
struct Cut {
  std::int64_t stride, extent;
};

template <class T>
class CpuFiniteDifference final : public LinearOperator {
 public:
  CpuFiniteDifference(const FiniteDifference& spec, const Backend& backend)
      : LinearOperator(spec, backend), count_{spec.grid.count()} {
    for (const auto axis : spec.axes) {
      std::int64_t stride = 1;
      for (std::size_t a = 0; a < axis; ++a) stride *= spec.grid[a];
      cuts_.push_back({stride, spec.grid[axis]});
    }
  }

 private:
  /// Runs of elements [begin, end) that share their place along the axis (visit(from, to, place)), or for the first axis
  /// whole lines (place -1).
  template <class Visit>
  static void each_run(const Cut& cut, std::int64_t begin, std::int64_t end, Visit&& visit) {
    for (auto from = begin; from < end;) {
      const auto to = std::min(end, (from / cut.stride + 1) * cut.stride);
      visit(from, to, from / cut.stride % cut.extent);
      from = to;
    }
  }

  static void difference(const Cut& cut, std::int64_t begin, std::int64_t end, const T* in, T* out, bool add) {
    if (cut.stride == 1) {
      for (auto from = begin; from < end;) {
        const auto line_end = (from / cut.extent + 1) * cut.extent, to = std::min(end, line_end - 1);
        if (add)
          for (auto i = from; i < to; ++i) out[i] += in[i + 1] - in[i];
        else
          for (auto i = from; i < to; ++i) out[i] = in[i + 1] - in[i];
        if (end >= line_end && !add) out[line_end - 1] = 0;
        from = std::min(end, line_end);
      }
      return;
    }
    each_run(cut, begin, end, [&](std::int64_t from, std::int64_t to, std::int64_t place) {
      if (place == cut.extent - 1) {
        if (!add) std::fill(out + from, out + to, T{0});
      } else if (add) {
        for (auto i = from; i < to; ++i) out[i] += in[i + cut.stride] - in[i];
      } else {
        for (auto i = from; i < to; ++i) out[i] = in[i + cut.stride] - in[i];
      }
    });
  }

  /// out[i] += in[i - 1] - in[i], the first term only behind the near border, the second only before the far one.
  static void negative_divergence(const Cut& cut, std::int64_t begin, std::int64_t end, const T* in, T* out) {
    if (cut.stride == 1) {
      for (auto line = begin / cut.extent * cut.extent; line < end; line += cut.extent) {
        const auto far = line + cut.extent - 1, from = std::max(begin, line + 1), to = std::min(end, far);
        if (line >= begin && cut.extent > 1) out[line] -= in[line];
        for (auto i = from; i < to; ++i) out[i] += in[i - 1] - in[i];
        if (far < end && far >= from) out[far] += in[far - 1];
      }
      return;
    }
    each_run(cut, begin, end, [&](std::int64_t from, std::int64_t to, std::int64_t place) {
      const bool near = place == 0, far = place == cut.extent - 1;
      if (near && far) return;
      if (near)
        for (auto i = from; i < to; ++i) out[i] -= in[i];
      else if (far)
        for (auto i = from; i < to; ++i) out[i] += in[i - cut.stride];
      else
        for (auto i = from; i < to; ++i) out[i] += in[i - cut.stride] - in[i];
    });
  }

  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const T* const in = x.host<const T>().data();
    T* const out = y.host<T>().data();
    parallel_for(count_, elements_of_a_task, [&](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      for (std::size_t k = 0; k < cuts_.size(); ++k) {
        difference(cuts_[k], from, to, in, out + static_cast<std::int64_t>(k) * count_, write == Write::accumulate);
      }
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const T* const in = y.host<const T>().data();
    T* const out = x.host<T>().data();
    parallel_for(count_, elements_of_a_task, [&](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      if (write == Write::replace) std::fill(out + from, out + to, T{0});
      for (std::size_t k = 0; k < cuts_.size(); ++k) {
        negative_divergence(cuts_[k], from, to, in + static_cast<std::int64_t>(k) * count_, out);
      }
    });
  }
  std::int64_t count_;
  std::vector<Cut> cuts_;
};

}  // namespace

OperatorCost cost(const FiniteDifference& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {spec.axes.size() * sizeof(Cut), 0, throughput::seconds(moved, throughput::bytes_per_s), true};
}

OperatorPtr make_operator(const FiniteDifference& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<CpuFiniteDifference<double>>(spec, backend);
  return std::make_shared<CpuFiniteDifference<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
