#pragma once

#include "iso/job/recipe.h"
#include "json_impl.h"

namespace iso::job {

[[nodiscard]] Json recipe_object(const Recipe& recipe);
[[nodiscard]] Recipe recipe_from_object(const Json& json);

}  // namespace iso::job
