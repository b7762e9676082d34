#include "io/formats/image_folder_impl.h"
#include "io/formats/image_impl.h"
#include "io/formats/tiff_impl.h"
#include "io/handlers_impl.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

/// TIFF and BigTIFF by libtiff: strips and tiles, any bits, planes together or apart. What pages mean (slices, channels,
/// times) is in tiff_stack.cpp.
namespace iso::io::detail {
namespace fs = std::filesystem;

namespace {

// The library tells each file's errors to its own handle; nothing of it reaches standard error.
int keep_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  std::array<char, 300> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  auto& kept = *static_cast<std::string*>(user);
  if (kept.empty()) kept = text.data();
  return 1;
}
int drop_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

template <class T>
T tag(TIFF* tiff, std::uint32_t name, T otherwise) {
  T value{};
  return TIFFGetFieldDefaulted(tiff, name, &value) == 1 ? value : otherwise;
}

}  // namespace

TiffFile::TiffFile(const fs::path& file, const char* mode) : name_{file.filename().string()} {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  if (!options) throw std::bad_alloc{};
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_error, &problem_);
  TIFFOpenOptionsSetWarningHandlerExtR(options, drop_warning, nullptr);
  handle_ = TIFFOpenExt(file.c_str(), mode, options);
  TIFFOpenOptionsFree(options);
  if (!handle_ && mode[0] == 'r')
    throw Error{Errc::cannot_read, "'" + name_ + "' is damaged or incomplete: its first page cannot be read",
                "check that the file is complete"};
  if (!handle_) throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be made", "check the folder"};
}
TiffFile::~TiffFile() {
  if (handle_) TIFFClose(handle_);
}
void TiffFile::close() {
  if (handle_) TIFFClose(std::exchange(handle_, nullptr));
}

std::string TiffFile::description() const {
  const char* text = nullptr;
  return TIFFGetField(handle_, TIFFTAG_IMAGEDESCRIPTION, &text) == 1 && text ? text : "";
}

