#pragma once

#include "io/array_impl.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

/// The header of an MRC file (MRC2014, Cheng et al., J. Struct. Biol. 192 (2015) 146) and what IMOD, SerialEM and FEI put
/// beside it.
namespace iso::io::detail::mrc {

inline constexpr std::size_t header_bytes = 1024;
inline constexpr double mm_per_angstrom = 1e-7;

/// Numbers out of the bytes of a file that says its order.
class Bytes {
 public:
  Bytes(std::string bytes, bool swapped) : bytes_(std::move(bytes)), swapped_(swapped) {}
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::string_view text(std::size_t at, std::size_t count) const {
    return std::string_view{bytes_}.substr(at, count);
  }
  /// Throws std::out_of_range behind the end.
  template <class T>
  [[nodiscard]] T number(std::size_t at) const {
    std::array<char, sizeof(T)> raw{};
    if (at + sizeof(T) > bytes_.size()) throw std::out_of_range{"behind the end of the header"};
    std::memcpy(raw.data(), bytes_.data() + at, sizeof(T));
    if (swapped_) std::ranges::reverse(raw);
    return std::bit_cast<T>(raw);
  }

 private:
  std::string bytes_;
  bool swapped_;
};

struct Header {
  bool swapped{false};                 ///< the file's byte order is not this machine's
  std::array<std::int64_t, 3> size{};  ///< columns, rows, sections
  std::int32_t mode{};
  std::array<std::size_t, 3> axis{0, 1, 2};  ///< which of x, y, z columns, rows and sections are
  std::optional<Vec3> voxel_mm;              ///< x, y, z; nothing where the header says none
  Vec3 origin_mm{};                          ///< centre of the first voxel; x, y, z
  std::int64_t sections_a_volume{0};         ///< below size[2] in a stack of volumes; 0: no such stack
  std::size_t extended_bytes{0};
  std::string extended_kind;                        ///< "SERI", "FEI1", ...; empty where the header says none
  std::int16_t section_bytes{0}, section_flags{0};  ///< of SerialEM's extended header; of FEI's old one 0 and 32
  bool unsigned_bytes{false};
  bool skewed{false};  ///< the angles of the cell are not 90 degrees
  std::string label;   ///< the first one
};

/// Nothing if these bytes are no MRC header.
[[nodiscard]] std::optional<Header> parse_header(const std::string& bytes);
/// Bytes of all values; throws unsupported for a mode that is not read here, naming it.
[[nodiscard]] std::int64_t payload_bytes(const Header& header);

/// What the extended header says of every section.
struct Extended {
  std::vector<double> tilt_deg;  ///< empty if it says no tilt
  std::optional<double> pixel_mm;
};
[[nodiscard]] Extended read_extended(const std::filesystem::path& file, const Header& header);

/// The angles beside a stack: NAME.tlt (refined) or NAME.rawtlt (as set); nothing if neither is there. An aligned stack (.ali)
/// takes .tlt first, a raw one .rawtlt.
[[nodiscard]] std::optional<std::filesystem::path> angles_beside(const std::filesystem::path& stack);
/// One angle in degrees a line. Throws cannot_read, or invalid_input naming the line.
[[nodiscard]] std::vector<double> read_angles(const std::filesystem::path& file);

}  // namespace iso::io::detail::mrc
