#pragma once

#include "iso/data/label_map.h"
#include "iso/data/label_table.h"

#include <array>
#include <filesystem>

/// DICOM segmentations (PS3.3, A.51 and C.8.20), written by DCMTK's data sets.
namespace iso::io::detail {

/// Binary, explicit little endian. Segment n is label n, so that numbers come back; labels that do not occur below the highest one
/// are segments without a frame. The first segment that occurs has a frame for every slice, so that the grid comes back whole,
/// the others where they are. A patient and a study of its own: a label map knows of none. Throws cannot_write for a map
/// without labels, with labels above 4096, or with an axis above 65535.
void write_dicom_segmentation(const std::filesystem::path& file, const LabelMap& map);

/// The colours that the segments of a file are recommended to be shown in; none where it cannot be read.
[[nodiscard]] LabelColours read_dicom_segment_colours(const std::filesystem::path& file);

/// CIELab of D50 as DICOM stores it (PS3.3, C.10.7.1.1), of sRGB, and back.
[[nodiscard]] std::array<std::uint16_t, 3> to_dicom_lab(const LabelColour& colour) noexcept;
[[nodiscard]] LabelColour from_dicom_lab(const std::array<std::uint16_t, 3>& lab) noexcept;

}  // namespace iso::io::detail
