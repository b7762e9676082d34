#include "gpu/reference/reference_backend.h"

#include <algorithm>
#include <cmath>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class ReferenceBackprojection final : public LinearOperator {
 public:
  ReferenceBackprojection(const Backprojection& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec} {}

 private:
  /// visit(voxel, reading, weight) for the readings around the voxel's shadow in a view.
  template <class Visit>
  void each_reading(std::size_t view, std::size_t voxel, const Vec3& index, double isocentre, Visit&& visit) const {
    const auto& geometry = spec_.geometry;
    const auto [nu, nv] = geometry.elements();
    const Vec3 shadow = geometry.project(view, spec_.grid.to_world(index));
    const double u = shadow[0], v = shadow[1], magnification = shadow[2];
    // Behind the source of a flat detector the magnification is negative: such a voxel throws no shadow.
    if (!(magnification > 0 && u > -1 && u < static_cast<double>(nu) && v > -1 && v < static_cast<double>(nv))) return;
    double factor = 1;
    if (spec_.weighting == Weighting::fdk) factor = (magnification / isocentre) * (magnification / isocentre);
    const double fu = std::floor(u), fv = std::floor(v);
    for (int j = 0; j < 2; ++j) {
      for (int i = 0; i < 2; ++i) {
        const auto iu = static_cast<std::int64_t>(fu) + i, iv = static_cast<std::int64_t>(fv) + j;
        if (iu < 0 || iu >= nu || iv < 0 || iv >= nv) continue;
        const double weight = (i ? u - fu : 1 - (u - fu)) * (j ? v - fv : 1 - (v - fv));
        const auto reading = (static_cast<std::int64_t>(view) * nv + iv) * nu + iu;
        visit(voxel, static_cast<std::size_t>(reading), factor * weight);
      }
    }
  }

  template <class Visit>
  void each_pair(Stream& stream, Visit&& visit) const {
    const auto& size = spec_.grid.size;
    for (std::size_t view = 0; view < spec_.geometry.views().size(); ++view) {
      const double isocentre = spec_.geometry.project(view, {0, 0, 0})[2];
      std::size_t voxel = 0;
      for (std::int64_t z = 0; z < size[2]; ++z) {
        stream.check_stop();
        for (std::int64_t y = 0; y < size[1]; ++y) {
          for (std::int64_t x = 0; x < size[0]; ++x, ++voxel) {
            each_reading(view, voxel, {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)},
                         isocentre, visit);
          }
        }
      }
    }
  }

  static void add(const std::vector<double>& sums, std::span<T> out, Write write) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      out[i] = static_cast<T>(sums[i] + (write == Write::accumulate ? static_cast<double>(out[i]) : 0.0));
    }
  }

  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto readings = x.host<const T>();
    std::vector<double> sums(static_cast<std::size_t>(range().shape.count()), 0.0);
    each_pair(stream, [&](std::size_t voxel, std::size_t reading, double weight) {
      sums[voxel] += weight * static_cast<double>(readings[reading]);
    });
    add(sums, y.host<T>(), write);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto volume = y.host<const T>();
    std::vector<double> sums(static_cast<std::size_t>(domain().shape.count()), 0.0);
    each_pair(stream, [&](std::size_t voxel, std::size_t reading, double weight) {
      sums[reading] += weight * static_cast<double>(volume[voxel]);
    });
    add(sums, x.host<T>(), write);
  }
  Backprojection spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const Backprojection& spec, const Backend& backend) {
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceBackprojection<double>>(spec, backend);
  return std::make_shared<ReferenceBackprojection<float>>(spec, backend);
}

OperatorCost reference_cost(const Backprojection& spec) {
  const auto count = static_cast<std::size_t>(std::max(spec.domain().shape.count(), spec.range().shape.count()));
  const auto views = static_cast<double>(spec.geometry.views().size());
  return estimated(spec.geometry.views().size() * sizeof(View), count * sizeof(double),
                   4 * views * static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
