#include "gpu/cuda/kernel_backend.h"
#include "gpu/cuda/scan_source.h"

#include "gpu/common/filter_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

namespace iso::gpu {
namespace {

using namespace compute;

constexpr std::int64_t longest_direct_transform = 2048;

template <class T>
T* data(const Array& array) {
  return reinterpret_cast<T*>(array.address());
}

/// A table that kernels read, made once with the operator.
template <class T>
Array constant_table(const std::vector<T>& values, const Backend& backend) {
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
  PixelBlock block = PixelBlock::allocate({Shape{bytes}, ScalarType::u8});
  std::memcpy(block.mutable_data(), values.data(), static_cast<std::size_t>(bytes));
  const auto stream = backend.make_stream();
  Array table = backend.upload(block, *stream);
  stream->synchronize();
  return table;
}

/// `x`, or a copy of it where `y` is the same memory: kernels read what others would already have replaced.
Array apart_from(const Array& x, const Array& y, Stream& stream) {
  if (x.address() != y.address()) return x;
  Array copy = x.backend().allocate(x.spec(), stream);
  x.backend().vector().copy(x, copy, stream);
  return copy;
}

std::int64_t count_of(const ArraySpec& spec) { return spec.shape.count(); }
double longest_side(const VoxelGrid& grid) { return static_cast<double>(std::ranges::max(grid.size)); }

template <class T>
class KernelRayTransform final : public LinearOperator {
 public:
  KernelRayTransform(const RayTransform& spec, const Backend& on)
      : LinearOperator(domain_of(spec), range_of(spec), on),
        scan_{make_scan<T>(scan_source(spec.geometry, spec.grid))},
        views_{constant_table(scan_views<T>(spec.geometry, spec.grid), on)},
        steps_{4 * longest_side(spec.grid)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const RayForward<T> k{scan_, data<const ScanView<T>>(views_), data<const T>(x), data<T>(y), 0,
                          0,     write == Write::accumulate};
    queue_in_pieces(k, count_of(range()), steps_, "ray transform", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const RayAdjoint<T> k{scan_, data<const ScanView<T>>(views_), data<const T>(y), data<T>(x), 0,
                          0,     write == Write::accumulate};
    queue_in_pieces(k, count_of(domain()), 64.0 * static_cast<double>(scan_.views), "adjoint ray transform", stream);
  }
  Scan<T> scan_;
  Array views_;
  double steps_;
};

template <class T>
class KernelBackprojection final : public LinearOperator {
 public:
  KernelBackprojection(const Backprojection& spec, const Backend& on)
      : LinearOperator(domain_of(spec), range_of(spec), on),
        scan_{make_scan<T>(scan_source(spec.geometry, spec.grid))},
        views_{constant_table(scan_views<T>(spec.geometry, spec.grid), on)},
        steps_{64 * longest_side(spec.grid)},
        fdk_{spec.weighting == Weighting::fdk} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const BackprojectionForward<T> k{scan_, data<const ScanView<T>>(views_), data<const T>(x), data<T>(y), 0, 0,
                                     fdk_,  write == Write::accumulate};
    queue_in_pieces(k, count_of(range()), 4.0 * static_cast<double>(scan_.views), "back-projection", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const BackprojectionAdjoint<T> k{scan_, data<const ScanView<T>>(views_), data<const T>(y), data<T>(x), 0, 0,
                                     fdk_,  write == Write::accumulate};
    queue_in_pieces(k, count_of(domain()), steps_, "adjoint back-projection", stream);
  }
  Scan<T> scan_;
  Array views_;
  double steps_;
  bool fdk_;
};

Axis axis_of(const Shape& shape, std::size_t axis) {
  Axis result{1, shape[axis]};
  for (std::size_t a = 0; a < axis; ++a) result.stride *= shape[a];
  return result;
}

template <class T>
class KernelFiniteDifference final : public LinearOperator {
 public:
  KernelFiniteDifference(const FiniteDifference& spec, const Backend& on)
      : LinearOperator(domain_of(spec), range_of(spec), on), spec_{spec} {}

