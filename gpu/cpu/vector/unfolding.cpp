#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <complex>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t elements_of_a_task = 16384;

template <class T>
class CpuUnfolding final : public LinearOperator {
 public:
  CpuUnfolding(const Unfolding& spec, const Backend& backend) : LinearOperator(spec, backend), spec_{spec} {}

 private:
  /// A run of voxels: `count` of them, one behind the other in a matrix, `stride` apart in the series.
  struct Run {
    std::int64_t in_matrix, in_series, count, stride;
  };

  /// Whether a matrix has rows that are no voxels: a patch at the rim.
  [[nodiscard]] bool reaches_out(std::int64_t matrix) const {
    if (spec_.kind != Unfolding::Kind::patches) return false;
    const std::array<std::int64_t, 3> block{matrix % spec_.blocks(0), matrix / spec_.blocks(0) % spec_.blocks(1),
                                            matrix / (spec_.blocks(0) * spec_.blocks(1))};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t first = block[axis] * spec_.patch[axis] - spec_.shift[axis];
      if (first < 0 || first + spec_.patch[axis] > spec_.image[axis]) return true;
    }
    return false;
  }
  /// The runs of one frame of one patch.
  template <class Visit>
  void each_patch_row(std::int64_t block, std::int64_t frame, Visit&& visit) const {
    const std::array<std::int64_t, 3> first{
        block % spec_.blocks(0) * spec_.patch[0] - spec_.shift[0],
        block / spec_.blocks(0) % spec_.blocks(1) * spec_.patch[1] - spec_.shift[1],
        block / (spec_.blocks(0) * spec_.blocks(1)) * spec_.patch[2] - spec_.shift[2]};
    const auto begin = std::max<std::int64_t>(0, first[0]), end = std::min(spec_.image[0], first[0] + spec_.patch[0]);
    for (std::int64_t row = 0; row < spec_.patch[1] * spec_.patch[2]; ++row) {
      const auto y = first[1] + row % spec_.patch[1], z = first[2] + row / spec_.patch[1];
      if (y < 0 || z < 0 || y >= spec_.image[1] || z >= spec_.image[2]) continue;
      visit(Run{(block * spec_.frames + frame) * spec_.rows() + row * spec_.patch[0] + begin - first[0],
                begin + spec_.image[0] * (y + spec_.image[1] * (z + spec_.image[2] * frame)), end - begin, 1});
    }
  }
  /// Calls visit for the runs of column `column` of matrix `matrix`.
  template <class Visit>
  void each_run(std::int64_t matrix, std::int64_t column, Visit&& visit) const {
    const auto nx = spec_.image[0], ny = spec_.image[1], others = spec_.image[2] * spec_.frames;
    switch (spec_.kind) {
      case Unfolding::Kind::patches: return each_patch_row(matrix, column, visit);
      case Unfolding::Kind::readout: return visit(Run{column * spec_.rows(), column, ny * others, nx});
      case Unfolding::Kind::phase:
        for (std::int64_t zt = 0; zt < others; ++zt)
          visit(Run{column * spec_.rows() + zt * nx, (zt * ny + column) * nx, nx, 1});
    }
  }
  template <class Visit>
  void each_column(Stream& stream, Visit&& visit) const {
    const auto columns = spec_.columns();
    parallel_for(spec_.matrices() * columns, std::max<std::int64_t>(1, elements_of_a_task / spec_.rows()),
                 [&](std::int64_t from, std::int64_t to) {
                   stream.check_stop();
                   for (auto i = from; i < to; ++i) visit(i / columns, i % columns);
                 });
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const T* const in = x.host<const T>().data();
    T* const out = y.host<T>().data();
    each_column(stream, [&](std::int64_t matrix, std::int64_t column) {
      T* const start = out + (matrix * spec_.columns() + column) * spec_.rows();
      const bool replace = write == Write::replace;
      if (replace && reaches_out(matrix)) std::fill(start, start + spec_.rows(), T{});
      each_run(matrix, column, [&](const Run& run) {
        T* const to = out + run.in_matrix;
        const T* const from = in + run.in_series;
        if (replace)
          for (std::int64_t i = 0; i < run.count; ++i) to[i] = from[i * run.stride];
        else
          for (std::int64_t i = 0; i < run.count; ++i) to[i] += from[i * run.stride];
      });
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const T* const in = y.host<const T>().data();
    T* const out = x.host<T>().data();
    const bool add = write == Write::accumulate;
    // Each voxel is in one matrix once, so that no two columns write the same.
    each_column(stream, [&](std::int64_t matrix, std::int64_t column) {
      each_run(matrix, column, [&](const Run& run) {
        for (std::int64_t i = 0; i < run.count; ++i) {
          T& voxel = out[run.in_series + i * run.stride];
          voxel = in[run.in_matrix + i] + (add ? voxel : T{});
        }
      });
    });
  }
  Unfolding spec_;
};

}  // namespace

OperatorCost cost(const Unfolding& spec) {
  constexpr double moves_per_s = 1e8;  // a guess, not measured
  return {0, 0, throughput::seconds(static_cast<double>(spec.range().shape.count()), moves_per_s), false};
}

OperatorPtr make_operator(const Unfolding& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuUnfolding<std::complex<double>>>(spec, backend);
  return std::make_shared<CpuUnfolding<std::complex<float>>>(spec, backend);
}

}  // namespace iso::gpu::cpu
