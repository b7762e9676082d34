#include "io/formats/image_impl.h"
#include "io/formats/samples_impl.h"
#include "io/formats/tiff_impl.h"

#include <algorithm>
#include <array>
#include <cmath>

/// What the pages of a TIFF file are: slices, channels and times, as ImageJ, OME or tifffile say in the description of the
/// first page.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

// Directories of the stack; thumbnails and masks are none of it.
struct Directories {
  std::vector<tdir_t> kept;
  TiffPage page;
  std::size_t left_out{0};
};

/// Whether the current directory stands in the file up to the place of the next one, with all that its entries point to.
/// libtiff takes the pages before a place that is cut off for the whole, and leaves out the tags that it cannot read.
bool is_whole_directory(std::ifstream& in, TIFF* tiff, std::size_t file_bytes) {
  std::array<unsigned char, 8> raw{};
  in.clear();
  in.seekg(0);
  in.read(reinterpret_cast<char*>(raw.data()), 4);
  const bool big_endian = raw[0] == 'M', large = raw[big_endian ? 3 : 2] == 43;
  const auto number = [&](std::size_t bytes) {
    std::uint64_t value = 0;
    in.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(bytes));
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | raw[big_endian ? i : bytes - 1 - i];
    return value;
  };
  const std::size_t word = large ? 8 : 4;
  in.seekg(static_cast<std::streamoff>(TIFFCurrentDirOffset(tiff)));
  const std::uint64_t entries = number(large ? 8 : 2);
  for (std::uint64_t i = 0; in && i < entries; ++i) {
    constexpr std::array<std::uint64_t, 19> sizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    (void)number(2);
    const std::uint64_t type = number(2), count = number(word), place = number(word);
    const std::uint64_t size = type < sizes.size() ? sizes[type] : 0;
    if (size > 0 && count > file_bytes) return false;
    if (size * count > word && (place > file_bytes || place + size * count > file_bytes)) return false;
  }
  (void)number(word);
  return static_cast<bool>(in);
}

Directories find_directories(const fs::path& file, TiffFile& tiff, std::size_t file_bytes) {
  std::ifstream in{file, std::ios::binary};
  Directories d;
  TIFF* const t = tiff.handle();
  std::optional<TiffPage> first;
  std::size_t all = 0;
  for (;;) {
    const std::string which = "page " + std::to_string(++all);
    if (!is_whole_directory(in, t, file_bytes))
      throw Error{Errc::cannot_read,
                  "the file is damaged or incomplete: the directory of " + which + " points beyond its end",
                  "check that the file is complete"};
    std::uint32_t kind = 0;
    std::uint16_t old_kind = 0;
    TIFFGetField(t, TIFFTAG_SUBFILETYPE, &kind);
    if (TIFFGetField(t, TIFFTAG_OSUBFILETYPE, &old_kind) == 1 && old_kind == OFILETYPE_REDUCEDIMAGE)
      kind |= FILETYPE_REDUCEDIMAGE;
    if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0) {
      ++d.left_out;
    } else {
      const TiffPage page = tiff.page();
      if (!first) {
        check_readable(page, "the file");
        first = page;
      }
      if (page.width != first->width || page.height != first->height || page.bits != first->bits ||
          page.samples != first->samples || page.format != first->format || page.photometric != first->photometric ||
          page.orientation != first->orientation || page.alphas != first->alphas)
        throw Error{Errc::invalid_input, which + " has another size or type of pixels than the first",
                    "keep pages of one kind in a file"};
      check_readable(page, which);
      d.kept.push_back(TIFFCurrentDirectory(t));
    }
    if (TIFFLastDirectory(t) != 0) break;
    if (all > file_bytes || TIFFReadDirectory(t) != 1)
      throw Error{Errc::cannot_read,
                  "the file is damaged or incomplete: page " + std::to_string(all + 1) + " is not in it",
                  "check that the file is complete"};
  }
  if (!first) throw Error{Errc::no_input, "the file holds thumbnails or masks only"};
  d.page = *first;
  return d;
}

// Pages of which only the first has a directory: ImageJ above 4 GiB, tifffile with "truncate".
Pixels read_behind(const fs::path& file, TiffFile& tiff, const TiffPage& page, std::int64_t pages,
                   std::vector<std::int64_t> extents, Metadata& meta) {
  TIFF* const t = tiff.handle();
  if (page.compression != COMPRESSION_NONE || page.tiled || page.bits != 8 * page.sample_bytes() ||
      (page.planar == PLANARCONFIG_SEPARATE && page.samples > 1))
    throw Error{Errc::cannot_read,
                "the file is incomplete: its description announces " + std::to_string(pages) + " pages, one is there",
                "check that the file is complete"};
  const std::uint64_t first = TIFFGetStrileOffset(t, 0);
  for (std::uint32_t strip = 1; strip < TIFFNumberOfStrips(t); ++strip)
    if (TIFFGetStrileOffset(t, strip) != TIFFGetStrileOffset(t, strip - 1) + TIFFGetStrileByteCount(t, strip - 1))
      throw Error{
          Errc::cannot_read,
          "the file announces " + std::to_string(pages) + " pages, one is there, and its strips are not in order",
          "save it again as a stack of pages"};
  extents[page.samples > 1 ? 3 : 2] = pages;
  return load(*open_bytes(file, first, Packing::none),
              {tiff_type(page, "the file"), TIFFIsByteSwapped(t) != 0, extents}, meta, Rest::unread);
}