 private:
  template <class Arguments>
  Arguments arguments(const Array& in, const Array& out, Write write) const {
    Arguments k{
        data<const T>(in),         data<T>(out), spec_.grid.count(), static_cast<std::int64_t>(spec_.axes.size()), {},
        write == Write::accumulate};
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) k.axis[a] = axis_of(spec_.grid, spec_.axes[a]);
    return k;
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    queue(arguments<DifferenceForward<T>>(x, y, write), count_of(range()), "finite difference", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    queue(arguments<DifferenceAdjoint<T>>(y, x, write), count_of(domain()), "adjoint finite difference", stream);
  }
  FiniteDifference spec_;
};

template <class T>
class KernelDetectorFilter final : public LinearOperator {
 public:
  KernelDetectorFilter(const DetectorFilter& spec, const Backend& on)
      : LinearOperator(domain_of(spec), range_of(spec), on),
        kernel_{constant_table(spatial_kernel(spec.response, spec.sinogram[0]), on)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Array in = apart_from(x, y, stream);
    const auto count = count_of(domain());
    const FilterRows<T> k{data<const T>(in),         data<T>(y), data<const double>(kernel_), count, domain().shape[0],
                          write == Write::accumulate};
    queue(k, count, "detector filter", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
  Array kernel_;
};

/// Powers of exp(sign 2 pi i / n).
std::vector<Number> roots_of_unity(std::int64_t n, double sign) {
  std::vector<Number> roots(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < n; ++k) {
    const double angle = sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    roots[static_cast<std::size_t>(k)] = {std::cos(angle), std::sin(angle)};
  }
  return roots;
}

template <class T>
class KernelFourier final : public LinearOperator {
 public:
  KernelFourier(const Fourier& spec, const Backend& on)
      : LinearOperator(domain_of(spec), range_of(spec), on), spec_{spec} {
    for (const auto axis : spec.axes) {
      forward_roots_.push_back(constant_table(roots_of_unity(spec.grid[axis], -1), on));
      backward_roots_.push_back(constant_table(roots_of_unity(spec.grid[axis], +1), on));
    }
  }

 private:
  void transform(const Array& x, Array& y, const std::vector<Array>& roots, Stream& stream, Write write) const {
    Array in = apart_from(x, y, stream);
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) {
      const bool last = a + 1 == spec_.axes.size();
      Array out = last ? y : backend().allocate(y.spec(), stream);
      const Axis axis = axis_of(spec_.grid, spec_.axes[a]);
      const FourierAxis<Complex<T>> k{data<const Complex<T>>(in),
                                      data<Complex<T>>(out),
                                      data<const Number>(roots[a]),
                                      1 / std::sqrt(static_cast<double>(axis.extent)),
                                      count_of(domain()),
                                      axis,
                                      spec_.centred ? axis.extent / 2 : 0,
                                      last && write == Write::accumulate};
      stream.check_stop();
      queue(k, k.count, "Fourier transform", stream);
      in = out;
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    transform(x, y, forward_roots_, stream, write);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    transform(y, x, backward_roots_, stream, write);
  }
  Fourier spec_;
  std::vector<Array> forward_roots_, backward_roots_;
};

template <template <class> class Operator, class Spec>
OperatorPtr in_precision_of(const Spec& spec, const Backend& backend) {
  if (is_double(spec.type)) return std::make_shared<Operator<double>>(spec, backend);
  return std::make_shared<Operator<float>>(spec, backend);
}

struct Make {
  const Backend& backend;
  OperatorPtr operator()(const RayTransform& s) const { return in_precision_of<KernelRayTransform>(s, backend); }
  OperatorPtr operator()(const Backprojection& s) const { return in_precision_of<KernelBackprojection>(s, backend); }
  OperatorPtr operator()(const FiniteDifference& s) const {
    return in_precision_of<KernelFiniteDifference>(s, backend);
  }
  OperatorPtr operator()(const DetectorFilter& s) const { return in_precision_of<KernelDetectorFilter>(s, backend); }
  OperatorPtr operator()(const Fourier& s) const { return in_precision_of<KernelFourier>(s, backend); }
};

}  // namespace

Support kernels_support(const OperatorSpec& spec) {
  const bool complex = is_complex(domain_of(spec).type);
  const auto* fourier = std::get_if<Fourier>(&spec);
  if (complex != (fourier != nullptr))
    return {false, complex ? "it works on real values" : "it works on complex values"};
  if (fourier) {
    for (const auto axis : fourier->axes) {
      if (fourier->grid[axis] > longest_direct_transform) {
        return {false, "it is computed by direct sums here, for axes of at most " +
                           std::to_string(longest_direct_transform) + " elements, and one has " +
                           std::to_string(fourier->grid[axis])};
      }
    }
  }
  return {true, {}};
}

OperatorPtr make_kernel_operator(const OperatorSpec& spec, const Backend& backend) {
  check_spec(spec);
  if (const Support support = kernels_support(spec); !support.available) {
    throw Error{Errc::unsupported, backend.info().id + " cannot compute the " + name_of(spec) + ": " + support.reason,
                "use --device cpu"};
  }
  return std::visit(Make{backend}, spec);
}

}  // namespace iso::gpu
