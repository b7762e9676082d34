#include "iso/compute/random_field.h"

#include "iso/base/random.h"

namespace iso::compute {

Pixels random_field(const ArraySpec& spec, std::uint64_t seed, std::uint64_t stream) {
  PixelBuffer block = PixelBuffer::allocate(spec);
  const Philox random{seed, stream};
  const auto count = static_cast<std::size_t>(spec.shape.count()) * (is_complex(spec.type) ? 2 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const double value = random.normal(i);
    if (is_double(spec.type))
      reinterpret_cast<double*>(block.data())[i] = value;
    else
      reinterpret_cast<float*>(block.data())[i] = static_cast<float>(value);
  }
  return block;
}

}  // namespace iso::compute
