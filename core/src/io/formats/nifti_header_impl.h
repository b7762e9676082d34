#pragma once

#include "io/array_impl.h"

#include "iso/geometry/voxel_grid.h"

#include <optional>
#include <string>
#include <string_view>

namespace iso::io::detail {

/// The header of NIfTI-1 or NIfTI-2, checked; what the grid and the reading of the voxels are both made of.
struct NiftiHeader {
  bool swapped{false};
  bool pair{false};                   ///< the voxels are in an .img beside
  std::vector<std::int64_t> extents;  ///< x, y, z, t, components; at least three
  std::int16_t datatype{0}, bits{0};
  std::uint64_t first_byte{0};  ///< of the voxels
  double slope{1}, inter{0};    ///< 1 and 0 where nothing is scaled
  std::int64_t intent{0};
  std::string auxiliary;    ///< the text of aux_file
  std::string description;  ///< the text of descrip
  VoxelGrid grid;           ///< LPS, mm
  std::optional<double> time_step_s;
  std::vector<std::string> remarks;  ///< what had to be decided: which form, which unit
  bool placed{true};                 ///< false without qform and sform: the orientation is unknown
};

enum class NiftiKind : std::uint8_t { none, one, two, analyze };
/// By the size and magic of the first 540 bytes (348 suffice for `one`).
[[nodiscard]] NiftiKind nifti_kind(std::string_view start);
/// Throws invalid_input, cannot_read.
[[nodiscard]] NiftiHeader parse_nifti_header(std::string_view start);
/// A NIfTI-1 header of a single file, 352 bytes, little endian. Of `description` the first 79 characters are kept.
[[nodiscard]] std::string make_nifti_header(const VoxelGrid& grid, std::span<const std::int64_t> extents,
                                            ScalarType type, std::optional<double> time_step_s,
                                            const std::string& auxiliary, std::int16_t intent = 0,
                                            const std::string& description = {});
inline constexpr std::int16_t nifti_intent_labels = 1002;  ///< NIFTI_INTENT_LABEL

}  // namespace iso::io::detail
