#pragma once

#include "case_table.h"
#include "environment.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::cli {

/// What belongs to the whole batch.
struct BatchFiles {
  std::filesystem::path table, log;  ///< empty: there is none
};

/// Cases run in any order, and several at once. Refuses a batch in which two cases write one file, or a case writes what another
/// one reads (its recipe included), the table, or the log, before the first case begins. A case whose arguments make no
/// run is left to fail by itself. A file that a case reads and another one would make is no conflict as long as nothing is
/// replaced: it is not there, or nobody said --overwrite.
/// Throws cannot_write naming both cases and the file.
void refuse_cases_in_each_others_way(const std::vector<Case>& cases, const BatchFiles& batch, Environment& environment);

}  // namespace iso::cli
