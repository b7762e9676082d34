#include "version.h"

#include <vtkVersion.h>

namespace iso::render {

std::string vtk_version() { return vtkVersion::GetVTKVersion(); }

}  // namespace iso::render
