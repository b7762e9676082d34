#include "gpu/reference/reference_backend.h"

#include <limits>

namespace iso::gpu {
namespace {

using namespace compute;

class ReferenceBackend final : public HostBackend {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    constexpr auto unbounded = std::numeric_limits<std::size_t>::max();
    return {"reference", "plain loops on one thread", "", unbounded, unbounded};
  }
  /// Whatever makes sense at all: the type is the one thing that can be wrong with a kind of operator.
  [[nodiscard]] Support supports(const OperatorSpec& spec) const override {
    const bool complex = is_complex(domain_of(spec).type);
    if (complex == std::holds_alternative<Fourier>(spec)) return {true, {}};
    return {false, complex ? "it works on real values" : "it works on complex values"};
  }
  [[nodiscard]] OperatorPtr make(const OperatorSpec& spec) const override {
    check_spec(spec);
    return std::visit([this](const auto& s) { return make_reference_operator(s, *this); }, spec);
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return reference_vector_ops(); }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace iso::gpu
