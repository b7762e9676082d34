#include "io/formats/payload_impl.h"
#include "io/formats/picture_impl.h"
#include "io/formats/samples_impl.h"

#include "iso/base/error.h"

#include <fstream>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_file_bytes = std::size_t{1} << 31;  // of a picture; it is held in memory

std::vector<std::byte> read_whole(const fs::path& file) {
  const std::size_t count = size_of_file(file);
  if (count > most_file_bytes) not_supported("the file is a picture of more than 2 GiB", "save it in parts");
  std::vector<std::byte> bytes(count);
  std::ifstream in{file, std::ios::binary};
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  if (static_cast<std::size_t>(in.gcount()) != count) throw_damaged_picture("it could not be read to its end");
  return bytes;
}

/// Of the samples of a pixel: grey without its alpha, colours as their luminance or as the last axis.
Pixels meant(const StoredPicture& picture, const PictureWish& wish, Metadata& meta) {
  const Shape& shape = picture.block.spec().shape;  // c, x, y, page
  const std::int64_t values = picture.colour ? 3 : 1;
  if (picture.colour && !wish.channels) return without_components(picture.block, true, meta);
  Pixels left = picture.block;
  if (shape[0] > values) {
    left = without_last_samples(left, values);
    assume(meta, picture.colour ? "colours without their alpha" : "grey without its alpha");
  }
  if (!picture.colour) return left.reshaped(Shape{shape[1], shape[2], shape[3]});
  assume(meta, "red, green and blue along the fourth axis");
  return without_components(left, false, meta);
}

}  // namespace

void throw_damaged_picture(const std::string& what) {
  throw Error{Errc::cannot_read, "the file is damaged or incomplete: " + what, "check that the file is complete"};
}

PictureWish picture_wish(const ReadOptions& options) {
  const std::string colours = find_hint(options, "colours");
  return {colours == "channels", options.expected == Kind::label_map};
}

params::Schema picture_hints() {
  return array_hints({}, {choice_hint("colours", {"luminance", "channels"},
                                      "What becomes of colours: their luminance, or red, green and blue as frames.")});
}

RawArray read_picture(const fs::path& file, const PictureWish& wish) {
  const std::vector<std::byte> bytes = read_whole(file);
  StoredPicture picture;
  if (is_png(file))
    picture = read_png(bytes, wish);
  else if (is_jpeg(file))
    picture = read_jpeg(bytes);
  else
    throw_damaged_picture("it begins neither like PNG nor like JPEG");
  RawArray array;
  array.meta = std::move(picture.meta);
  array.pixels = meant(picture, wish, array.meta);
  return array;
}

bool is_png(const fs::path& file) { return first_bytes(file, 8) == "\x89PNG\r\n\x1a\n"; }
bool is_jpeg(const fs::path& file) { return first_bytes(file, 3) == "\xff\xd8\xff"; }

}  // namespace iso::io::detail
