#include "io/formats/hdf5_impl.h"

#include "io/array_impl.h"
#include "io/formats/payload_impl.h"
#include "io/reading/reading_impl.h"
#include "iso/base/error.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace iso::io::detail::h5 {
namespace fs = std::filesystem;
namespace {

/// The library's own work at the end of a program crashes where a file could not be flushed on a full disk; every file of
/// ours is closed before that.
[[maybe_unused]] const bool no_work_at_exit = ::H5dont_atexit() >= 0;

const std::string damaged = "the file is damaged or incomplete";

std::array<std::string, 2> member_names(hid_t compound) {
  std::array<std::string, 2> names;
  for (unsigned member = 0; member < 2; ++member) {
    if (char* name = H5Tget_member_name(compound, member)) {
      names[member] = name;
      H5free_memory(name);
    }
  }
  return names;
}

FileType file_type(hid_t type) {
  const std::size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_ENUM: return file_type(Id{H5Tget_super(type), H5Tclose, "base of an enumeration"});
    case H5T_INTEGER:
    case H5T_BITFIELD: {
      const bool is_signed = H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
      if (size == 1) return is_signed ? FileType::i8 : FileType::u8;
      if (size == 2) return is_signed ? FileType::i16 : FileType::u16;
      if (size == 4) return is_signed ? FileType::i32 : FileType::u32;
      if (size == 8) return is_signed ? FileType::i64 : FileType::u64;
      break;
    }
    case H5T_FLOAT: return size <= 4 ? FileType::f32 : FileType::f64;
    case H5T_COMPOUND: {
      if (H5Tget_nmembers(type) != 2 || H5Tget_member_class(type, 0) != H5T_FLOAT ||
          H5Tget_member_class(type, 1) != H5T_FLOAT)
        break;
      const auto names = member_names(type);
      const bool known = (names[0] == "r" && names[1] == "i") || (names[0] == "re" && names[1] == "im") ||
                         (names[0] == "real" && (names[1] == "imag" || names[1] == "imaginary"));
      if (!known)
        throw Error{Errc::type_mismatch,
                    "its elements are pairs of '" + names[0] + "' and '" + names[1] + "', which are no complex numbers",
                    "save the one that is meant"};
      return H5Tget_size(Id{H5Tget_member_type(type, 0), H5Tclose, "member"}) <= 4 ? FileType::c64 : FileType::c128;
    }
    default: break;
  }
  throw Error{Errc::type_mismatch, "its element type is neither a number nor a complex number"};
}

// The type in our memory; complex numbers by the member names of the file.
Id memory_type(FileType type, hid_t in_file) {
  const auto native = [&]() -> hid_t {
    switch (type) {
      case FileType::i8: return H5T_NATIVE_INT8;
      case FileType::u8: return H5T_NATIVE_UINT8;
      case FileType::i16: return H5T_NATIVE_INT16;
      case FileType::u16: return H5T_NATIVE_UINT16;
      case FileType::i32: return H5T_NATIVE_INT32;
      case FileType::u32: return H5T_NATIVE_UINT32;
      case FileType::i64: return H5T_NATIVE_INT64;
      case FileType::u64: return H5T_NATIVE_UINT64;
      case FileType::f32:
      case FileType::c64: return H5T_NATIVE_FLOAT;
      default: return H5T_NATIVE_DOUBLE;
    }
  }();
  if (type != FileType::c64 && type != FileType::c128) {
    // Bits are read as they are, in our byte order; an enumeration (a Boolean) as the numbers it is made of.
    if (in_file >= 0 && H5Tget_class(in_file) == H5T_BITFIELD)
      return Id{H5Tget_native_type(in_file, H5T_DIR_DEFAULT), H5Tclose, "type"};
    return Id{H5Tcopy(native), H5Tclose, "type"};
  }
  const std::size_t half = H5Tget_size(native);
  Id compound{H5Tcreate(H5T_COMPOUND, 2 * half), H5Tclose, "type"};
  std::array<std::string, 2> names{"r", "i"};
  if (in_file >= 0) names = member_names(in_file);
  H5Tinsert(compound, names[0].c_str(), 0, native);
  H5Tinsert(compound, names[1].c_str(), half, native);
  return compound;
}

