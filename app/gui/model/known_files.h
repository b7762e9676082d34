#pragma once

#include "iso/data/dataset.h"

#include <filesystem>
#include <string>

/// What files give back that this desktop has read or written, as long as they do not change. Any thread.
namespace iso::gui {

/// The digest of the data in a file, if it is known and the file has the size and time that it had then; else nothing.
[[nodiscard]] std::string find_known_digest(const std::filesystem::path& file);
void remember_digest(const std::filesystem::path& file, const std::string& digest);

/// Reads the file, and says whether it gives the data back: every value, and where it lies, but for what a header of 32 bits
/// rounds. A picture of an image does not, nor an array without a grid, nor a file that cannot be read. Labels in a DICOM
/// segmentation, which holds labelled slices alone, are taken for whole. Takes as long as reading.
[[nodiscard]] bool gives_back(const std::filesystem::path& file, const Dataset& data);

}  // namespace iso::gui
