#pragma once

#include "iso/data/pixels.h"

#include <filesystem>
#include <string>

namespace iso::io {

/// Which samples of a Cartesian scan were measured, from an array of numbers in a file of any format of ours: not 0 is measured.
///   axes      names of the axes of the array, fastest first, of readout, phase, partition and frame; a number takes that
///             element only: "frame,phase,readout" for the 18 x 192 x 192 of a MATLAB file. An axis that is not named holds
///             for all of its elements.
///   dataset   which of several arrays in the file; empty: the only one
///   samples   readout, phase, partition, frame of the scan
/// Returns  u8; phase, partition, frame where all samples of a line are alike, else readout, phase, partition, frame.
/// Errors   as `read`; FactMissing "sampling_axes" without axes; shape_mismatch: another number of elements than the scan has;
///          invalid_input: axes that are not understood, nothing measured.
[[nodiscard]] Pixels read_sampling_mask(const std::filesystem::path& file, const std::string& axes,
                                        const std::string& dataset, const Shape& samples);

}  // namespace iso::io
