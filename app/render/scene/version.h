#pragma once

#include <string>

namespace iso::render {

[[nodiscard]] std::string vtk_version();  ///< of the VTK that is loaded: "9.1.0"

}  // namespace iso::render
