#pragma once

#include <string>
#include <vector>

namespace iso {

/// A library this program is linked with. The version is asked of the library that is loaded, where it can say; headers without
/// a library say what was compiled in.
struct Library {
  std::string name, version;
  std::string licence;  ///< SPDX
};

/// Those of core, by name.
[[nodiscard]] std::vector<Library> core_libraries();

}  // namespace iso
