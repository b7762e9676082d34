#pragma once

#include "iso/job/recipe.h"
#include "json_impl.h"

namespace iso::job {

[[nodiscard]] Json recipe_object(const Recipe& recipe);
[[nodiscard]] Recipe recipe_from_object(const Json& json);
/// Throws invalid_input, naming the member, for a name that is none: here it stands in a file, not on a command line.
[[nodiscard]] Finding read_finding(const std::string& member, const std::string& name);

}  // namespace iso::job
