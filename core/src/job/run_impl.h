#pragma once

#include "iso/plugin/task.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iso::job {

/// How folders of jobs are called.
inline constexpr std::string_view scratch_name = "isocenter-job";

/// Throws what the reasons of a plan say, all in one sentence.
void refuse_unless_possible(const plugin::Plan& plan);
/// The places that are read for an input: its own, and files that its hints name (geometry, intensities).
[[nodiscard]] std::vector<std::filesystem::path> read_for(const std::string& place,
                                                          const std::map<std::string, std::string>& hints);
/// Throws invalid_result for a result that is of another kind than its port, and as check_result_data does.
void check_result(const std::string& task, const plugin::Port& port, const DatasetPtr& data);

}  // namespace iso::job
