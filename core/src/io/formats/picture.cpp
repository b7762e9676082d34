#include "io/array_impl.h"
#include "io/formats/image_folder_impl.h"
#include "io/formats/picture_impl.h"
#include "io/handlers_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/byte_text.h"
#include "iso/base/error.h"
#include "iso/data/case_names.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <locale>
#include <optional>
#include <sstream>

/// Pictures: PNG and JPEG are read as they are stored; one slice in 256 greys is written, for looking.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr double shown_share = 0.995;  // of the values; the darkest and brightest 0.5 % saturate

struct Window {
  double low, high;
};

/// From the 0.5th to the 99.5th percentile of the slice; all grey if the values are all the same.
Window make_window(std::vector<double> values) {
  const auto at = [&values](double share) {
    const auto place = values.begin() + std::lround(share * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, place);
    return *place;
  };
  return {at(1 - shown_share), at(shown_share)};
}

/// What the data asks to be shown in: metadata "window", width and centre in the unit of the values, "0.02,0.01".
std::optional<Window> window_asked_for(const Metadata& meta) {
  const auto found = meta.find("window");
  if (found == meta.end()) return std::nullopt;
  std::istringstream text(found->second);
  text.imbue(std::locale::classic());
  double width = 0, centre = 0;
  char comma = 0;
  if (!(text >> width >> comma >> centre) || comma != ',' || !(width > 0) || !std::isfinite(width + centre))
    return std::nullopt;
  return Window{centre - width / 2, centre + width / 2};
}

/// Row 0 of the picture is row 0 of the slice: anterior at the top, patient right at the left, as radiologists read.
std::vector<std::uint8_t> greys(const Pixels& pixels, const std::optional<Window>& asked) {
  const Shape& shape = pixels.spec().shape;
  const std::int64_t count = shape[0] * shape[1];
  const std::int64_t slices = shape.rank() > 2 ? shape[2] : 1;
  const Pixels all = pixels.converted(ScalarType::f64);
  const auto slice =
      all.values<double>().subspan(static_cast<std::size_t>(count * (slices / 2)), static_cast<std::size_t>(count));
  const Window window = asked ? *asked : make_window({slice.begin(), slice.end()});
  std::vector<std::uint8_t> result(slice.size(), 128);
  if (!(window.high > window.low)) return result;
  std::ranges::transform(slice, result.begin(), [&window](double value) {
    const double grey = 255 * (value - window.low) / (window.high - window.low);
    return static_cast<std::uint8_t>(std::lround(std::clamp(grey, 0.0, 255.0)));
  });
  return result;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

/// A piece of PNG (ISO 15948): length, name, data, checksum over name and data.
std::string chunk(const std::string& name, const std::string& data) {
  const std::string body = name + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(static_cast<std::uint32_t>(sum));
}

void write_png(const fs::path& file, const std::vector<std::uint8_t>& greys, std::uint32_t width,
               std::uint32_t height) {
  std::string rows;  // before each row the number of its filter, none
  rows.reserve(static_cast<std::size_t>(width + 1) * height);
  for (std::size_t y = 0; y < height; ++y) {
    rows += '\0';
    rows.append(reinterpret_cast<const char*>(greys.data()) + y * width, width);
  }
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
                static_cast<uLong>(rows.size()), 6) != Z_OK)
    throw std::bad_alloc{};
  packed.resize(size);
  std::ofstream out{file, std::ios::binary};
  out << "\x89PNG\r\n\x1a\n"
      << chunk("IHDR", big_endian(width) + big_endian(height) + std::string{"\x08\x00\x00\x00\x00", 5});
  // A piece holds less than 2^31 bytes.
  constexpr std::size_t most = std::size_t{1} << 30;
  for (std::size_t at = 0; at < packed.size(); at += most) out << chunk("IDAT", packed.substr(at, most));
  out << chunk("IEND", "");
  out.close();
  if (!out)
    throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                "free some space or write to another disk"};
}

/// What the two formats share.
class PictureHandler : public Handler {
 public:
  explicit PictureHandler(Format format) : format_{std::move(format)} {}
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const PictureWish wish = picture_wish(options);
    const auto make = [&wish](const fs::path& other) { return read_picture(other, wish); };
    RawArray array = kept_array(*this, file, wish.text(), [&] { return make(file); });
    array.meta.try_emplace(case_names_key, utf8_from_bytes(file.stem().string()));
    return make_dataset(std::move(array), options, make);
  }

 private:
  Format format_;
};

class Png final : public PictureHandler {
 public:
  Png()
      : PictureHandler{
            {"PNG",
             {".png"},
             picture_reads,
             {Kind::volume},
             picture_hints(),
             "Read as stored, of 1 to 16 bits, colours as their luminance or as channels; written as a picture of the "
             "middle slice in 256 greys, in the window that the metadata asks for or from the 0.5th to the 99.5th "
             "percentile, for looking only."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override { return is_png(file); }
  void write(const fs::path& file, const Dataset& data) const override {
    const Pixels& pixels = std::get<Volume>(data).pixels;
    if (is_complex(pixels.spec().type))
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: PNG holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    const std::vector<std::uint8_t> picture = greys(pixels, window_asked_for(std::get<Volume>(data).meta));
    write_png(file, picture, static_cast<std::uint32_t>(pixels.spec().shape[0]),
              static_cast<std::uint32_t>(pixels.spec().shape[1]));
  }
};

class Jpeg final : public PictureHandler {
 public:
  Jpeg()
      : PictureHandler{{"JPEG",
                        {".jpg", ".jpeg"},
                        picture_reads,
                        {},
                        picture_hints(),
                        "Pictures of 8 bits in grey or colours, read as they unpack; their values are lossy."}} {}
  [[nodiscard]] bool recognises(const fs::path& file) const override { return is_jpeg(file); }
};

}  // namespace

void add_picture(Handlers& to) {
  to.push_back(std::make_unique<Png>());
  to.push_back(std::make_unique<Jpeg>());
  to.push_back(make_picture_folder());  // before DICOM, which takes every folder
}

}  // namespace iso::io::detail
