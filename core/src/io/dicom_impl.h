#pragma once

#include "iso/data/pixel_block.h"
#include "iso/geometry/voxel_grid.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::io::detail {

/// One plane of a DICOM file: the file itself, or one frame of it.
struct DicomPlane {
  Vec3 position{};
  bool placed{false};  ///< whether the file says the position
  double slope{1}, intercept{0};
  double order{0};  ///< trigger, temporal or instance number: sorts planes at one place
  std::size_t file{0}, frame{0};
};

/// What the header of a file says; pixels are not looked at.
struct DicomHeader {
  std::filesystem::path file;
  std::string series, modality, sop_class, photometric, rescale_type;
  std::int64_t columns{0}, rows{0}, frames{1}, samples{1};
  Mat3 direction{identity3};
  double spacing_x{1}, spacing_y{1}, thickness{0}, frame_step{0};
  bool spaced{false};
  std::vector<DicomPlane> planes;  ///< one a frame
};

/// Nothing if the file is no DICOM with an image. Never throws for content.
[[nodiscard]] bool read_dicom_header(const std::filesystem::path& file, DicomHeader& header);
/// The stored values of all frames as doubles' worth of a real type, (column, row, frame); colour becomes luminance.
/// Throws cannot_read, unsupported, invalid_input.
[[nodiscard]] PixelBlock read_dicom_pixels(const DicomHeader& header);
/// No output of the library on stderr.
void quiet_dicom();

}  // namespace iso::io::detail
