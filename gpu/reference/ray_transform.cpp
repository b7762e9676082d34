#include "gpu/reference/reference_backend.h"

#include <algorithm>
#include <cmath>

namespace iso::gpu {
namespace {

using namespace compute;

/// Joseph 1982: step along the axis in which the ray moves most, one voxel a step; interpolate across it. Calls
/// visit(voxel index, weight in mm) for every voxel that the ray touches.
template <class Visit>
void follow(const Ray& ray, const VoxelGrid& grid, Visit&& visit) {
  const Vec3 from = grid.to_index(ray.origin_mm);
  Vec3 ahead = ray.origin_mm;
  for (std::size_t i = 0; i < 3; ++i) ahead[i] += ray.direction[i];
  const Vec3 to = grid.to_index(ahead);
  const Vec3 step{to[0] - from[0], to[1] - from[1], to[2] - from[2]};  // voxels per mm along the ray
  std::size_t major = 0;
  for (std::size_t axis = 1; axis < 3; ++axis) {
    if (std::abs(step[axis]) > std::abs(step[major])) major = axis;
  }
  const std::size_t a = (major + 1) % 3, b = (major + 2) % 3;
  const double length_mm = 1.0 / std::abs(step[major]);
  const std::array<std::int64_t, 3> stride{1, grid.size[0], grid.size[0] * grid.size[1]};
  for (std::int64_t plane = 0; plane < grid.size[major]; ++plane) {
    const double t = (static_cast<double>(plane) - from[major]) / step[major];
    const double pa = from[a] + t * step[a], pb = from[b] + t * step[b];
    const double fa = std::floor(pa), fb = std::floor(pb);
    if (!(fa >= -1 && fa < static_cast<double>(grid.size[a]) && fb >= -1 && fb < static_cast<double>(grid.size[b])))
      continue;
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) {
        const auto ia = static_cast<std::int64_t>(fa) + i, ib = static_cast<std::int64_t>(fb) + j;
        if (ia < 0 || ia >= grid.size[a] || ib < 0 || ib >= grid.size[b]) continue;
        const double weight = (i ? pa - fa : 1 - (pa - fa)) * (j ? pb - fb : 1 - (pb - fb));
        visit(plane * stride[major] + ia * stride[a] + ib * stride[b], weight * length_mm);
      }
    }
  }
}

template <class T>
class ReferenceRayTransform final : public LinearOperator {
 public:
  ReferenceRayTransform(const RayTransform& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec} {}

 private:
  template <class Visit>
  void each_ray(Stream& stream, Visit&& visit) const {
    const auto [nu, nv] = spec_.geometry.elements();
    std::size_t reading = 0;
    for (std::size_t view = 0; view < spec_.geometry.views().size(); ++view) {
      for (std::int64_t v = 0; v < nv; ++v) {
        stream.check_stop();
        for (std::int64_t u = 0; u < nu; ++u, ++reading) {
          visit(spec_.geometry.ray(view, static_cast<double>(u), static_cast<double>(v)), reading);
        }
      }
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto volume = x.host<const T>();
    const auto readings = y.host<T>();
    each_ray(stream, [&](const Ray& ray, std::size_t at) {
      double sum = write == Write::accumulate ? static_cast<double>(readings[at]) : 0.0;
      follow(ray, spec_.grid, [&](std::int64_t voxel, double weight) {
        sum += weight * static_cast<double>(volume[static_cast<std::size_t>(voxel)]);
      });
      readings[at] = static_cast<T>(sum);
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto readings = y.host<const T>();
    const auto volume = x.host<T>();
    std::vector<double> sums(volume.size(), 0.0);
    each_ray(stream, [&](const Ray& ray, std::size_t at) {
      const auto value = static_cast<double>(readings[at]);
      follow(ray, spec_.grid,
             [&](std::int64_t voxel, double weight) { sums[static_cast<std::size_t>(voxel)] += weight * value; });
    });
    for (std::size_t i = 0; i < sums.size(); ++i) {
      volume[i] = static_cast<T>(sums[i] + (write == Write::accumulate ? static_cast<double>(volume[i]) : 0.0));
    }
  }
  RayTransform spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const RayTransform& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceRayTransform<double>>(spec, backend);
  return std::make_shared<ReferenceRayTransform<float>>(spec, backend);
}

OperatorCost reference_cost(const RayTransform& spec) {
  const auto side = static_cast<double>(*std::ranges::max_element(spec.grid.size));
  return estimated(spec.geometry.views().size() * sizeof(View), spec.domain().bytes() * (is_double(spec.type) ? 1 : 2),
                   4 * side * static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
