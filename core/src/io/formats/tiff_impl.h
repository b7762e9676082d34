#pragma once

#include "io/array_impl.h"

#include <tiffio.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iso::io::detail {

/// What decides how the pixels of a page lie in the file and what they are.
struct TiffPage {
  std::uint32_t width{0}, height{0}, depth{1};
  std::uint16_t bits{1}, samples{1}, format{1}, photometric{1}, compression{1}, orientation{1}, planar{1};
  int alphas{0};  ///< samples that are alpha, at the end
  bool tiled{false};
  [[nodiscard]] std::size_t sample_bytes() const { return bits <= 8 ? 1 : bits <= 16 ? 2 : bits / 8U; }
  [[nodiscard]] std::size_t bytes() const { return std::size_t{width} * height * samples * sample_bytes(); }
};

/// A file of libtiff, silent on standard error.
class TiffFile {
 public:
  TiffFile(const std::filesystem::path& file, const char* mode);  ///< throws cannot_read, cannot_write
  ~TiffFile();
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;
  [[nodiscard]] TIFF* handle() const noexcept { return handle_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }  ///< the library's first error
  [[nodiscard]] TiffPage page() const;                                            ///< the current one
  [[nodiscard]] std::string description() const;
  /// The current page: samples of a pixel together, rows from the first of the file on. Throws cannot_read.
  void read_page(const TiffPage& page, std::size_t number, std::byte* to);
  void close();

 private:
  std::string name_, problem_;
  TIFF* handle_{nullptr};
};

/// Throws invalid_input, naming what of the page is not read here.
void check_readable(const TiffPage& page, const std::string& which);
[[nodiscard]] FileType tiff_type(const TiffPage& page, const std::string& which);

/// What a description says of the stack.
struct TiffStack {
  std::string by;         // who says it
  std::int64_t pages{0};  // 0 if nothing is said
  // Axes behind x and y, fastest first: 'c', 'z', 't' with their extents.
  std::vector<std::pair<char, std::int64_t>> axes;
  bool in_one_page{false};  // allowed: pixels of all pages behind those of the first
  std::optional<double> spacing_x, spacing_y, spacing_z, time_step_s;  // mm, seconds
  std::optional<std::array<double, 2>> line;                           // values are line[0] + line[1] * stored
  std::string remark;                                                  // what of it is not taken
  std::vector<std::int64_t> directories;  // of each page in the order of `axes`; empty: as in the file
};
[[nodiscard]] TiffStack announced_by(const TiffFile& tiff, const TiffPage& page);

/// All pages as one array, with the calibration of ImageJ or OME if there is one.
[[nodiscard]] RawArray read_tiff(const std::filesystem::path& file);

}  // namespace iso::io::detail
