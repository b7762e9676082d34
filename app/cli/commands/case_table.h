#pragma once

#include "iso/plugin/manifest.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::cli {

/// One case of a batch: what it is called, and the arguments of its command.
struct Case {
  std::string name;
  std::vector<std::string> arguments;
};

/// What a table of cases may do.
struct TableRules {
  const plugin::TaskManifest& task;
  bool outputs_anywhere{false};  ///< else only in the folder of the table, and below it
};

/// The cases of comma-separated values: a row a case, the first line names the columns. The column "case" names the rows; every
/// other one is a port, a parameter or a hint (PORT.KEY) of the task. A table is data, perhaps of somebody else: options of the
/// program (reports, plugins, overwriting) are no columns. Names of cases are plain, because reports are called by them: no
/// separator of paths, no control character, neither "." nor ".." nor nothing, none twice. Two cases write no file twice, and
/// none that another one reads. `subject` is the task or recipe to run.
/// Throws invalid_input or no_input naming the table, row and column; cannot_write for an output that may not be there.
[[nodiscard]] std::vector<Case> cases_of_table(const std::filesystem::path& file, const std::string& text,
                                               const std::string& subject, const TableRules& rules);

}  // namespace iso::cli