void to_page(TiffFile& tiff, const Directories& d, std::size_t i) {
  if (TIFFCurrentDirectory(tiff.handle()) != d.kept[i] && TIFFSetDirectory(tiff.handle(), d.kept[i]) != 1)
    throw Error{Errc::cannot_read, "page " + std::to_string(i + 1) + " cannot be read",
                "check that the file is complete"};
}

// Whether all strips and tiles stand in the file.
void look_at_pages(TiffFile& tiff, const Directories& d, std::size_t file_bytes) {
  for (std::size_t i = 0; i < d.kept.size(); ++i) {
    to_page(tiff, d, i);
    TIFF* const t = tiff.handle();
    const std::uint32_t strips = TIFFIsTiled(t) != 0 ? TIFFNumberOfTiles(t) : TIFFNumberOfStrips(t);
    for (std::uint32_t strip = 0; strip < strips; ++strip) {
      const std::uint64_t at = TIFFGetStrileOffset(t, strip), count = TIFFGetStrileByteCount(t, strip);
      if (count == 0 || at > file_bytes || count > file_bytes - at)
        throw Error{Errc::cannot_read,
                    "page " + std::to_string(i + 1) + " is damaged or incomplete: its strip " +
                        std::to_string(strip + 1) + " is not in the file",
                    "check that the file is complete"};
    }
  }
}

/// How many bytes of pixels one byte of the file can hold at most: as measured on blank images of gigabytes, or as the format says.
std::size_t most_packed(const TiffPage& page) {
  const std::size_t wide = (8 * page.sample_bytes() + page.bits - 1) / page.bits;  // bytes in memory for one unpacked
  switch (page.compression) {
    case COMPRESSION_NONE: return 8 * page.sample_bytes() / page.bits + 1;
    case COMPRESSION_PACKBITS: return 64 * wide;
    case COMPRESSION_LZW: return 2731 * wide;  // a code of 12 bits stands for 4096 bytes at most
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE: return 1032 * wide;
    case COMPRESSION_LZMA: return 7100 * wide;
    case COMPRESSION_OJPEG: return 256 * wide;  // two bits for a block of 8 x 8
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
      return page.height == 0 ? 1 : 8 * page.bytes() / page.height;  // a bit for a row as above
    default: return 40000 * wide;
  }
}

Pixels read_pages(TiffFile& tiff, const Directories& d, const std::vector<std::int64_t>& extents,
                  std::size_t file_bytes, Metadata& meta) {
  const FileType type = tiff_type(d.page, "the file");
  const Shape shape{std::span<const std::int64_t>{extents}};
  const auto pages = d.kept.size();
  if (TIFFIsCODECConfigured(d.page.compression) == 0)
    throw Error{
        Errc::unsupported,
        "its pixels are packed in a way that is not known (compression " + std::to_string(d.page.compression) + ")",
        "save it without compression, or by LZW or deflate"};
  if (d.page.compression == COMPRESSION_JPEG && d.page.bits > 12)
    throw Error{Errc::cannot_read,
                "the file is damaged: its samples have " + std::to_string(d.page.bits) +
                    " bits, and JPEG, which packs them, holds 12 at most",
                "check that the file is complete"};
  const std::size_t bytes = d.page.bytes(), packed = most_packed(d.page);
  if (bytes * pages / packed > file_bytes)
    throw Error{Errc::cannot_read,
                "the file is incomplete: " + shape.text() + " pixels are announced, it has " +
                    std::to_string(file_bytes) + " bytes in all",
                "the file is truncated or its header is damaged"};
  if (HeadersOnly::active()) {
    look_at_pages(tiff, d, file_bytes);
    return Pixels::outline({shape, stored_as(type)});
  }
  PixelBuffer block = PixelBuffer::allocate({shape, stored_as(type)});
  const bool straight = stored_as_is(type);
  std::vector<std::byte> raw(straight ? 0 : bytes);
  const std::size_t wide = bytes / byte_count(type) * byte_count(stored_as(type));
  bool whole = true;
  for (std::size_t i = 0; i < pages; ++i) {
    to_page(tiff, d, i);
    const TiffPage page = tiff.page();
    std::byte* const to = block.data() + i * wide;
    tiff.read_page(page, i + 1, straight ? to : raw.data());
    if (!straight) whole = widen(type, raw.data(), bytes / byte_count(type), to) && whole;
  }
  if (!whole) note_rounding(meta);
  return block;
}

