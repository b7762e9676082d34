#pragma once

#include "readers.h"

#include <vector>

namespace iso::test {

/// The targets that take text in memory or a checkpoint (targets.h), as the search wants them: their seeds are what we write and
/// what is kept in saved/TARGET.
[[nodiscard]] const std::vector<Reader>& parsers();

}  // namespace iso::test
