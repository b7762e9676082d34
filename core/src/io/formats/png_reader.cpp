#include "io/formats/payload_impl.h"
#include "io/formats/picture_impl.h"
#include "io/formats/samples_impl.h"

#include "iso/base/error.h"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <string_view>

/// PNG (ISO 15948): pieces are counted and their checksums compared here, pixels are unpacked by libpng.
namespace iso::io::detail {
namespace {

constexpr std::size_t signature_bytes = 8, around_piece = 12;  // its length, name and checksum

struct PngHeader {
  std::uint32_t width{0}, height{0};
  int bits{0}, colour{0};
  bool transparent{false}, grey_palette{false};
  std::size_t packed{0}, behind{0};  ///< bytes of pixels, and after the last piece
};

std::uint32_t number_at(const std::vector<std::byte>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

void take_header(PngHeader& header, const std::vector<std::byte>& bytes, std::size_t at, std::size_t count) {
  if (count != 13) throw_damaged_picture("its header has " + std::to_string(count) + " bytes instead of 13");
  header.width = number_at(bytes, at);
  header.height = number_at(bytes, at + 4);
  header.bits = std::to_integer<int>(bytes[at + 8]);
  header.colour = std::to_integer<int>(bytes[at + 9]);
  const auto bits_of = [&](std::initializer_list<int> known) {
    return std::ranges::find(known, header.bits) != known.end();
  };
  const bool sound = header.colour == PNG_COLOR_TYPE_GRAY      ? bits_of({1, 2, 4, 8, 16})
                     : header.colour == PNG_COLOR_TYPE_PALETTE ? bits_of({1, 2, 4, 8})
                     : header.colour == PNG_COLOR_TYPE_RGB || header.colour == PNG_COLOR_TYPE_GRAY_ALPHA ||
                             header.colour == PNG_COLOR_TYPE_RGB_ALPHA
                         ? bits_of({8, 16})
                         : false;
  if (!sound)
    throw_damaged_picture("its header says " + std::to_string(header.bits) + " bits of the colour type " +
                          std::to_string(header.colour) + ", which there is not");
  constexpr std::uint32_t most = 0x7fffffff;
  if (header.width == 0 || header.height == 0 || header.width > most || header.height > most)
    throw_damaged_picture("its header says no size");
}

void take_palette(PngHeader& header, const std::vector<std::byte>& bytes, std::size_t at, std::size_t count) {
  if (count % 3 != 0 || count == 0 || count > std::size_t{256} * 3)
    throw_damaged_picture("its palette has " + std::to_string(count) + " bytes");
  header.grey_palette = true;
  for (std::size_t i = at; i < at + count; i += 3)
    header.grey_palette = header.grey_palette && bytes[i] == bytes[i + 1] && bytes[i] == bytes[i + 2];
}

/// Every piece: whether it stands in the file, and its checksum.
PngHeader look_at(const std::vector<std::byte>& bytes) {
  PngHeader header;
  bool first = true, palette = false;
  for (std::size_t at = signature_bytes;;) {
    if (bytes.size() - at < around_piece) throw_damaged_picture("it ends before its last piece");
    const std::size_t count = number_at(bytes, at);
    std::string name(4, ' ');
    std::memcpy(name.data(), bytes.data() + at + 4, 4);
    if (count > bytes.size() - at - around_piece)
      throw_damaged_picture("it ends within the piece at byte " + std::to_string(at));
    const auto* const body = reinterpret_cast<const Bytef*>(bytes.data() + at + 4);
    if (crc32(0, body, static_cast<uInt>(count + 4)) != number_at(bytes, at + 8 + count))
      throw_damaged_picture("the checksum of the piece at byte " + std::to_string(at) + " is wrong");
    if (first != (name == "IHDR")) throw_damaged_picture("its header does not stand first, or twice");
    if (first) take_header(header, bytes, at + 8, count);
    first = false;
    if (name == "IDAT") header.packed += count;
    if (name == "PLTE") take_palette(header, bytes, at + 8, count);
    palette = palette || name == "PLTE";
    if (name == "tRNS") header.transparent = true;
    if (name == "acTL") not_supported("the file is a moving picture (APNG)", "save one picture a file");
    at += around_piece + count;
    if (name == "IEND") {
      header.behind = bytes.size() - at;
      break;
    }
  }
  if (header.packed == 0) throw_damaged_picture("it holds no pixels");
  if (header.colour == PNG_COLOR_TYPE_PALETTE && !palette) throw_damaged_picture("its palette is not there");
  return header;
}

/// What libpng reads from, and where it comes back to.
struct Source {
  const std::vector<std::byte>* bytes{nullptr};
  std::size_t at{0};
  std::array<char, 120> problem{};
};

void give_bytes(png_structp png, png_bytep to, std::size_t count) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (count > source.bytes->size() - source.at) png_error(png, "it ends too early");
  std::memcpy(to, source.bytes->data() + source.at, count);
  source.at += count;
}
[[noreturn]] void keep_problem(png_structp png, png_const_charp text) {
  auto& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source.problem.data(), text, source.problem.size() - 1);
  png_longjmp(png, 1);
}
void drop_warning(png_structp, png_const_charp) {}

/// Between the setting of the mark and the return there is nothing that would have to be destroyed.
bool unpack(png_structp png, png_infop info, bool as_colours, std::size_t row_bytes, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;  // NOLINT(cert-err52-cpp): the way of libpng
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_benign_errors(png, 0);
  png_read_info(png, info);
  if (as_colours)
    png_set_palette_to_rgb(png);
  else
    png_set_packing(png);
  if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "its rows have another length than its header says");
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

void unpack(const std::vector<std::byte>& bytes, bool as_colours, PixelBuffer& block, std::size_t row_bytes) {
  Source source{&bytes, 0, {}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, keep_problem, drop_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  std::vector<png_bytep> rows(block.spec().bytes() / row_bytes);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = reinterpret_cast<png_bytep>(block.data() + y * row_bytes);
  bool whole = false;
  if (info != nullptr) {
    png_set_read_fn(png, &source, give_bytes);
    whole = unpack(png, info, as_colours, row_bytes, rows.data());
  }
  png_destroy_read_struct(&png, &info, nullptr);
  if (!whole) throw_damaged_picture(std::string{"its pixels cannot be unpacked: "} + source.problem.data());
}

}  // namespace

StoredPicture read_png(const std::vector<std::byte>& bytes, const PictureWish& wish) {
  const PngHeader header = look_at(bytes);
  const bool palette = header.colour == PNG_COLOR_TYPE_PALETTE, as_colours = palette && !wish.numbers_of_palette;
  StoredPicture picture;
  picture.colour = palette ? as_colours && !header.grey_palette : (header.colour & PNG_COLOR_MASK_COLOR) != 0;
  const std::int64_t values = as_colours || picture.colour ? 3 : 1;
  const bool alpha = (header.colour & PNG_COLOR_MASK_ALPHA) != 0 || (as_colours && header.transparent);
  const ArraySpec spec{Shape{values + (alpha ? 1 : 0), header.width, header.height, 1},
                       header.bits == 16 ? ScalarType::u16 : ScalarType::u8};
  // A byte of the file unpacks to so many more where a pixel has less than a byte.
  const std::size_t widened = (header.bits < 8 ? 8 / static_cast<std::size_t>(header.bits) : 1) * (as_colours ? 4 : 1);
  check_plausible(spec, header.packed * widened, true);
  if (palette && !as_colours) assume(picture.meta, "numbers of the palette as stored, not its colours");
  if (header.transparent && !as_colours) assume(picture.meta, "pixels without their transparency");
  if (header.behind > 0) assume(picture.meta, std::to_string(header.behind) + " bytes behind the picture left out");
  if (HeadersOnly::active()) {
    picture.block = Pixels::outline(spec);
  } else {
    PixelBuffer block = PixelBuffer::allocate(spec);
    unpack(bytes, as_colours, block, static_cast<std::size_t>(spec.shape[0] * spec.shape[1]) * byte_count(spec.type));
    picture.block = std::move(block);
  }
  if (as_colours && header.grey_palette) picture.block = without_last_samples(picture.block, 1);
  return picture;
}

}  // namespace iso::io::detail
