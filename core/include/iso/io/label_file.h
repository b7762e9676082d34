#pragma once

#include "iso/data/label_table.h"

#include <filesystem>
#include <string>
#include <vector>

/// Tables of labels as other programs write them: number, name and colour of each.
///
/// ITK-SNAP (.txt, .label): a line is `IDX R G B A VIS MESH-VIS "LABEL"`. 3D Slicer (.ctbl): a line is `IDX NAME R G B A`.
/// Lines that begin with # are comments. Which of the two a file is, its lines tell.
namespace iso::io {

struct LabelNames {
  std::vector<std::string> names;  ///< of label 0, 1, 2, ...; empty where the file has none
  LabelColours colours;
};

/// Throws cannot_read, or invalid_input naming the line.
[[nodiscard]] LabelNames read_label_file(const std::filesystem::path& file);
/// The text of a table: of 3D Slicer for a name that ends in .ctbl, else of ITK-SNAP. Labels without a name are "label 3".
[[nodiscard]] std::string label_file_text(const std::filesystem::path& file, const LabelNames& labels);
/// Where the names of an image of labels stand that has no place for them: "liver.nii.gz" -> "liver_labels.txt".
[[nodiscard]] std::filesystem::path label_file_beside(const std::filesystem::path& image);

}  // namespace iso::io
