#pragma once

#include "io/array_impl.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

/// Pictures (PNG, JPEG): values as they are stored, without a place in space.
namespace iso::io::detail {

inline const std::vector<Kind> picture_reads{Kind::volume, Kind::label_map, Kind::sinogram, Kind::spectral_cube};

/// What is made of a colour picture.
struct PictureWish {
  bool channels{false};            ///< red, green and blue along the fourth axis; else their luminance
  bool numbers_of_palette{false};  ///< of a picture with a palette: labels
  [[nodiscard]] std::string text() const {
    return std::string{channels ? "channels" : ""} + (numbers_of_palette ? "numbers" : "");
  }
};
[[nodiscard]] PictureWish picture_wish(const ReadOptions& options);
/// The hints of pictures.
[[nodiscard]] params::Schema picture_hints();

/// Samples of a pixel together, rows from the top.
struct StoredPicture {
  Pixels block;  ///< c, x, y, page; u8 or u16
  bool colour{false};
  Metadata meta;
};
/// The whole file in memory. Throw cannot_read (damaged, incomplete), invalid_input (sound, but not read here).
[[nodiscard]] StoredPicture read_png(const std::vector<std::byte>& bytes, const PictureWish& wish);
[[nodiscard]] StoredPicture read_jpeg(const std::vector<std::byte>& bytes);

/// A file of one of these formats, whichever its first bytes say.
[[nodiscard]] RawArray read_picture(const std::filesystem::path& file, const PictureWish& wish);
[[nodiscard]] bool is_png(const std::filesystem::path& file);
[[nodiscard]] bool is_jpeg(const std::filesystem::path& file);

[[noreturn]] void throw_damaged_picture(const std::string& what);

}  // namespace iso::io::detail
