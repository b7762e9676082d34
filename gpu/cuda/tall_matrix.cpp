#include "gpu/kernels/tall_matrix.h"
#include "gpu/cuda/operators.h"

namespace iso::gpu {
namespace {

using namespace compute;

constexpr std::int64_t rows_of_a_piece = 512;

template <class T>
class KernelTallMatrix final : public LinearOperator {
 public:
  using Value = Complex<T>;
  KernelTallMatrix(const TallMatrix& spec, const Backend& on)
      : LinearOperator(spec, on),
        rows_{spec.rows},
        columns_{spec.columns},
        products_{spec.products},
        batch_{spec.batch},
        matrix_{spec.resident} {
    if (matrix_) return;
    const auto stream = on.make_stream();
    matrix_ = on.upload(spec.matrix, *stream);
    stream->synchronize();
  }

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const TallForward<Value> k{
        data<Value>(matrix_),      data<Number>(x), data<Value>(y), rows_, columns_, products_, batch_,
        write == Write::accumulate};
    queue(k, element_count(range()), "product with a tall matrix", stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const std::int64_t pieces = (rows_ + rows_of_a_piece - 1) / rows_of_a_piece, count = element_count(domain());
    Array partial = backend().allocate({Shape{pieces, count}, ScalarType::c128}, stream);
    const TallAdjoint<Value> k{
        data<Value>(matrix_), data<Value>(y), data<Number>(partial), rows_, columns_, products_, batch_, pieces};
    queue(k, pieces * count, "adjoint product with a tall matrix", stream);
    const TallSum<Value> sum{data<Number>(std::as_const(partial)), data<Number>(x), count, pieces,
                             write == Write::accumulate};
    queue(sum, count, "sum of a tall matrix", stream);
  }
  std::int64_t rows_, columns_, products_, batch_;
  Array matrix_;
};

}  // namespace

OperatorPtr make_kernel_operator(const TallMatrix& spec, const Backend& backend) {
  spec.expect_matrix();
  return make_in_precision<KernelTallMatrix>(spec, backend);
}

OperatorCost kernel_cost(const TallMatrix& spec) {
  const auto pieces = static_cast<std::size_t>((spec.rows + rows_of_a_piece - 1) / rows_of_a_piece);
  return {spec.resident ? 0 : spec.matrix_spec().bytes(), pieces * spec.domain().bytes(),
          4 * samples(spec.range()) * static_cast<double>(spec.columns) / throughput::products_per_s,
          throughput::measured};
}

}  // namespace iso::gpu
