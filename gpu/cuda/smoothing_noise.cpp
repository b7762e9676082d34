#include "gpu/kernels/smoothing_noise.h"
#include "gpu/cuda/operators.h"

#include <iso/compute/smoothing_noise.h>

namespace iso::gpu {
namespace {

using namespace compute;

class KernelSmoothingNoise final : public SmoothingNoise {
 public:
  void draw(const NoisyCopies& what, const Array& image, Array& copies, Stream& stream) const override {
    check_draw(what, image, copies);
    const Shape shape = copies.spec().shape;
    const std::int64_t plane = shape[0] * shape[1], values = plane * shape[2], groups = (values + 3) / 4;
    const int split = static_cast<int>(what.split), half = static_cast<int>(what.half);
    const NoisyPixels own{data<float>(image), data<float>(copies), shape[0],    values,     plane, groups, 0, 0,
                          what.seed,          what.first,          what.stream, what.sigma, split, half};
    queue_in_pieces(own, groups * shape[3], 200, "smoothing noise", stream);
    if (what.split == Split::none) return;
    const FilledPixels others{data<float>(copies), shape[0], shape[1], 0, 0, split, half};
    queue_in_pieces(others, values * shape[3], 10, "filling of half images", stream);
  }
};

}  // namespace

const SmoothingNoise& kernel_smoothing_noise() noexcept {
  static const KernelSmoothingNoise noise;
  return noise;
}

}  // namespace iso::gpu
