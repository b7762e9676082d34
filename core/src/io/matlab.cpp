#include "array_impl.h"
#include "handlers_impl.h"
#include "hdf5_impl.h"

#include "iso/base/error.h"

#include <matio.h>

#include <algorithm>
#include <cstring>

/// MATLAB .mat files, version 5 and 7.3, by matio. MATLAB's first axis (rows) is the fastest: its A(i, j, k) is our
/// element (i, j, k), so that a matrix of views x elements has the axes "view,u". Fields of structures are named
/// "structure.field".
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using Variable = std::unique_ptr<matvar_t, decltype(&Mat_VarFree)>;
using File = std::unique_ptr<mat_t, decltype(&Mat_Close)>;

std::optional<FileType> type_of(const matvar_t& v) {
  switch (v.class_type) {
    case MAT_C_DOUBLE: return v.isComplex ? FileType::c128 : FileType::f64;
    case MAT_C_SINGLE: return v.isComplex ? FileType::c64 : FileType::f32;
    case MAT_C_INT8: return v.isComplex ? std::nullopt : std::optional{FileType::i8};
    case MAT_C_UINT8: return v.isComplex ? std::nullopt : std::optional{FileType::u8};
    case MAT_C_INT16: return v.isComplex ? std::nullopt : std::optional{FileType::i16};
    case MAT_C_UINT16: return v.isComplex ? std::nullopt : std::optional{FileType::u16};
    case MAT_C_INT32: return v.isComplex ? std::nullopt : std::optional{FileType::i32};
    case MAT_C_UINT32: return v.isComplex ? std::nullopt : std::optional{FileType::u32};
    case MAT_C_INT64: return v.isComplex ? std::nullopt : std::optional{FileType::i64};
    case MAT_C_UINT64: return v.isComplex ? std::nullopt : std::optional{FileType::u64};
    default: return std::nullopt;
  }
}

// Numeric arrays at the top and in structures of one element.
void collect(matvar_t* v, const std::string& prefix, int depth, std::vector<Choice>& choices) {
  if (!v || !v->name || depth > 4) return;
  const std::string name = prefix + v->name;
  if (v->class_type == MAT_C_STRUCT) {
    const unsigned fields = Mat_VarGetNumberOfFields(v);
    for (unsigned f = 0; f < fields; ++f)
      collect(Mat_VarGetStructFieldByIndex(v, f, 0), name + ".", depth + 1, choices);
    return;
  }
  if (!type_of(*v) || v->rank < 1 || !v->dims) return;
  Choice choice{name, {}};
  for (int axis = 0; axis < v->rank; ++axis) choice.shape.push_back(static_cast<std::int64_t>(v->dims[axis]));
  choices.push_back(std::move(choice));
}

File open(const fs::path& file) {
  File mat{Mat_Open(file.c_str(), MAT_ACC_RDONLY), Mat_Close};
  if (!mat)
    throw Error{Errc::cannot_read, "the file cannot be opened as MATLAB: it is damaged or incomplete",
                "check that the file is complete"};
  return mat;
}

std::vector<Choice> choices_of(const fs::path& file) {
  const File mat = open(file);
  std::vector<Choice> choices;
  for (int count = 0; count < 1000; ++count) {
    const Variable v{Mat_VarReadNextInfo(mat.get()), Mat_VarFree};
    if (!v) break;
    collect(v.get(), "", 0, choices);
  }
  return choices;
}

template <class T>
void interleave(const mat_complex_split_t& parts, PixelBlock& to) {
  const auto* re = static_cast<const T*>(parts.Re);
  const auto* im = static_cast<const T*>(parts.Im);
  auto values = to.mutable_values<std::complex<T>>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = {re[i], im[i]};
}

PixelBlock block_of(const matvar_t& v, std::size_t file_bytes) {
  const auto type = type_of(v);
  std::vector<std::int64_t> extents(v.dims, v.dims + v.rank);
  while (extents.size() > 2 && extents.back() == 1) extents.pop_back();
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, stored_as(*type)};
  check_plausible({spec.shape, ScalarType::u8}, file_bytes, true);
  if (spec.shape.count() > 0 && !v.data)
    throw Error{Errc::cannot_read, "the variable is damaged or incomplete", "check that the file is complete"};
  PixelBlock block = PixelBlock::allocate(spec);
  if (spec.shape.count() == 0) return block;
  const auto need = static_cast<std::size_t>(spec.shape.count()) * bytes_of(*type) / (v.isComplex ? 2 : 1);
  if (v.nbytes < need) throw Error{Errc::cannot_read, "the variable is incomplete", "check that the file is complete"};
  if (*type == FileType::c128 || *type == FileType::c64) {
    const auto& parts = *static_cast<const mat_complex_split_t*>(v.data);
    if (!parts.Re || !parts.Im)
      throw Error{Errc::cannot_read, "the variable is incomplete", "check that the file is complete"};
    if (*type == FileType::c128)
      interleave<double>(parts, block);
    else
      interleave<float>(parts, block);
  } else {
    widen(*type, v.data, block);
  }
  return block;
}

RawArray array_of(const fs::path& file, const std::string& wanted) {
  const h5::Quiet quiet;
  Mat_LogInitFunc("isocenter", [](int, char*) {});  // the library speaks on stderr otherwise
  const std::size_t bytes = size_of_file(file);
  const auto choices = choices_of(file);
  const std::string name = choose(choices, wanted);
  for (const auto& choice : choices) {
    // Before the library asks for the memory.
    if (choice.name == name)
      check_plausible({Shape{std::span<const std::int64_t>{choice.shape}}, ScalarType::u8}, bytes, true);
  }
  const auto parts = split(name, '.');
  const File mat = open(file);
  const Variable top{Mat_VarRead(mat.get(), parts[0].c_str()), Mat_VarFree};
  matvar_t* v = top.get();
  for (std::size_t i = 1; i < parts.size() && v; ++i) v = Mat_VarGetStructFieldByName(v, parts[i].c_str(), 0);
  if (!v || !type_of(*v))
    throw Error{Errc::cannot_read, "the variable '" + name + "' cannot be read", "check that the file is complete"};
  RawArray array;
  array.pixels = block_of(*v, bytes);
  return array;
}

class Matlab final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override { return first_bytes(file, 6) == "MATLAB"; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const std::string wanted = hint_of(options, "dataset");
    return make_dataset(array_of(file, wanted), options,
                        [&](const fs::path& other) { return array_of(other, wanted); });
  }

 private:
  Format format_{"MATLAB",
                 {".mat"},
                 {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube, Kind::table},
                 {},
                 array_hints({"dataset"}),
                 "One numeric variable, rows first (a matrix of views x elements has the axes view,u)."};
};

}  // namespace

void add_matlab(Handlers& to) { to.push_back(std::make_unique<Matlab>()); }

}  // namespace iso::io::detail
