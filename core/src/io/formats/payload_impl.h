#pragma once

#include "io/array_impl.h"

#include <memory>

/// The bytes of pixels behind a header, in the same file or beside it: counted, unpacked, and checked to their end.
namespace iso::io::detail {

/// How the bytes of a file are packed. `deflate` is gzip or zlib, whichever its first bytes say.
enum class Packing : std::uint8_t { none, deflate, bzip2 };

/// Bytes in order. Throws cannot_read, naming the file, where it is damaged.
class ByteReader {
 public:
  virtual ~ByteReader();
  /// As many bytes as there are, at most `count`.
  [[nodiscard]] virtual std::size_t read(std::byte* to, std::size_t count) = 0;
  /// Reads on to the end, so that every checksum is compared; how many bytes were left.
  [[nodiscard]] virtual std::size_t finish() = 0;
  /// No more bytes than these can come: what memory may be asked for.
  [[nodiscard]] virtual std::size_t most() const = 0;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  ///< of the file, for sentences

 protected:
  explicit ByteReader(std::string name) : name_{std::move(name)} {}
  std::string name_;
};
using Bytes = std::unique_ptr<ByteReader>;

/// A file from its byte `first` on. Throws cannot_read.
[[nodiscard]] Bytes open_bytes(const std::filesystem::path& file, std::uint64_t first, Packing packing);
/// What `packed` holds, unpacked in pieces as it is read (packed_bytes.cpp); every checksum is compared.
[[nodiscard]] Bytes unpacked(Bytes packed, Packing packing);
/// Several files, each unpacked by itself and taken whole; each must hold `bytes_each` bytes behind `skip`.
[[nodiscard]] Bytes open_parts(std::vector<std::filesystem::path> files, std::uint64_t skip, Packing packing,
                               std::size_t bytes_each);
/// Bytes of memory.
[[nodiscard]] Bytes bytes_in_memory(std::string bytes, std::string name);

/// Leaves out `count` bytes. Throws cannot_read if there are not so many.
void skip_bytes(ByteReader& from, std::size_t count);

/// The pixels of a file as they are stored.
struct Stored {
  FileType type{};
  bool swapped{false};  ///< the byte order is not ours
  std::vector<std::int64_t> extents;
};
/// What comes behind the pixels: read to its end (checksums) and noted, or none of our business.
enum class Rest : std::uint8_t { noted, unread };
/// Throws cannot_read with both counts if the bytes do not suffice.
[[nodiscard]] Pixels load(ByteReader& from, const Stored& stored, Metadata& meta, Rest rest = Rest::noted);
/// Numbers written as text, in the C locale whatever the program's is.
[[nodiscard]] Pixels load_text(ByteReader& from, const Stored& stored, Metadata& meta);
void swap_bytes(std::byte* data, std::size_t bytes, FileType type);

/// The file `name` beside `header`, which names it. Throws invalid_input for a name that leads elsewhere (absolute, "..",
/// control characters), cannot_read naming both files if it is not there or cannot be opened.
[[nodiscard]] std::filesystem::path beside(const std::filesystem::path& header, const std::string& name);
/// "slice%03d.raw" for first, first + step, ... last: `count` names. Only one %d, at most nine wide, is a pattern.
[[nodiscard]] std::vector<std::string> numbered_names(const std::string& pattern, std::int64_t first, std::int64_t last,
                                                      std::int64_t step, std::int64_t count);

/// A file that is not read here although it is sound: invalid_input, "... is not supported: ...".
[[noreturn]] void not_supported(const std::string& what, const std::string& hint);

/// value * slope + inter in f32 for 8 and 16 bits and f32, else in f64; complex values keep their type.
[[nodiscard]] Pixels scaled(const Pixels& block, double slope, double inter);
/// The components of every pixel, the fastest axis of `block`: colour as its luminance, others as the last axis.
[[nodiscard]] Pixels without_components(const Pixels& block, bool colour, Metadata& meta);

/// The shortest text that reads back as the same number, whatever the locale.
[[nodiscard]] std::string exact(double value);
/// Millimetres in one `unit` ("um", "mm", "m", "inch", ...); nothing if it is no length.
[[nodiscard]] std::optional<double> millimetres_in(std::string unit);
/// Seconds in one `unit` ("s", "ms", "usec"); nothing if it is no time.
[[nodiscard]] std::optional<double> seconds_in(std::string unit);

}  // namespace iso::io::detail
