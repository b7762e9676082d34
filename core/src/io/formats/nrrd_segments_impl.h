#pragma once

#include "io/formats/nrrd_header_impl.h"
#include "io/label_layers_impl.h"

#include <map>
#include <string>

/// Segmentations of 3D Slicer in NRRD (.seg.nrrd): each segment is a few key-value pairs of the header, `Segment0_Name` and
/// so on, after Slicer's documentation of its segmentation file format.
namespace iso::io::detail::nrrd {

/// Marks the array as labels if the header names segments. Segments that overlap are stored in layers along a fourth
/// axis: one of them is taken (`choose_layer`), unless the array is only looked at.
void read_segments(const std::map<std::string, std::string>& keys, const Header::Layout& layout,
                   std::optional<std::size_t> layer, RawArray& array);
/// The lines of the header for the labels that occur in the map or have a name.
[[nodiscard]] std::string segments_text(const LabelMap& map);

}  // namespace iso::io::detail::nrrd
