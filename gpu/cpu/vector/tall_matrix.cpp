#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <complex>

namespace iso::gpu::cpu {
namespace {

using namespace compute;
using Number = std::complex<double>;

constexpr std::int64_t rows_of_a_piece = 2048;

template <class R>
class CpuTallMatrix final : public LinearOperator {
 public:
  using Value = std::complex<R>;
  CpuTallMatrix(const TallMatrix& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        rows_{spec.rows},
        columns_{spec.columns},
        products_{spec.products},
        batch_{spec.batch},
        kernels_{vector_kernels<R>(backend)},
        matrix_{spec.resident ? spec.resident : backend.upload(spec.matrix, *backend.make_stream())} {}

 private:
  [[nodiscard]] const Value* matrix() const { return reinterpret_cast<const Value*>(matrix_.address()); }
  [[nodiscard]] std::int64_t pieces() const { return (rows_ + rows_of_a_piece - 1) / rows_of_a_piece; }
  /// Calls visit(matrix, first row, last row) for every piece of every matrix.
  template <class Visit>
  void each_piece(Stream& stream, Visit&& visit) const {
    const auto steps = std::max<std::int64_t>(1, std::min(rows_, rows_of_a_piece) * columns_ * products_);
    parallel_for(batch_ * pieces(), std::max<std::int64_t>(1, 65536 / steps), [&](std::int64_t from, std::int64_t to) {
      stream.check_stop();
      for (auto i = from; i < to; ++i) {
        const auto first = i % pieces() * rows_of_a_piece;
        visit(i / pieces(), i % pieces(), first, std::min(rows_, first + rows_of_a_piece));
      }
    });
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Number* const in = x.host<const Number>().data();
    Value* const out = y.host<Value>().data();
    const Value* const m = matrix();
    each_piece(stream, [&](std::int64_t b, std::int64_t, std::int64_t first, std::int64_t last) {
      for (std::int64_t p = 0; p < products_; ++p) {
        R* const sums = reinterpret_cast<R*>(out + (b * products_ + p) * rows_);
        if (write == Write::replace) std::fill(sums + 2 * first, sums + 2 * last, R{0});
        for (std::int64_t c = 0; c < columns_; ++c) {
          const Number factor = in[(b * products_ + p) * columns_ + c];
          const R re = static_cast<R>(factor.real()), im = static_cast<R>(factor.imag());
          const R* const column = reinterpret_cast<const R*>(m + (b * columns_ + c) * rows_);
          kernels_.add_multiple(re, im, column + 2 * first, sums + 2 * first, last - first);
        }
      }
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const Value* const in = y.host<const Value>().data();
    Number* const out = x.host<Number>().data();
    const Value* const m = matrix();
    // Of the Gram matrix one half is the other, conjugated.
    const bool gram = in == m && products_ == columns_;
    const auto small = static_cast<std::size_t>(columns_ * products_);
    std::vector<Number> sums(small * static_cast<std::size_t>(batch_ * pieces()));
    each_piece(stream, [&](std::int64_t b, std::int64_t piece, std::int64_t first, std::int64_t last) {
      Number* const sum = sums.data() + static_cast<std::size_t>(b * pieces() + piece) * small;
      for (std::int64_t p = 0; p < products_; ++p)
        for (std::int64_t c = 0; c < (gram ? p + 1 : columns_); ++c) {
          double re = 0, im = 0;
          kernels_.sum_conjugate_products(reinterpret_cast<const R*>(m + (b * columns_ + c) * rows_ + first),
                                          reinterpret_cast<const R*>(in + (b * products_ + p) * rows_ + first),
                                          last - first, &re, &im);
          sum[p * columns_ + c] = {re, im};
        }
    });
    for (std::int64_t b = 0; b < batch_; ++b) {
      for (std::int64_t p = 0; p < products_; ++p) {
        for (std::int64_t c = 0; c < columns_; ++c) {
          const bool mirrored = gram && c > p;
          const auto at = static_cast<std::size_t>(mirrored ? c * columns_ + p : p * columns_ + c);
          Number sum{};
          for (std::int64_t piece = 0; piece < pieces(); ++piece)
            sum += sums[static_cast<std::size_t>(b * pieces() + piece) * small + at];
          Number& place = out[(b * products_ + p) * columns_ + c];
          place = (mirrored ? std::conj(sum) : sum) + (write == Write::accumulate ? place : Number{});
        }
      }
    }
  }
  std::int64_t rows_, columns_, products_, batch_;
  const VectorKernels<R>& kernels_;
  Array matrix_;
};

}  // namespace

OperatorCost cost(const TallMatrix& spec) {
  constexpr double products_per_s = 4e9;  // complex ones; measured in a reconstruction of 121000 x 10
  const auto pieces = static_cast<std::size_t>((spec.rows + rows_of_a_piece - 1) / rows_of_a_piece);
  return {0, pieces * spec.domain().bytes(),
          throughput::seconds(static_cast<double>(spec.range().shape.count()) * static_cast<double>(spec.columns),
                              products_per_s),
          false};
}

OperatorPtr make_operator(const TallMatrix& spec, const Backend& backend) {
  spec.expect_matrix();
  if (spec.type == ScalarType::c128) return std::make_shared<CpuTallMatrix<double>>(spec, backend);
  return std::make_shared<CpuTallMatrix<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
