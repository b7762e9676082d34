#include "gpu/kernels/coil_fourier.h"
#include "gpu/cuda/operators.h"

#include <utility>
#include <vector>

namespace iso::gpu {
namespace {

using namespace compute;

/// Of the images of all coils of a frame.
Fourier images_transform(const CoilFourier& spec) {
  std::vector<std::size_t> axes{1, 2};
  if (spec.cuts_lines()) axes.insert(axes.begin(), 0);
  return {spec.map_spec().shape, std::move(axes), true, spec.type};
}

template <class T>
class KernelCoilFourier final : public LinearOperator {
 public:
  using Value = Complex<T>;
  KernelCoilFourier(const CoilFourier& spec, const Backend& on)
      : LinearOperator(spec, on), spec_{spec}, fourier_{on.make(images_transform(spec))} {
    const auto stream = on.make_stream();
    if (!spec.sensitivities.empty()) maps_ = on.upload(spec.sensitivities, *stream);
    if (!spec.mask.empty()) mask_ = on.upload(spec.mask, *stream);
    stream->synchronize();
  }

 private:
  [[nodiscard]] ArraySpec coil_images() const { return spec_.map_spec(); }
  [[nodiscard]] std::int64_t voxels() const { return spec_.image.count(); }
  /// What the mask tells apart: lines, or samples.
  [[nodiscard]] std::int64_t readout() const { return spec_.cuts_lines() ? 1 : spec_.image[0]; }
  [[nodiscard]] std::int64_t lines() const { return voxels() / readout(); }
  [[nodiscard]] const Value* maps() const { return maps_ ? data<Value>(maps_) : nullptr; }
  [[nodiscard]] CoilLines<Value> arguments(const Array& in, Array& out, std::int64_t frame, bool accumulate) const {
    const std::uint8_t* mask = mask_ ? data<std::uint8_t>(mask_) + frame * lines() : nullptr;
    return {mask, data<Value>(in), data<Value>(out), readout(), lines(), element_count(coil_images()), accumulate};
  }
  void transform(Array& images, bool forward, Stream& stream) const {
    if (forward == (spec_.sign < 0))
      fourier_->forward(images, images, stream);
    else
      fourier_->adjoint(images, images, stream);
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    Array images = backend().allocate(coil_images(), stream);
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame) {
      stream.check_stop();
      const CoilImages<Value> seen{maps(), data<Value>(x) + frame * voxels(), data<Value>(images), voxels(),
                                   element_count(coil_images())};
      queue(seen, seen.count, "images of the coils", stream);
      transform(images, true, stream);
      Array lines = y.part(frame, 1);
      const auto kept = arguments(images, lines, frame, write == Write::accumulate);
      queue(kept, kept.count, "lines of the coils", stream);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    Array images = backend().allocate(coil_images(), stream);
    for (std::int64_t frame = 0; frame < spec_.frames; ++frame) {
      stream.check_stop();
      const auto kept = arguments(y.part(frame, 1), images, frame, false);
      queue(kept, kept.count, "lines of the coils", stream);
      transform(images, false, stream);
      const CoilCombination<Value> combined{
          maps(),      data<Value>(std::as_const(images)), data<Value>(x) + frame * voxels(), voxels(),
          spec_.coils, write == Write::accumulate};
      queue(combined, voxels(), "combination of the coils", stream);
    }
  }
  CoilFourier spec_;
  OperatorPtr fourier_;
  Array maps_, mask_;
};

}  // namespace

OperatorPtr make_kernel_operator(const CoilFourier& spec, const Backend& backend) {
  return make_in_precision<KernelCoilFourier>(spec, backend);
}

OperatorCost kernel_cost(const CoilFourier& spec) {
  const auto of_a_frame = kernel_cost(images_transform(spec));
  const std::size_t images = spec.map_spec().bytes();
  const std::size_t kept = (spec.coils > 1 ? images : 0) +
                           (spec.cuts_lines() ? spec.mask.spec().bytes()
                                              : static_cast<std::size_t>(spec.image[1] * spec.image[2] * spec.frames));
  return {of_a_frame.kept_bytes + kept, of_a_frame.scratch_bytes + 2 * images,
          of_a_frame.seconds * static_cast<double>(spec.frames), throughput::measured};
}

}  // namespace iso::gpu