TiffPage TiffFile::page() const {
  TiffPage p;
  TIFF* const t = handle_;
  p.width = tag<std::uint32_t>(t, TIFFTAG_IMAGEWIDTH, 0);
  p.height = tag<std::uint32_t>(t, TIFFTAG_IMAGELENGTH, 0);
  p.bits = tag<std::uint16_t>(t, TIFFTAG_BITSPERSAMPLE, 1);
  p.samples = tag<std::uint16_t>(t, TIFFTAG_SAMPLESPERPIXEL, 1);
  p.format = tag<std::uint16_t>(t, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  p.photometric = tag<std::uint16_t>(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  p.compression = tag<std::uint16_t>(t, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  p.orientation = tag<std::uint16_t>(t, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  p.planar = tag<std::uint16_t>(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  p.depth = tag<std::uint32_t>(t, TIFFTAG_IMAGEDEPTH, 1);
  p.tiled = TIFFIsTiled(t) != 0;
  std::uint16_t count = 0;
  const std::uint16_t* kinds = nullptr;
  if (TIFFGetField(t, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 1 && kinds)
    for (std::uint16_t i = 0; i < count; ++i)
      if (kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA) ++p.alphas;
  if (p.width == 0 || p.height == 0 || p.samples == 0)
    throw Error{Errc::cannot_read, "'" + name_ + "' is damaged: a page says no size",
                "check that the file is complete"};
  return p;
}

void check_readable(const TiffPage& p, const std::string& which) {
  const auto refuse = [&](const std::string& what) {
    not_supported(which + " has " + what, "save it as plain grey numbers, uncompressed or deflated");
  };
  if (p.depth > 1) refuse("pages with a depth of their own (ImageDepth)");
  if (!TIFFIsCODECConfigured(p.compression)) refuse("pixels in the compression " + std::to_string(p.compression));
  if (p.samples > 1000) refuse(std::to_string(p.samples) + " samples a pixel");
  switch (p.photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_PALETTE:
    case PHOTOMETRIC_RGB:
    case 32803: break;  // a colour filter array is values as stored
    case PHOTOMETRIC_YCBCR:
      if (p.compression != COMPRESSION_JPEG) refuse("colours as luminance and chrominance (YCbCr)");
      break;
    case PHOTOMETRIC_SEPARATED: refuse("colours as inks (CMYK)"); break;
    default: refuse("colours of the kind " + std::to_string(p.photometric));
  }
  (void)tiff_type(p, which);
}

FileType tiff_type(const TiffPage& p, const std::string& which) {
  switch (p.format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      if (p.bits <= 8) return FileType::u8;
      if (p.bits <= 16) return FileType::u16;
      if (p.bits == 32) return FileType::u32;
      if (p.bits == 64) return FileType::u64;
      break;
    case SAMPLEFORMAT_INT:
      if (p.bits == 8) return FileType::i8;
      if (p.bits == 16) return FileType::i16;
      if (p.bits == 32) return FileType::i32;
      if (p.bits == 64) return FileType::i64;
      break;
    case SAMPLEFORMAT_IEEEFP:
      if (p.bits == 16) return FileType::f16;
      if (p.bits == 32) return FileType::f32;
      if (p.bits == 64) return FileType::f64;
      break;
    case SAMPLEFORMAT_COMPLEXIEEEFP:
      if (p.bits == 64) return FileType::c64;
      if (p.bits == 128) return FileType::c128;
      break;
    default: break;
  }
  constexpr std::array<const char*, 7> names{"",
                                             "whole numbers",
                                             "signed whole numbers",
                                             "floating-point numbers",
                                             "untyped numbers",
                                             "complex whole numbers",
                                             "complex numbers"};
  not_supported(which + " has " + (p.format < names.size() ? names[p.format] : "numbers of an unknown kind") + " of " +
                    std::to_string(p.bits) + " bits",
                "save it with 8, 16, 32 or 64 bits");
}

namespace {

// Samples of less than a byte, or of 9 to 15 bits, one after the other from the highest bit on; rows begin at a byte.
void unpack_row(const std::byte* from, std::size_t count, unsigned bits, std::byte* to) {
  std::uint32_t held = 0;
  unsigned in = 0;
  for (std::size_t i = 0; i < count; ++i) {
    while (in < bits) {
      held = held << 8 | std::to_integer<std::uint32_t>(*from++);
      in += 8;
    }
    in -= bits;
    const std::uint32_t value = held >> in & ((1U << bits) - 1);
    if (bits <= 8) {
      to[i] = static_cast<std::byte>(value);
    } else {
      const auto word = static_cast<std::uint16_t>(value);
      std::memcpy(to + 2 * i, &word, 2);
    }
  }
}

// libtiff stops once it has the pixels and does not look at the checksum behind them.
void check_deflated(TIFF* tiff, std::uint32_t strip, bool tiled, const std::string& where) {
  const std::uint64_t count = TIFFGetStrileByteCount(tiff, strip);
  if (count == 0 || count > (std::uint64_t{1} << 31)) return;
  std::vector<std::byte> raw(static_cast<std::size_t>(count));
  const auto got = tiled ? TIFFReadRawTile(tiff, strip, raw.data(), static_cast<tmsize_t>(raw.size()))
                         : TIFFReadRawStrip(tiff, strip, raw.data(), static_cast<tmsize_t>(raw.size()));
  z_stream stream{};
  if (got < 0 || inflateInit(&stream) != Z_OK) return;
  std::vector<Bytef> unused(1 << 16);
  stream.next_in = reinterpret_cast<Bytef*>(raw.data());
  stream.avail_in = static_cast<uInt>(got);
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = unused.data();
    stream.avail_out = static_cast<uInt>(unused.size());
    state = inflate(&stream, Z_NO_FLUSH);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END)
    throw Error{Errc::cannot_read, where + " is damaged: the checksum of its packed bytes is wrong",
                "check that the file is complete"};
}

}  // namespace

void TiffFile::read_page(const TiffPage& p, std::size_t number, std::byte* to) {
  const std::string where = "page " + std::to_string(number) + " of '" + name_ + "'";
  TIFF* const t = handle_;
  if (p.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  std::uint32_t cell_width = p.width, cell_height = p.height;
  if (p.tiled) {
    cell_width = tag<std::uint32_t>(t, TIFFTAG_TILEWIDTH, 0);
    cell_height = tag<std::uint32_t>(t, TIFFTAG_TILELENGTH, 0);
  } else {
    cell_height = std::min(tag<std::uint32_t>(t, TIFFTAG_ROWSPERSTRIP, p.height), p.height);
  }
  const tmsize_t cell_bytes = p.tiled ? TIFFTileSize(t) : TIFFStripSize(t);
  const bool apart = p.planar == PLANARCONFIG_SEPARATE && p.samples > 1;
  const std::size_t samples = apart ? 1 : p.samples, in_memory = p.sample_bytes();
  const std::size_t row_bytes = (static_cast<std::size_t>(cell_width) * samples * p.bits + 7) / 8;
  // A tile may be larger than a small image, but takes no more memory than a file without tiles may.
  if (cell_width == 0 || cell_height == 0 || cell_bytes <= 0 ||
      static_cast<std::size_t>(cell_bytes) < row_bytes * std::min(cell_height, p.height) ||
      static_cast<std::uint64_t>(cell_bytes) > (std::uint64_t{1} << 25) + 4 * p.bytes())
    throw Error{Errc::cannot_read, where + " is damaged: its strips have no sound size",
                "check that the file is complete"};
  std::vector<std::byte> cell(static_cast<std::size_t>(cell_bytes));
  std::vector<std::byte> line(static_cast<std::size_t>(cell_width) * samples * in_memory);
  const bool packed_bits = p.bits != 8 * in_memory;
  std::uint32_t strip = 0;
  for (std::size_t plane = 0; plane < (apart ? p.samples : 1U); ++plane)
    for (std::uint32_t y = 0; y < p.height; y += cell_height)
      for (std::uint32_t x = 0; x < p.width; x += cell_width, ++strip) {
        const std::uint32_t rows = std::min(cell_height, p.height - y), columns = std::min(cell_width, p.width - x);
        // A missing strip (offset or length 0) would stay what the memory held.
        const tmsize_t want = p.tiled ? cell_bytes : static_cast<tmsize_t>(row_bytes * rows);
        const tmsize_t got = p.tiled ? TIFFReadEncodedTile(t, strip, cell.data(), want)
                                     : TIFFReadEncodedStrip(t, strip, cell.data(), want);
        if (TIFFGetStrileByteCount(t, strip) == 0 || got < want)
          throw Error{
              Errc::cannot_read,
              where + " is damaged or incomplete: its pixels from row " + std::to_string(y + 1) + " on cannot be read",
              "check that the file is complete"};
        if (p.compression == COMPRESSION_ADOBE_DEFLATE || p.compression == COMPRESSION_DEFLATE)
          check_deflated(t, strip, p.tiled, where);
        for (std::uint32_t row = 0; row < rows; ++row) {
          const std::byte* from = cell.data() + row * row_bytes;
          if (packed_bits) {
            unpack_row(from, static_cast<std::size_t>(cell_width) * samples, p.bits, line.data());
            from = line.data();
          }
          const std::size_t pixel = (static_cast<std::size_t>(y) + row) * p.width + x;
          if (!apart) {
            std::memcpy(to + pixel * samples * in_memory, from, columns * samples * in_memory);
          } else {
            for (std::uint32_t i = 0; i < columns; ++i)
              std::memcpy(to + ((pixel + i) * p.samples + plane) * in_memory, from + i * in_memory, in_memory);
          }
        }
      }
}

namespace {

class Tiff final : public ImageHandler {
 public:
  Tiff()
      : ImageHandler{
            {"TIFF",
             {".tif", ".tiff"},
             image_reads,
             image_writes,
             array_hints(),
             "Pages of real numbers; a calibration of ImageJ or OME is read, none is written. Grid, quantity and "
             "metadata are lost."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    const std::string start = first_bytes(file, 4);
    return start == std::string{"II*\0", 4} || start == std::string{"MM\0*", 4} || start == std::string{"II+\0", 4} ||
           start == std::string{"MM\0+", 4};
  }
  [[nodiscard]] RawArray make_array(const fs::path& file) const override { return read_tiff(file); }
  void write(const fs::path& file, const Dataset& data) const override {
    const ImageToWrite image = image_to_write(data);
    const ArraySpec& spec = image.pixels->spec();
    if (spec.shape.rank() > 3 && spec.shape[3] > 1)
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: TIFF holds up to three axes",
                  "write .nrrd or .nii.gz"};
    if (is_complex(spec.type))
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: TIFF holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    TiffFile out{file, spec.bytes() > (std::size_t{1} << 31) ? "w8" : "w"};
    const std::size_t page_bytes = static_cast<std::size_t>(spec.shape[0] * spec.shape[1]) * byte_count(spec.type);
    for (std::int64_t page = 0; page < image.extent(2); ++page)
      write_page(out, spec, image.pixels->data() + static_cast<std::size_t>(page) * page_bytes, file);
    out.close();
    if (!out.problem().empty() || size_of_file(file) < spec.bytes()) fail(file);
  }

 private:
  [[noreturn]] static void fail(const fs::path& file) {
    throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                "free some space or write to another disk"};
  }
  static void write_page(TiffFile& out, const ArraySpec& spec, const std::byte* pixels, const fs::path& file) {
    TIFF* const t = out.handle();
    const auto width = static_cast<std::uint32_t>(spec.shape[0]), height = static_cast<std::uint32_t>(spec.shape[1]);
    const bool real = spec.type == ScalarType::f32 || spec.type == ScalarType::f64;
    const bool sign = spec.type == ScalarType::i16 || spec.type == ScalarType::i32;
    const std::size_t row = width * byte_count(spec.type);
    const auto rows = static_cast<std::uint32_t>(std::clamp<std::size_t>((std::size_t{1} << 20) / row, 1, height));
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * byte_count(spec.type)));
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, real ? SAMPLEFORMAT_IEEEFP : sign ? SAMPLEFORMAT_INT : SAMPLEFORMAT_UINT);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    TIFFSetField(t, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, rows);
    std::vector<std::byte> copy;
    for (std::uint32_t y = 0, strip = 0; y < height; y += rows, ++strip) {
      const std::size_t bytes = row * std::min(rows, height - y);
      copy.assign(pixels + y * row, pixels + y * row + bytes);
      if (TIFFWriteEncodedStrip(t, strip, copy.data(), static_cast<tmsize_t>(bytes)) < 0) fail(file);
    }
    if (TIFFWriteDirectory(t) != 1) fail(file);
  }
};

}  // namespace

void add_tiff(Handlers& to) {
  to.push_back(std::make_unique<Tiff>());
  to.push_back(make_tiff_folder());  // before DICOM, which takes every folder
}

}  // namespace iso::io::detail
