#include "gpu/cpu/ray/slice_transform.h"

#include "gpu/cpu/level.h"
#include "gpu/cpu/ray/rays.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t border = 2;
constexpr std::int64_t rays_at_once = std::int64_t{1} << 18;
constexpr std::int64_t tile = 32;

/// A slice with a border of zeros: as it is, for rays that are steepest in y, and turned over, for those steepest in x.
template <class T>
class Slice {
 public:
  explicit Slice(const VoxelGrid& grid) : size_{grid.size[0], grid.size[1]} {
    for (std::size_t major = 0; major < 2; ++major) {
      memory_[major].resize(static_cast<std::size_t>(stride(major) * size_[major]));
    }
  }
  /// An odd number of cache lines, so that the rows which a ray crosses use all sets of a cache.
  [[nodiscard]] std::int64_t stride(std::size_t major) const {
    constexpr std::int64_t line = 64 / sizeof(T);
    return (((size_[1 - major] + 2 * border + line - 1) / line) | 1) * line;
  }
  [[nodiscard]] T* origin(std::size_t major) { return memory_[major].data() + border; }
  /// Rows [first, first + planes) across the major axis.
  [[nodiscard]] PlaneBlock<T> block(std::size_t major, std::int64_t first, std::int64_t planes) {
    return {origin(major) + first * stride(major), first, planes, 0, stride(major)};
  }
  [[nodiscard]] PlaneBlock<const T> whole(std::size_t major) {
    return {origin(major), 0, size_[major], 0, stride(major)};
  }
  void clear() {
    for (auto& m : memory_) std::ranges::fill(m, T{0});
  }
  /// visit(x, y, voxel as it is, voxel turned over), in tiles; shared out by rows of tiles.
  template <class Visit>
  void each_pixel(Stream& stream, Visit&& visit) {
    parallel_for(size_[1], tile, [&](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      for (std::int64_t left = 0; left < size_[0]; left += tile) {
        const auto right = std::min(size_[0], left + tile);
        for (std::int64_t y = from; y < to; ++y) {
          T* const upright = origin(1) + y * stride(1);
          T* const turned = origin(0) + y;
          for (std::int64_t x = left; x < right; ++x) visit(x + y * size_[0], upright[x], turned[x * stride(0)]);
        }
      }
    });
  }

 private:
  std::array<std::int64_t, 2> size_;
  std::array<std::vector<T>, 2> memory_;
};

/// What a detector row reads: slice `below` with weight 1 - above, and the next one with weight `above`.
struct Reach {
  std::int64_t below;
  double above;
  bool lower, upper;  ///< whether the two lie in the grid and count
  Reach(double z, std::int64_t slices)
      : below{static_cast<std::int64_t>(std::floor(std::clamp(z, -2.0, static_cast<double>(slices) + 1)))} {
    above = z - static_cast<double>(below);
    lower = below >= 0 && below < slices && above < 1;
    upper = below >= -1 && below + 1 < slices && above > 0;
  }
};

template <class T>
class SliceRayTransform final : public LinearOperator {
 public:
  SliceRayTransform(const RayTransform& spec, std::vector<double> slices, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec}, slices_{std::move(slices)} {}

 private:
  [[nodiscard]] std::int64_t views() const { return static_cast<std::int64_t>(spec_.geometry.views().size()); }
  [[nodiscard]] std::int64_t views_at_once() const {
    return std::clamp<std::int64_t>(rays_at_once / spec_.geometry.elements()[0], 1, views());
  }
  void trace(std::vector<RayBunch>& bunches, std::int64_t first, std::int64_t count, Stream& stream) const {
    parallel_for(count, 1, [&](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      for (auto i = from; i < to; ++i) {
        bunches[static_cast<std::size_t>(i)].trace(spec_.geometry, spec_.grid, static_cast<std::size_t>(first + i), 0,
                                                   1, 0, true);
      }
    });
  }
  template <class Reading>  // T or const T
  [[nodiscard]] Reading* row(std::span<Reading> readings, std::int64_t view, std::int64_t v) const {
    const auto [nu, nv] = spec_.geometry.elements();
    return readings.data() + (view * nv + v) * nu;
  }

