#include "array_impl.h"
#include "handlers_impl.h"
#include "nifti_header_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <itkMetaDataObject.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkTIFFImageIO.h>

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>

/// Image files by ITK's ImageIO objects, made by name: no factory is registered, so that a command that reads nothing
/// pays nothing. Pixels are read straight into our memory and written straight from it.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr const char* quantity_key = "isocenter_quantity";
constexpr std::string_view nifti_prefix = "iso:";  // before the quantity in aux_file, which holds 23 characters

FileType file_type(const itk::ImageIOBase& io) {
  using enum itk::IOComponentEnum;
  if (io.GetPixelType() == itk::IOPixelEnum::COMPLEX) {
    if (io.GetComponentType() == FLOAT) return FileType::c64;
    if (io.GetComponentType() == DOUBLE) return FileType::c128;
    throw Error{Errc::unsupported, "complex pixels of whole numbers are not supported"};
  }
  switch (io.GetComponentType()) {
    case UCHAR: return FileType::u8;
    case CHAR: return FileType::i8;
    case USHORT: return FileType::u16;
    case SHORT: return FileType::i16;
    case UINT: return FileType::u32;
    case INT: return FileType::i32;
    case ULONG: return sizeof(long) == 8 ? FileType::u64 : FileType::u32;
    case LONG: return sizeof(long) == 8 ? FileType::i64 : FileType::i32;
    case ULONGLONG: return FileType::u64;
    case LONGLONG: return FileType::i64;
    case FLOAT: return FileType::f32;
    case DOUBLE: return FileType::f64;
    default: break;
  }
  throw Error{Errc::unsupported, "the element type of the pixels is not supported"};
}

VoxelGrid grid_from(const itk::ImageIOBase& io) {
  VoxelGrid grid;
  const unsigned axes = std::min(3u, io.GetNumberOfDimensions());
  for (unsigned axis = 0; axis < axes; ++axis) {
    grid.size[axis] = static_cast<std::int64_t>(io.GetDimensions(axis));
    grid.spacing_mm[axis] = io.GetSpacing(axis);
    grid.origin_mm[axis] = io.GetOrigin(axis);
    const auto direction = io.GetDirection(axis);
    for (unsigned row = 0; row < 3; ++row) grid.direction[3 * row + axis] = row < direction.size() ? direction[row] : 0;
  }
  return grid;
}

// Colour to grey with the weights of ITU-R BT.709; other vectors become the last axis.
PixelBlock without_components(const PixelBlock& block, std::int64_t components, bool colour, const Shape& shape,
                              Metadata& meta) {
  if (!colour) {
    std::vector<std::size_t> order(shape.rank() + 1);
    for (std::size_t i = 0; i < shape.rank(); ++i) order[i] = i + 1;
    order.back() = 0;
    return permuted(block, order);
  }
  assume(meta, "colour as its luminance (ITU-R BT.709)");
  const PixelBlock values = block.converted(ScalarType::f32);
  PixelBlock grey = PixelBlock::allocate({shape, ScalarType::f32});
  const auto from = values.values<float>();
  const auto to = grey.mutable_values<float>();
  const auto step = static_cast<std::size_t>(components);
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = 0.2126f * from[i * step] + 0.7152f * from[i * step + 1] + 0.0722f * from[i * step + 2];
  }
  return grey;
}

