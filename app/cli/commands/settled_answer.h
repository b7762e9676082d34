#pragma once

#include "iso/data/label_map.h"
#include "iso/job/interaction.h"
#include "iso/plugin/manifest.h"

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace iso::cli {

struct SettledAnswer {
  job::InteractionAnswer answer;
  double first_seconds{0};  ///< until there was any answer
  double seconds{0};        ///< until asking again would change nothing
};

/// Asks until nothing would change any more. Throws cancelled, and invalid_result where that never happens.
[[nodiscard]] SettledAnswer settled_answer(job::InteractionSession& session, std::span<const plugin::Mark> marks,
                                           const std::string& parameters_json, const std::stop_token& stop);

/// Parameters with other values, in their text form. Throws usage for a name that the task does not know.
[[nodiscard]] std::string with_values(const std::string& parameters_json,
                                      const std::vector<std::pair<std::string, std::string>>& values,
                                      const plugin::TaskManifest& task);

/// Marked voxels of the image whose label is not that of the last mark on them.
[[nodiscard]] std::size_t count_disobeyed(const LabelMap& labels, std::span<const plugin::Mark> marks);

}  // namespace iso::cli
