#pragma once

#include <map>
#include <string>

namespace iso {

/// Text about the data that travels with it: where it came from, what was assumed. No patient names.
using Metadata = std::map<std::string, std::string>;

}  // namespace iso
