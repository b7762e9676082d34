#pragma once

#include "io/array_impl.h"

#include <tiffio.h>

#include <filesystem>
#include <string>

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

/// All pages as one array, with the calibration of ImageJ or OME if there is one.
[[nodiscard]] RawArray read_tiff(const std::filesystem::path& file);

}  // namespace iso::io::detail