Shape shape_of_space(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0) throw Error{Errc::cannot_read, damaged};
  std::array<hsize_t, H5S_MAX_RANK> dims{};
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  if (static_cast<std::size_t>(rank) > Shape::max_rank) {
    throw Error{Errc::invalid_input, "the array has " + std::to_string(rank) + " axes, at most 6 are supported"};
  }
  std::vector<std::int64_t> extents;
  for (int axis = rank - 1; axis >= 0; --axis) {
    if (dims[static_cast<std::size_t>(axis)] > (hsize_t{1} << 50))
      throw Error{Errc::invalid_input, "an extent of the array is impossible"};
    extents.push_back(static_cast<std::int64_t>(dims[static_cast<std::size_t>(axis)]));
  }
  return Shape{std::span<const std::int64_t>{extents}};
}

}  // namespace

Id make_type(ScalarType type) { return memory_type(to_file_type(type), -1); }

Id::Id(hid_t id, Close close, const std::string& what) : id_{id}, close_{close} {
  if (id < 0)
    throw Error{Errc::cannot_read, "'" + what + "' cannot be opened: " + damaged, "check that the file is complete"};
}

void Id::finish() {
  const hid_t id = std::exchange(id_, -1);
  if (id < 0 || close_(id) >= 0) return;
  throw Error{Errc::cannot_write, "the file could not be written completely",
              "free some space or write to another disk"};
}

Quiet::Quiet() {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Quiet::~Quiet() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

void prepare_library() noexcept { H5open(); }

bool looks_like_hdf5(const fs::path& file) {
  // The signature stands at 0, or at 512, 1024, ... behind a user block (MATLAB uses 512).
  const std::string start = first_bytes(file, 2056);
  for (const std::size_t at : {0, 512, 1024, 2048}) {
    if (start.size() >= at + 8 && start.compare(at, 8, "\x89HDF\r\n\x1a\n") == 0) return true;
  }
  return false;
}

bool holds(const fs::path& file, const std::function<bool(hid_t)>& test) {
  if (!looks_like_hdf5(file)) return false;
  const Quiet quiet;
  try {
    const Id in = open_file(file);
    return test(in);
  } catch (const Error&) {
    return false;
  }
}

bool has(hid_t place, const std::string& path) {
  // H5Lexists wants every link above to exist.
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    if (H5Lexists(place, path.substr(0, at).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(place, path.c_str(), H5P_DEFAULT) > 0 && H5Oexists_by_name(place, path.c_str(), H5P_DEFAULT) > 0;
}

bool is_dataset(hid_t place, const std::string& path) {
  if (!has(place, path)) return false;
  const Id object{H5Oopen(place, path.c_str(), H5P_DEFAULT), H5Oclose, path};
  return H5Iget_type(object) == H5I_DATASET;
}

Id open_group(hid_t place, const std::string& path) {
  return Id{H5Gopen2(place, path.c_str(), H5P_DEFAULT), H5Gclose, path};
}
Id create_group(hid_t place, const std::string& path) {
  const hid_t id = H5Gcreate2(place, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0) throw Error{Errc::cannot_write, "the group '" + path + "' cannot be made in the file"};
  return Id{id, H5Gclose, path};
}

std::vector<std::string> dataset_names(hid_t place) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(out);
    if (info->type == H5O_TYPE_DATASET) list.push_back("/" + std::string{name});
    return list.size() < 200 ? 0 : 1;
  };
  // Basic facts only: for the sizes of the metadata the library goes through trees of damaged files without a check.
  H5Ovisit2(place, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &names, H5O_INFO_BASIC);
  return names;
}

Shape make_shape(hid_t place, const std::string& path) {
  const Id data{H5Dopen2(place, path.c_str(), H5P_DEFAULT), H5Dclose, path};
  const Id space{H5Dget_space(data), H5Sclose, path};
  return shape_of_space(space);
}

namespace {

// A file reads only itself and what lies beside it.
void check_name(const std::string& name, const std::string& what) {
  const fs::path file{name};
  if (!file.is_absolute() && std::ranges::none_of(file, [](const fs::path& part) { return part == ".."; })) return;
  throw Error{Errc::invalid_input,
              what + " in '" + name.substr(0, 100) + "', outside of the folder of the file, which is not followed",
              "copy the data into one file"};
}

fs::path find_folder(hid_t object) {
  std::array<char, 4096> name{};
  if (H5Fget_name(object, name.data(), name.size()) <= 0) return ".";
  return fs::path{name.data()}.parent_path();
}

// Links on the way to an object lead into files beside only.
void check_links(hid_t place, const std::string& path, int depth) {
  if (depth > 16) throw Error{Errc::invalid_input, "the links to '" + path + "' go round in circles"};
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    H5L_info_t info{};
    if (part.empty() || H5Lget_info(place, part.c_str(), &info, H5P_DEFAULT) < 0) return;  // the reader says what lacks
    if (info.type == H5L_TYPE_EXTERNAL || info.type == H5L_TYPE_SOFT) {
      std::vector<char> value(info.u.val_size + 1);
      H5Lget_val(place, part.c_str(), value.data(), value.size(), H5P_DEFAULT);
      if (info.type == H5L_TYPE_SOFT) {
        const std::string target{value.data()};
        check_links(place, target.starts_with('/') ? target : part.substr(0, part.rfind('/') + 1) + target, depth + 1);
      } else {
        const char *file = nullptr, *object = nullptr;
        if (H5Lunpack_elink_val(value.data(), info.u.val_size, nullptr, &file, &object) < 0) return;
        check_name(file, "'" + part + "' is a link to an object");
        std::error_code problem;
        if (!fs::exists(find_folder(place) / file, problem))
          throw Error{Errc::cannot_read,
                      "the file '" + std::string{file} + "', to which '" + part + "' is a link, is not there",
                      "keep it beside the file that was opened"};
      }
    }
    if (at == std::string::npos) return;
  }
}

// Whether the parts of a virtual array are there and cover it.
void check_parts(hid_t data, hid_t space, hid_t made, const std::string& path) {
  std::size_t count = 0;
  H5Pget_virtual_count(made, &count);
  hssize_t covered = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<char> name(
        static_cast<std::size_t>(std::max<ssize_t>(H5Pget_virtual_filename(made, i, nullptr, 0), 0)) + 1);
    H5Pget_virtual_filename(made, i, name.data(), name.size());
    const std::string source{name.data()};
    check_name(source, "the array '" + path + "' is made of parts");
    std::error_code problem;
    if (source != "." && !fs::exists(find_folder(data) / source, problem))
      throw Error{Errc::cannot_read,
                  "the file '" + source + "', which holds a part of the array '" + path + "', is not there",
                  "keep it beside the file that was opened"};
    const Id part{H5Pget_virtual_vspace(made, i), H5Sclose, path};
    covered += H5Sget_select_npoints(part);
  }
  if (covered < H5Sget_simple_extent_npoints(space))
    throw Error{Errc::cannot_read,
                "the array '" + path + "' is incomplete: its parts hold " + std::to_string(covered) + " of " +
                    std::to_string(H5Sget_simple_extent_npoints(space)) + " values",
                "check that the scan was finished"};
}

