#pragma once

#include "iso/job/record.h"

#include <filesystem>
#include <fstream>

namespace iso::gui::test {

/// What dialogs show in pictures: the same on every machine and day.

inline job::Record sample_record() {
  job::Record record;
  record.recipe.task = "sparse_view_ct/tv";
  record.recipe.parameters_json = R"({"use_views":60,"iterations":200,"size":503,"spacing_mm":1.0,"device":"auto"})";
  record.recipe.seed = 1;
  record.recipe.inputs["sinogram"] = "neutron.h5";
  record.program_version = record.plugin_version = "1.0.0";
  record.backend = "cpu";
  record.device = "8 threads";
  record.cpu_level = "x86-64-v3";
  record.threads = 8;
  record.started_utc = "2026-01-02T03:04:05Z";
  record.seconds = 41.7;
  record.peak_memory_bytes = std::size_t{412} << 20;
  record.input_digests["sinogram"] = "3f1a0c5e9b7d42688e51f0aa94c7d3b6128f7e60a5c9d4133b2e8f7061d5c49a";
  record.output_digests["volume"] = "b87c2e914fd06a3579e1c8d2403bf6a58d7e19c0426fa3b5d1e8907c3f6a254e";
  record.figures["relative residual"] = {0.0184, "1"};
  record.warnings = {"assumed: 214 dead readings interpolated along u"};
  record.libraries = {{"FFTW", "3.3.10"}, {"ITK", "5.2.1"}};
  return record;
}

/// A log of an earlier run, as the viewer lists it.
inline void write_sample_log(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "isocenter_2026-01-02_03-04-05_4711.log"}
      << "Isocenter desktop, started 02.01.2026 03:04:05\nversion: 1.0.0\n\n"
         "[INFO][desktop] 02.01.2026 03:04:05 [gui] - the window is usable after 0.9 s\n"
         "[INFO][desktop] 02.01.2026 03:04:21 [core.io] - read neutron.tif: sinogram, 503 x 1 x 459, u16\n"
         "[WARNING][desktop] 02.01.2026 03:04:21 [core.io] - assumed: 214 dead readings interpolated along u\n"
         "[INFO][desktop] 02.01.2026 03:04:58 [host] - job 1 begins: sparse_view_ct/fbp\n"
         "[INFO][desktop] 02.01.2026 03:04:59 [host] - job 1 is done in 0.6 s\n"
         "[INFO][desktop] 02.01.2026 03:05:13 [host] - job 2 begins: sparse_view_ct/tv\n"
         "[INFO][desktop] 02.01.2026 03:05:55 [host] - job 2 is done in 41.7 s\n"
         "[ERROR][desktop] 02.01.2026 03:07:02 [core.io] - 'result.nii.gz' cannot be written: the disk is full\n";
}

}  // namespace iso::gui::test
