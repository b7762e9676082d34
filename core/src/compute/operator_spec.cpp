#include "iso/compute/operator_spec.h"

#include "iso/base/error.h"

namespace iso::compute {

OperatorSpec::Holder::~Holder() = default;

std::string OperatorSpec::refused_type() const {
  const ScalarType type = domain().type;
  const bool floating = is_complex(type) || type == ScalarType::f32 || type == ScalarType::f64;
  switch (held_->values()) {
    case Values::real: return floating && !is_complex(type) ? "" : "it works on real values, f32 and f64";
    case Values::complex: return is_complex(type) ? "" : "it works on complex values, c64 and c128";
    case Values::any: return floating ? "" : "it works on f32, f64, c64 and c128";
  }
  return "";
}

void OperatorSpec::check() const {
  if (const std::string reason = refused_type(); !reason.empty()) {
    throw Error{Errc::type_mismatch, "the " + std::string{name()} + " was asked for " +
                                         std::string{to_string(domain().type)} + ": " + reason};
  }
  held_->check();
}

}  // namespace iso::compute
