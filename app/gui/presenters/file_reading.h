#pragma once

#include "gui/model/document.h"

#include "iso/io/registry.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Files as the desktop reads them: what stands beside a file is taken along, and what a name tells is guessed and said. These
/// functions take time, and belong off the desktop's thread.
namespace iso::gui {

using Hints = std::map<std::string, std::string>;

/// What a program can ask its user about a file.
struct FileFacts {
  std::vector<Kind> kinds;
  params::Schema hints;
  std::vector<io::ArrayInfo> arrays;
  std::filesystem::path geometry;  ///< of a scan, beside the file; empty without one
};
[[nodiscard]] FileFacts find_facts(const std::filesystem::path& file);  ///< throws as `io::read`

/// A file as it was read, with the hints that it was read with, or what it leaves unsaid.
struct FileRead {
  Item item;             ///< `data` is null where a fact is missing
  std::string missing;   ///< name of the hint that would say it
  std::string sentence;  ///< of the reader, on what is missing
  std::string guessed;   ///< a sentence on what was taken from the name or from what stands beside; may be empty
  bool unnamed_axes{
      false};  ///< a bare array of three axes and more, or of complex numbers, of which nobody said what they are
};

/// Reads the file, makes its raster and the memory that strokes write. Without hints a geometry beside the file is taken along,
/// and whole numbers with a telling name ("liver_seg") are labels. Throws as `io::read`.
[[nodiscard]] FileRead read_file(const std::filesystem::path& file, Hints hints);
/// The data of another reading of the same file: raster, labels and record are made for them.
[[nodiscard]] Item make_item(DatasetPtr data, const std::filesystem::path& file, Hints hints);

/// The geometry of a scan with the name of the file: "needle.json" or "needle.xml" beside "needle.mrc". Empty without one.
[[nodiscard]] std::filesystem::path geometry_beside(const std::filesystem::path& file);
/// The file with the readings that a geometry belongs to, if this is a geometry and they stand beside it.
struct GeometryOf {
  bool is_geometry{false};
  std::filesystem::path readings;  ///< empty: none beside it
};
[[nodiscard]] GeometryOf find_geometry_use(const std::filesystem::path& file);
/// Whether a name has a word for labels in it: "example_ct_3mm_seg.nii.gz", "brain1_label.nrrd", "0006_mask.png".
[[nodiscard]] bool names_labels(const std::filesystem::path& file);

}  // namespace iso::gui
