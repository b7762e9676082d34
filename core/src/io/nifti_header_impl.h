#pragma once

#include "iso/geometry/voxel_grid.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace iso::io::detail {

/// What the library does not check or say about a NIfTI-1 file.
struct NiftiHeader {
  bool packed{false};
  std::size_t payload_bytes{0};  ///< by dimensions and bits a voxel
  std::size_t first_byte{0};     ///< of the voxels
  double disagreement_mm{0};     ///< largest distance between a corner placed by sform and by qform, if both are given
  std::string auxiliary;         ///< the text of aux_file
  /// Of an image of two axes, where the header places it: ITK keeps two rows of it, which are nothing for a plane aside.
  std::optional<VoxelGrid> plane;
};

[[nodiscard]] bool looks_like_nifti(const std::filesystem::path& file);
/// Throws invalid_input or cannot_read.
[[nodiscard]] NiftiHeader read_nifti_header(const std::filesystem::path& file);
/// Throws invalid_input or cannot_read unless the file holds as much as its header says.
void check_nifti_payload(const NiftiHeader& header, const std::filesystem::path& file);
/// A gzip file ends with the length of what it holds. Throws cannot_write if it holds less than `least` bytes.
void check_gzip_end(const std::filesystem::path& file, std::size_t least);

}  // namespace iso::io::detail
