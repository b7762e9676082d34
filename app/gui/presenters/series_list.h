#pragma once

#include "iso/io/dicom_series.h"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

/// What a person sees of the series of a folder, and what opening some of them means: the reader's hints.
class SeriesList {
 public:
  SeriesList(std::filesystem::path place, io::DicomFolder folder);

  struct Row {
    std::string study;  ///< "DOE, JANE (123), 2024-05-01 Chest"; rows of one study follow each other
    std::string modality, description, images, size, spacing, geometry;
    std::filesystem::path middle;  ///< the file in its middle, to look at
    std::string remark;            ///< why it is refused; empty if it is sound
    bool sound{false};             ///< opens as it is
    bool possible{true};           ///< false: not even with its geometry accepted
  };
  [[nodiscard]] std::span<const Row> rows() const noexcept { return rows_; }

  /// Whether each of the words filtered by stands somewhere in the row, its study included; upper and lower case are the same.
  [[nodiscard]] bool matches(std::size_t row, const std::string& words) const;

  /// What can be done with the rows chosen, in one sentence.
  struct Advice {
    bool can_open{false};
    bool asks_to_accept{false};  ///< some of the chosen are refused unless accepted
    std::string sentence;
  };
  [[nodiscard]] Advice advice(std::span<const std::size_t> chosen, bool accepted) const;

  struct Opening {
    std::filesystem::path file;
    std::string name;
    std::map<std::string, std::string> hints;
  };
  /// Of the chosen rows, those that can be opened.
  [[nodiscard]] std::vector<Opening> openings(std::span<const std::size_t> chosen, bool accepted) const;
  [[nodiscard]] std::string summary() const;  ///< "3 series in 120 files; 1 damaged file was left out"
  [[nodiscard]] bool one_sound() const noexcept { return rows_.size() == 1 && rows_[0].sound; }

 private:
  std::filesystem::path place_;
  io::DicomFolder folder_;
  std::vector<Row> rows_;
};

}  // namespace iso::gui
