#pragma once

#include "iso/data/k_space.h"
#include "iso/io/registry.h"
#include "iso/params/schema.h"

#include <vector>

namespace iso::io::detail {

/// What bare arrays of samples are told beside themselves: which were measured, or where.
[[nodiscard]] std::vector<params::FieldInfo> k_space_hints();

/// Whether a hint is there that only samples of k-space have: a mask of them or their trajectory.
[[nodiscard]] bool tells_of_k_space(const ReadOptions& options);

/// Coordinates in the samples' order from an array of 2 or 3 numbers a sample, readout, phase[, frame], and the grid that they reach.
/// Throws shape_mismatch, invalid_input, type_mismatch; FactMissing "matrix" for cycles a pixel without one.
void place_on_trajectory(KSpace& scan, const ReadOptions& options);

}  // namespace iso::io::detail
