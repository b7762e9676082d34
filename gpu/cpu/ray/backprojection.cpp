#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/ray/view_map.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t border = 2;
constexpr std::int64_t view_bytes = std::int64_t{8} << 20;  ///< of padded views that are worked on together
constexpr std::int64_t most_views = 64;  ///< likewise: their rows should stay in the second-level cache
constexpr std::int64_t rows_of_a_task = 8;

template <class T>
class CpuBackprojection final : public LinearOperator {
 public:
  CpuBackprojection(const Backprojection& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        size_{spec.grid.size},
        maps_{map_views(spec.geometry, spec.grid, spec.weighting == Weighting::fdk)} {
    const auto [nu, nv] = spec.geometry.elements();
    detector_ = {nu, nv, nu + 2 * border};
    padded_ = detector_.row_stride * (nv + 2 * border);
  }

 private:
  [[nodiscard]] std::int64_t views() const { return static_cast<std::int64_t>(maps_.size()); }
  [[nodiscard]] T* element(T* padded) const { return padded + border * detector_.row_stride + border; }

  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto readings = x.host<const T>();
    const auto volume = y.host<T>();
    if (write == Write::replace) std::ranges::fill(volume, T{0});
    const auto fits = view_bytes / (padded_ * static_cast<std::int64_t>(sizeof(T)));
    const auto at_once = std::clamp<std::int64_t>(fits, 1, std::min(most_views, views()));
    std::vector<T> padded(static_cast<std::size_t>(at_once * padded_));
    for (std::int64_t first = 0; first < views(); first += at_once) {
      const auto count = std::min(at_once, views() - first);
      parallel_for(count * detector_.v, 64, [&](std::int64_t from, std::int64_t to) {
        for (auto i = from; i < to; ++i) {
          const T* const row = readings.data() + (first * detector_.v + i) * detector_.u;
          T* const copy = element(padded.data()) + i / detector_.v * padded_ + i % detector_.v * detector_.row_stride;
          std::copy(row, row + detector_.u, copy);
        }
      });
      parallel_for(size_[1] * size_[2], rows_of_a_task, [&](std::int64_t from, std::int64_t to) {
        for (auto i = from; i < to; ++i) {
          stream.check_stop();
          kernels<T>(backend()).backproject_row(maps_.data() + first, count, detector_, element(padded.data()), padded_,
                                                size_[0], row_index(i), slice_index(i), volume.data() + i * size_[0]);
        }
      });
    }
  }

  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto volume = y.host<const T>();
    const auto readings = x.host<T>();
    parallel_for(views(), 1, [&](std::int64_t from, std::int64_t to) {
      std::vector<T> padded(static_cast<std::size_t>(padded_));
      for (auto view = from; view < to; ++view) {
        const ViewMap& map = maps_[static_cast<std::size_t>(view)];
        for (std::int64_t i = 0; i < size_[1] * size_[2] && !map.blind; ++i) {
          stream.check_stop();
          kernels<T>(backend()).shadow_row(map, detector_, element(padded.data()), size_[0], row_index(i),
                                           slice_index(i), volume.data() + i * size_[0]);
        }
        for (std::int64_t v = 0; v < detector_.v; ++v) {
          const T* const sums = element(padded.data()) + v * detector_.row_stride;
          T* const row = readings.data() + (view * detector_.v + v) * detector_.u;
          for (std::int64_t u = 0; u < detector_.u; ++u)
            row[u] = sums[u] + (write == Write::accumulate ? row[u] : T{0});
        }
      }
    });
  }
  // Of line i of the volume.
  [[nodiscard]] double row_index(std::int64_t i) const noexcept { return static_cast<double>(i % size_[1]); }
  [[nodiscard]] double slice_index(std::int64_t i) const noexcept {
    const std::int64_t slice = i / size_[1];
    return static_cast<double>(slice);
  }

  std::array<std::int64_t, 3> size_;
  std::vector<ViewMap> maps_;
  Detector detector_{};
  std::int64_t padded_{0};
};

}  // namespace

OperatorCost cost(const Backprojection& spec) {
  const auto [nu, nv] = spec.geometry.elements();
  const auto views = spec.geometry.views().size();
  const std::size_t view = static_cast<std::size_t>((nu + 2 * border) * (nv + 2 * border)) * iso::byte_count(spec.type);
  const std::size_t at_once = std::min({views, static_cast<std::size_t>(most_views),
                                        std::max<std::size_t>(1, static_cast<std::size_t>(view_bytes) / view)});
  const double shadows = static_cast<double>(spec.grid.shape().count()) * static_cast<double>(views);
  const double rate = nv == 1 ? throughput::plane_shadows_per_s : throughput::space_shadows_per_s;
  return {views * (sizeof(View) + sizeof(ViewMap)), std::max(at_once, std::min(throughput::threads(), views)) * view,
          throughput::seconds(shadows, rate), true};
}

OperatorPtr make_operator(const Backprojection& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<CpuBackprojection<double>>(spec, backend);
  return std::make_shared<CpuBackprojection<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
