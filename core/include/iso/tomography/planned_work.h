#pragma once

#include "iso/base/error.h"
#include "iso/compute/backend.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace iso::tomography {

/// What a method will do on a scan, known before its readings are.
struct PlannedWork {
  struct Applied {
    compute::OperatorSpec spec;
    double applications;  ///< forward or adjoint
  };
  std::vector<Applied> operators;
  std::size_t bytes{0};  ///< highest sum of the method's own arrays, its image included, readings and operators not
  double seconds{0};     ///< of its own arithmetic, on the CPU back end with the present thread budget
  std::optional<Error> refusal{};  ///< why it cannot reconstruct the scan
};

}  // namespace iso::tomography
