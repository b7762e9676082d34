#include "io/cube_builder_impl.h"
#include "io/formats/envi_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

/// ENVI: cubes of bands, classifications and spectral libraries.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using namespace envi;

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream out{file, std::ios::binary};
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out)
    throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                "free some space or write to another disk"};
}

SpectralCube read_cube(const Files& files, const Header& header, const Layout& layout, const ReadOptions& options) {
  SpectralCube cube;
  take_bands(header, static_cast<std::size_t>(layout.bands), cube);
  const bool factor = header.has("reflectance scale factor") && find_hint(options, "scale").empty();
  read_values(files, header, layout, options, cube);
  take_band_hints(cube, options);
  if (factor && cube.quantity == Quantity::unknown) cube.quantity = Quantity::reflectance;
  cube.meta["interleave"] = to_string(layout.interleave);
  if (layout.big_endian) cube.meta["byte_order"] = "big";
  return cube;
}

/// One band of classes, with their names.
RawArray one_band(SpectralCube cube) {
  RawArray array;
  const Shape& shape = cube.pixels.spec().shape;
  array.pixels = cube.pixels.reshaped(Shape{shape[0], shape[1], shape[2]});
  array.quantity = cube.quantity;
  array.meta = std::move(cube.meta);
  return array;
}

class Envi final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override { return find_files(file).has_value(); }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const auto files = find_files(file);
    if (!files)
      throw Error{Errc::invalid_input, "'" + file.filename().string() + "' is no ENVI header, nor has it one beside it",
                  "a header begins with the line ENVI"};
    const Header header = read_header(*files);
    const Layout layout = to_layout(header);
    const std::string type = lower(header.text("file type"));
    const bool library = type.find("spectral library") != std::string::npos;
    const Kind kind =
        options.expected.value_or(library                                            ? Kind::table
                                  : type.find("classification") != std::string::npos ? Kind::label_map
                                                                                     : Kind::spectral_cube);
    if (kind == Kind::table) {
      if (!library)
        throw Error{Errc::type_mismatch,
                    "'" + files->header.filename().string() + "' is an image, a spectral library was expected",
                    "its file type would be 'ENVI Spectral Library'"};
      return spectra::to_table(read_library(*files, header, layout));
    }
    SpectralCube cube = read_cube(*files, header, layout, as(options, kind));
    if (kind == Kind::spectral_cube) return cube;
    const auto names = header.list("class names");
    Dataset data = make_dataset(one_band(std::move(cube)), as(options, kind), {});
    if (auto* const labels = std::get_if<LabelMap>(&data)) labels->names = names;
    return data;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const fs::path header = header_place(file);
    if (const auto* const table = std::get_if<Table>(&data))
      return write_library(header, data_place(file, ".sli"), spectra::to_library(*table));
    const auto& cube = std::get<SpectralCube>(data);
    const Form form = make_form(cube, to_interleave(file, cube));
    write_values(data_place(file, ".img"), cube, form.layout, form.scale, form.ignored);
    std::string text = layout_keys(form.layout, "ENVI Standard", cube.meta) + band_keys(cube);
    if (form.scale) text += "reflectance scale factor = " + exact(*form.scale) + "\n";
    if (form.ignored) text += "data ignore value = " + exact(*form.ignored) + "\n";
    if (!form.ignored && cube.meta.contains(spectra::ignore_value_key)) text += "data ignore value = nan\n";
    write_text(header, text);
  }
  [[nodiscard]] std::vector<fs::path> companions(const fs::path& file) const override {
    if (!has_extension(file, ".hdr")) return {header_place(file)};
    return {data_place(file, ".img")};  // which extension it has is known when the data are
  }

  [[nodiscard]] std::vector<fs::path> sources(const fs::path& file) const override {
    const auto files = find_files(file);
    if (!files || files->data.empty()) return {};
    return {files->header == file ? files->data : files->header};
  }

 private:
  static ReadOptions as(ReadOptions options, Kind kind) {
    options.expected = kind;
    options.headers_only = options.headers_only && kind != Kind::label_map;  // labels are their values
    return options;
  }
  static fs::path header_place(fs::path file) {
    return has_extension(file, ".hdr") ? file : file.replace_extension(".hdr");
  }
  static fs::path data_place(fs::path file, const char* extension) {
    return has_extension(file, ".hdr") ? file.replace_extension(extension) : file;
  }
  /// As the extension says, else as it was in the file that it comes from.
  static Interleave to_interleave(const fs::path& file, const SpectralCube& cube) {
    const auto said = cube.meta.find("interleave");
    const std::string word = said == cube.meta.end() ? "bsq" : said->second;
    for (const Interleave each : {Interleave::bsq, Interleave::bil, Interleave::bip})
      if (has_extension(file, "." + std::string{to_string(each)})) return each;
    for (const Interleave each : {Interleave::bil, Interleave::bip})
      if (word == to_string(each)) return each;
    return Interleave::bsq;
  }
  static std::vector<params::FieldInfo> hints() {
    auto all = cube_hints();
    all.push_back(
        text_hint("quantity", "What the values are, if the file does not say: reflectance, or 'radiance [W/m2]'."));
    all.push_back(numbers_hint("spacing_mm", "mm", "Spacing of a classification: 0.5,0.5."));
    return all;
  }
  Format format_{
      "ENVI",
      {".hdr", ".img", ".bsq", ".bil", ".bip", ".dat", ".sli", ".raw"},
      {Kind::spectral_cube, Kind::table, Kind::label_map, Kind::volume},
      {Kind::spectral_cube, Kind::table},
      hints_of_format({}, hints()),
      "A header .hdr and the values beside it, whichever is named: cubes with bands, masks and scale, spectral "
      "libraries, classifications. Every key of the header is kept."};
};

}  // namespace

