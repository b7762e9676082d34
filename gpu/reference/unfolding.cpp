#include "gpu/reference/reference_backend.h"

#include <algorithm>

namespace iso::gpu {
namespace {

using namespace compute;

/// Written from the definition, with loops over the series, so that it checks the index arithmetic that the others share.
template <class T>
class ReferenceUnfolding final : public LinearOperator {
 public:
  ReferenceUnfolding(const Unfolding& spec, const Backend& backend) : LinearOperator(spec, backend), spec_{spec} {}

 private:
  /// Where the voxel (x, y, z) of a frame lies in the matrices.
  [[nodiscard]] std::int64_t place(const std::array<std::int64_t, 3>& at, std::int64_t frame) const {
    if (spec_.kind == Unfolding::Kind::readout)
      return at[0] * spec_.rows() + at[1] + spec_.image[1] * (at[2] + spec_.image[2] * frame);
    if (spec_.kind == Unfolding::Kind::phase)
      return at[1] * spec_.rows() + at[0] + spec_.image[0] * (at[2] + spec_.image[2] * frame);
    std::int64_t row = 0, block = 0;
    for (std::size_t axis = 3; axis-- > 0;) {
      const auto moved = at[axis] + spec_.shift[axis];
      row = row * spec_.patch[axis] + moved % spec_.patch[axis];
      block = block * spec_.blocks(axis) + moved / spec_.patch[axis];
    }
    return (block * spec_.frames + frame) * spec_.rows() + row;
  }
  template <class Visit>
  void each_voxel(Visit&& visit) const {
    std::size_t i = 0;
    for (std::int64_t t = 0; t < spec_.frames; ++t)
      for (std::int64_t z = 0; z < spec_.image[2]; ++z)
        for (std::int64_t y = 0; y < spec_.image[1]; ++y)
          for (std::int64_t x = 0; x < spec_.image[0]; ++x, ++i)
            visit(i, static_cast<std::size_t>(place({x, y, z}, t)));
  }
  void do_forward(const Array& x, Array& y, Stream&, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    if (write == Write::replace) std::fill(out.begin(), out.end(), T{});
    each_voxel([&](std::size_t voxel, std::size_t at) { out[at] += in[voxel]; });
  }
  void do_adjoint(const Array& y, Array& x, Stream&, Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<T>();
    each_voxel([&](std::size_t voxel, std::size_t at) {
      out[voxel] = in[at] + (write == Write::accumulate ? out[voxel] : T{});
    });
  }
  Unfolding spec_;
};

}  // namespace

OperatorPtr make_reference_operator(const Unfolding& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<ReferenceUnfolding<std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceUnfolding<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const Unfolding& spec) {
  return estimated(0, 0, static_cast<double>(spec.range().shape.count()));
}

}  // namespace iso::gpu
