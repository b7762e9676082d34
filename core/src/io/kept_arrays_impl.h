#pragma once

#include "io/array_impl.h"

#include "iso/io/registry.h"

#include <functional>

namespace iso::io::detail {

/// The array `which` of a file: as it was kept (`KeptArrays`), else as `make` gives it. `handler` knows the other files
/// that belong to it; a change of any of them makes it read anew.
[[nodiscard]] RawArray kept_array(const Handler& handler, const std::filesystem::path& file, const std::string& which,
                                  const std::function<RawArray()>& make);

}  // namespace iso::io::detail