// Of the samples of a pixel: grey without its alpha, colours as their luminance, others as an axis. Block: c, x, y, page.
Pixels meant(const Pixels& block, const TiffPage& page, Metadata& meta) {
  const bool colour = page.photometric == PHOTOMETRIC_RGB || page.photometric == PHOTOMETRIC_YCBCR;
  const Shape& shape = block.spec().shape;
  if (colour && page.samples >= 3) return without_components(block, true, meta);
  if (page.samples == 1) return block.reshaped(Shape{shape[1], shape[2], shape[3]});
  const int values = page.samples - page.alphas;
  if (values < 1) throw Error{Errc::no_input, "the file holds nothing but alpha"};
  if (page.alphas == 0) return without_components(block, false, meta);
  assume(meta, "grey without its alpha");
  if (is_complex(block.spec().type)) not_supported("the file holds complex numbers with alpha", "save it without");
  const Pixels left = without_last_samples(block, values);
  return values == 1 ? left.reshaped(Shape{shape[1], shape[2], shape[3]}) : without_components(left, false, meta);
}

// x, y, page[, component] with the page split into what it stands for.
Pixels arranged(const Pixels& block, const TiffStack& said) {
  std::vector<std::int64_t> extents{block.spec().shape[0], block.spec().shape[1]};
  std::vector<char> names{'x', 'y'};
  for (const auto& [name, extent] : said.axes) {
    if (extent == 1) continue;
    names.push_back(name);
    extents.push_back(extent);
  }
  if (block.spec().shape.rank() > 3) {
    names.push_back('s');
    extents.push_back(block.spec().shape[3]);
  }
  if (names.size() > 4) {
    std::string text;
    for (std::size_t i = 2; i < names.size(); ++i) {
      const char n = names[i];
      text += (text.empty() ? "" : " x ") + std::to_string(extents[i]) +
              (n == 'c'   ? " channels"
               : n == 'z' ? " slices"
               : n == 't' ? " times"
               : n == 's' ? " samples"
                          : " pages");
    }
    not_supported("the pages are " + text + ", together five axes or more", "save one channel or one time alone");
  }
  if (names.size() < 3) {
    names.push_back('z');
    extents.push_back(1);
  }
  std::vector<std::size_t> order{0, 1};
  std::vector<std::int64_t> in_order{extents[0], extents[1]};
  const auto take = [&](bool slices) {
    for (std::size_t i = 2; i < names.size(); ++i)
      if ((names[i] == 'z') == slices) {
        order.push_back(i);
        in_order.push_back(extents[i]);
      }
  };
  take(true);
  const bool no_slices = order.size() == 2;
  take(false);
  Pixels out = permuted(block.reshaped(Shape{std::span<const std::int64_t>{extents}}), order);
  if (no_slices) {
    in_order.insert(in_order.begin() + 2, 1);
    out = out.reshaped(Shape{std::span<const std::int64_t>{in_order}});
  }
  return out;
}

void put_in_order(Directories& d, const TiffStack& said) {
  if (said.directories.empty()) return;
  std::vector<tdir_t> kept;
  for (const std::int64_t directory : said.directories) {
    const auto found = std::ranges::find(d.kept, static_cast<tdir_t>(directory));
    if (found == d.kept.end() || std::ranges::find(kept, *found) != kept.end())
      throw Error{Errc::invalid_input,
                  "OME places a plane in page " + std::to_string(directory + 1) + ", which is not there or taken twice",
                  "the header is damaged"};
    kept.push_back(*found);
  }
  d.kept = std::move(kept);
}

void refuse_metamorph(TIFF* t, std::size_t pages) {
  std::uint32_t planes = 0;
  void* unused = nullptr;
  if (TIFFFindField(t, 33629, TIFF_ANY) && TIFFGetField(t, 33629, &planes, &unused) == 1 && planes > 1 && pages == 1)
    not_supported("the file is a stack of MetaMorph, with several planes in one page",
                  "save it again as a stack of pages");
}

/// What GDAL says to be no value stands in the pixels as one.
void refuse_missing_values(TIFF* t, const Pixels& pixels) {
  constexpr std::uint32_t nodata = 42113;
  std::uint32_t count = 0;
  const char* text = nullptr;
  if (pixels.is_outline() || is_complex(pixels.spec().type) || !TIFFFindField(t, nodata, TIFF_ANY) ||
      TIFFGetField(t, nodata, &count, &text) != 1 || text == nullptr)
    return;
  const std::string said{text, std::find(text, text + count, '\0')};
  auto value = to_number(said);
  if (!value) return;
  if (pixels.spec().type == ScalarType::f32) value = static_cast<double>(static_cast<float>(*value));
  const Pixels numbers = pixels.converted(ScalarType::f64);
  const auto missing = std::ranges::count(numbers.values<double>(), *value);
  if (missing > 0)
    throw Error{Errc::invalid_input,
                std::to_string(missing) + " values are missing (GDAL_NODATA " + short_number(*value) + ")",
                "fill or cut them first"};
}

