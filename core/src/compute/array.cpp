#include "iso/compute/array.h"

namespace iso::compute {

Stream::~Stream() = default;

void Stream::check_stop() const {
  if (stop_.stop_requested()) throw Error{Errc::cancelled, "the work was cancelled"};
}

void Array::throw_type_mismatch() const {
  throw Error{Errc::type_mismatch,
              "an array holds " + std::string{to_string(spec_.type)} + ", another type was asked for"};
}

}  // namespace iso::compute
