#pragma once

#include "support/command.h"

#include <nlohmann/json.hpp>

namespace iso::test {

inline const std::string neutron_scan = std::string(ISO_SOURCE_DIR) + "/resources/samples/neutron_parallel_459x503";
inline const std::string field_of_view =
    "245";  // in elements, which every view sees: the rotation axis is at element 245

/// `isocenter run sparse_view_ct/METHOD` on the scan, as packaging/quickstart has it.
inline std::vector<std::string> words_of_run(const std::string& method, const std::string& output,
                                             const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"run",
                                 "sparse_view_ct/" + method,
                                 "-i",
                                 neutron_scan + ".tif",
                                 "-g",
                                 neutron_scan + ".json",
                                 "--sinogram.unattenuated",
                                 "47047",
                                 "--sinogram.rotation-axis",
                                 "245",
                                 "-o",
                                 output,
                                 "--progress",
                                 "none"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace iso::test
