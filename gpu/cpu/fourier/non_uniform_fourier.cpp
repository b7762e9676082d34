#include "gpu/cpu/fourier/gridding.h"
#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace iso::gpu::cpu {
namespace {

using namespace compute;
using Extents = std::array<std::int64_t, 3>;

Extents extents(const Shape& image) { return {image[0], image[1], image[2]}; }
/// Of the circulant in which AᴴA is embedded: differences of voxels lie in (-n, n).
Extents embedding(const Shape& image) {
  Extents out{};
  for (std::size_t axis = 0; axis < 3; ++axis) out[axis] = image[axis] > 1 ? good_grid_size(2 * image[axis]) : 1;
  return out;
}
double cells(const Extents& grid) { return static_cast<double>(grid[0] * grid[1] * grid[2]); }

constexpr double row_s =
    1.5e-9;  ///< one row of a window, and the same for its weights: of estimates and the choice below

double gridding_flops(const NonUniformFourier& spec, const GriddingWindow& window) {
  const double grid = cells({window.axes[0].grid, window.axes[1].grid, window.axes[2].grid});
  return static_cast<double>(spec.coils) * 0.8 * 5 * grid * std::log2(grid);
}
double point_seconds(const NonUniformFourier& spec, const GriddingWindow& window) {
  return row_s * static_cast<double>(spec.samples * spec.coils) *
         (std::pow(window.width, window.axes_in_use - 1) + 1.5 * window.width);
}
/// One forward or adjoint of one frame, and the normal operator by embedding; on one thread.
double gridding_seconds(const NonUniformFourier& spec, const GriddingWindow& window) {
  return gridding_flops(spec, window) / throughput::fourier_flops_per_s + point_seconds(spec, window);
}
double embedded_seconds(const NonUniformFourier& spec) {
  const double grid = cells(embedding(spec.image));
  return static_cast<double>(spec.coils) * 2 * 0.3 * 5 * grid * std::log2(grid) / throughput::fourier_flops_per_s;
}

template <class R>
constexpr int widest_window = sizeof(R) == sizeof(float) ? 8 : 16;

template <class R>
class CpuNonUniformFourier final : public LinearOperator {
 public:
  using Value = std::complex<R>;
  CpuNonUniformFourier(const NonUniformFourier& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        spec_{spec},
        gridding_{kernels<R>(backend),
                  line_kernels<R>(backend),
                  extents(spec.image),
                  spec.samples,
                  spec.accuracy,
                  spec.sign,
                  scale()},
        circulant_{line_kernels<R>(backend), extents(spec.image), embedding(spec.image), spec.sign} {
    for (std::int64_t t = 0; t < spec.trajectories(); ++t)
      points_.push_back(gridding_.sort(spec.samples, [&](std::size_t axis, std::int64_t sample) {
        return spec_.coordinate(static_cast<std::int64_t>(axis), sample, t);
      }));
    if (!spec.weights.empty())
      for (const float weight : spec.weights.values<float>()) weights_.push_back(static_cast<R>(weight));
    const GriddingWindow window = choose_window(extents(spec.image), spec.samples, spec.accuracy, widest_window<R>);
    embeds_ = embedded_seconds(spec) < 2 * gridding_seconds(spec, window);
  }

 private:
  [[nodiscard]] double scale() const { return 1 / std::sqrt(static_cast<double>(spec_.image.count())); }
  [[nodiscard]] std::int64_t voxels() const { return spec_.image.count(); }
  [[nodiscard]] std::int64_t trajectory(std::int64_t frame) const { return spec_.trajectories() == 1 ? 0 : frame; }
  [[nodiscard]] const SortedPoints<R>& points(std::int64_t frame) const {
    return points_[static_cast<std::size_t>(trajectory(frame))];
  }
  [[nodiscard]] const R* weights(std::int64_t frame) const {
    return weights_.empty() ? nullptr : weights_.data() + trajectory(frame) * spec_.samples;
  }
  [[nodiscard]] const Value* map(std::int64_t coil) const {
    return spec_.sensitivities.empty() ? nullptr : spec_.sensitivities.values<Value>().data() + coil * voxels();
  }
  /// Calls visit(frame, grid) for every frame: frames are shared out, or the work of the only one is.
  template <class Visit>
  void each_frame(std::int64_t cells, Stream& stream, Visit&& visit) const {
    parallel_for(spec_.frames, 1, [&](std::int64_t from, std::int64_t to) {
      const auto grid = fftw_buffer<Value>(cells);
      for (auto frame = from; frame < to; ++frame) {
        stream.check_stop();
        visit(frame, grid.get());
      }
    });
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    each_frame(gridding_.cells(), stream, [&](std::int64_t frame, Value* grid) {
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil)
        gridding_.to_samples(points(frame), in + frame * voxels(), map(coil), weights(frame), grid,
                             write == Write::accumulate, out + (frame * spec_.coils + coil) * spec_.samples, stream);
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const Value* const in = y.host<const Value>().data();
    Value* const out = x.host<Value>().data();
    each_frame(gridding_.cells(), stream, [&](std::int64_t frame, Value* grid) {
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil)
        gridding_.to_image(points(frame), in + (frame * spec_.coils + coil) * spec_.samples, weights(frame), map(coil),
                           grid, coil > 0 || write == Write::accumulate, out + frame * voxels(), stream);
    });
  }
  void do_normal(const Array& x, Array& y, Stream& stream) const override {
    if (!embeds_) {
      Array samples = backend().allocate(range(), stream);
      forward(x, samples, stream);
      adjoint(samples, y, stream);
      return;
    }
    std::call_once(embedded_, [&] { embed(stream); });
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    each_frame(circulant_.cells(), stream, [&](std::int64_t frame, Value* grid) {
      const R* const filter = filters_.data() + trajectory(frame) * circulant_.cells();
      std::vector<Value> sum(spec_.coils > 1 ? static_cast<std::size_t>(voxels()) : 0);
      Value* const to = out + frame * voxels();
      Value* const target = spec_.coils > 1 ? sum.data() : to;
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil)
        circulant_.filter(in + frame * voxels(), map(coil), filter, grid, coil > 0, target, stream);
      if (spec_.coils > 1) std::copy(sum.begin(), sum.end(), to);
    });
  }
  /// AᴴA of one coil without a map is a convolution with h[d] = sum over m of w_m^2 exp(-sign 2 pi i k_m d / n) / N, d the difference
  /// of two voxels: the adjoint of w for an image of twice the size. Its eigenvalues within the circulant are real.
  void embed(Stream& stream) const {
    const Extents image = extents(spec_.image);
    Extents wide = image;
    for (auto& n : wide) n = n > 1 ? 2 * n : 1;
    const LineKernels<R>& lines = line_kernels<R>(backend());
    const Gridding<R> gridding{kernels<R>(backend()),
                               lines,
                               wide,
                               spec_.samples,
                               spec_.accuracy,
                               spec_.sign,
                               scale() * scale() / cells(circulant_.grid())};
    const PaddedFourier<R> whole{lines, wide, circulant_.grid(), spec_.sign};
    filters_.resize(static_cast<std::size_t>(spec_.trajectories() * circulant_.cells()));
    const auto grid = fftw_buffer<Value>(std::max(gridding.cells(), circulant_.cells()));
    std::vector<Value> response(static_cast<std::size_t>(wide[0] * wide[1] * wide[2]));
    for (std::int64_t t = 0; t < spec_.trajectories(); ++t) {
      const auto sorted = gridding.sort(spec_.samples, [&](std::size_t axis, std::int64_t sample) {
        return 2 * spec_.coordinate(static_cast<std::int64_t>(axis), sample, t);
      });
      std::vector<Value> ones(static_cast<std::size_t>(spec_.samples), Value{1});
      if (!weights_.empty())
        for (std::size_t i = 0; i < ones.size(); ++i) ones[i] = weights(t)[i];
      gridding.to_image(sorted, ones.data(), weights(t), nullptr, grid.get(), false, response.data(), stream);
      for (std::size_t i = 0; i < response.size(); ++i) {  // a difference of -n never occurs
        const auto at = static_cast<std::int64_t>(i);
        const Extents d{at % wide[0], at / wide[0] % wide[1], at / (wide[0] * wide[1])};
        for (std::size_t axis = 0; axis < 3; ++axis)
          if (wide[axis] > 1 && d[axis] == 0) response[i] = Value{};
      }
      whole.to_grid(response.data(), nullptr, grid.get(), stream);
      circulant_.filter_order(grid.get(), filters_.data() + t * circulant_.cells());
    }
  }
  NonUniformFourier spec_;
  Gridding<R> gridding_;
  PaddedFourier<R> circulant_;
  std::vector<SortedPoints<R>> points_;
  std::vector<R> weights_;
  bool embeds_{true};
  mutable std::once_flag embedded_;
  mutable std::vector<R> filters_;  ///< eigenvalues of the circulant, a grid a trajectory
};

}  // namespace

