#pragma once

#include "iso/data/pixel_block.h"
#include "iso/geometry/verdict.h"
#include "iso/geometry/voxel_grid.h"

#include <cstdint>
#include <filesystem>
#include <functional>
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
  std::string patient, patient_id, study, study_date, description;  ///< UTF-8, for people
  std::int64_t number{0};                                           ///< of the series
  std::int64_t columns{0}, rows{0}, frames{1}, samples{1};
  Mat3 direction{identity3};
  double spacing_x{1}, spacing_y{1}, thickness{0}, frame_step{0};
  bool spaced{false};
  std::vector<DicomPlane> planes;  ///< one a frame
};

/// The planes of a series in order: z fastest, then time (planes at one place). The verdict is of the slices' places; for
/// headers that differ in size, spacing or direction it is `mismatch`, and the planes are not ordered.
struct DicomStack {
  std::vector<DicomPlane> planes;
  std::size_t slices{0}, times{1};
  double step_mm{0};  ///< 0: not said by positions
  GeometryVerdict verdict;
};
[[nodiscard]] DicomStack dicom_stack(const std::vector<DicomHeader>& headers);
/// Why the pixels of a file with this header cannot be read whatever its geometry; empty: nothing is known against it.
[[nodiscard]] std::string dicom_refusal(const DicomHeader& header);
/// The text of an element as UTF-8; `charset` is the value of Specific Character Set. What cannot be converted becomes '?'.
[[nodiscard]] std::string dicom_utf8(const std::string& text, const std::string& charset);
/// Runs `work` in a child process with so much processor time; whether it lived (to a result or an error in order).
[[nodiscard]] bool survives(std::uint64_t cpu_seconds, const std::function<void()>& work);

/// Nothing if the file is no DICOM with an image. Never throws for content.
[[nodiscard]] bool read_dicom_header(const std::filesystem::path& file, DicomHeader& header);
/// The stored values of all frames as doubles' worth of a real type, (column, row, frame); colour becomes luminance.
/// Throws cannot_read, unsupported, invalid_input.
[[nodiscard]] PixelBlock read_dicom_pixels(const DicomHeader& header);
/// No output of the library on stderr.
void quiet_dicom();

}  // namespace iso::io::detail
