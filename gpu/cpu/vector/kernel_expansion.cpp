#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t voxels_of_a_task = 8192;
constexpr std::int64_t parts = 64;  ///< of an adjoint sum, added in their order

template <class T>
class CpuKernelExpansion final : public LinearOperator {
 public:
  CpuKernelExpansion(const KernelExpansion& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec}, add_{kernels<T>(backend).add_kernel}, features_{spec.resident} {
    if (!features_) features_ = backend.upload(spec.features, *backend.make_stream());
    for (const KernelCentre& centre : spec.centres)
      for (const double value : centre.features) centres_.push_back(static_cast<T>(value));
  }

 private:
  /// Voxels of the row [begin, end) within `length` times the cut of a place, the square of the distance being rest2 at x.
  struct RowPart {
    std::int64_t begin, end;
  };
  [[nodiscard]] RowPart near(double place_x, double rest2, double length) const {
    const double reach = KernelScales::cut * length, h = spec_.spacing_mm[0];
    if (rest2 > reach * reach) return {0, 0};
    const double half = std::sqrt(reach * reach - rest2), last = static_cast<double>(spec_.grid[0] - 1);
    const double first = std::clamp(std::ceil((place_x - half) / h), 0.0, last + 1);
    return {static_cast<std::int64_t>(first),
            static_cast<std::int64_t>(std::clamp(std::floor((place_x + half) / h), -1.0, last)) + 1};
  }

  /// out += c k(x, centre) along row `row`; `out` is the row's first voxel.
  void add_row(std::int64_t row, std::size_t centre, T c, T* out) const {
    const KernelScales& s = spec_.scales;
    const Vec3& place = spec_.centres[centre].place_mm;
    const std::int64_t y = row % spec_.grid[1], z = row / spec_.grid[1];
    const double dy = static_cast<double>(y) * spec_.spacing_mm[1] - place[1];
    const double dz = static_cast<double>(z) * spec_.spacing_mm[2] - place[2];
    const double rest2 = dy * dy + dz * dz, h = spec_.spacing_mm[0];
    const T* const features = std::as_const(features_).template host<const T>().data() + row * spec_.grid[0];
    const T* const own = centres_.data() + centre * static_cast<std::size_t>(spec_.planes);
    const auto add = [&](const RowPart& on, std::int64_t planes, double per_length2, double rest, double scale) {
      if (on.end > on.begin && scale > 0)
        add_(features + on.begin, spec_.grid.count(), planes, on.end - on.begin, own,
             static_cast<double>(on.begin) * h - place[0], h, rest, per_length2, static_cast<T>(scale) * c,
             out + on.begin);
    };
    add(near(place[0], rest2, s.reach_mm), spec_.planes, 0.5 / (s.reach_mm * s.reach_mm), rest2, s.product);
    add(near(place[0], rest2, s.width_mm), 0, 0.5 / (s.width_mm * s.width_mm), rest2, s.footprint);
    add({0, spec_.grid[0]}, spec_.planes, 0, 0, s.everywhere);
  }

  [[nodiscard]] std::int64_t rows() const { return spec_.grid[1] * spec_.grid[2]; }

  void do_forward(const Array& c, Array& f, Stream& stream, Write write) const override {
    const auto in = c.host<const T>();
    T* const out = f.host<T>().data();
    const std::int64_t row_length = spec_.grid[0];
    parallel_for(rows(), std::max<std::int64_t>(1, voxels_of_a_task / row_length),
                 [&](std::int64_t from, std::int64_t to) {
                   stream.check_stop();
                   for (std::int64_t row = from; row < to; ++row) {
                     T* const line = out + row * row_length;
                     if (write == Write::replace) std::fill(line, line + row_length, T{0});
                     for (std::size_t i = 0; i < in.size(); ++i) add_row(row, i, in[i], line);
                   }
                 });
  }
  void do_adjoint(const Array& f, Array& c, Stream& stream, Write write) const override {
    const auto in = f.host<const T>();
    const auto out = c.host<T>();
    const auto row_length = static_cast<std::size_t>(spec_.grid[0]);
    const std::int64_t rows_of_a_part = (rows() + parts - 1) / parts;
    std::vector<double> sums(static_cast<std::size_t>(parts) * out.size());
    parallel_for(parts, 1, [&](std::int64_t first, std::int64_t last) {
      std::vector<T> line(row_length);
      for (std::int64_t part = first; part < last; ++part) {
        stream.check_stop();
        const std::int64_t end = std::min(rows(), (part + 1) * rows_of_a_part);
        for (std::int64_t row = part * rows_of_a_part; row < end; ++row)
          for (std::size_t i = 0; i < out.size(); ++i) {
            std::fill(line.begin(), line.end(), T{0});
            add_row(row, i, T{1}, line.data());
            double sum = 0;
            for (std::size_t x = 0; x < row_length; ++x)
              sum += static_cast<double>(line[x]) *
                     static_cast<double>(in[static_cast<std::size_t>(row) * row_length + x]);
            sums[static_cast<std::size_t>(part) * out.size() + i] += sum;
          }
      }
    });
    for (std::size_t i = 0; i < out.size(); ++i) {
      double sum = write == Write::accumulate ? static_cast<double>(out[i]) : 0.0;
      for (std::size_t part = 0; part < static_cast<std::size_t>(parts); ++part) sum += sums[part * out.size() + i];
      out[i] = static_cast<T>(sum);
    }
  }
  KernelExpansion spec_;
  decltype(Kernels<T>::add_kernel) add_;
  Array features_;
  std::vector<T> centres_;
};

}  // namespace

OperatorCost cost(const KernelExpansion& spec) {
  const double terms = static_cast<double>(spec.grid.count()) * static_cast<double>(spec.centres.size());
  // An upload to this device is no copy.
  return {0, throughput::threads() * static_cast<std::size_t>(spec.grid[0]) * byte_count(spec.type),
          throughput::seconds(terms, throughput::kernel_terms_per_s), false};
}

OperatorPtr make_operator(const KernelExpansion& spec, const Backend& backend) {
  spec.expect_features();
  if (spec.type == ScalarType::f64) return std::make_shared<CpuKernelExpansion<double>>(spec, backend);
  return std::make_shared<CpuKernelExpansion<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