  void load(std::span<const T> volume, const Reach& reach, Slice<T>& slice, Stream& stream) const {
    const auto pixels = spec_.grid.size[0] * spec_.grid.size[1];
    const T* const low = reach.lower ? volume.data() + reach.below * pixels : nullptr;
    const T* const high = reach.upper ? volume.data() + (reach.below + 1) * pixels : nullptr;
    const T above = static_cast<T>(reach.above), below = static_cast<T>(1 - reach.above);
    slice.each_pixel(stream, [&](std::int64_t at, T& upright, T& turned) {
      upright = turned = (low ? below * low[at] : T{0}) + (high ? above * high[at] : T{0});
    });
  }

  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto volume = x.host<const T>();
    const auto readings = y.host<T>();
    if (write == Write::replace) std::ranges::fill(readings, T{0});
    Slice<T> slice(spec_.grid);
    const auto at_once = views_at_once();
    std::vector<RayBunch> bunches(static_cast<std::size_t>(at_once),
                                  RayBunch(static_cast<std::size_t>(spec_.geometry.elements()[0])));
    for (std::int64_t first = 0; first < views(); first += at_once) {
      const auto count = std::min(at_once, views() - first);
      trace(bunches, first, count, stream);
      for (std::size_t v = 0; v < slices_.size(); ++v) {
        const Reach reach(slices_[v], spec_.grid.size[2]);
        if (!reach.lower && !reach.upper) continue;
        load(volume, reach, slice, stream);
        parallel_for(count, 1, [&](std::int64_t from, std::int64_t to) {
          stream.check_stop();
          for (auto i = from; i < to; ++i) {
            for (std::size_t major = 0; major < 2; ++major) {
              const auto rays = bunches[static_cast<std::size_t>(i)].along(major);
              kernels<T>(backend()).gather_slice(rays.data(), static_cast<std::int64_t>(rays.size()),
                                                 slice.whole(major),
                                                 row(readings, first + i, static_cast<std::int64_t>(v)));
            }
          }
        });
      }
    }
  }

  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto readings = y.host<const T>();
    const auto volume = x.host<T>();
    if (write == Write::replace) std::ranges::fill(volume, T{0});
    Slice<T> slice(spec_.grid);
    const auto at_once = views_at_once();
    std::vector<RayBunch> bunches(static_cast<std::size_t>(at_once),
                                  RayBunch(static_cast<std::size_t>(spec_.geometry.elements()[0])));
    for (std::int64_t first = 0; first < views(); first += at_once) {
      const auto count = std::min(at_once, views() - first);
      trace(bunches, first, count, stream);
      for (std::size_t v = 0; v < slices_.size(); ++v) {
        const Reach reach(slices_[v], spec_.grid.size[2]);
        if (!reach.lower && !reach.upper) continue;
        slice.clear();
        for (std::size_t major = 0; major < 2; ++major) {
          parallel_for(spec_.grid.size[major], slice_run, [&](std::int64_t from, std::int64_t to) {
            const auto block = slice.block(major, from, to - from);
            for (std::int64_t i = 0; i < count; ++i) {
              stream.check_stop();
              const auto rays = bunches[static_cast<std::size_t>(i)].along(major);
              kernels<T>(backend()).scatter_slice(rays.data(), static_cast<std::int64_t>(rays.size()), block,
                                                  row(readings, first + i, static_cast<std::int64_t>(v)));
            }
          });
        }
        store(slice, reach, volume, stream);
      }
    }
  }

  void store(Slice<T>& slice, const Reach& reach, std::span<T> volume, Stream& stream) const {
    const auto pixels = spec_.grid.size[0] * spec_.grid.size[1];
    T* const low = reach.lower ? volume.data() + reach.below * pixels : nullptr;
    T* const high = reach.upper ? volume.data() + (reach.below + 1) * pixels : nullptr;
    const T above = static_cast<T>(reach.above), below = static_cast<T>(1 - reach.above);
    slice.each_pixel(stream, [&](std::int64_t at, const T& upright, const T& turned) {
      if (low) low[at] += below * (upright + turned);
      if (high) high[at] += above * (upright + turned);
    });
  }
  RayTransform spec_;
  std::vector<double> slices_;
};

}  // namespace

OperatorPtr make_slice_transform(const RayTransform& spec, std::vector<double> slices, const Backend& backend) {
  if (spec.type == ScalarType::f64)
    return std::make_shared<SliceRayTransform<double>>(spec, std::move(slices), backend);
  return std::make_shared<SliceRayTransform<float>>(spec, std::move(slices), backend);
}

}  // namespace iso::gpu::cpu
