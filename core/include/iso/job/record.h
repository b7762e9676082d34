#pragma once

#include "iso/base/error.h"
#include "iso/io/input_files.h"
#include "iso/job/recipe.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iso::job {

/// A number that says something about a result: "noise_level", 0.02, "1/mm".
struct Figure {
  double value{0};
  std::string unit;  ///< "1" for a ratio; empty where a record of an older program had none
  friend bool operator==(const Figure&, const Figure&) = default;
};

/// What a task plotted, in order; of more than 500 points every n-th, and the last.
struct Curve {
  std::vector<double> x, y;
  friend bool operator==(const Curve&, const Curve&) = default;
};

/// A file that a task gave beside its outputs.
struct Attachment {
  std::string file;  ///< its name, beside the first output file; empty where no output was a file, and it was not kept
  std::string sha256;
  std::uintmax_t bytes{0};
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

/// Written beside every output: the recipe with all defaults spelled out, plus what it met. Names no host and no
/// user. Digests are `iso::digest` of the data set: pixels, geometry and quantity, not of the file.
struct Record {
  Recipe recipe;
  std::string program_version, plugin_version;
  std::string plugin_sha256;  ///< of the plugin's library
  std::string backend, device, cpu_level;
  int threads{0};
  Isolation isolation{Isolation::in_process};
  std::map<std::string, std::string> libraries;  ///< name -> version: ITK, FFTW, OpenVINO, CUDA
  std::map<std::string, std::string> models;     ///< id -> SHA-256; not empty means a model-based estimate
  std::map<std::string, std::string> input_digests, output_digests;  ///< port -> SHA-256; "port[2]" in a collection
  /// Port -> size and time of its files: what lies unchanged need not be read again to be known. Outputs of this record only.
  std::map<std::string, io::FileStamp> input_stamps, output_stamps;
  std::map<std::string, GeometryVerdict> geometry;  ///< input port -> what its check found
  std::string started_utc;                          ///< ISO 8601
  double seconds{0};
  std::map<std::string, double> timings;  ///< "read", "run", "check", "write" -> seconds
  std::size_t peak_memory_bytes{0};       ///< highest resident size of the process that computed
  std::size_t estimated_memory_bytes{0};  ///< what the estimate had said for that process
  double estimated_seconds{0};            ///< and of its time; 0: it had no idea
  std::map<std::string, Figure> figures;
  std::map<std::string, Curve> curves;
  std::map<std::string, Attachment> attachments;
  State state{State::queued};
  std::optional<Errc> error;  ///< set when failed, crashed or cancelled
  std::string error_message, error_hint;
  std::vector<std::string> warnings;
};

/// The JSON form (resources/schemas/record.schema.json) and back; throws invalid_input naming the member.
[[nodiscard]] std::string to_json(const Record& record);
[[nodiscard]] Record record_from_json(std::string_view text);

/// "rec.mha" -> "rec.mha.record.json".
[[nodiscard]] std::filesystem::path record_path(const std::filesystem::path& output);
[[nodiscard]] Record read_record(const std::filesystem::path& file);         ///< throws cannot_read, invalid_input
void write_record(const std::filesystem::path& file, const Record& record);  ///< whole or not at all; cannot_write

/// What two runs of one recipe differ in: digests first ("output volume: ..."), then backend, level, threads,
/// library and program versions. Times and memory are not compared. Empty means the same bits in the same setting.
struct Comparison {
  bool same_bits{false};                 ///< every output digest of both agrees, and there is at least one
  std::vector<std::string> differences;  ///< sentences
};
[[nodiscard]] Comparison compare(const Record& before, const Record& after);

}  // namespace iso::job
