#pragma once

#include "environment.h"

#include "iso/job/complete.h"
#include "iso/job/record.h"
#include "iso/plugin/manifest.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::cli {

/// The texts that `run` writes beside its outputs.
struct RunTexts {
  std::string recipe_file;          ///< that was read; empty or "-": none
  std::string report, save_recipe;  ///< to write; "-" is stdout
};

/// Refuses a report or a recipe that would be written over an input, an output or its record, or over anything that exists,
/// unless `overwrite`. A report may be written over a report (not over the record beside a result). Throws cannot_write or
/// output_directory.
void check_texts(const RunTexts& texts, const job::Recipe& recipe, bool overwrite);

/// Writes the report of a run that ended; its place was checked before. A failed run is told rather than a failed report.
void write_report(const std::string& file, const job::Record& record, bool overwrite);

/// A recipe of somebody else names outputs in its own folder, or below it, and nowhere else. `outputs` are those of the recipe
/// as they were read; those that the command line names instead are the user's own. Throws cannot_write.
void check_outputs_inside(const std::map<std::string, std::string>& outputs, const job::Recipe& recipe,
                          const std::filesystem::path& folder);
/// Whether a file of that name would come to lie in the folder or below it, links followed.
[[nodiscard]] bool lies_inside(const std::filesystem::path& file, const std::filesystem::path& folder);

/// The files of one run.
struct RunFiles {
  std::vector<std::filesystem::path> read;     ///< inputs, files that hints name, the recipe
  std::vector<std::filesystem::path> written;  ///< outputs with their companions and records, the checkpoint, texts
  bool replaces{false};                        ///< those that are there
};
[[nodiscard]] RunFiles find_recipe_files(const job::Recipe& recipe, bool with_checkpoint);
/// Of `run` with these arguments (without "run"), which does not run. Throws what `run` would throw for them. `environment` knows
/// the plugins.
[[nodiscard]] RunFiles find_run_files(Arguments arguments, Environment& environment);

/// What a run of this task would work with now.
[[nodiscard]] job::RunEnvironment make_run_environment(Environment& environment, const plugin::TaskManifest& task);

}  // namespace iso::cli
