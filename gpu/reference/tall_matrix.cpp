#include "gpu/reference/reference_backend.h"

namespace iso::gpu {
namespace {

using namespace compute;
using Complex = std::complex<double>;

template <class T>
class ReferenceTallMatrix final : public LinearOperator {
 public:
  ReferenceTallMatrix(const TallMatrix& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        rows_{static_cast<std::size_t>(spec.rows)},
        columns_{static_cast<std::size_t>(spec.columns)},
        products_{static_cast<std::size_t>(spec.products)},
        batch_{static_cast<std::size_t>(spec.batch)},
        matrix_{spec.resident ? spec.resident : backend.upload(spec.matrix, *backend.make_stream())} {}

 private:
  [[nodiscard]] Complex entry(std::size_t row, std::size_t column, std::size_t b) const {
    return Complex{std::as_const(matrix_).template host<const T>()[(b * columns_ + column) * rows_ + row]};
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const auto in = x.host<const Complex>();
    const auto out = y.host<T>();
    for (std::size_t bp = 0; bp < batch_ * products_; ++bp) {
      stream.check_stop();
      for (std::size_t r = 0; r < rows_; ++r) {
        Complex sum = write == Write::accumulate ? Complex{out[bp * rows_ + r]} : Complex{};
        for (std::size_t k = 0; k < columns_; ++k) sum += entry(r, k, bp / products_) * in[bp * columns_ + k];
        out[bp * rows_ + r] = T(sum);
      }
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const auto in = y.host<const T>();
    const auto out = x.host<Complex>();
    for (std::size_t bp = 0; bp < batch_ * products_; ++bp) {
      stream.check_stop();
      for (std::size_t k = 0; k < columns_; ++k) {
        Complex sum = write == Write::accumulate ? out[bp * columns_ + k] : Complex{};
        for (std::size_t r = 0; r < rows_; ++r)
          sum += std::conj(entry(r, k, bp / products_)) * Complex{in[bp * rows_ + r]};
        out[bp * columns_ + k] = sum;
      }
    }
  }
  std::size_t rows_, columns_, products_, batch_;
  Array matrix_;
};

}  // namespace

OperatorPtr make_reference_operator(const TallMatrix& spec, const Backend& backend) {
  spec.expect_matrix();
  if (spec.type == ScalarType::c128) return std::make_shared<ReferenceTallMatrix<Complex>>(spec, backend);
  return std::make_shared<ReferenceTallMatrix<std::complex<float>>>(spec, backend);
}

OperatorCost reference_cost(const TallMatrix& spec) {
  return estimated(0, 0, 8 * static_cast<double>(spec.range().shape.count()) * static_cast<double>(spec.columns));
}

}  // namespace iso::gpu
