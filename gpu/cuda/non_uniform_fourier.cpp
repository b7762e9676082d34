#include "gpu/kernels/non_uniform_fourier.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/gridding_window.h>

#include <algorithm>
#include <cmath>

namespace iso::gpu {
namespace {

using namespace compute;

constexpr int widest = 16;

GriddingWindow window_for(const NonUniformFourier& spec) {
  // Windows in single precision stay as narrow as those of the device cpu: their cost grows with the cube.
  return choose_window({spec.image[0], spec.image[1], spec.image[2]}, spec.samples, spec.accuracy,
                       is_double(spec.type) ? widest : widest / 2);
}
Fourier make_fourier(const NonUniformFourier& spec, const GriddingWindow& window) {
  std::vector<std::size_t> axes{0, 1};
  if (window.axes_in_use == 3) axes.push_back(2);
  return {Shape{window.axes[0].grid, window.axes[1].grid, window.axes[2].grid, spec.coils}, std::move(axes), false,
          spec.type};
}
std::vector<Number> numbers(const std::vector<double>& values) {
  std::vector<Number> out;
  out.reserve(values.size());
  for (const double value : values) out.push_back({value, 0});
  return out;
}

/// Points of one trajectory on the device, bin by bin.
struct Binned {
  Array points, first;
};

template <class T>
class KernelNonUniformFourier final : public LinearOperator {
 public:
  using Value = Complex<T>;
  KernelNonUniformFourier(const NonUniformFourier& spec, const Backend& on)
      : LinearOperator(spec, on),
        spec_{spec},
        window_{window_for(spec)},
        fourier_{on.make(make_fourier(spec, window_))} {
    const WindowPolynomials polynomials = window_polynomials(window_, is_double(spec.type) ? 2e-16 : 2e-8);
    terms_ = polynomials.terms;
    double scale = 1;  // of the unitary transform of the grid
    for (std::size_t axis = 0; axis < 3; ++axis) {
      scale *= std::sqrt(static_cast<double>(window_.axes[axis].grid) / static_cast<double>(spec.image[axis]));
      cells_.n[axis] = window_.axes[axis].grid;
      voxels_.n[axis] = spec.image[axis];
      bins_.n[axis] = std::max<std::int64_t>(1, cells_.n[axis] / window_.width);
      coefficients_.push_back(constant_table(numbers(polynomials.coefficients[axis]), on));
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      auto factors = window_.correction(axis);
      if (axis == 0)
        for (double& factor : factors) factor *= scale;
      factors_.push_back(constant_table(numbers(factors), on));
    }
    for (std::int64_t t = 0; t < spec.trajectories(); ++t) trajectories_.push_back(sort(t, on));
    const auto stream = on.make_stream();
    if (!spec.sensitivities.empty()) maps_ = on.upload(spec.sensitivities, *stream);
    if (!spec.weights.empty()) weights_ = on.upload(spec.weights, *stream);
    stream->synchronize();
  }

