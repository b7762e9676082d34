#pragma once

#include "iso/geometry/verdict.h"
#include "iso/geometry/voxel_grid.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

/// What a folder of DICOM files holds, by headers alone: the list that the desktop shows and `isocenter series` prints.
/// One series is then read with the hint series=UID, and the hint accept_geometry if its verdict is not `uniform`.
namespace iso::io {

struct DicomSeries {
  std::string uid, modality;
  std::string patient, patient_id, study, study_date, description;  ///< UTF-8; empty where the files do not say
  std::int64_t number{0};                                           ///< Series Number; 0: not said
  std::int64_t files{0}, slices{0}, times{1};
  std::int64_t lost{0};                ///< files beside its own that may be slices of it and cannot be read
  std::array<std::int64_t, 2> size{};  ///< columns, rows
  Vec3 spacing_mm{};                   ///< x, y in the plane, z from the positions; 0: not said
  GeometryVerdict verdict;             ///< of check_slices; `mismatch`: the slices differ in size, spacing or direction
  std::string refusal;                 ///< why it cannot be read even if the verdict is accepted; empty: it can
  std::filesystem::path middle;        ///< the file of the slice in its middle, to look at
};

[[nodiscard]] std::string size_text(const DicomSeries& series);  ///< "512 x 512 x 64", with times if there are several
[[nodiscard]] std::string spacing_text(const DicomSeries& series);  ///< "0.84 x 0.84 x 5 mm"; ? for what is not said

/// A file that may be a slice and cannot be read: empty, cut off, damaged, without permission.
struct DicomDamage {
  std::filesystem::path file;
  std::string why;
};

struct DicomFolder {
  std::vector<DicomSeries> series;   ///< by patient, study, number, description
  std::size_t files{0};              ///< looked at
  std::size_t copies{0};             ///< files that carry the image of another one; they are not counted in the series
  std::vector<DicomDamage> damaged;  ///< left out; a series that may lack them has a refusal
};

/// Of `place`, a folder (with those below it) or one file. `progress` is told files done and files in all. Throws
/// no_input if there is no DICOM image, input_directory if the place is not there, cancelled. Cost: the headers, several at
/// a time; pixels are not read.
[[nodiscard]] DicomFolder list_dicom(const std::filesystem::path& place, const std::stop_token& stop = {},
                                     const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace iso::io
