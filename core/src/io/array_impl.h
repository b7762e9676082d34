#pragma once

#include "iso/io/registry.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What the formats share: a bare array from a file, and how meaning is added to it.
namespace iso::io::detail {

/// The pixels of a file before they are a volume, a sinogram or k-space.
struct RawArray {
  PixelBlock pixels;              ///< fastest axis first
  std::optional<VoxelGrid> grid;  ///< if the file has one
  std::string axes;               ///< names of the axes if the file says them, "u,v,view"; else empty
  Quantity quantity{Quantity::unknown};
  std::optional<PixelBlock> unattenuated, dark;  ///< flat and dark fields that came with the file: u, v, field
  std::optional<ProjectionGeometry> geometry;    ///< if the file has one
  std::vector<double> wavelengths_nm;
  Metadata meta;
};

/// Reads a second file of the same format (a flat field).
using ReadArray = std::function<RawArray(const std::filesystem::path&)>;

/// The data set that the options ask for: the expected kind; without one a sinogram where a geometry is given, else a
/// volume. Throws type_mismatch, invalid_input, shape_mismatch.
[[nodiscard]] Dataset make_dataset(RawArray array, const ReadOptions& options, const ReadArray& read_other);
/// The hints that `make_dataset` understands.
[[nodiscard]] std::vector<std::string> array_hints(std::vector<std::string> more = {});

/// Line integrals -ln((I - dark) / (I0 - dark)) with dead readings interpolated along u; `readings` is (u, v, view).
[[nodiscard]] PixelBlock line_integrals(const PixelBlock& readings, const std::optional<PixelBlock>& unattenuated,
                                        const std::optional<PixelBlock>& dark, Metadata& meta);
/// The scan as its readings say: a geometry turned so that the axis is seen at index `axis_u`.
[[nodiscard]] ProjectionGeometry with_rotation_axis(const ProjectionGeometry& geometry, double axis_u);

/// An array in a file of several.
struct Choice {
  std::string name;
  std::vector<std::int64_t> shape;
};
/// The name that is wanted, or the only array with two axes or more (else the only array). Throws no_input or
/// invalid_input, listing the arrays.
[[nodiscard]] std::string choose(const std::vector<Choice>& choices, const std::string& wanted);

/// Notes in meta["assumed"] and warns.
void assume(Metadata& meta, const std::string& what);
/// "a,b,c" without blanks.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char by = ',');
/// A number that fills the whole text; nothing otherwise.
[[nodiscard]] std::optional<double> to_number(std::string_view text);
[[nodiscard]] std::vector<double> numbers_of(std::string_view text, std::string_view hint);
[[nodiscard]] std::string hint_of(const ReadOptions& options, const std::string& name);
[[nodiscard]] std::string short_number(double value);

/// The same elements with axes in another order: axis i of the result is axis order[i] of the block.
[[nodiscard]] PixelBlock permuted(const PixelBlock& block, const std::vector<std::size_t>& order);

/// Element types of files, a superset of ours.
enum class FileType : std::uint8_t { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, c64, c128 };
[[nodiscard]] std::size_t bytes_of(FileType type) noexcept;
/// The smallest of our types that holds it: i8 becomes i16; u32, i64 and u64 become f64.
[[nodiscard]] ScalarType stored_as(FileType type) noexcept;
/// True if the memory of the file type is the memory of `stored_as`.
[[nodiscard]] bool stored_as_is(FileType type) noexcept;
void widen(FileType type, const void* from, PixelBlock& to);

/// Refuses sizes that a file of that many bytes cannot hold, before memory is asked for. `packed`: the payload may be
/// deflated, at most 1032 : 1.
void check_plausible(const ArraySpec& spec, std::size_t file_bytes, bool packed);
[[nodiscard]] std::size_t size_of_file(const std::filesystem::path& file);  ///< throws cannot_read
/// The first bytes of a file; fewer if it is shorter, none if it cannot be read.
[[nodiscard]] std::string first_bytes(const std::filesystem::path& file, std::size_t count);
[[nodiscard]] std::string lower(std::string text);
[[nodiscard]] bool has_extension(const std::filesystem::path& file, std::string_view extension);
/// A rank-3 view of a grid's pixels without trailing single axes beyond z.
[[nodiscard]] VoxelGrid bare_grid(const Shape& shape, const ReadOptions& options, Metadata& meta);

}  // namespace iso::io::detail
