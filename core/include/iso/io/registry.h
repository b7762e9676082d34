#pragma once

#include "iso/data/dataset.h"
#include "iso/geometry/verdict.h"
#include "iso/params/schema.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Files in, data out, through one registry by kind of data. A format is found by extension, then by content. Other
/// conventions (RAS, degrees, other units) are converted here and nowhere else; what a file leaves unsaid is taken from
/// the hints, and what had to be guessed is noted in `meta["assumed"]` and logged as a warning.
///
/// Hints travel as text (command line, recipe, session). Each format declares those it takes, with type, unit and help, as a
/// schema of parameters (`Format::hints`); the options of the command, the form of the desktop, the help and the check
/// follow from it. A hint that a format does not take, or of another type, is refused by its name before the file is
/// read. Two are of every format: "accept_geometry", findings not to refuse ("gap,tilt"), the same as `accepted`, and
/// "kind" ("label_map"), what the file is read as where nobody expects a kind, the same as `expected`.
namespace iso::io {

struct ReadOptions {
  std::optional<Kind> expected;    ///< type_mismatch if the file holds something else and cannot be read as this
  std::filesystem::path geometry;  ///< of a scan: RTK XML or geometry JSON (iso/io/geometry_file.h)
  std::map<std::string, std::string> hints;  ///< by name, in the text form of their type
  std::vector<Finding> accepted;             ///< geometry findings not to refuse
  /// Pixels are outlines (`Pixels::outline`): what the header says and whether all bytes are there is looked at, packed bytes
  /// are run through for their checksums where that needs no decoder of pictures, values are not. Tables, labels of other
  /// formats and ISMRMRD are read all the same.
  bool headers_only{false};
};

struct WriteOptions {
  bool overwrite{false};
};

struct Format {
  std::string name;                     ///< "NRRD"
  std::vector<std::string> extensions;  ///< lower case with dot: ".nii.gz"; the first is the one written
  std::vector<Kind> reads, writes;
  params::Schema hints;
  std::string help;  ///< one sentence: what is kept, what is lost
};

/// An array that a file holds, before it has a meaning.
struct ArrayInfo {
  std::string name;                   ///< as the hint "dataset" names it; empty if the format holds one array
  std::vector<std::int64_t> extents;  ///< as the hint "axes" names them, fastest first
};

/// The file is sound, but leaves something unsaid that a hint can say. A program can ask its user for it.
class FactMissing : public Error {
 public:
  FactMissing(std::string fact, Errc code, const std::string& message, std::string hint = {}, Here where = Here::now())
      : Error{code, message, std::move(hint), where}, fact_{std::move(fact)} {}
  ~FactMissing() override;
  [[nodiscard]] const std::string& fact() const noexcept { return fact_; }  ///< name of the hint: "dataset", "axes"

 private:
  std::string fact_;
};

/// One format. Handlers are stateless and safe from several threads.
class Handler {
 public:
  virtual ~Handler();
  [[nodiscard]] virtual const Format& format() const noexcept = 0;
  /// Looks at the first bytes (or into a folder) only; called for files whose extension says nothing.
  [[nodiscard]] virtual bool recognises(const std::filesystem::path& file) const = 0;
  [[nodiscard]] virtual Dataset read(const std::filesystem::path& file, const ReadOptions& options) const = 0;
  /// The arrays that the file holds; none for a format whose files say themselves what they are.
  [[nodiscard]] virtual std::vector<ArrayInfo> arrays(const std::filesystem::path& file) const;
  /// Writes to `file`, which is a temporary name with the right extension; the registry renames it.
  virtual void write(const std::filesystem::path& file, const Dataset& data) const;
  /// The other files that `write` makes beside `file` (the .hdr of a .cfl); the registry renames them too.
  [[nodiscard]] virtual std::vector<std::filesystem::path> companions(const std::filesystem::path& file) const;
  /// The other files that `read` takes pixels or a header from (the .raw that a .mhd names), as far as the header can be
  /// understood; unless said otherwise, the companions.
  [[nodiscard]] virtual std::vector<std::filesystem::path> sources(const std::filesystem::path& file) const;
};

/// Throws cannot_read (missing, unreadable, truncated), invalid_input (damaged, contradicting), no_input (nothing in it),
/// type_mismatch, geometry_refused, out_of_memory; FactMissing (with one of these codes) where a hint would help. The message names the file and what is wrong with it. Values that are
/// NaN or infinite are invalid_input.
[[nodiscard]] DatasetPtr read(const std::filesystem::path& file, const ReadOptions& options = {});

/// A file that was refused for its geometry, read with the fewest findings accepted that let it pass.
struct ReadAllTheSame {
  DatasetPtr data;
  std::vector<Finding> accepted;
};
/// For a program whose user was told of the refusal and wants the data all the same. Throws as `read`: geometry_refused if no
/// finding helps (slices of different sizes).
[[nodiscard]] ReadAllTheSame read_accepting_findings(const std::filesystem::path& file, ReadOptions options = {});

/// Whole or not at all: another name in the same folder, flushed, then renamed. Throws cannot_write (exists and not
/// `overwrite`, unknown extension, a kind the format cannot hold, full disk) or output_directory.
void write(const std::filesystem::path& file, const Dataset& data, const WriteOptions& options = {});

[[nodiscard]] std::span<const std::unique_ptr<Handler>> handlers();
/// The hints of all formats, each once; for a command that does not know the file yet.
[[nodiscard]] const params::Schema& known_hints();
/// What the format of a file can be told. Throws as `read` for a file that is in no format.
[[nodiscard]] const params::Schema& hints_for(const std::filesystem::path& file);
/// The kinds that the format of a file can be read as, and the arrays in it. Throws as `read`.
[[nodiscard]] const std::vector<Kind>& kinds_for(const std::filesystem::path& file);
[[nodiscard]] std::vector<ArrayInfo> arrays_in(const std::filesystem::path& file);
[[nodiscard]] const Handler* handler_for_writing(const std::filesystem::path& file) noexcept;  ///< by extension

/// Runs `write_to(temporary)` and renames the result over `file`; the temporary file is gone whatever happens. What every
/// writer of ours uses, records and reports included.
void write_atomically(const std::filesystem::path& file, bool overwrite,
                      const std::function<void(const std::filesystem::path& temporary)>& write_to);

}  // namespace iso::io
