#include "gpu/reference/reference_backend.h"

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class ReferenceCoilFourier final : public LinearOperator {
 public:
  ReferenceCoilFourier(const CoilFourier& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        spec_{spec},
        fourier_{backend.make(Fourier{spec.image, axes(spec), true, spec.type})} {}

 private:
  [[nodiscard]] static std::vector<std::size_t> axes(const CoilFourier& spec) {
    if (spec.cuts_lines()) return {0, 1, 2};
    return {1, 2};
  }
  [[nodiscard]] T map(std::size_t voxel, std::size_t coil) const {
    if (spec_.sensitivities.empty()) return T(1);
    return spec_.sensitivities.values<T>()[coil * voxels() + voxel];
  }
  [[nodiscard]] bool measured(std::size_t voxel, std::size_t frame) const {
    if (spec_.mask.empty()) return true;
    if (spec_.cuts_lines()) return spec_.mask.values<std::uint8_t>()[frame * voxels() + voxel] != 0;
    const auto lines = static_cast<std::size_t>(spec_.image[1] * spec_.image[2]);
    return spec_.mask.values<std::uint8_t>()[frame * lines + voxel / static_cast<std::size_t>(spec_.image[0])] != 0;
  }
  [[nodiscard]] std::size_t voxels() const { return static_cast<std::size_t>(spec_.image.count()); }
  /// Both images are those of one coil and frame. With the exponent's other sign the transform is its own adjoint.
  void transform(const Array& in, Array& out, bool forward, Stream& stream) const {
    if (forward == (spec_.sign < 0))
      fourier_->forward(in, out, stream);
    else
      fourier_->adjoint(in, out, stream);
  }
  template <class Visit>
  void each_coil_image(Visit&& visit) const {
    for (std::size_t frame = 0; frame < static_cast<std::size_t>(spec_.frames); ++frame)
      for (std::size_t coil = 0; coil < static_cast<std::size_t>(spec_.coils); ++coil)
        visit(frame, coil, (frame * static_cast<std::size_t>(spec_.coils) + coil) * voxels());
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto in = x.host<const T>();
    const auto out = y.host<T>();
    Array image = backend().allocate({spec_.image, spec_.type}, stream), samples = image;
    samples = backend().allocate({spec_.image, spec_.type}, stream);
    each_coil_image([&](std::size_t frame, std::size_t coil, std::size_t first) {
      const auto seen = image.host<T>();
      for (std::size_t i = 0; i < voxels(); ++i) seen[i] = map(i, coil) * in[frame * voxels() + i];
      transform(image, samples, true, stream);
      const auto found = std::as_const(samples).host<T>();
      for (std::size_t i = 0; i < voxels(); ++i)
        out[first + i] = (measured(i, frame) ? found[i] : T(0)) + (write == Write::accumulate ? out[first + i] : T(0));
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<T>();
    if (write == Write::replace) std::fill(out.begin(), out.end(), T(0));
    Array samples = backend().allocate({spec_.image, spec_.type}, stream);
    Array image = backend().allocate({spec_.image, spec_.type}, stream);
    each_coil_image([&](std::size_t frame, std::size_t coil, std::size_t first) {
      const auto kept = samples.host<T>();
      for (std::size_t i = 0; i < voxels(); ++i) kept[i] = measured(i, frame) ? in[first + i] : T(0);
      transform(samples, image, false, stream);
      const auto seen = std::as_const(image).host<T>();
      for (std::size_t i = 0; i < voxels(); ++i) out[frame * voxels() + i] += std::conj(map(i, coil)) * seen[i];
    });
  }
  CoilFourier spec_;
  OperatorPtr fourier_;
};

}  // namespace

OperatorPtr make_reference_operator(const CoilFourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<ReferenceCoilFourier<std::complex<double>>>(spec, backend);
  return std::make_shared<ReferenceCoilFourier<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const CoilFourier& spec) {
  const auto image = static_cast<std::size_t>(spec.image.count());
  return estimated(0, image * (2 * byte_count(spec.type) + sizeof(std::complex<double>)),
                   4 * static_cast<double>(spec.range().shape.count()) *
                       static_cast<double>(spec.image[1] + spec.image[2] + (spec.cuts_lines() ? spec.image[0] : 0)));
}

}  // namespace iso::gpu
