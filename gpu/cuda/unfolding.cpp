#include "gpu/kernels/unfolding.h"
#include "gpu/cuda/operators.h"

namespace iso::gpu {
namespace {

using namespace compute;

template <class T>
class KernelUnfolding final : public LinearOperator {
 public:
  KernelUnfolding(const Unfolding& spec, const Backend& on)
      : LinearOperator(spec, on),
        plan_{static_cast<int>(spec.kind),
              {spec.image[0], spec.image[1], spec.image[2]},
              spec.frames,
              {spec.patch[0], spec.patch[1], spec.patch[2]},
              {spec.shift[0], spec.shift[1], spec.shift[2]},
              {spec.blocks(0), spec.blocks(1), spec.blocks(2)}} {}

 private:
  void apply(const Array& in, Array& out, bool back, Stream& stream, Write write) const {
    const Unfold<Complex<T>> k{plan_, data<Complex<T>>(in),      data<Complex<T>>(out), element_count(range()),
                               back,  write == Write::accumulate};
    queue(k, k.count, "unfolding", stream);
  }
  void do_forward(const Array& x, Array& y, Stream& s, Write write) const override { apply(x, y, false, s, write); }
  void do_adjoint(const Array& y, Array& x, Stream& s, Write write) const override { apply(y, x, true, s, write); }
  UnfoldingPlan plan_;
};

}  // namespace

OperatorPtr make_kernel_operator(const Unfolding& spec, const Backend& backend) {
  return make_in_precision<KernelUnfolding>(spec, backend);
}

OperatorCost kernel_cost(const Unfolding& spec) {
  const auto moved = static_cast<double>(spec.domain().bytes() + spec.range().bytes());
  return {0, 0, moved / throughput::bytes_per_s, throughput::measured};
}

}  // namespace iso::gpu