RawArray read_image(itk::ImageIOBase& io, const fs::path& file, std::size_t file_bytes, bool packed) {
  io.SetFileName(file.string());
  io.ReadImageInformation();
  const unsigned axes = io.GetNumberOfDimensions();
  const auto components = static_cast<std::int64_t>(io.GetNumberOfComponents());
  const bool is_complex_pixel = io.GetPixelType() == itk::IOPixelEnum::COMPLEX;
  const bool vector = components > 1 && !is_complex_pixel;
  std::vector<std::int64_t> extents;
  itk::ImageIORegion region(axes);
  for (unsigned axis = 0; axis < axes; ++axis) {
    extents.push_back(static_cast<std::int64_t>(io.GetDimensions(axis)));
    region.SetIndex(axis, 0);
    region.SetSize(axis, io.GetDimensions(axis));
  }
  while (extents.size() > 4 && extents.back() == 1) extents.pop_back();
  const Shape shape{std::span<const std::int64_t>{extents}};
  if (vector) extents.insert(extents.begin(), components);
  const FileType type = file_type(io);
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, stored_as(type)};
  if (spec.shape.count() == 0) throw Error{Errc::no_input, "the image has no pixels"};
  if (file_bytes > 0)
    check_plausible({spec.shape, stored_as_is(type) ? spec.type : ScalarType::u8}, file_bytes, packed);
  io.SetIORegion(region);

  RawArray array;
  array.pixels = PixelBlock::allocate(spec);
  if (stored_as_is(type)) {
    io.Read(array.pixels.mutable_data());
  } else {
    std::vector<std::byte> bytes(static_cast<std::size_t>(spec.shape.count()) * bytes_of(type));
    io.Read(bytes.data());
    widen(type, bytes.data(), array.pixels);
  }
  array.grid = grid_from(io);
  if (vector) {
    const bool colour = io.GetPixelType() == itk::IOPixelEnum::RGB || io.GetPixelType() == itk::IOPixelEnum::RGBA;
    array.pixels = without_components(array.pixels, components, colour, shape, array.meta);
  }
  std::string quantity;
  itk::ExposeMetaData<std::string>(io.GetMetaDataDictionary(), quantity_key, quantity);
  array.quantity = quantity_from_string(quantity);
  return array;
}

itk::IOComponentEnum component_of(ScalarType type) {
  using enum itk::IOComponentEnum;
  switch (type) {
    case ScalarType::u8: return UCHAR;
    case ScalarType::u16: return USHORT;
    case ScalarType::i16: return SHORT;
    case ScalarType::i32: return INT;
    case ScalarType::f64:
    case ScalarType::c128: return DOUBLE;
    default: return FLOAT;
  }
}

void write_image(itk::ImageIOBase& io, const fs::path& file, const PixelBlock& pixels, const VoxelGrid* grid,
                 unsigned axes) {
  const ArraySpec& spec = pixels.spec();
  io.SetFileName(file.string());
  io.SetNumberOfDimensions(axes);
  itk::ImageIORegion region(axes);
  for (unsigned axis = 0; axis < axes; ++axis) {
    io.SetDimensions(axis, static_cast<itk::SizeValueType>(spec.shape[axis]));
    io.SetSpacing(axis, grid && axis < 3 ? grid->spacing_mm[axis] : 1.0);
    io.SetOrigin(axis, grid && axis < 3 ? grid->origin_mm[axis] : 0.0);
    std::vector<double> direction(axes, 0.0);
    direction[axis] = 1;
    for (unsigned row = 0; grid && axis < 3 && row < std::min(3u, axes); ++row)
      direction[row] = grid->direction[3 * row + axis];
    io.SetDirection(axis, direction);
    region.SetIndex(axis, 0);
    region.SetSize(axis, static_cast<itk::SizeValueType>(spec.shape[axis]));
  }
  io.SetComponentType(component_of(spec.type));
  io.SetPixelType(is_complex(spec.type) ? itk::IOPixelEnum::COMPLEX : itk::IOPixelEnum::SCALAR);
  io.SetNumberOfComponents(is_complex(spec.type) ? 2 : 1);
  io.SetIORegion(region);
  io.Write(pixels.data());
}

struct Pixels {
  const PixelBlock* block;
  const VoxelGrid* grid;
  Quantity quantity;
};
Pixels pixels_to_write(const Dataset& data) {
  if (const auto* labels = std::get_if<LabelMap>(&data)) return {&labels->labels, &labels->grid, Quantity::unknown};
  const auto& volume = std::get<Volume>(data);
  return {&volume.pixels, &volume.grid, volume.quantity};
}

// ITK's writers leave a full disk unnoticed.
void check_written(const fs::path& file, std::size_t least) {
  if (size_of_file(file) < least) {
    throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                "free some space or write to another disk"};
  }
}

