#include "array_impl.h"
#include "handlers_impl.h"

#include "iso/base/error.h"

#include <itkPNGImageIO.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <optional>
#include <sstream>

/// Pictures for people: one slice in 256 greys. Written only; nobody should measure on them.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr double shown_share = 0.995;  // of the values; the darkest and brightest 0.5 % saturate

struct Window {
  double low, high;
};

/// From the 0.5th to the 99.5th percentile of the slice; all grey if the values are all the same.
Window window_of(std::vector<double> values) {
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
std::vector<std::uint8_t> greys(const PixelBlock& pixels, const std::optional<Window>& asked) {
  const Shape& shape = pixels.spec().shape;
  const std::int64_t count = shape[0] * shape[1];
  const std::int64_t slices = shape.rank() > 2 ? shape[2] : 1;
  const PixelBlock all = pixels.converted(ScalarType::f64);
  const auto slice =
      all.values<double>().subspan(static_cast<std::size_t>(count * (slices / 2)), static_cast<std::size_t>(count));
  const Window window = asked ? *asked : window_of({slice.begin(), slice.end()});
  std::vector<std::uint8_t> result(slice.size(), 128);
  if (!(window.high > window.low)) return result;
  std::ranges::transform(slice, result.begin(), [&window](double value) {
    const double grey = 255 * (value - window.low) / (window.high - window.low);
    return static_cast<std::uint8_t>(std::lround(std::clamp(grey, 0.0, 255.0)));
  });
  return result;
}

class Png final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override {
    static const Format known{"PNG",
                              {".png"},
                              {},
                              {Kind::volume},
                              {},
                              "A picture of the middle slice in 256 greys, in the window that the metadata asks for or "
                              "from the 0.5th to the 99.5th percentile; for looking only."};
    return known;
  }
  [[nodiscard]] bool recognises(const fs::path& file) const override { return first_bytes(file, 4) == "\x89PNG"; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions&) const override {
    throw Error{Errc::invalid_input, "'" + file.string() + "' is a picture, which is written only",
                "read the data that it was made from"};
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const PixelBlock& pixels = std::get<Volume>(data).pixels;
    if (is_complex(pixels.spec().type))
      throw Error{Errc::cannot_write, "'" + file.string() + "' cannot be written: PNG holds no complex pixels",
                  "write .nrrd, .nii or .h5"};
    const std::vector<std::uint8_t> picture = greys(pixels, window_asked_for(std::get<Volume>(data).meta));
    const auto io = itk::PNGImageIO::New();
    itk::ImageIORegion region(2);
    io->SetFileName(file.string());
    io->SetNumberOfDimensions(2);
    for (unsigned axis = 0; axis < 2; ++axis) {
      io->SetDimensions(axis, static_cast<itk::SizeValueType>(pixels.spec().shape[axis]));
      region.SetSize(axis, static_cast<itk::SizeValueType>(pixels.spec().shape[axis]));
    }
    io->SetComponentType(itk::IOComponentEnum::UCHAR);
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    io->SetIORegion(region);
    io->Write(picture.data());
  }
};

}  // namespace

void add_picture(Handlers& to) { to.push_back(std::make_unique<Png>()); }

}  // namespace iso::io::detail