namespace envi {

spectra::SpectralLibrary read_library(const Files& files, const Header& header, const Layout& layout) {
  SpectralCube cube;
  Layout rows = layout;  // a channel a sample, a spectrum a line
  if (layout.bands != 1)
    throw Error{Errc::invalid_input,
                "the ENVI header says " + std::to_string(layout.bands) +
                    " bands, a spectral library has its channels as samples and 1 band",
                "correct the header"};
  const auto channels = static_cast<std::size_t>(layout.samples), count = static_cast<std::size_t>(layout.lines);
  // Lists of a library have an entry a channel.
  cube.pixels = Pixels::outline({Shape{1, 1, layout.samples}, ScalarType::f64});
  take_bands(header, channels, cube);
  const auto need = static_cast<std::size_t>(rows.offset + rows.bytes());
  if (const std::size_t have = size_of_file(files.data); have < need)
    throw Error{Errc::cannot_read,
                "'" + files.data.filename().string() + "' is incomplete: its header announces " + std::to_string(need) +
                    " bytes (" + std::to_string(count) + " spectra of " + std::to_string(channels) +
                    " channels), it has " + std::to_string(have),
                "the file is truncated or its header is damaged"};
  if (is_complex(stored_as(rows.type)))
    throw Error{Errc::type_mismatch, "the spectral library holds complex values", "save their magnitude"};
  std::vector<std::byte> raw(static_cast<std::size_t>(rows.bytes()));
  if (open_bytes(files.data, rows.offset, Packing::none)->read(raw.data(), raw.size()) < raw.size())
    throw Error{Errc::cannot_read, "'" + files.data.filename().string() + "' cannot be read to its end",
                "check the disk"};
  if (rows.big_endian) swap_bytes(raw.data(), raw.size(), rows.type);
  PixelBuffer block = PixelBuffer::allocate({Shape{layout.samples, layout.lines}, stored_as(rows.type)});
  if (!widen(rows.type, raw.data(), channels * count, block.data())) note_rounding(cube.meta);
  const Pixels values = Pixels{std::move(block)}.converted(ScalarType::f64);
  spectra::SpectralLibrary library;
  const auto ignored = header.number("data ignore value", cube.meta);
  const double divisor = header.number("reflectance scale factor", cube.meta).value_or(1);
  library.bands = cube.bands;
  if (library.bands.empty()) {
    for (std::size_t i = 0; i < channels; ++i) library.bands.values.push_back(static_cast<double>(i));
    library.bands.name = "band";
    assume(cube.meta, "channels by their number, as the header has no wavelengths");
  }
  library.bands.values = library.bands.sampled(channels);
  library.widths = cube.band_widths.sampled(channels);
  library.meta = cube.meta;
  if (divisor != 1) library.quantity = Quantity::reflectance;
  const auto names = header.list("spectra names"), classes = header.list("spectra classes");
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> spectrum(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const double value = values.values<double>()[i * channels + c];
      const bool missing = spectra::is_missing(value) || !std::isfinite(value) || (ignored && value == *ignored);
      spectrum[c] = missing ? std::nan("") : value / divisor;
    }
    library.add(i < names.size() ? names[i] : "spectrum " + std::to_string(i + 1), spectrum,
                classes.size() == count ? classes[i] : "");
  }
  return library;
}

void write_library(const fs::path& header, const fs::path& data, const spectra::SpectralLibrary& library) {
  const Layout layout{static_cast<std::int64_t>(library.band_count()), static_cast<std::int64_t>(library.count()), 1,
                      FileType::f64};
  std::vector<double> values = library.values;
  for (double& value : values)
    if (spectra::is_missing(value)) value = spectra::missing_value;
  SpectralCube bands;  // for its keys alone
  bands.pixels = Pixels::outline({Shape{1, 1, layout.samples}, ScalarType::f64});
  bands.bands = library.bands;
  if (!library.widths.empty()) bands.band_widths = {"width", library.bands.unit, library.widths};
  bands.meta = library.meta;
  const auto joined = [](const std::vector<std::string>& words) {
    std::string text;
    for (std::string word : words) {
      std::ranges::replace_if(
          word, [](char c) { return c == ',' || c == '{' || c == '}' || c == '\n'; }, ' ');
      text += (text.empty() ? "" : ",\n  ") + word;
    }
    return "{\n  " + text + "}";
  };
  std::string text = layout_keys(layout, "ENVI Spectral Library", library.meta) + band_keys(bands);
  text += "spectra names = " + joined(library.names) + "\n";
  if (!library.classes.empty()) text += "spectra classes = " + joined(library.classes) + "\n";
  text += "data ignore value = " + exact(spectra::missing_value) + "\n";
  std::ofstream out{data, std::ios::binary};
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(double)));
  out.close();
  if (!out)
    throw Error{Errc::cannot_write, "'" + data.string() + "' could not be written completely",
                "free some space or write to another disk"};
  write_text(header, text);
}

}  // namespace envi

void add_envi(Handlers& to) { to.push_back(std::make_unique<Envi>()); }

}  // namespace iso::io::detail
