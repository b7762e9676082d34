#pragma once

#include "io/array_impl.h"

#include "iso/spectra/library.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// ENVI: a text header and a file of bare numbers beside it.
namespace iso::io::detail::envi {

/// "key = value" of a header. Keys in lower case with single blanks, values as they are written, braces included, on one line.
class Header {
 public:
  /// Takes CRLF, a byte order mark, comments (;), blanks anywhere, keys with underscores. Throws invalid_input, naming the line.
  explicit Header(const std::string& text);

  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
  [[nodiscard]] std::string text(const std::string& key) const;  ///< without braces; empty if there is none
  /// Throws invalid_input, naming the key, if it is missing or no whole number of at least `least`.
  [[nodiscard]] std::int64_t whole(const std::string& key, std::int64_t least) const;
  [[nodiscard]] std::int64_t whole_or(const std::string& key, std::int64_t least, std::int64_t otherwise) const;
  /// The parts of a list, between commas, or between blanks where it has no comma. A comma at the end says nothing.
  [[nodiscard]] std::vector<std::string> list(const std::string& key) const;
  /// As many numbers as `count`; else a warning, and none.
  [[nodiscard]] std::vector<double> numbers(const std::string& key, std::size_t count, Metadata& meta) const;
  [[nodiscard]] std::optional<double> number(const std::string& key, Metadata& meta) const;
  [[nodiscard]] const std::map<std::string, std::string>& values() const noexcept { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

enum class Interleave : std::uint8_t { bsq, bil, bip };
[[nodiscard]] std::string_view to_string(Interleave interleave) noexcept;

/// How the numbers stand in the data file.
struct Layout {
  std::int64_t samples{0}, lines{0}, bands{0};
  FileType type{};
  Interleave interleave{Interleave::bsq};
  bool big_endian{false};
  std::uint64_t offset{0};                    ///< bytes before the numbers
  bool packed{false};                         ///< by gzip
  [[nodiscard]] std::uint64_t bytes() const;  ///< of the numbers
};
/// Throws invalid_input, naming the key.
[[nodiscard]] Layout to_layout(const Header& header);
[[nodiscard]] int to_code(FileType type);  ///< "data type" of a header

/// The two files, whichever of them is given.
struct Files {
  std::filesystem::path header, data;  ///< data is empty if it is not there
};
/// Nothing if `file` is neither an ENVI header nor has one beside it.
[[nodiscard]] std::optional<Files> find_files(const std::filesystem::path& file);
/// What is missing of them, in one sentence (cannot_read).
[[nodiscard]] Header read_header(const Files& files);

/// Axis, widths, masks of bands, names and the other keys.
void take_bands(const Header& header, std::size_t count, SpectralCube& cube);
/// Lists and every key that was kept, without the layout.
[[nodiscard]] std::string band_keys(const SpectralCube& cube);
[[nodiscard]] std::string layout_keys(const Layout& layout, const std::string& file_type, const Metadata& meta);

/// Values of a cube in blocks of rows, with its masks (iso/spectra/axis.h on scale and masks).
void read_values(const Files& files, const Header& header, const Layout& layout, const ReadOptions& options,
                 SpectralCube& cube);
void write_values(const std::filesystem::path& data, const SpectralCube& cube, const Layout& layout,
                  std::optional<double> scale, std::optional<double> ignored);
/// As it is written: the layout, and what the values are multiplied by on the way.
struct Form {
  Layout layout;
  std::optional<double> scale, ignored;
};
[[nodiscard]] Form make_form(const SpectralCube& cube, Interleave interleave);

[[nodiscard]] spectra::SpectralLibrary read_library(const Files& files, const Header& header, const Layout& layout);
void write_library(const std::filesystem::path& header, const std::filesystem::path& data,
                   const spectra::SpectralLibrary& library);

}  // namespace iso::io::detail::envi
