#include "volume_reduce.h"

#include "iso/base/dispatch.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <vector>

namespace iso::render {
namespace {

template <class T>
void reduce(const T* from, const std::array<std::int64_t, 3>& size, const std::array<std::int64_t, 3>& block,
            const std::array<std::int64_t, 3>& out, float* to) {
  const float part = 1.0F / static_cast<float>(block[0] * block[1] * block[2]);
  parallel_for(out[2] * out[1], 8, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(size[0]));
    for (std::int64_t at = begin; at < end; ++at) {
      std::ranges::fill(row, 0.0F);
      const std::int64_t y0 = at % out[1] * block[1], z0 = at / out[1] * block[2];
      for (std::int64_t z = z0; z < z0 + block[2]; ++z)
        for (std::int64_t y = y0; y < y0 + block[1]; ++y) {
          const T* const line = from + (z * size[1] + y) * size[0];
          for (std::int64_t x = 0; x < size[0]; ++x) row[static_cast<std::size_t>(x)] += static_cast<float>(line[x]);
        }
      const float* sum = row.data();
      for (std::int64_t x = 0; x < out[0]; ++x, sum += block[0]) {
        float all = 0;
        for (std::int64_t i = 0; i < block[0]; ++i) all += sum[i];
        to[at * out[0] + x] = all * part;
      }
    }
  });
}

}  // namespace

Pixels reduced(const Pixels& pixels, std::int64_t frame, const std::array<std::int64_t, 3>& factors) {
  const Shape& shape = pixels.spec().shape;
  const std::array<std::int64_t, 3> size{shape[0], shape[1], shape[2]};
  std::array<std::int64_t, 3> block{}, out{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    block[axis] = std::clamp<std::int64_t>(factors[axis], 1, size[axis]);
    out[axis] = size[axis] / block[axis];
  }
  const std::int64_t voxels = size[0] * size[1] * size[2];
  if (frame < 0 || (frame + 1) * voxels > shape.count())
    throw Error{Errc::shape_mismatch,
                "frame " + std::to_string(frame) + " of an array of " + shape.text() + " was asked for"};
  PixelBuffer small = PixelBuffer::allocate({Shape{out[0], out[1], out[2]}, ScalarType::f32});
  float* const to = small.values<float>().data();
  const auto all = [&](auto type) {
    reduce(reinterpret_cast<const decltype(type)*>(pixels.data()) + frame * voxels, size, block, out, to);
  };
  dispatch<RealTypes>(pixels.spec().type, all, "a picture");
  return small;
}

}  // namespace iso::render
