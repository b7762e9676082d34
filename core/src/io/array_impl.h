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
  Pixels pixels;                  ///< fastest axis first
  std::optional<VoxelGrid> grid;  ///< if the file has one
  std::string axes;               ///< names of the axes if the file says them, "u,v,view"; else empty
  /// Names of the axes of a scan as this format usually has them, for sizes that fit more than one order; else empty.
  std::string usual_axes;
  Quantity quantity{};
  std::optional<Pixels> unattenuated, dark;    ///< flat and dark fields that came with the file: u, v, field
  std::optional<ProjectionGeometry> geometry;  ///< if the file has one
  Axis bands;                                  ///< of a spectral cube
  bool labels{false};                          ///< the file says that its values are labels
  std::vector<std::string> label_names;        ///< of label 0, 1, 2, ..., if the file has them
  Metadata meta;
};

/// The one array of a file, as `Handler::arrays` tells it.
[[nodiscard]] inline std::vector<ArrayInfo> make_array_list(const Pixels& pixels) {
  const auto extents = pixels.spec().shape.extents();
  return {{{}, {extents.begin(), extents.end()}}};
}

/// Reads a second file of the same format (a flat field).
using ReadArray = std::function<RawArray(const std::filesystem::path&)>;

/// The data set that the options ask for: the expected kind; without one a sinogram where a geometry is given, else a
/// volume. Throws type_mismatch, invalid_input, shape_mismatch.
[[nodiscard]] Dataset make_dataset(RawArray array, const ReadOptions& options, const ReadArray& read_other);
/// A hint of a format: its name, unit and one sentence of help, from which command line, form and check follow.
[[nodiscard]] params::FieldInfo text_hint(std::string name, std::string help);
[[nodiscard]] params::FieldInfo number_hint(std::string name, std::string unit, std::string help);
[[nodiscard]] params::FieldInfo numbers_hint(std::string name, std::string unit, std::string help);
[[nodiscard]] params::FieldInfo choice_hint(std::string name, std::vector<std::string> choices, std::string help);
/// The hints of a format: those that several formats take ("dataset", "series", ...), by name, and its own.
[[nodiscard]] params::Schema hints_of_format(const std::vector<std::string>& standard,
                                             std::vector<params::FieldInfo> own = {});
/// Likewise, with those that `make_dataset` understands.
[[nodiscard]] params::Schema array_hints(std::vector<std::string> standard = {},
                                         std::vector<params::FieldInfo> own = {});

/// Line integrals -ln((I - dark) / (I0 - dark)) with dead readings interpolated along u; `readings` is (u, v, view).
[[nodiscard]] Pixels line_integrals(const Pixels& readings, const std::optional<Pixels>& unattenuated,
                                    const std::optional<Pixels>& dark, Metadata& meta);
/// The scan as its readings say: a geometry turned so that the axis is seen at index `axis_u`.
[[nodiscard]] ProjectionGeometry with_rotation_axis(const ProjectionGeometry& geometry, double axis_u);

/// An array in a file of several.
struct Choice {
  std::string name;
  std::vector<std::int64_t> shape;
};
[[nodiscard]] inline std::vector<ArrayInfo> to_arrays(const std::vector<Choice>& choices) {
  std::vector<ArrayInfo> arrays;
  arrays.reserve(choices.size());
  for (const Choice& choice : choices) arrays.push_back({choice.name, choice.shape});
  return arrays;
}
/// The name that is wanted, or the only array with two axes or more (else the only array). Throws no_input or
/// invalid_input, listing the arrays.
[[nodiscard]] std::string choose(const std::vector<Choice>& choices, const std::string& wanted);

/// Notes in meta["assumed"] and warns: at once, or at the end of the `Warnings` of this thread.
void assume(Metadata& meta, const std::string& what);
void warn(const std::string& text);
/// While it lives, warnings of this thread are kept, each once; `say` lets them out. A file that is tried in several ways,
/// or refused in the end, so warns once or not at all.
class Warnings {
 public:
  Warnings();
  ~Warnings();
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;
  void say();

 private:
  Warnings* outer_;
  std::vector<std::string> kept_;
  friend void warn(const std::string& text);
};
/// While it lives, what loads pixels on this thread makes outlines of them (`ReadOptions::headers_only`).
class HeadersOnly {
 public:
  HeadersOnly();
  ~HeadersOnly();
  HeadersOnly(const HeadersOnly&) = delete;
  HeadersOnly& operator=(const HeadersOnly&) = delete;
  [[nodiscard]] static bool active() noexcept;
};
/// "a,b,c" without blanks.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char by = ',');
/// A number that fills the whole text; nothing otherwise.
[[nodiscard]] std::optional<double> to_number(std::string_view text);
[[nodiscard]] std::vector<double> to_numbers(std::string_view text, std::string_view hint);
[[nodiscard]] std::string find_hint(const ReadOptions& options, const std::string& name);
[[nodiscard]] std::string short_number(double value);

/// The same elements with axes in another order: axis i of the result is axis order[i] of the block.
[[nodiscard]] Pixels permuted(const Pixels& block, const std::vector<std::size_t>& order);

/// Element types of files, a superset of ours.
enum class FileType : std::uint8_t { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, c64, c128, f16 };
[[nodiscard]] std::size_t byte_count(FileType type) noexcept;
/// The smallest of our types that holds it: i8 becomes i16; u32, i64 and u64 become f64; f16 becomes f32.
[[nodiscard]] ScalarType stored_as(FileType type) noexcept;
/// The type of a file whose memory is that of ours.
[[nodiscard]] FileType to_file_type(ScalarType type) noexcept;
/// True if the memory of the file type is the memory of `stored_as`.
[[nodiscard]] bool stored_as_is(FileType type) noexcept;
/// `count` elements into memory of the type `stored_as(type)`; false if a 64-bit integer beyond 2^53 was rounded.
[[nodiscard]] bool widen(FileType type, const void* from, std::size_t count, std::byte* to);
/// Notes that whole numbers beyond 2^53 were rounded.
void note_rounding(Metadata& meta);
/// Numbers in f64 as `type`. Throws invalid_input if one of them does not fit.
[[nodiscard]] Pixels narrowed(const Pixels& numbers, ScalarType type);

/// Throws cannot_read for sizes that a file of that many bytes cannot hold, before memory is asked for. `packed`: the payload may be
/// deflated, at most 1032 : 1.
void check_plausible(const ArraySpec& spec, std::size_t file_bytes, bool packed);
[[nodiscard]] std::size_t size_of_file(const std::filesystem::path& file);  ///< throws cannot_read
/// While it lives, the beginning of the file that this thread looked at last stays in memory: every format looks at it, and all see the same.
class Beginnings {
 public:
  Beginnings();
  ~Beginnings();
  Beginnings(const Beginnings&) = delete;
  Beginnings& operator=(const Beginnings&) = delete;
};
/// The first bytes of a file; fewer if it is shorter, none if it cannot be read.
[[nodiscard]] std::string first_bytes(const std::filesystem::path& file, std::size_t count);
[[nodiscard]] std::string lower(std::string text);
[[nodiscard]] bool has_extension(const std::filesystem::path& file, std::string_view extension);
/// A rank-3 view of a grid's pixels without trailing single axes beyond z.
[[nodiscard]] VoxelGrid bare_grid(const Shape& shape, const ReadOptions& options, Metadata& meta);

}  // namespace iso::io::detail