// Storage outside of the file, parts that were never written: what HDF5 would fill up without a word.
void check_storage(hid_t data, hid_t space, const std::string& path, Metadata* meta) {
  const Id made{H5Dget_create_plist(data), H5Pclose, path};
  if (H5Pget_external_count(made) > 0) {
    std::array<char, 4096> name{};
    H5Pget_external(made, 0, name.size() - 1, name.data(), nullptr, nullptr);
    throw Error{Errc::invalid_input,
                "the array '" + path + "' has its numbers in another file, '" +
                    std::string{name.data()}.substr(0, 100) + "', which is not followed",
                "copy the data into one file"};
  }
  const H5D_layout_t layout = H5Pget_layout(made);
  if (layout == H5D_VIRTUAL) return check_parts(data, space, made, path);
  std::uint64_t there = 0, all = 0;
  if (layout == H5D_CHUNKED) {
    std::array<hsize_t, H5S_MAX_RANK> sizes{}, chunk{};
    const int rank = H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
    H5Pget_chunk(made, rank, chunk.data());
    all = 1;
    for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i)
      all *= chunk[i] == 0 ? 1 : (sizes[i] + chunk[i] - 1) / chunk[i];
    hsize_t written = 0;
    if (H5Dget_num_chunks(data, space, &written) < 0) return;
    there = written;
  } else {
    H5D_space_status_t status{};
    if (layout == H5D_COMPACT || H5Dget_space_status(data, &status) < 0) return;
    all = 1;
    there = status == H5D_SPACE_STATUS_NOT_ALLOCATED ? 0 : 1;
  }
  if (there >= all) return;
  H5D_fill_value_t fill{};
  H5Pfill_value_defined(made, &fill);
  const std::string what =
      "the array '" + path + "' was " +
      (there == 0 ? "never written"
                  : "written in part only, " + std::to_string(there) + " of " + std::to_string(all) + " pieces");
  if (there == 0 || fill != H5D_FILL_VALUE_USER_DEFINED || !meta)
    throw Error{Errc::cannot_read, what + ": the file is incomplete",
                "check that the program that wrote it came to its end"};
  assume(*meta, what + "; the rest is its fill value");
}

