#pragma once

#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"

/// What programs write into HDF5 files beside an array that changes what the array means.
namespace iso::io::detail::h5 {

/// The array that stands for the file where one layout says so: of an image of ITK /ITKImage/0/VoxelData; else empty.
[[nodiscard]] std::string main_array(hid_t in);
/// Throws invalid_input where the array is of a layout whose values or frames are no image as they stand: MINC (ranges of each
/// slice), Imaris (padded pieces), NeXus NXtomo with flat and dark fields between the views.
void check_layout(hid_t in, const std::string& path, const Shape& shape);
/// Grid of an image of ITK, spacing of `element_size_um`, order of the axes of `axistags` (vigra, ilastik); where the file says
/// positions along the axes that are not read, that is noted.
void take_layout(hid_t in, const std::string& path, bool image, RawArray& array);

}  // namespace iso::io::detail::h5
