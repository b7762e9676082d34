#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"
#include "io/formats/matlab_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

/// MATLAB .mat files of the versions 4, 5 to 7 and 7.3 (HDF5), by MathWorks' published layout. MATLAB's first axis (rows)
/// is the fastest: its A(i, j, k) is our element (i, j, k), so that a matrix of views x elements has the axes "view,u".
/// Fields of structures are named "structure.field".
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

/// What a file holds: arrays of numbers, and what is none, with the reason.
struct Contents {
  std::vector<Choice> arrays;
  std::vector<std::string> others;
};

std::string kind_in_words(unsigned kind) {
  constexpr std::array<const char*, 18> names{"of an unknown class",
                                              "a cell array",
                                              "a structure",
                                              "an object",
                                              "text",
                                              "a sparse matrix",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "",
                                              "a function",
                                              "an object"};
  return kind < names.size() ? names[kind] : names[0];
}

FileType to_complex(FileType type, const std::string& name) {
  if (type == FileType::f64) return FileType::c128;
  if (type == FileType::f32) return FileType::c64;
  not_supported("'" + name + "' holds complex whole numbers", "save it as complex double");
}

template <class T>
Pixels interleaved(const Pixels& re, const Pixels& im) {
  if (re.is_outline()) return Pixels::outline({re.spec().shape, scalar_type_of<std::complex<T>>});
  PixelBuffer out = PixelBuffer::allocate({re.spec().shape, scalar_type_of<std::complex<T>>});
  const auto a = re.values<T>(), b = im.values<T>();
  auto to = out.values<std::complex<T>>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = {a[i], b[i]};
  return out;
}

std::vector<std::int64_t> trimmed(std::vector<std::int64_t> extents) {
  while (extents.size() > 2 && extents.back() == 1) extents.pop_back();
  return extents;
}

// ---- version 4 ----

struct Old {
  std::string name;
  FileType type{};
  bool swapped{false}, complex{false}, sparse{false}, text{false};
  std::int64_t rows{0}, columns{0};
  std::uint64_t data{0}, next{0};  // places in the file
};

std::optional<Old> old_at(const fs::path& file, std::uint64_t place) {
  std::array<std::int32_t, 5> words{};
  Bytes from = open_bytes(file, place, Packing::none);
  if (from->read(reinterpret_cast<std::byte*>(words.data()), 20) != 20) return std::nullopt;
  Old v;
  if (words[0] < 0 || words[0] > 5000) {
    swap_bytes(reinterpret_cast<std::byte*>(words.data()), 20, FileType::i32);
    v.swapped = true;
  }
  const int mopt = words[0], m = mopt / 1000, o = mopt / 100 % 10, p = mopt / 10 % 10, t = mopt % 10;
  if (mopt < 0 || m > 1 || (m == 1) != v.swapped || o != 0 || p > 5 || t > 2 || words[1] < 0 || words[2] < 0 ||
      words[3] < 0 || words[3] > 1 || words[4] < 2 || words[4] > 256)
    return std::nullopt;
  constexpr std::array<FileType, 6> types{FileType::f64, FileType::f32, FileType::i32,
                                          FileType::i16, FileType::u16, FileType::u8};
  v.type = types[static_cast<std::size_t>(p)];
  v.text = t == 1;
  v.sparse = t == 2;
  v.rows = words[1];
  v.columns = words[2];
  v.complex = words[3] == 1;
  v.name.resize(static_cast<std::size_t>(words[4]));
  if (from->read(reinterpret_cast<std::byte*>(v.name.data()), v.name.size()) != v.name.size()) return std::nullopt;
  if (v.name.back() != '\0') return std::nullopt;
  v.name.resize(v.name.find('\0'));
  if (v.name.empty() || !std::ranges::all_of(v.name, [](unsigned char c) { return std::isalnum(c) || c == '_'; }))
    return std::nullopt;
  v.data = place + 20 + static_cast<std::uint64_t>(words[4]);
  v.next = v.data + static_cast<std::uint64_t>(v.rows) * static_cast<std::uint64_t>(v.columns) * byte_count(v.type) *
                        (v.complex ? 2 : 1);
  return v;
}