OperatorCost cost(const NonUniformFourier& spec) {
  const bool in_double = is_double(spec.type);
  const GriddingWindow window = choose_window(extents(spec.image), spec.samples, spec.accuracy, in_double ? 16 : 8);
  const auto element = byte_count(spec.type), trajectories = static_cast<std::size_t>(spec.trajectories());
  const auto circulant = static_cast<std::size_t>(cells(embedding(spec.image)));
  const auto point = in_double ? sizeof(GridPoint<double>) : sizeof(GridPoint<float>);
  const std::size_t kept =
      trajectories * (static_cast<std::size_t>(spec.samples) * (point + element / 2) + circulant * element / 2);
  const auto grid = static_cast<std::size_t>(
      std::max(static_cast<std::int64_t>(circulant), window.axes[0].grid * window.axes[1].grid * window.axes[2].grid));
  const auto grids = std::min<std::size_t>(throughput::threads(), static_cast<std::size_t>(spec.frames));
  const double seconds = static_cast<double>(spec.frames) * gridding_seconds(spec, window);
  return {kept, grids * (grid + static_cast<std::size_t>(spec.image.count())) * element,
          seconds / static_cast<double>(throughput::threads()), false};
}

OperatorPtr make_operator(const NonUniformFourier& spec, const Backend& backend) {
  spec.expect_coordinates();
  if (spec.type == ScalarType::c128) return std::make_shared<CpuNonUniformFourier<double>>(spec, backend);
  return std::make_shared<CpuNonUniformFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