class ImageHandler : public Handler {
 public:
  explicit ImageHandler(Format format) : format_{std::move(format)} {}
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    RawArray array;
    try {
      array = array_of(file);
    } catch (const itk::ExceptionObject& error) {
      log::debug("core.io", error.GetDescription());
      throw Error{Errc::cannot_read,
                  "'" + file.string() + "' cannot be read as " + format_.name + ": it is damaged or incomplete",
                  "check that the file is complete"};
    }
    return make_dataset(std::move(array), options, [this](const fs::path& other) { return array_of(other); });
  }

 protected:
  [[nodiscard]] virtual RawArray array_of(const fs::path& file) const = 0;

 private:
  Format format_;
};

const std::vector<Kind> image_reads{Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube};
const std::vector<Kind> image_writes{Kind::volume, Kind::label_map};

class Nrrd final : public ImageHandler {
 public:
  Nrrd()
      : ImageHandler{{"NRRD",
                      {".nrrd", ".nhdr"},
                      image_reads,
                      image_writes,
                      array_hints(),
                      "Volumes of two to four axes, real or complex, with grid and quantity; metadata are lost."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override { return first_bytes(file, 4) == "NRRD"; }
  [[nodiscard]] RawArray array_of(const fs::path& file) const override {
    const std::string start = first_bytes(file, 4096);
    const bool packed = start.find("encoding: raw") == std::string::npos;
    const bool detached = start.find("data file:") != std::string::npos || start.find("datafile:") != std::string::npos;
    const auto io = itk::NrrdImageIO::New();
    return read_image(*io, file, detached ? 0 : size_of_file(file), packed);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    if (has_extension(file, ".nhdr"))
      throw Error{Errc::cannot_write,
                  "'" + file.string() + "' cannot be written: a header apart from its data is read only",
                  "write .nrrd"};
    const Pixels image = pixels_to_write(data);
    const auto io = itk::NrrdImageIO::New();
    itk::EncapsulateMetaData<std::string>(io->GetMetaDataDictionary(), quantity_key,
                                          std::string{to_string(image.quantity)});
    write_image(*io, file, *image.block, image.grid,
                static_cast<unsigned>(std::max<std::size_t>(3, image.block->spec().shape.rank())));
    check_written(file, image.block->spec().bytes());
  }
};

class Meta final : public ImageHandler {
 public:
  Meta()
      : ImageHandler{{"MetaImage",
                      {".mha", ".mhd"},
                      image_reads,
                      image_writes,
                      array_hints(),
                      "Volumes of two to four axes, real, with grid and quantity; metadata are lost."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return first_bytes(file, 4096).find("ElementDataFile") != std::string::npos;
  }
  [[nodiscard]] RawArray array_of(const fs::path& file) const override {
    const std::string start = first_bytes(file, 4096);
    const bool packed = lower(start).find("compresseddata = true") != std::string::npos;
    const auto within = start.find("ElementDataFile = LOCAL");
    const auto io = itk::MetaImageIO::New();
    if (within == std::string::npos) return read_image(*io, file, 0, packed);
    // Behind the header: the library takes what a truncated file still holds.
    const std::size_t payload = size_of_file(file) - std::min(size_of_file(file), start.find('\n', within) + 1);
    if (const auto at = start.find("CompressedDataSize = "); packed && at != std::string::npos) {
      const auto says = to_number(start.substr(at + 21, start.find('\n', at) - at - 21));
      if (!says || !(*says <= static_cast<double>(payload)))
        throw Error{Errc::cannot_read, "the file is incomplete: its header announces more bytes than it has",
                    "check that the file is complete"};
    }
    return read_image(*io, file, std::max<std::size_t>(1, payload), packed);
  }
  void write(const fs::path& file, const Dataset& data) const override {
    if (has_extension(file, ".mhd"))
      throw Error{Errc::cannot_write,
                  "'" + file.string() + "' cannot be written: a header apart from its data is read only", "write .mha"};
    const Pixels image = pixels_to_write(data);
    if (is_complex(image.block->spec().type)) {
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: MetaImage holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    }
    const auto io = itk::MetaImageIO::New();
    itk::EncapsulateMetaData<std::string>(io->GetMetaDataDictionary(), quantity_key,
                                          std::string{to_string(image.quantity)});
    write_image(*io, file, *image.block, image.grid,
                static_cast<unsigned>(std::max<std::size_t>(3, image.block->spec().shape.rank())));
    check_written(file, image.block->spec().bytes());
  }
};

class Nifti final : public ImageHandler {
 public:
  Nifti()
      : ImageHandler{
            {"NIfTI",
             {".nii.gz", ".nii"},
             image_reads,
             image_writes,
             array_hints(),
             "Volumes of two to four axes, real or complex, with grid (turned from RAS to LPS and back, in single "
             "precision) and quantity; metadata are lost."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override { return looks_like_nifti(file); }
  [[nodiscard]] RawArray array_of(const fs::path& file) const override {
    const NiftiHeader header = read_nifti_header(file);
    check_nifti_payload(header, file);
    const auto io = itk::NiftiImageIO::New();
    RawArray array = read_image(*io, file, size_of_file(file), header.packed);
    if (header.plane) array.grid = *header.plane;
    if (header.disagreement_mm > 0.01) {
      assume(array.meta, "the sform of the file, from which the qform differs by up to " +
                             short_number(header.disagreement_mm) + " mm");
    }
    if (header.auxiliary.starts_with(nifti_prefix))
      array.quantity = quantity_from_string(header.auxiliary.substr(nifti_prefix.size()));
    return array;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const Pixels image = pixels_to_write(data);
    const auto io = itk::NiftiImageIO::New();
    itk::EncapsulateMetaData<std::string>(io->GetMetaDataDictionary(), "aux_file",
                                          std::string{nifti_prefix} + std::string{to_string(image.quantity)});
    write_image(*io, file, *image.block, image.grid,
                static_cast<unsigned>(std::max<std::size_t>(3, image.block->spec().shape.rank())));
    if (has_extension(file, ".nii"))
      check_written(file, image.block->spec().bytes());
    else
      check_gzip_end(file, image.block->spec().bytes());
  }
};

// Pages are a chain; where it leaves the file, the library takes the pages before for the whole. It also copies the rows of
// every page by the width and type of the first, and reads past the end of them where a page has others.
class TiffPages {
 public:
  explicit TiffPages(const fs::path& file) : size_{size_of_file(file)}, in_{file, std::ios::binary} {
    std::array<char, 4> head{};
    in_.read(head.data(), 4);
    big_endian_ = head[0] == 'M';
    large_ = (big_endian_ ? head[3] : head[2]) == 43;
  }

  void check() {
    const std::string hint = "check that the file is complete";
    in_.seekg(large_ ? 8 : 4);
    std::uint64_t next = number(large_ ? 8 : 4);
    std::set<std::uint64_t> seen;
    std::optional<Layout> first;
    while (next != 0) {
      const std::string page = "page " + std::to_string(seen.size() + 1);
      if (!seen.insert(next).second)
        throw Error{Errc::cannot_read, "the file is damaged: after its last page comes an earlier one", hint};
      const std::optional<Layout> layout = next < size_ ? layout_at(next) : std::nullopt;
      next = layout ? number(large_ ? 8 : 4) : size_;
      if (!in_ || next >= size_)
        throw Error{Errc::cannot_read, "the file is damaged or incomplete: " + page + " is not in it", hint};
      if (((*layout)[0] & 0b101U) != 0) continue;  // a thumbnail or a mask, which the library skips
      if (!first) first = layout;
      if (!std::equal(layout->begin() + 1, layout->end(), first->begin() + 1)) {
        throw Error{Errc::cannot_read, page + " has another size or type of pixels than the first",
                    "keep pages of one kind in a file"};
      }
    }
  }

 private:
  // Kind of page, width, height, bits, colours, samples, planes, type of number: what decides how a row lies in memory.
  static constexpr std::array<std::uint64_t, 8> tags{254, 256, 257, 258, 262, 277, 284, 339};
  using Layout = std::array<std::uint64_t, tags.size()>;

  std::uint64_t number(std::size_t bytes) {
    std::array<unsigned char, 8> raw{};
    in_.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(bytes));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= static_cast<std::uint64_t>(raw[big_endian_ ? bytes - 1 - i : i]) << 8 * i;
    return value;
  }

  // Leaves the file where the offset of the next page stands; nothing if the page goes beyond the file.
  std::optional<Layout> layout_at(std::uint64_t place) {
    in_.seekg(static_cast<std::streamoff>(place));
    const std::uint64_t entries = number(large_ ? 8 : 2), width = large_ ? 20 : 12, begin = place + (large_ ? 8 : 2);
    if (!in_ || entries > 65536 || begin + width * entries >= size_) return std::nullopt;
    Layout layout{0, 0, 0, 1, 0, 1, 1, 1};  // what holds for a tag that is missing
    std::array<bool, tags.size()> known{};
    for (std::uint64_t i = 0; i < entries; ++i) {
      in_.seekg(static_cast<std::streamoff>(begin + width * i));
      const auto tag = static_cast<std::size_t>(std::find(tags.begin(), tags.end(), number(2)) - tags.begin());
      if (tag == tags.size() || known[tag]) continue;
      known[tag] = true;
      if (const auto value = first_value()) layout[tag] = *value;
    }
    in_.seekg(static_cast<std::streamoff>(begin + width * entries));
    return layout;
  }

  // Behind the tag of an entry: type, count, and the values or, if there are too many, their place.
  std::optional<std::uint64_t> first_value() {
    const std::uint64_t type = number(2), count = number(large_ ? 8 : 4);
    const std::size_t bytes = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == 16 ? 8 : 0;
    if (bytes == 0 || count == 0 || count > size_) return std::nullopt;
    if (bytes * count > (large_ ? 8U : 4U)) in_.seekg(static_cast<std::streamoff>(number(large_ ? 8 : 4)));
    const std::uint64_t value = number(bytes);
    if (in_) return value;
    in_.clear();
    return std::nullopt;
  }

  std::uint64_t size_;
  std::ifstream in_;
  bool big_endian_ = false, large_ = false;
};

// The library prints a warning for every private tag, such as ImageJ's, and what is wrong beside the error that comes
// anyway. Debian's ITK uses the library of the system, ITK's own copy has other names.
void quiet_tiff_library() {
  static const bool once = [] {
    for (const char* const name :
         {"TIFFSetWarningHandler", "itk_TIFFSetWarningHandler", "TIFFSetErrorHandler", "itk_TIFFSetErrorHandler"})
      if (void* const found = ::dlsym(RTLD_DEFAULT, name); found != nullptr)
        reinterpret_cast<void* (*)(void*)>(found)(nullptr);
    return true;
  }();
  (void)once;
}

class Tiff final : public ImageHandler {
 public:
  Tiff()
      : ImageHandler{{"TIFF",
                      {".tif", ".tiff"},
                      image_reads,
                      image_writes,
                      array_hints(),
                      "Pages of u8, u16 or f32; grid, quantity and metadata are lost."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    const std::string start = first_bytes(file, 4);
    return start == std::string{"II*\0", 4} || start == std::string{"MM\0*", 4} || start == std::string{"II+\0", 4} ||
           start == std::string{"MM\0+", 4};
  }
  [[nodiscard]] RawArray array_of(const fs::path& file) const override {
    quiet_tiff_library();
    TiffPages{file}.check();
    const auto io = itk::TIFFImageIO::New();
    RawArray array = read_image(*io, file, size_of_file(file), true);
    array.grid.reset();  // resolutions of TIFF files are those of printers
    return array;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const Pixels image = pixels_to_write(data);
    const ArraySpec& spec = image.block->spec();
    if (spec.shape.rank() > 3 && spec.shape[3] > 1)
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: TIFF holds up to three axes",
                  "write .nrrd or .nii.gz"};
    PixelBlock pixels = *image.block;
    if (spec.type == ScalarType::f64 || spec.type == ScalarType::i16 || spec.type == ScalarType::i32)
      pixels = pixels.converted(ScalarType::f32);
    if (is_complex(spec.type))
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: TIFF holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    const auto io = itk::TIFFImageIO::New();
    io->UseCompressionOff();
    write_image(*io, file, pixels, nullptr, spec.shape[2] > 1 ? 3 : 2);
    check_written(file, pixels.spec().bytes());
  }
};

}  // namespace

void add_itk_formats(Handlers& to) {
  to.push_back(std::make_unique<Nifti>());
  to.push_back(std::make_unique<Nrrd>());
  to.push_back(std::make_unique<Meta>());
  to.push_back(std::make_unique<Tiff>());
}

}  // namespace iso::io::detail
