#pragma once

#include "iso/data/dataset.h"

#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// HDF5 in small words. Arrays keep their order in memory: the fastest axis of ours is the last of the file.
namespace iso::io::detail::h5 {

/// An identifier that closes itself. Throws cannot_read if it is not valid.
class Id {
 public:
  using Close = herr_t (*)(hid_t);
  Id(hid_t id, Close close, const std::string& what);
  Id(Id&& other) noexcept : id_{other.id_}, close_{other.close_} { other.id_ = -1; }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  Id& operator=(Id&&) = delete;
  ~Id() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const noexcept { return id_; }
  /// Closes it now. Throws cannot_write if the library could not write what it had held back.
  void finish();

 private:
  hid_t id_;
  Close close_;
};

/// HDF5 keeps its error stack to itself while this lives.
class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t function_{nullptr};
  void* data_{nullptr};
};

/// Makes the library ready without a file: half a millisecond, which the children of isocenter-reader then do not take.
void prepare_library() noexcept;
[[nodiscard]] bool looks_like_hdf5(const std::filesystem::path& file);
/// Whether the file is HDF5 and `test` holds of it; false for one that cannot be opened.
[[nodiscard]] bool holds(const std::filesystem::path& file, const std::function<bool(hid_t)>& test);
[[nodiscard]] Id open_file(
    const std::filesystem::path& file);  ///< throws cannot_read; internal outside of a process that reads for others
/// While it lives, a file that this thread opens is opened by the library once and what it found of it is kept: each format looks at it, and
/// an opening takes half a megabyte that is cleared.
class OneOpening {
 public:
  OneOpening();
  OneOpening(const OneOpening&) = delete;
  OneOpening& operator=(const OneOpening&) = delete;
  ~OneOpening();
};
/// While it lives, no more than `size` bytes are read from a file into `buffer` on this thread: the library reads a piece as long as
/// its index says, and tells another length before (1.10, arrays without filters).
class BoundedRead {
 public:
  BoundedRead(const void* buffer, std::size_t size);
  BoundedRead(const BoundedRead&) = delete;
  BoundedRead& operator=(const BoundedRead&) = delete;
  ~BoundedRead();
};
/// For about `bytes` of arrays. Throws cannot_write; HDF5 itself brings the program down at its end after a full disk.
[[nodiscard]] Id create_file(const std::filesystem::path& file, std::size_t bytes);
/// Flushes and closes; a full disk shows here. Throws cannot_write.
void finish(Id file);

[[nodiscard]] bool has(hid_t place, const std::string& path);
[[nodiscard]] bool is_dataset(hid_t place, const std::string& path);
[[nodiscard]] Id open_group(hid_t place, const std::string& path);
[[nodiscard]] Id create_group(hid_t place, const std::string& path);
/// Paths of the data sets below `place`, at most 200.
[[nodiscard]] std::vector<std::string> dataset_names(hid_t place);

/// Any numeric array of up to six axes; compounds of two floats are complex. Throws invalid_input, type_mismatch, cannot_read.
/// Numbers in other files than those beside, unfinished arrays and unknown filters are refused. With `meta` scale_factor and
/// add_offset are applied and what was assumed is noted.
[[nodiscard]] Pixels read_array(hid_t place, const std::string& path, Metadata* meta = nullptr);
/// Likewise, or an outline where headers alone are wanted (HeadersOnly): storage and filters are looked at, no value.
[[nodiscard]] Pixels read_or_outline(hid_t place, const std::string& path, Metadata& meta);
/// All elements of a data set that is stored in pieces (chunks), as the type `in_memory`: unpacked by us, the length of each piece
/// compared (hdf5_chunks.cpp). False, and nothing is read, where it is stored as a whole or by filters that the library must
/// read. Throws cannot_read.
[[nodiscard]] bool read_pieces(hid_t data, hid_t in_memory, void* array, const std::string& path);
/// Sees the elements of a piece as they are in the file.
using LookAtPiece = std::function<void(std::span<const unsigned char>)>;
/// Throws cannot_read if a piece is shorter or longer than it must be. `look` sees each piece of an array of one axis.
void check_pieces(hid_t data, const std::string& path, const LookAtPiece& look = {});
/// Checks pieces as above, and that elements of any length name objects of a global heap that are as long as they say: the library copies
/// the object into a buffer of the length of the element. Looked at are lists, alone or in a structure, of an array of one
/// axis in pieces, or of any that is stored as a whole. Throws cannot_read.
void check_lists(hid_t data, const std::string& path);
/// Before texts and lists of any length are read: throws cannot_read if the objects of a global heap of the file that holds
/// `object` do not fill it, because the library looks for their end without end (hdf5_heaps.cpp).
void check_heaps(hid_t object);
/// Throws cannot_read if a data set stores fewer bytes than its sizes need: the library would read behind them. Pieces are looked
/// at where elements lead elsewhere (texts and lists of any length), which `read_pieces` cannot read.
void check_stored_bytes(hid_t data, const std::string& path);
/// Follows links into files beside; throws invalid_input or cannot_read, naming the link, if one leads elsewhere or nowhere.
[[nodiscard]] bool leads_to_dataset(hid_t place, const std::string& path);
[[nodiscard]] bool is_numeric(hid_t data);  ///< of a data set: numbers, or complex numbers
[[nodiscard]] Shape make_shape(hid_t place, const std::string& path);
/// The type of numbers in memory and file.
[[nodiscard]] Id make_type(ScalarType type);
void write_array(hid_t place, const std::string& path, const Pixels& block);  ///< throws cannot_write

[[nodiscard]] std::optional<std::string> text_attribute(hid_t place, const std::string& name);
[[nodiscard]] std::optional<std::string> text_dataset(hid_t place, const std::string& path);
[[nodiscard]] std::vector<double> number_attribute(hid_t place, const std::string& name);  ///< empty if there is none
void write_attribute(hid_t place, const std::string& name, const std::string& text);
void write_attribute(hid_t place, const std::string& name, const std::vector<double>& numbers);
[[nodiscard]] std::vector<std::string> attribute_names(hid_t place);
[[nodiscard]] std::vector<std::string> link_names(hid_t group);
[[nodiscard]] std::map<std::string, std::string> text_attributes(hid_t place);

}  // namespace iso::io::detail::h5
