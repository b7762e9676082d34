#include "iso/compute/select_part.h"

#include "iso/compute/backend.h"

namespace iso::compute {
namespace {

class PartOf final : public LinearOperator {
 public:
  PartOf(const Space& space, std::size_t index, const Backend& backend)
      : LinearOperator(space, space.parts()[index].spec, backend, {Magnitude::Rule::bounded, 1, 1}), index_{index} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Array part = domain_space().part(x, index_);
    if (write == Write::replace)
      backend().vector().copy(part, y, stream);
    else
      backend().vector().axpy(1, part, y, stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    if (write == Write::replace) backend().vector().fill(x, 0, stream);
    Array part = domain_space().part(x, index_);
    backend().vector().axpy(1, y, part, stream);
  }
  std::size_t index_;
};

}  // namespace

OperatorPtr select_part(const Space& space, std::string_view name, const Backend& backend) {
  return std::make_shared<PartOf>(space, space.index(name), backend);
}

}  // namespace iso::compute
