#pragma once

#include "iso/plugin/task.h"

#include <string>
#include <string_view>

namespace iso::job {

/// How folders of jobs are called.
inline constexpr std::string_view scratch_name = "isocenter-job";

/// Throws what the reasons of a plan say, all in one sentence.
void refuse_unless_possible(const plugin::Plan& plan);
/// Throws invalid_result for a result that is missing, of another kind than its port, empty, or not finite.
void check_result(const std::string& task, const plugin::Port& port, const DatasetPtr& data);

}  // namespace iso::job