std::vector<Old> old_variables(const fs::path& file) {
  std::vector<Old> list;
  const std::size_t size = size_of_file(file);
  for (std::uint64_t place = 0; place < size && list.size() < 10000;) {
    const auto v = old_at(file, place);
    if (!v)
      throw Error{Errc::cannot_read, "the file is damaged or incomplete behind byte " + std::to_string(place),
                  "check that the file is complete"};
    list.push_back(*v);
    place = v->next;
  }
  return list;
}

Pixels old_array(const fs::path& file, const Old& v, Metadata& meta) {
  const Stored stored{v.type, v.swapped, {v.rows, v.columns}};
  const std::size_t bytes = static_cast<std::size_t>(v.rows) * static_cast<std::size_t>(v.columns) * byte_count(v.type);
  Pixels re = load(*open_bytes(file, v.data, Packing::none), stored, meta, Rest::unread);
  if (!v.complex) return re;
  const Pixels im = load(*open_bytes(file, v.data + bytes, Packing::none), stored, meta, Rest::unread);
  if (to_complex(v.type, v.name) == FileType::c128) return interleaved<double>(re, im);
  return interleaved<float>(re, im);
}

// ---- version 7.3 ----

bool is_new(const std::string& start) { return start.size() >= 126 && start[124] == '\0' && start[125] == '\2'; }

Contents new_contents(const fs::path& file) {
  const h5::Quiet quiet;
  const h5::Id in = h5::open_file(file);
  Contents contents;
  for (const auto& path : h5::dataset_names(in)) {
    if (path.starts_with("/#")) continue;  // what cells and objects refer to
    std::string name = path.substr(1);
    std::ranges::replace(name, '/', '.');
    const h5::Id data{H5Dopen2(in, path.c_str(), H5P_DEFAULT), H5Dclose, path};
    const std::string kind = h5::text_attribute(data, "MATLAB_class").value_or("");
    const bool empty =
        !h5::number_attribute(data, "MATLAB_empty").empty() && h5::number_attribute(data, "MATLAB_empty")[0] != 0;
    if (h5::has(in, path.substr(0, path.rfind('/')) + "/jc") && h5::has(in, path.substr(0, path.rfind('/')) + "/ir")) {
      if (path.ends_with("/jc"))
        contents.others.push_back("'" + name.substr(0, name.rfind('.')) + "' is a sparse matrix");
      continue;
    }
    if (kind == "cell" || kind == "char" || kind == "function_handle" || kind == "struct" || empty ||
        !h5::is_numeric(data)) {
      contents.others.push_back("'" + name + "' is " +
                                (empty              ? "empty"
                                 : kind == "char"   ? "text"
                                 : kind == "cell"   ? "a cell array"
                                 : kind == "struct" ? "a structure"
                                                    : "no array of numbers"));
      continue;
    }
    try {
      const Shape shape = h5::make_shape(in, path);
      contents.arrays.push_back({name, trimmed({shape.extents().begin(), shape.extents().end()})});
    } catch (const Error&) {
      contents.others.push_back("'" + name + "' has more than six axes");
    }
  }
  return contents;
}

Pixels new_array(const fs::path& file, const std::string& name, Metadata& meta) {
  const h5::Quiet quiet;
  const h5::Id in = h5::open_file(file);
  std::string path = "/" + name;
  if (!h5::is_dataset(in, path)) std::ranges::replace(path, '.', '/');
  const Pixels block = h5::read_or_outline(in, path, meta);
  const auto extents = trimmed({block.spec().shape.extents().begin(), block.spec().shape.extents().end()});
  return block.reshaped(Shape{std::span<const std::int64_t>{extents}});
}

// ---- what all have in common ----

