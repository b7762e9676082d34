#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/ray/rays.h"
#include "gpu/cpu/ray/slice_transform.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t slab = volume_run;  ///< planes that are worked on together, to stay in the cache
constexpr std::int64_t rays_at_once = std::int64_t{1} << 18;
constexpr std::int64_t rays_of_a_bunch = 1024;
constexpr std::int64_t border = 2;

/// Planes across one axis of the grid, with borders of zeros.
template <class T>
class Slab {
 public:
  Slab(const VoxelGrid& grid, std::size_t major)
      : axes_{axes_along[major]},
        size_{grid.size},
        stride_{size_[axes_.fast] + 2 * border},
        plane_{stride_ * (size_[axes_.slow] + 2 * border)},
        planes_{std::min(slab, size_[axes_.major])},
        memory_(static_cast<std::size_t>(plane_ * planes_)) {}

  [[nodiscard]] PlaneBlock<T> block(std::int64_t first) {
    return {memory_.data() + border * stride_ + border, first, std::min(slab, size_[axes_.major] - first), stride_,
            plane_};
  }
  [[nodiscard]] PlaneBlock<const T> read_block(std::int64_t first) {
    const auto b = block(first);
    return {b.origin, b.first, b.planes, b.slow_stride, b.plane_stride};
  }
  void clear() { std::ranges::fill(memory_, T{0}); }

  /// Calls visit(voxel in the volume, voxel in the slab) for the planes from `first` on and one row of the slow axis.
  template <class Visit>
  void each_voxel(std::int64_t first, std::int64_t slow, Visit&& visit) {
    const auto b = block(first);
    const std::array<std::int64_t, 3> strides{1, size_[0], size_[0] * size_[1]};
    const auto along_major = strides[axes_.major], along_fast = strides[axes_.fast];
    const auto start = first * along_major + slow * strides[axes_.slow];
    T* const row = b.origin + slow * b.slow_stride;
    if (axes_.major == 0) {  // contiguous across the planes
      for (std::int64_t i = 0; i < size_[axes_.fast]; ++i) {
        for (std::int64_t p = 0; p < b.planes; ++p) visit(start + p + i * along_fast, row[p * plane_ + i]);
      }
      return;
    }
    for (std::int64_t p = 0; p < b.planes; ++p) {
      for (std::int64_t i = 0; i < size_[axes_.fast]; ++i) visit(start + p * along_major + i, row[p * plane_ + i]);
    }
  }
  [[nodiscard]] std::int64_t rows() const { return size_[axes_.slow]; }

 private:
  Axes axes_;
  std::array<std::int64_t, 3> size_;
  std::int64_t stride_, plane_, planes_;
  std::vector<T> memory_;
};

/// The rays of some consecutive views, as bunches of whole detector rows.
class RayTable {
 public:
  RayTable(const ProjectionGeometry& geometry, const VoxelGrid& grid) : geometry_{geometry}, grid_{grid} {
    const auto [nu, nv] = geometry.elements();
    rows_ = std::clamp<std::int64_t>(rays_of_a_bunch / nu, 1, nv);
    bunches_of_a_view_ = (nv + rows_ - 1) / rows_;
    const auto all = static_cast<std::int64_t>(geometry.views().size());
    views_ = std::clamp<std::int64_t>(rays_at_once / (nu * nv), 1, all);
    bunches_.assign(static_cast<std::size_t>(views_ * bunches_of_a_view_),
                    RayBunch(static_cast<std::size_t>(rows_ * nu)));
  }
  [[nodiscard]] std::int64_t views() const { return views_; }
  [[nodiscard]] std::int64_t bunches(std::int64_t views) const { return views * bunches_of_a_view_; }
  [[nodiscard]] std::span<const RayEntry> bunch(std::int64_t i, std::size_t major) const {
    return bunches_[static_cast<std::size_t>(i)].along(major);
  }
  [[nodiscard]] bool any(std::int64_t views, std::size_t major) const {
    return std::any_of(bunches_.begin(), bunches_.begin() + bunches(views),
                       [&](const auto& b) { return !b.along(major).empty(); });
  }
  /// Traces views [first, first + views); readings count from the first of them.
  void trace(std::int64_t first, std::int64_t views, Stream& stream) {
    const auto [nu, nv] = geometry_.elements();
    parallel_for(bunches(views), 1, [&, width = nu, height = nv](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      for (std::int64_t i = from; i < to; ++i) {
        const auto view = i / bunches_of_a_view_, v = i % bunches_of_a_view_ * rows_;
        bunches_[static_cast<std::size_t>(i)].trace(geometry_, grid_, static_cast<std::size_t>(first + view), v,
                                                    std::min(height, v + rows_),
                                                    static_cast<std::uint32_t>((view * height + v) * width), false);
      }
    });
  }

 private:
  const ProjectionGeometry& geometry_;
  const VoxelGrid& grid_;
  std::int64_t rows_{}, bunches_of_a_view_{}, views_{};
  std::vector<RayBunch> bunches_;
};

template <class T>
class VolumeRayTransform final : public LinearOperator {
 public:
  VolumeRayTransform(const RayTransform& spec, const Backend& backend) : LinearOperator(spec, backend), spec_{spec} {}

