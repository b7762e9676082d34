#pragma once

#include "iso/base/error.h"

#include <string>

namespace iso {

/// Why something cannot be done, as one sentence for the user: a task with these inputs, an operator on a back end, a data set
/// at a port. Where it can be done there is none (`std::optional`, or an empty list).
struct Refusal {
  std::string sentence;
  std::string parameter;         ///< the one at fault, so that a form can show it there; empty: the data are
  Errc code{Errc::unsupported};  ///< what a run would end with
};

}  // namespace iso
