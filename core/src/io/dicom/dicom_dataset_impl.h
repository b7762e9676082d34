#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The elements of a DICOM file (PS3.5, chapter 7), read as far as the pixels. Nothing in the file is believed before it is held
/// against the bytes that are there. Nothing here ends the program or speaks; what cannot be followed is an Error.
namespace iso::io::detail {

/// Group and element of a tag, as the standard prints them: tag(0x0028, 0x0010).
[[nodiscard]] constexpr std::uint32_t tag(std::uint32_t group, std::uint32_t element) { return group << 16 | element; }

/// Says that the file ends inside of `where` (cannot_read).
[[noreturn]] void throw_cut_off(const std::string& where);

/// The bytes of a file, or those that a deflated file holds. Reads by position, from one thread at a time.
class DicomBytes {
 public:
  explicit DicomBytes(const std::filesystem::path& file);  ///< throws cannot_read
  ~DicomBytes();
  DicomBytes(const DicomBytes&) = delete;
  DicomBytes& operator=(const DicomBytes&) = delete;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Copies [at, at + count) to `to`. Throws cannot_read if they are not all there.
  void read(std::uint64_t at, std::uint64_t count, void* to);
  /// Replaces what follows `at` by what it is inflated (Deflated Explicit VR). Throws cannot_read.
  void inflate_from(std::uint64_t at);

 private:
  void read_file(std::uint64_t at, std::uint64_t count, void* to) const;
  int handle_{-1};
  std::uint64_t size_{0}, window_at_{0};
  std::vector<char> window_;  ///< bytes of the file around the last small read; all of it once inflated
  bool inflated_{false};
};

struct DicomDataset;

struct DicomElement {
  std::uint32_t tag{0};
  bool undefined_length{false};
  std::string value;                   ///< empty for sequences, pixels and what nobody asks for
  std::vector<DicomDataset> items;     ///< of a sequence
  std::uint64_t offset{0}, length{0};  ///< of the value in the file
};

struct DicomDataset {
  bool big_endian{false};
  std::vector<DicomElement> elements;  ///< as in the file

  [[nodiscard]] const DicomElement* find(std::uint32_t tag) const noexcept;
  [[nodiscard]] bool has(std::uint32_t tag) const noexcept { return find(tag) != nullptr; }
  [[nodiscard]] std::string text(std::uint32_t tag) const;  ///< without padding; empty if it is not there
  /// The numbers of a text of numbers (DS, IS); none if one of them is no finite number.
  [[nodiscard]] std::vector<double> decimals(std::uint32_t tag) const;
  [[nodiscard]] double decimal(std::uint32_t tag, double otherwise) const;
  /// Binary numbers: US, SS, UL, FD.
  [[nodiscard]] std::vector<std::uint16_t> shorts(std::uint32_t tag) const;
  [[nodiscard]] std::vector<std::uint32_t> longs(std::uint32_t tag) const;
  [[nodiscard]] std::vector<double> doubles(std::uint32_t tag) const;
  [[nodiscard]] std::int64_t number(std::uint32_t tag, std::int64_t otherwise) const;  ///< first of `shorts`
  /// The first item of a sequence, or null.
  [[nodiscard]] const DicomDataset* item(std::uint32_t tag) const noexcept;
  [[nodiscard]] const std::vector<DicomDataset>& items(std::uint32_t tag) const noexcept;
};

/// How pixels are packed (PS3.5, annex A); `named` is the transfer syntax in words for people.
struct DicomSyntax {
  enum class Coding : std::uint8_t { native, rle, jpeg, jpeg_ls, jpeg_2000, deflated_frames, other };
  std::string uid, named;
  Coding coding{Coding::native};
  bool big_endian_pixels{false};
};

/// Where the pixels of a file stand.
struct DicomPixelPlace {
  std::uint32_t tag{0};       ///< Pixel Data, Float or Double Float Pixel Data; 0: there are none
  std::uint64_t offset{0};    ///< of the value, in the inflated file if it is deflated
  std::uint64_t length{0};    ///< as the element says
  bool encapsulated{false};   ///< the value is a sequence of fragments
  bool words{false};          ///< of the type OW: the bytes of a big-endian file are in pairs
  std::uint64_t deflated{0};  ///< where the deflated part of the file begins; 0: it has none
};

/// A file, opened: its elements as far as the pixels, and where these are.
struct DicomFile {
  std::shared_ptr<DicomBytes> bytes;
  DicomSyntax syntax;
  DicomDataset meta, set;
  DicomPixelPlace pixels;
};

/// True if a file begins as a DICOM file does: "DICM" at byte 128, or a data set of group 2 or 8.
[[nodiscard]] bool starts_as_dicom(std::string_view first_132_bytes) noexcept;
/// Throws invalid_input (no DICOM), cannot_read (cannot be opened, cut off, damaged).
[[nodiscard]] DicomFile open_dicom(const std::filesystem::path& file);

/// The fragments of encapsulated pixels: place and length of each; `table` is the value of the Basic Offset Table.
struct DicomFragments {
  struct Part {
    std::uint64_t offset, length;
  };
  std::vector<Part> parts;
  std::vector<std::uint64_t> table;
  bool cut_off{false};  ///< the file ends before the sequence does
};
[[nodiscard]] DicomFragments dicom_fragments(DicomBytes& bytes, const DicomPixelPlace& pixels);

}  // namespace iso::io::detail