 private:
  Binned sort(std::int64_t trajectory, const Backend& on) const {
    std::vector<std::vector<NonUniformPoint>> bins(static_cast<std::size_t>(bins_.count()));
    for (std::int64_t m = 0; m < spec_.samples; ++m) {
      NonUniformPoint point{{0, 0, 0}, m};
      std::int64_t bin = 0, stride = 1;
      for (std::size_t axis = 0; axis < static_cast<std::size_t>(window_.axes_in_use); ++axis) {
        const double turns =
            spec_.coordinate(static_cast<std::int64_t>(axis), m, trajectory) / static_cast<double>(spec_.image[axis]);
        const auto grid = static_cast<double>(cells_.n[axis]);
        point.at[axis] = std::min(grid * (turns - std::floor(turns)), std::nextafter(grid, 0.0));
        const auto b = static_cast<std::int64_t>(std::floor(point.at[axis] * bins_per_cell(axis)));
        bin += stride * std::min(b, bins_.n[axis] - 1);
        stride *= bins_.n[axis];
      }
      bins[static_cast<std::size_t>(bin)].push_back(point);
    }
    std::vector<NonUniformPoint> points;
    std::vector<std::int64_t> first{0};
    for (const auto& bin : bins) {
      points.insert(points.end(), bin.begin(), bin.end());
      first.push_back(static_cast<std::int64_t>(points.size()));
    }
    return {constant_table(points, on), constant_table(first, on)};
  }
  [[nodiscard]] NonUniformWindow window() const {
    return {{data<Number>(coefficients_[0]), data<Number>(coefficients_[1]), data<Number>(coefficients_[2])},
            cells_,
            window_.width,
            terms_,
            window_.axes_in_use};
  }
  [[nodiscard]] double bins_per_cell(std::size_t axis) const {
    return static_cast<double>(bins_.n[axis]) / static_cast<double>(cells_.n[axis]);
  }
  [[nodiscard]] const Value* maps() const { return maps_ ? data<Value>(maps_) : nullptr; }
  [[nodiscard]] std::int64_t trajectory(std::int64_t frame) const { return trajectories_.size() == 1 ? 0 : frame; }
  [[nodiscard]] const float* weights(std::int64_t frame) const {
    return weights_ ? data<float>(weights_) + trajectory(frame) * spec_.samples : nullptr;
  }
  [[nodiscard]] const Binned& binned(std::int64_t frame) const {
    return trajectories_[static_cast<std::size_t>(trajectory(frame))];
  }
  void transform(Array& grid, bool forward, Stream& stream) const {
    if (forward == (spec_.sign < 0))
      fourier_->forward(grid, grid, stream);
    else
      fourier_->adjoint(grid, grid, stream);
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    Array grid = backend().allocate(fourier_->domain(), stream);
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame) {
      stream.check_stop();
      const NonUniformPlace<Value> placed{
          data<Value>(x) + frame * voxels_.count(),
          maps(),
          {data<Number>(factors_[0]), data<Number>(factors_[1]), data<Number>(factors_[2])},
          data<Value>(grid),
          voxels_,
          cells_,
          element_count(grid.spec())};
      queue(placed, placed.count, "placing of an image in a grid", stream);
      transform(grid, true, stream);
      const NonUniformRead<Value> read{data<NonUniformPoint>(binned(frame).points),
                                       data<Value>(std::as_const(grid)),
                                       weights(frame),
                                       data<Value>(y) + frame * spec_.samples * spec_.coils,
                                       window(),
                                       spec_.samples,
                                       spec_.samples * spec_.coils,
                                       write == Write::accumulate};
      queue(read, read.count, "reading of points", stream);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    Array grid = backend().allocate(fourier_->domain(), stream);
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame) {
      stream.check_stop();
      const NonUniformSpread<Value> spread{data<NonUniformPoint>(binned(frame).points),
                                           data<std::int64_t>(binned(frame).first),
                                           data<Value>(y) + frame * spec_.samples * spec_.coils,
                                           weights(frame),
                                           data<Value>(grid),
                                           window(),
                                           bins_,
                                           {bins_per_cell(0), bins_per_cell(1), bins_per_cell(2)},
                                           spec_.samples,
                                           element_count(grid.spec())};
      queue(spread, spread.count, "spreading of points", stream);
      transform(grid, false, stream);
      const NonUniformCombine<Value> combined{
          data<Value>(std::as_const(grid)),
          maps(),
          {data<Number>(factors_[0]), data<Number>(factors_[1]), data<Number>(factors_[2])},
          data<Value>(x) + frame * voxels_.count(),
          voxels_,
          cells_,
          spec_.coils,
          write == Write::accumulate};
      queue(combined, voxels_.count(), "combination of the coils", stream);
    }
  }
  NonUniformFourier spec_;
  GriddingWindow window_;
  OperatorPtr fourier_;
  int terms_{1};
  Extents cells_{}, voxels_{}, bins_{};
  std::vector<Array> coefficients_, factors_;
  std::vector<Binned> trajectories_;
  Array maps_, weights_;
};

}  // namespace

OperatorPtr make_kernel_operator(const NonUniformFourier& spec, const Backend& backend) {
  spec.expect_coordinates();
  return make_in_precision<KernelNonUniformFourier>(spec, backend);
}

OperatorCost kernel_cost(const NonUniformFourier& spec) {
  const GriddingWindow window = window_for(spec);
  const Fourier fourier = make_fourier(spec, window);
  const auto of_a_frame = kernel_cost(fourier);
  const double cells = samples(fourier.domain());
  // A cell looks at the points of three bins along each axis, which are as wide as a window.
  const double looked_at = static_cast<double>(spec.samples * spec.coils) *
                           std::pow(3.0 * window.width, window.axes_in_use) * 2 * window.axes_in_use;
  const std::size_t kept =
      static_cast<std::size_t>(spec.trajectories() * spec.samples) * (sizeof(NonUniformPoint) + 4) +
      (spec.coils > 1 ? spec.map_spec().bytes() : 0) + (std::size_t{1} << 16);
  return {of_a_frame.kept_bytes + kept, of_a_frame.scratch_bytes + fourier.domain().bytes(),
          static_cast<double>(spec.frames) * (of_a_frame.seconds + (looked_at + cells) / throughput::products_per_s),
          throughput::measured};
}

}  // namespace iso::gpu
