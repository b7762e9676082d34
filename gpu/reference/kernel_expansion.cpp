#include "gpu/reference/reference_backend.h"

#include <cmath>

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class ReferenceKernelExpansion final : public LinearOperator {
 public:
  ReferenceKernelExpansion(const KernelExpansion& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        spec_{spec},
        features_{spec.resident ? spec.resident : backend.upload(spec.features, *backend.make_stream())} {}

 private:
  /// k(voxel, centre), as the equation reads.
  [[nodiscard]] double value(std::int64_t x, std::int64_t y, std::int64_t z, const KernelCentre& centre) const {
    const auto planes = features_.host<const T>();
    const auto voxel = static_cast<std::size_t>(x + spec_.grid[0] * (y + spec_.grid[1] * z));
    KernelCentre here;
    here.place_mm = {static_cast<double>(x) * spec_.spacing_mm[0], static_cast<double>(y) * spec_.spacing_mm[1],
                     static_cast<double>(z) * spec_.spacing_mm[2]};
    for (std::size_t j = 0; j < centre.features.size(); ++j)
      here.features.push_back(static_cast<double>(planes[j * static_cast<std::size_t>(spec_.grid.count()) + voxel]));
    return kernel(spec_.scales, here, centre);
  }
  template <class Visit>
  void each_entry(Stream& stream, Visit&& visit) const {
    std::size_t voxel = 0;
    for (std::int64_t z = 0; z < spec_.grid[2]; ++z)
      for (std::int64_t y = 0; y < spec_.grid[1]; ++y) {
        stream.check_stop();
        for (std::int64_t x = 0; x < spec_.grid[0]; ++x, ++voxel)
          for (std::size_t i = 0; i < spec_.centres.size(); ++i) visit(voxel, i, value(x, y, z, spec_.centres[i]));
      }
  }
  void do_forward(const Array& c, Array& f, Stream& stream, Write write) const override {
    const auto in = c.host<const T>();
    const auto out = f.host<T>();
    std::vector<double> sums(out.size());
    if (write == Write::accumulate) sums.assign(out.begin(), out.end());
    each_entry(stream,
               [&](std::size_t voxel, std::size_t i, double k) { sums[voxel] += k * static_cast<double>(in[i]); });
    for (std::size_t voxel = 0; voxel < out.size(); ++voxel) out[voxel] = static_cast<T>(sums[voxel]);
  }
  void do_adjoint(const Array& f, Array& c, Stream& stream, Write write) const override {
    const auto in = f.host<const T>();
    const auto out = c.host<T>();
    std::vector<double> sums(out.size());
    if (write == Write::accumulate) sums.assign(out.begin(), out.end());
    each_entry(stream,
               [&](std::size_t voxel, std::size_t i, double k) { sums[i] += k * static_cast<double>(in[voxel]); });
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(sums[i]);
  }
  KernelExpansion spec_;
  Array features_;
};

}  // namespace

OperatorPtr make_reference_operator(const KernelExpansion& spec, const Backend& backend) {
  spec.expect_features();
  if (spec.type == ScalarType::f64) return std::make_shared<ReferenceKernelExpansion<double>>(spec, backend);
  return std::make_shared<ReferenceKernelExpansion<float>>(spec, backend);
}

OperatorCost reference_cost(const KernelExpansion& spec) {
  return estimated(spec.feature_spec().bytes(), static_cast<std::size_t>(spec.grid.count()) * sizeof(double),
                   static_cast<double>(spec.grid.count()) * static_cast<double>(spec.centres.size()) *
                       static_cast<double>(spec.planes + 8));
}

}  // namespace iso::gpu