std::string choose_array(const Contents& contents, const std::string& wanted) {
  const auto named = [&](const std::string& text) { return text.starts_with("'" + wanted + "' "); };
  if (const auto found = std::ranges::find_if(contents.others, named);
      !wanted.empty() && found != contents.others.end())
    throw Error{Errc::type_mismatch, *found + ", an array of numbers was expected",
                "save its numbers in a variable of their own, with full() if it is sparse"};
  if (contents.arrays.empty() && !contents.others.empty()) {
    std::string list;
    for (const auto& other : contents.others) list += (list.empty() ? "" : ", ") + other;
    throw Error{Errc::type_mismatch, "the file holds no array of numbers: " + list.substr(0, 300),
                "save its numbers in a variable of their own, with full() if it is sparse"};
  }
  return choose(contents.arrays, wanted);
}

bool is_version_73(const fs::path& file, const std::string& start) {
  if (!start.starts_with("MATLAB")) return h5::looks_like_hdf5(file);
  return is_new(start) || (h5::looks_like_hdf5(file) && start[125] != '\1');
}

bool is_version_4(const fs::path& file, const std::string& start) {
  return !start.starts_with("MATLAB") && !h5::looks_like_hdf5(file);
}

Contents to_contents(const fs::path& file) {
  const std::string start = first_bytes(file, 128);
  if (is_version_73(file, start)) return new_contents(file);
  Contents contents;
  if (is_version_4(file, start)) {
    for (const auto& v : old_variables(file)) {
      if (v.text || v.sparse)
        contents.others.push_back("'" + v.name + "' is " + (v.text ? "text" : "a sparse matrix"));
      else
        contents.arrays.push_back({v.name, {v.rows, v.columns}});
    }
    return contents;
  }
  for (const auto& v : mat5::variables(file)) {
    if (v.numeric)
      contents.arrays.push_back({v.name, v.extents});
    else
      contents.others.push_back("'" + v.name + "' is " +
                                (v.kind == 2 ? "an array of structures" : kind_in_words(v.kind)));
  }
  return contents;
}

RawArray make_array(const fs::path& file, const std::string& wanted) {
  RawArray array;
  array.usual_axes = "view,u";
  const std::string start = first_bytes(file, 128), name = choose_array(to_contents(file), wanted);
  if (is_version_73(file, start)) {
    array.pixels = new_array(file, name, array.meta);
  } else if (is_version_4(file, start)) {
    for (const auto& v : old_variables(file))
      if (v.name == name) array.pixels = old_array(file, v, array.meta);
  } else {
    const mat5::Parts parts = mat5::read(file, name, array.meta);
    const auto extents = trimmed({parts.real.spec().shape.extents().begin(), parts.real.spec().shape.extents().end()});
    Pixels block = parts.real;
    if (parts.imaginary)
      block = block.spec().type == ScalarType::f32 ? interleaved<float>(parts.real, *parts.imaginary)
                                                   : interleaved<double>(parts.real, *parts.imaginary);
    array.pixels = block.reshaped(Shape{std::span<const std::int64_t>{extents}});
  }
  return array;
}

class Matlab final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    if (first_bytes(file, 6) == "MATLAB") return true;
    if (!has_extension(file, ".mat")) return false;
    // Version 4 has no signature; h5py writes no header of MATLAB's.
    return h5::looks_like_hdf5(file) || old_at(file, 0).has_value();
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const std::string wanted = find_hint(options, "dataset");
    const bool may_be_library = options.expected ? *options.expected == Kind::table : wanted.empty();
    if (may_be_library) {
      const auto load = [&](const std::string& name) { return make_array(file, name).pixels; };
      if (auto library = matlab_library(to_contents(file).arrays, wanted, load)) return Dataset{std::move(*library)};
    }
    return make_dataset(kept_array(*this, file, wanted, [&] { return make_array(file, wanted); }), options,
                        [&](const fs::path& other) { return make_array(other, wanted); });
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const fs::path& file) const override {
    return to_arrays(to_contents(file).arrays);
  }

 private:
  Format format_{
      "MATLAB",
      {".mat"},
      {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube, Kind::table},
      {},
      array_hints({"dataset"}),
      "One numeric variable, rows first (a matrix of views x elements has the axes view,u); or a spectral library, "
      "bands x spectra with names beside it."};
};

}  // namespace

void add_matlab(Handlers& to) { to.push_back(std::make_unique<Matlab>()); }

}  // namespace iso::io::detail
