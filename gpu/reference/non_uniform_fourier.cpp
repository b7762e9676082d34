#include "gpu/reference/reference_backend.h"

#include <cmath>
#include <numbers>

namespace iso::gpu {
namespace {

using namespace compute;
using Number = std::complex<double>;

/// Direct sums, as the equation reads, an axis of the exponential at a time.
template <class T>
class ReferenceNonUniformFourier final : public LinearOperator {
 public:
  ReferenceNonUniformFourier(const NonUniformFourier& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec} {}

 private:
  [[nodiscard]] std::vector<Number> powers(std::size_t axis, std::int64_t sample, std::int64_t frame) const {
    const std::int64_t n = spec_.image[axis], trajectory = spec_.trajectories() == 1 ? 0 : frame;
    const double k = n > 1 ? spec_.coordinate(static_cast<std::int64_t>(axis), sample, trajectory) : 0.0;
    std::vector<Number> out;
    out.reserve(static_cast<std::size_t>(n));
    for (std::int64_t r = 0; r < n; ++r) {
      const std::int64_t from_centre = r - n / 2;
      out.push_back(std::polar(
          1.0, spec_.sign * 2 * std::numbers::pi * k * static_cast<double>(from_centre) / static_cast<double>(n)));
    }
    return out;
  }
  /// Calls visit(voxel, factor of the sum) for every voxel.
  template <class Visit>
  void each_voxel(std::int64_t sample, std::int64_t frame, Visit&& visit) const {
    const auto x = powers(0, sample, frame), y = powers(1, sample, frame), z = powers(2, sample, frame);
    const std::int64_t trajectory = spec_.trajectories() == 1 ? 0 : frame;
    double factor = 1 / std::sqrt(static_cast<double>(spec_.image.count()));
    if (!spec_.weights.empty())
      factor *= static_cast<double>(
          spec_.weights.values<float>()[static_cast<std::size_t>(trajectory * spec_.samples + sample)]);
    std::size_t voxel = 0;
    for (const Number& along_z : z)
      for (const Number& along_y : y)
        for (const Number& along_x : x) visit(voxel++, factor * along_z * along_y * along_x);
  }
  [[nodiscard]] Number map(std::size_t voxel, std::int64_t coil) const {
    if (spec_.sensitivities.empty()) return 1;
    return Number{spec_.sensitivities.values<T>()[static_cast<std::size_t>(coil * spec_.image.count()) + voxel]};
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    std::size_t at = 0;
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame)
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        for (std::int64_t sample = 0; sample < spec_.samples; ++sample, ++at) {
          Number sum{};
          const auto first = static_cast<std::size_t>(frame * spec_.image.count());
          each_voxel(sample, frame, [&](std::size_t voxel, const Number& factor) {
            sum += factor * map(voxel, coil) * Number{in[first + voxel]};
          });
          out[at] = T{sum} + (write == Write::accumulate ? out[at] : T{});
        }
      }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<T>();
    const auto voxels = static_cast<std::size_t>(spec_.image.count());
    std::size_t at = 0;
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame) {
      std::vector<Number> sums(voxels);
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        for (std::int64_t sample = 0; sample < spec_.samples; ++sample, ++at)
          each_voxel(sample, frame, [&](std::size_t voxel, const Number& factor) {
            sums[voxel] += std::conj(factor * map(voxel, coil)) * Number{in[at]};
          });
      }
      for (std::size_t i = 0; i < voxels; ++i) {
        T& to = out[static_cast<std::size_t>(frame) * voxels + i];
        to = T{sums[i]} + (write == Write::accumulate ? to : T{});
      }
    }
  }
  NonUniformFourier spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const NonUniformFourier& spec, const Backend& backend) {
  spec.expect_coordinates();
  if (spec.type == ScalarType::c128)
    return std::make_shared<ReferenceNonUniformFourier<std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceNonUniformFourier<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const NonUniformFourier& spec) {
  const auto voxels = static_cast<std::size_t>(spec.image.count());
  return estimated(0, voxels * sizeof(Number),
                   16 * static_cast<double>(spec.range().shape.count()) * static_cast<double>(voxels));
}

}  // namespace iso::gpu
