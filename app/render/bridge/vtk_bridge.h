#pragma once

#include "iso/data/pixels.h"

#include <vtkSmartPointer.h>

#include <cstdint>

class vtkImageData;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::render {

/// One frame (index of the fourth axis) of real pixels as a VTK image in index space: origin 0, spacing 1. The memory is
/// shared, and either side may outlive the other. Throws type_mismatch for complex pixels, shape_mismatch for a frame
/// that is not there.
[[nodiscard]] vtkSmartPointer<vtkImageData> to_vtk(const Pixels& pixels, std::int64_t frame = 0);

}  // namespace iso::render