 private:
  /// visit(table, views in it, first reading)
  template <class Visit>
  void each_block(Stream& stream, Visit&& visit) const {
    RayTable table(spec_.geometry, spec_.grid);
    const auto [nu, nv] = spec_.geometry.elements();
    const auto all = static_cast<std::int64_t>(spec_.geometry.views().size());
    for (std::int64_t first = 0; first < all; first += table.views()) {
      const auto views = std::min(table.views(), all - first);
      table.trace(first, views, stream);
      visit(table, views, first * nu * nv);
    }
  }

  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto volume = x.host<const T>();
    const auto readings = y.host<T>();
    if (write == Write::replace) std::ranges::fill(readings, T{0});
    each_block(stream, [&](const RayTable& table, std::int64_t views, std::int64_t reading) {
      for (std::size_t major = 0; major < 3; ++major) {
        if (!table.any(views, major)) continue;
        Slab<T> planes(spec_.grid, major);
        for (std::int64_t first = 0; first < spec_.grid.size[major]; first += slab) {
          parallel_for(planes.rows(), 16, [&](std::int64_t from, std::int64_t to) {
            stream.check_stop();
            for (std::int64_t slow = from; slow < to; ++slow) {
              planes.each_voxel(first, slow,
                                [&](std::int64_t at, T& copy) { copy = volume[static_cast<std::size_t>(at)]; });
            }
          });
          const auto block = planes.read_block(first);
          parallel_for(table.bunches(views), 1, [&](std::int64_t from, std::int64_t to) {
            stream.check_stop();
            for (std::int64_t i = from; i < to; ++i) {
              const auto rays = table.bunch(i, major);
              kernels<T>(backend()).gather(rays.data(), static_cast<std::int64_t>(rays.size()), block,
                                           readings.data() + reading);
            }
          });
        }
      }
    });
  }

  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto readings = y.host<const T>();
    const auto volume = x.host<T>();
    if (write == Write::replace) std::ranges::fill(volume, T{0});
    each_block(stream, [&](const RayTable& table, std::int64_t views, std::int64_t reading) {
      for (std::size_t major = 0; major < 3; ++major) {
        if (!table.any(views, major)) continue;
        parallel_for((spec_.grid.size[major] + slab - 1) / slab, 1, [&](std::int64_t from, std::int64_t to) {
          Slab<T> planes(spec_.grid, major);
          for (std::int64_t part = from; part < to; ++part) {
            const auto block = planes.block(part * slab);
            for (std::int64_t i = 0; i < table.bunches(views); ++i) {
              stream.check_stop();
              const auto rays = table.bunch(i, major);
              kernels<T>(backend()).scatter(rays.data(), static_cast<std::int64_t>(rays.size()), block,
                                            readings.data() + reading);
            }
            for (std::int64_t slow = 0; slow < planes.rows(); ++slow) {
              planes.each_voxel(part * slab, slow,
                                [&](std::int64_t at, T& sum) { volume[static_cast<std::size_t>(at)] += sum; });
            }
          }
        });
      }
    });
  }
  RayTransform spec_;
};

}  // namespace

std::string refusal(const RayTransform& spec) {
  constexpr std::int64_t both_borders = 2 * border;
  const auto& size = spec.grid.size;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = size[axis] + both_borders, b = size[(axis + 1) % 3] + both_borders;
    if (a > largest_plane / b) {
      return "planes of the grid may have " + std::to_string(largest_plane) + " voxels at most, one has " +
             std::to_string(size[axis]) + " x " + std::to_string(size[(axis + 1) % 3]);
    }
  }
  return {};
}

OperatorCost cost(const RayTransform& spec) {
  const auto [nu, nv] = spec.geometry.elements();
  const auto views = spec.geometry.views().size();
  const bool slices = nv == 1 || spec.geometry.beam() == Beam::parallel;  // else a volume: more, so never too little
  const auto view = static_cast<std::size_t>(slices ? nu : nu * nv);
  const std::size_t rays =
      std::min(view * views, std::max(static_cast<std::size_t>(rays_at_once), view)) * sizeof(RayEntry);
  const std::size_t element = iso::byte_count(spec.type);
  std::array<std::size_t, 3> padded{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    padded[axis] = static_cast<std::size_t>(spec.grid.size[axis] + 2 * border);
  std::size_t plane = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) plane = std::max(plane, padded[axis] * padded[(axis + 1) % 3]);
  const std::size_t planes = slices ? 2 * padded[0] * padded[1] * element
                                    : static_cast<std::size_t>(slab) * plane * element * throughput::threads();
  // A ray is followed through about as many planes as the grid is wide; those near its rim through fewer.
  const double samples = static_cast<double>(spec.geometry.sinogram_shape().count()) *
                         static_cast<double>(std::max(spec.grid.size[0], spec.grid.size[1]));
  const double rate = slices ? throughput::plane_samples_per_s : throughput::space_samples_per_s;
  return {2 * views * sizeof(View), rays + planes, throughput::seconds(samples, rate), true};
}

OperatorPtr make_operator(const RayTransform& spec, const Backend& backend) {
  auto slices = find_row_slices(spec.geometry, spec.grid);
  if (slices) return make_slice_transform(spec, std::move(*slices), backend);
  if (spec.type == ScalarType::f64) return std::make_shared<VolumeRayTransform<double>>(spec, backend);
  return std::make_shared<VolumeRayTransform<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