// A compression that this library has no code for is not damage.
void check_filters(hid_t data, const std::string& path) {
  const Id made{H5Dget_create_plist(data), H5Pclose, path};
  for (int i = 0; i < H5Pget_nfilters(made); ++i) {
    unsigned flags = 0, unused = 0;
    std::size_t count = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t filter =
        H5Pget_filter2(made, static_cast<unsigned>(i), &flags, &count, nullptr, name.size() - 1, name.data(), &unused);
    if (filter < 0 || H5Zfilter_avail(filter) > 0) continue;
    not_supported("the array '" + path + "' is packed by the filter " + std::to_string(filter) +
                      (name[0] != '\0' ? " (" + std::string{name.data()} + ")" : ""),
                  "save it uncompressed or with gzip");
  }
}

// netCDF had no unsigned numbers once; its attribute _Unsigned says that signed ones are meant without sign.
FileType without_sign(hid_t data, FileType type, Metadata& meta) {
  const std::string said = lower(text_attribute(data, "_Unsigned").value_or(""));
  static const std::map<FileType, FileType> unsigned_of{{FileType::i8, FileType::u8},
                                                        {FileType::i16, FileType::u16},
                                                        {FileType::i32, FileType::u32},
                                                        {FileType::i64, FileType::u64}};
  const auto found = unsigned_of.find(type);
  if (found == unsigned_of.end() || !(said == "true" || said == "1")) return type;
  assume(meta, "numbers without sign, as the attribute _Unsigned says");
  return found->second;
}

// What netCDF and its relatives say beside the numbers.
Pixels unpacked(hid_t data, const Pixels& block, Metadata& meta) {
  const auto number = [&](const char* name) -> std::optional<double> {
    const auto found = number_attribute(data, name);
    return found.size() == 1 ? std::optional{found[0]} : std::nullopt;
  };
  const auto scale = number("scale_factor"), offset = number("add_offset"), missing = number("_FillValue");
  const bool countable = !block.is_outline() && !is_complex(block.spec().type);
  for (const auto& [name, value] :
       {std::pair{"_FillValue", missing}, std::pair{"missing_value", number("missing_value")}}) {
    if (!value || !countable) continue;
    const Pixels values = block.converted(ScalarType::f64);
    const auto count = std::ranges::count(values.values<double>(), *value);
    if (count > 0)
      throw Error{Errc::invalid_input,
                  std::to_string(count) + " values are missing (" + name + " " + short_number(*value) + ")",
                  "fill or cut them first"};
  }
  if ((scale.value_or(1) == 1 && offset.value_or(0) == 0) || is_complex(block.spec().type)) return block;
  assume(meta, "values times " + short_number(scale.value_or(1)) + " plus " + short_number(offset.value_or(0)) +
                   ", as scale_factor and add_offset say");
  return scaled(block, scale.value_or(1), offset.value_or(0));
}

/// Whether the members of structures lie within them. libhdf5 does not look, and reads beyond the elements.
bool members_fit(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_COMPOUND: {
      const std::size_t whole = H5Tget_size(type);
      for (int i = 0; i < H5Tget_nmembers(type); ++i) {
        const auto member = static_cast<unsigned>(i);
        const std::size_t at = H5Tget_member_offset(type, member);
        const Id of{H5Tget_member_type(type, member), H5Tclose, "member"};
        if (at > whole || whole - at < H5Tget_size(of) || !members_fit(of)) return false;
      }
      return true;
    }
    case H5T_VLEN:
    case H5T_ARRAY: return members_fit(Id{H5Tget_super(type), H5Tclose, "element"});
    default: return true;
  }
}

}  // namespace

