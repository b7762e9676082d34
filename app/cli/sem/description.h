#pragma once

#include "iso/plugin/manifest.h"

#include <string>

namespace iso::cli {

/// What the Slicer Execution Model wants to know of a program, from the manifest alone; Slicer and MITK make a panel of it.
///
/// Volumes and label maps are images; sinograms, k-space, spectral cubes and tables, which Slicer has no type for, are
/// files. A switch that is on by default appears as its negation, because Slicer can only add a flag. Device, seed and
/// threads of the command are an advanced group of their own. Valid against tests/data/sem/executable.xsd.
[[nodiscard]] std::string slicer_description(const plugin::TaskManifest& task, const plugin::Manifest& plugin);

}  // namespace iso::cli