// Spacing, values and time as the description says them. Without a spacing no grid: resolutions of TIFF files are those of
// printers.
void calibrate(RawArray& array, const TiffStack& said) {
  if (said.spacing_x && said.spacing_y) {
    VoxelGrid grid =
        VoxelGrid::centred({array.pixels.spec().shape[0], array.pixels.spec().shape[1], array.pixels.spec().shape[2]},
                           {*said.spacing_x, *said.spacing_y, said.spacing_z.value_or(1)});
    if (!said.spacing_z && grid.size[2] > 1) assume(array.meta, "a spacing of 1 mm between pages");
    array.meta["orientation"] = "unknown";
    array.grid = grid;
  }
  if (said.line && *said.line != std::array{0.0, 1.0}) {
    array.pixels = scaled(array.pixels, (*said.line)[1], (*said.line)[0]);
    assume(array.meta, "values times " + short_number((*said.line)[1]) + " plus " + short_number((*said.line)[0]) +
                           ", as the calibration of ImageJ says");
  }
  if (!said.remark.empty()) assume(array.meta, said.remark);
  const auto longer = [&](char axis) {
    return std::ranges::any_of(said.axes, [&](const auto& a) { return a.first == axis && a.second > 1; });
  };
  if (array.pixels.spec().shape.rank() > 3) {
    if (said.time_step_s && longer('t')) array.meta[time_step_key] = exact(*said.time_step_s);
    if (longer('c')) assume(array.meta, "channels along the fourth axis");
  }
}

}  // namespace

RawArray read_tiff(const fs::path& file) {
  const std::size_t file_bytes = size_of_file(file);
  TiffFile tiff{file, "r"};
  Directories d = find_directories(file, tiff, file_bytes);
  const TiffPage& page = d.page;
  if (TIFFSetDirectory(tiff.handle(), d.kept[0]) != 1)
    throw Error{Errc::cannot_read, "the file is damaged: its first page cannot be read again"};
  refuse_metamorph(tiff.handle(), d.kept.size());
  TiffStack said = announced_by(tiff, page);
  const auto there = static_cast<std::int64_t>(d.kept.size());
  if (said.pages == there) put_in_order(d, said);
  RawArray array;
  std::vector<std::int64_t> extents{page.width, page.height, there};
  if (page.samples > 1) extents.insert(extents.begin(), page.samples);
  if (d.left_out > 0) assume(array.meta, std::to_string(d.left_out) + " thumbnails or masks left out");
  Pixels block;
  if (there == 1 && said.pages > 1 && said.in_one_page) {
    block = read_behind(file, tiff, page, said.pages, extents, array.meta);
  } else {
    if (said.pages > 0 && said.pages != there)
      throw Error{Errc::cannot_read,
                  "the file is incomplete: " + said.by + " announces " + std::to_string(said.pages) + " pages, " +
                      std::to_string(there) + " are there",
                  "check that the file is complete, and that its other files are not needed"};
    block = read_pages(tiff, d, extents, file_bytes, array.meta);
  }
  // Channels alone are kept as slices, with a word; a volume has no axis of channels.
  for (auto& [name, extent] : said.axes)
    if (name == 'c' && extent == said.pages && extent > 1) {
      name = 'z';
      assume(array.meta, std::to_string(extent) + " channels stacked as slices");
    }
  if (said.pages == 0) said.axes = {{'z', there}};
  const std::int64_t pages = std::max(there, said.pages);
  if (TIFFSetDirectory(tiff.handle(), d.kept[0]) == 1) refuse_missing_values(tiff.handle(), block);
  block = block.reshaped(Shape{page.samples, page.width, page.height, pages});
  if (page.orientation > 1 && page.orientation <= 8) {
    block = turned(block, page.orientation);
    if (page.orientation >= 5) std::swap(said.spacing_x, said.spacing_y);
    assume(array.meta,
           "rows and columns turned as the tag Orientation says (" + std::to_string(page.orientation) + ")");
  }
  if (page.photometric == PHOTOMETRIC_MINISWHITE)
    assume(array.meta, "values as stored, low ones are bright (MinIsWhite)");
  if (page.photometric == PHOTOMETRIC_PALETTE) assume(array.meta, "numbers of the palette as stored, not its colours");
  array.pixels = arranged(meant(block, page, array.meta), said);
  calibrate(array, said);
  return array;
}

}  // namespace iso::io::detail