void check_stored_bytes(hid_t data, const std::string& path) {
  const Id made{H5Dget_create_plist(data), H5Pclose, path};
  const H5D_layout_t layout = H5Pget_layout(made);
  const Id space{H5Dget_space(data), H5Sclose, path};
  const Id type{H5Dget_type(data), H5Tclose, path};
  if (!members_fit(type))
    throw Error{Errc::cannot_read,
                "the array '" + path + "' is damaged: a member of its elements does not lie within them",
                "check that the file is complete"};
  const bool leads_elsewhere = H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tdetect_class(type, H5T_STRING) > 0;
  if (leads_elsewhere) {
    check_heaps(data);
    check_lists(data, path);
  }
  if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS) return;  // pieces have their own sizes
  const double need = static_cast<double>(H5Sget_simple_extent_npoints(space)) * static_cast<double>(H5Tget_size(type));
  const auto there = static_cast<double>(H5Dget_storage_size(data));
  if (there >= need || (there == 0 && layout == H5D_CONTIGUOUS)) return;  // never written: said elsewhere
  throw Error{Errc::cannot_read,
              "the array '" + path + "' is damaged: its sizes need " + short_number(need) + " bytes, " +
                  short_number(there) + " are stored",
              "check that the file is complete"};
}

bool leads_to_dataset(hid_t place, const std::string& path) {
  check_links(place, path, 0);
  return is_dataset(place, path);
}

bool is_numeric(hid_t data) {
  const Id type{H5Dget_type(data), H5Tclose, "type"};
  try {
    (void)file_type(type);
    return true;
  } catch (const Error&) {
    return false;
  }
}

namespace {

/// A data set that was looked at as far as its values: type, sizes, storage, filters.
struct Opened {
  Id data, type;
  Shape shape;
  FileType stored, element;  ///< as its type says, and as it is meant
};

Opened open_array(hid_t place, const std::string& path, Metadata* meta) {
  check_links(place, path, 0);
  Id data{H5Dopen2(place, path.c_str(), H5P_DEFAULT), H5Dclose, path};
  const Id space{H5Dget_space(data), H5Sclose, path};
  Id type{H5Dget_type(data), H5Tclose, path};
  const Shape shape = shape_of_space(space);
  FileType element{};
  try {
    element = file_type(type);
  } catch (const Error& error) {
    throw Error{error.code(), "the array '" + path + "' cannot be used: " + error.what(), error.hint()};
  }
  const Id file{H5Iget_file_id(data), H5Fclose, path};
  hsize_t bytes = 0;
  if (H5Fget_filesize(file, &bytes) < 0) throw Error{Errc::cannot_read, damaged};
  check_plausible({shape, ScalarType::u8}, static_cast<std::size_t>(bytes), true);
  if (shape.count() > 0) {
    check_stored_bytes(data, path);
    check_storage(data, space, path, meta);
    check_filters(data, path);
  }
  const FileType meant = meta != nullptr ? without_sign(data, element, *meta) : element;
  return {std::move(data), std::move(type), shape, element, meant};
}

herr_t read_values(hid_t data, hid_t memory, void* to, const std::string& path) {
  return read_pieces(data, memory, to, path) ? 0 : H5Dread(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
}

}  // namespace

Pixels read_array(hid_t place, const std::string& path, Metadata* meta) {
  const Opened array = open_array(place, path, meta);
  const FileType element = array.element;
  const auto count = static_cast<std::size_t>(array.shape.count());
  allow_time_for(count * byte_count(element));  // packed, a small file may hold much
  PixelBuffer block = PixelBuffer::allocate({array.shape, stored_as(element)});
  if (count == 0) return block;
  bool whole = true;
  const Id memory = memory_type(array.stored, array.type);
  herr_t done = 0;
  if (stored_as_is(element)) {
    done = read_values(array.data, memory, block.data(), path);
  } else {
    std::vector<std::byte> raw(count * byte_count(element));
    done = read_values(array.data, memory, raw.data(), path);
    whole = widen(element, raw.data(), count, block.data());
  }
  if (done < 0)
    throw Error{Errc::cannot_read, "the array '" + path + "' cannot be read: " + damaged,
                "check that the file is complete"};
  if (!meta) return block;
  if (!whole) note_rounding(*meta);
  return unpacked(array.data, std::move(block), *meta);
}

Pixels read_or_outline(hid_t place, const std::string& path, Metadata& meta) {
  if (!HeadersOnly::active()) return read_array(place, path, &meta);
  const Opened array = open_array(place, path, &meta);
  return unpacked(array.data, Pixels::outline({array.shape, stored_as(array.element)}), meta);
}

}  // namespace iso::io::detail::h5
