#include "io/cube_builder_impl.h"
#include "io/formats/envi_impl.h"
#include "io/formats/payload_impl.h"

#include "iso/base/dispatch.h"
#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

/// The numbers of an ENVI file, in blocks of lines, so that a cube of any size passes through little memory.
namespace iso::io::detail::envi {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t piece = std::size_t{16} << 20;

/// Element (line y, sample x, band b) stands at y * line + x * sample + b * band within a block of lines of bil and bip.
struct Steps {
  std::size_t line, sample, band;
};
Steps to_steps(const Layout& layout) {
  const auto samples = static_cast<std::size_t>(layout.samples), bands = static_cast<std::size_t>(layout.bands);
  if (layout.interleave == Interleave::bil) return {bands * samples, 1, samples};
  return {bands * samples, bands, 1};
}

template <std::size_t Bytes>
void gather(const std::byte* from, std::size_t step, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; ++i) std::memcpy(to + i * Bytes, from + i * step * Bytes, Bytes);
}
template <std::size_t Bytes>
void scatter(const std::byte* from, std::size_t step, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; ++i) std::memcpy(to + i * step * Bytes, from + i * Bytes, Bytes);
}

/// Calls with the size of an element as a constant.
template <class Call>
void with_size(std::size_t bytes, const Call& call) {
  switch (bytes) {
    case 1: return call(std::integral_constant<std::size_t, 1>{});
    case 2: return call(std::integral_constant<std::size_t, 2>{});
    case 4: return call(std::integral_constant<std::size_t, 4>{});
    case 8: return call(std::integral_constant<std::size_t, 8>{});
    default: return call(std::integral_constant<std::size_t, 16>{});
  }
}

bool needs_swap(const Layout& layout) {
  return byte_count(layout.type) > 1 && layout.big_endian != (std::endian::native == std::endian::big);
}

void read_exactly(ByteReader& from, std::byte* to, std::size_t count, const Layout& layout, std::uint64_t before) {
  if (const std::size_t got = from.read(to, count); got < count)
    throw Error{Errc::cannot_read,
                "'" + from.name() + "' is incomplete: its header announces " + std::to_string(layout.bytes()) +
                    " bytes of values, it has " + std::to_string(before + got),
                "the file is truncated or its header is damaged"};
}

/// Lines of bil and bip: one block from the file, from which each band takes its part.
void read_lines(ByteReader& from, const Layout& layout, CubeBuilder& builder) {
  const Steps steps = to_steps(layout);
  const std::size_t element = byte_count(layout.type), samples = static_cast<std::size_t>(layout.samples),
                    line_bytes = steps.line * element, lines = static_cast<std::size_t>(layout.lines),
                    at_once = std::clamp<std::size_t>(piece / line_bytes, 1, lines);
  std::vector<std::byte> block(at_once * line_bytes), values(at_once * samples * element);
  for (std::size_t first = 0; first < lines; first += at_once) {
    const std::size_t count = std::min(at_once, lines - first);
    read_exactly(from, block.data(), count * line_bytes, layout, first * line_bytes);
    if (needs_swap(layout)) swap_bytes(block.data(), count * line_bytes, layout.type);
    for (std::size_t band = 0; band < static_cast<std::size_t>(layout.bands); ++band) {
      with_size(element, [&](auto size) {
        for (std::size_t line = 0; line < count; ++line)
          gather<size>(block.data() + (line * steps.line + band * steps.band) * element, steps.sample, samples,
                       values.data() + line * samples * element);
      });
      builder.add(band, first * samples, count * samples, values.data());
    }
  }
}

void read_bands(ByteReader& from, const Layout& layout, CubeBuilder& builder) {
  const std::size_t element = byte_count(layout.type),
                    plane = static_cast<std::size_t>(layout.samples) * static_cast<std::size_t>(layout.lines),
                    at_once = std::min(plane, piece / element);
  std::vector<std::byte> values(at_once * element);
  std::uint64_t before = 0;
  for (std::size_t band = 0; band < static_cast<std::size_t>(layout.bands); ++band)
    for (std::size_t first = 0; first < plane; first += at_once) {
      const std::size_t count = std::min(at_once, plane - first);
      read_exactly(from, values.data(), count * element, layout, before);
      if (needs_swap(layout)) swap_bytes(values.data(), count * element, layout.type);
      builder.add(band, first, count, values.data());
      before += count * element;
    }
}

void check_size(const fs::path& data, const Layout& layout, Metadata& meta) {
  if (layout.packed) return;
  const std::uint64_t have = size_of_file(data), need = layout.offset + layout.bytes();
  const std::string shape = Shape{layout.samples, layout.lines, layout.bands}.text();
  if (have < need)
    throw Error{Errc::cannot_read,
                "'" + data.filename().string() + "' is incomplete: its header announces " + std::to_string(need) +
                    " bytes (" + shape + " values" +
                    (layout.offset > 0 ? " behind " + std::to_string(layout.offset) + " bytes" : "") + "), it has " +
                    std::to_string(have),
                "the file is truncated or its header is damaged"};
  if (have > need)
    assume(meta, "the last " + std::to_string(have - need) + " bytes of '" + data.filename().string() +
                     "' are no values: " + std::to_string(need) + " bytes are announced, it has " +
                     std::to_string(have));
}

Calibration make_calibration(const Header& header, const ReadOptions& options, std::size_t bands, Metadata& meta) {
  Calibration calibration;
  const std::string given = find_hint(options, "scale");
  if (given == "none") {
    if (const auto kept = header.text("reflectance scale factor"); !kept.empty())
      meta[std::string{spectra::envi_prefix} + "reflectance scale factor"] = kept;
    return calibration;
  }
  calibration.divisor = given.empty() ? header.number("reflectance scale factor", meta) : to_number(given);
  if (calibration.divisor && !(std::isfinite(*calibration.divisor) && *calibration.divisor > 0)) {
    assume(meta, "no scale: the factor " + short_number(*calibration.divisor) + " is not above 0");
    calibration.divisor.reset();
  }
  const auto gains = header.numbers("data gain values", bands, meta),
             offsets = header.numbers("data offset values", bands, meta);
  const auto changes = [](const std::vector<double>& list, double neutral) {
    return std::ranges::any_of(list, [&](double value) { return value != neutral; });
  };
  if (!changes(gains, 1) && !changes(offsets, 0)) return calibration;
  if (calibration.divisor) {
    assume(meta, "the reflectance scale factor, not the gains and offsets that the header has too");
    return calibration;
  }
  calibration.gains = gains.empty() ? std::vector<double>(bands, 1) : gains;
  calibration.offsets = offsets.empty() ? std::vector<double>(bands, 0) : offsets;
  meta["calibration"] = "gains and offsets of the header are applied";
  for (const char* const key : {"data gain values", "data offset values"})
    meta.erase(std::string{spectra::envi_prefix} + key);
  return calibration;
}

}  // namespace

void read_values(const Files& files, const Header& header, const Layout& layout, const ReadOptions& options,
                 SpectralCube& cube) {
  check_size(files.data, layout, cube.meta);
  const auto bands = static_cast<std::size_t>(layout.bands);
  const Shape shape{layout.samples, layout.lines, layout.bands};
  const Calibration calibration = make_calibration(header, options, bands, cube.meta);
  if (options.headers_only) {
    cube.pixels = Pixels::outline({shape, value_type(layout.type, calibration)});
    return;
  }
  CubeBuilder builder{shape, layout.type, calibration, options};
  builder.hide(cube.band_mask);
  if (const auto ignored = header.number("data ignore value", cube.meta)) {
    builder.ignore(*ignored);
    cube.meta[spectra::ignore_value_key] = std::isnan(*ignored) ? "nan" : exact(*ignored);
  }
  Bytes from =
      open_bytes(files.data, layout.packed ? 0 : layout.offset, layout.packed ? Packing::deflate : Packing::none);
  if (layout.packed) skip_bytes(*from, static_cast<std::size_t>(layout.offset));
  if (layout.interleave == Interleave::bsq)
    read_bands(*from, layout, builder);
  else
    read_lines(*from, layout, builder);
  builder.finish(cube);
}

namespace {

/// Values as the file holds them.
class Stored {
 public:
  Stored(const SpectralCube& cube, const Layout& layout, std::optional<double> scale, std::optional<double> ignored)
      : cube_{cube}, layout_{layout}, scale_{scale}, ignored_{ignored}, hidden_{hidden_pixels()} {}

  /// `count` values of a band from pixel `first` on.
  void take(std::size_t band, std::size_t first, std::size_t count, std::byte* to) const {
    const Shape& shape = cube_.pixels.spec().shape;
    const std::size_t plane = static_cast<std::size_t>(shape[0] * shape[1]), element = byte_count(layout_.type),
                      own = byte_count(cube_.pixels.spec().type), from = (band * plane + first) * own;
    if (!scale_ && to_file_type(cube_.pixels.spec().type) == layout_.type)
      std::memcpy(to, cube_.pixels.data() + from, count * own);
    else
      dispatch_real(band * plane + first, count, to);
    for (std::size_t i = 0; i < count && !hidden_.empty(); ++i)
      if (hidden_[first + i] != 0) put(ignored_.value_or(std::nan("")), to + i * element);
    MappedPixels::release(cube_.pixels, from, count * own);
    if (needs_swap(layout_)) swap_bytes(to, count * element, layout_.type);
  }

 private:
  void dispatch_real(std::size_t first, std::size_t count, std::byte* to) const {
    const std::size_t element = byte_count(layout_.type);
    dispatch<RealTypes>(cube_.pixels.spec().type, [&](auto zero) {
      const auto from = cube_.pixels.values<decltype(zero)>().subspan(first, count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<double>(from[i]);
        put(scale_ ? value * *scale_ : value, to + i * element);
      }
    });
  }
  template <class T>
  static void put_as(double value, std::byte* to) {
    T element{};
    if constexpr (std::is_integral_v<T>)
      element = static_cast<T>(std::nearbyint(value));
    else if constexpr (std::is_floating_point_v<T>)
      element = static_cast<T>(value);
    else
      element = static_cast<typename T::value_type>(value);
    std::memcpy(to, &element, sizeof element);
  }
  void put(double value, std::byte* to) const {
    switch (layout_.type) {
      case FileType::u8: return put_as<std::uint8_t>(value, to);
      case FileType::i16: return put_as<std::int16_t>(value, to);
      case FileType::u16: return put_as<std::uint16_t>(value, to);
      case FileType::i32: return put_as<std::int32_t>(value, to);
      case FileType::u32: return put_as<std::uint32_t>(value, to);
      case FileType::i64: return put_as<std::int64_t>(value, to);
      case FileType::u64: return put_as<std::uint64_t>(value, to);
      case FileType::f32: return put_as<float>(value, to);
      case FileType::f64: return put_as<double>(value, to);
      case FileType::c64: return put_as<std::complex<float>>(value, to);
      case FileType::c128: return put_as<std::complex<double>>(value, to);
      case FileType::i8:
      case FileType::f16: break;
    }
  }

  /// Pixels that the mask hides and whose values do not say so: they are written as the ignored value.
  [[nodiscard]] std::vector<std::uint8_t> hidden_pixels() const {
    if (cube_.mask.empty()) return {};
    const auto mask = cube_.mask.values<std::uint8_t>();
    std::vector<std::uint8_t> hidden(mask.size());
    for (std::size_t i = 0; i < mask.size(); ++i) hidden[i] = mask[i] == 0 ? 1 : 0;
    if (is_complex(cube_.pixels.spec().type)) return hidden;
    const auto good = spectra::good_bands(cube_);
    const double sign = ignored_ ? *ignored_ / scale_.value_or(1) : std::nan("");
    dispatch<RealTypes>(cube_.pixels.spec().type, [&](auto zero) {
      const auto values = cube_.pixels.values<decltype(zero)>();
      for (std::size_t band = 0; band < good.size(); ++band)
        for (std::size_t i = 0; i < hidden.size() && good[band]; ++i) {
          const auto value = static_cast<double>(values[band * hidden.size() + i]);
          if (hidden[i] != 0 && (!std::isfinite(value) || std::abs(value - sign) <= 1e-6 * std::abs(sign)))
            hidden[i] = 0;
        }
    });
    return hidden;
  }

  const SpectralCube& cube_;
  const Layout& layout_;
  std::optional<double> scale_, ignored_;
  std::vector<std::uint8_t> hidden_;
};

struct Limits {
  double least, most;
};
std::optional<Limits> to_limits(FileType type) {
  const auto of = []<class T>(T) {
    return Limits{static_cast<double>(std::numeric_limits<T>::lowest()),
                  static_cast<double>(std::numeric_limits<T>::max())};
  };
  switch (type) {
    case FileType::u8: return of(std::uint8_t{});
    case FileType::i16: return of(std::int16_t{});
    case FileType::u16: return of(std::uint16_t{});
    case FileType::i32: return of(std::int32_t{});
    case FileType::u32: return of(std::uint32_t{});
    case FileType::i64:
    case FileType::u64: return Limits{type == FileType::i64 ? -9007199254740992.0 : 0, 9007199254740992.0};
    default: return std::nullopt;
  }
}

/// Whether every value times `scale` is a whole number of the type, so that nothing is lost in it.
bool whole_as(const SpectralCube& cube, FileType type, double scale) {
  const auto limits = to_limits(type);
  if (!limits || is_complex(cube.pixels.spec().type)) return false;
  return dispatch<RealTypes>(cube.pixels.spec().type, [&](auto zero) {
    return std::ranges::all_of(cube.pixels.values<decltype(zero)>(), [&](auto stored) {
      const double value = static_cast<double>(stored) * scale;
      return std::abs(value - std::nearbyint(value)) <= 2e-3 && value >= limits->least && value <= limits->most;
    });
  });
}

std::optional<FileType> type_named(const std::string& name) {
  constexpr std::array known{std::pair{"u8", FileType::u8},   std::pair{"i16", FileType::i16},
                             std::pair{"u16", FileType::u16}, std::pair{"i32", FileType::i32},
                             std::pair{"u32", FileType::u32}, std::pair{"i64", FileType::i64},
                             std::pair{"u64", FileType::u64}};
  for (const auto& [text, type] : known)
    if (name == text) return type;
  return std::nullopt;
}

/// A value that no pixel with a spectrum has, for pixels without one.
double unused_value(const SpectralCube& cube, FileType type) {
  const auto limits = to_limits(type);
  for (const double value : {limits->least < 0 ? limits->least : limits->most, 0.0}) {
    const bool used = dispatch<RealTypes>(cube.pixels.spec().type, [&](auto zero) {
      return std::ranges::any_of(cube.pixels.values<decltype(zero)>(),
                                 [&](auto v) { return static_cast<double>(v) == value; });
    });
    if (!used) return value;
  }
  throw Error{Errc::cannot_write, "the cube has pixels without a spectrum, and no whole number is left to mark them by",
              "write .h5"};
}

}  // namespace

Form make_form(const SpectralCube& cube, Interleave interleave) {
  const Shape& shape = cube.pixels.spec().shape;
  Form form{{shape[0], shape[1], shape[2], to_file_type(cube.pixels.spec().type), interleave}, {}, {}};
  const auto said = [&](const char* key) {
    const auto found = cube.meta.find(key);
    return found == cube.meta.end() ? std::string{} : found->second;
  };
  form.layout.big_endian = said("byte_order") == "big";
  const auto scale = to_number(said(spectra::scale_factor_key));
  const auto stored = type_named(said(spectra::stored_type_key));
  if (stored && whole_as(cube, *stored, scale.value_or(1))) {
    form.layout.type = *stored;
    if (scale && *scale != 1) form.scale = scale;
  }
  const std::string ignored = said(spectra::ignore_value_key);
  // As stored; of values that were scaled for good, as they are now.
  if (const auto number = to_number(ignored))
    form.ignored = scale && !form.scale ? static_cast<double>(static_cast<float>(*number / *scale)) : *number;
  if (!form.ignored && !cube.mask.empty() && to_limits(form.layout.type)) {
    ISO_ASSERT(!form.scale || form.layout.type != to_file_type(cube.pixels.spec().type));
    form.ignored = form.scale ? to_limits(form.layout.type)->least : unused_value(cube, form.layout.type);
  }
  return form;
}

void write_values(const fs::path& data, const SpectralCube& cube, const Layout& layout, std::optional<double> scale,
                  std::optional<double> ignored) {
  const Stored stored{cube, layout, scale, ignored};
  const std::size_t element = byte_count(layout.type), samples = static_cast<std::size_t>(layout.samples),
                    lines = static_cast<std::size_t>(layout.lines), bands = static_cast<std::size_t>(layout.bands);
  std::ofstream out{data, std::ios::binary};
  const auto put = [&](const std::vector<std::byte>& bytes, std::size_t count) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(count));
  };
  if (layout.interleave == Interleave::bsq) {
    const std::size_t plane = samples * lines, at_once = std::min(plane, piece / element);
    std::vector<std::byte> values(at_once * element);
    for (std::size_t band = 0; band < bands; ++band)
      for (std::size_t first = 0; first < plane && out; first += at_once) {
        const std::size_t count = std::min(at_once, plane - first);
        stored.take(band, first, count, values.data());
        put(values, count * element);
      }
  } else {
    const Steps steps = to_steps(layout);
    const std::size_t line_bytes = steps.line * element,
                      at_once = std::clamp<std::size_t>(piece / line_bytes, 1, lines);
    std::vector<std::byte> block(at_once * line_bytes), values(at_once * samples * element);
    for (std::size_t first = 0; first < lines && out; first += at_once) {
      const std::size_t count = std::min(at_once, lines - first);
      for (std::size_t band = 0; band < bands; ++band) {
        stored.take(band, first * samples, count * samples, values.data());
        with_size(element, [&](auto size) {
          for (std::size_t line = 0; line < count; ++line)
            scatter<size>(values.data() + line * samples * element, steps.sample, samples,
                          block.data() + (line * steps.line + band * steps.band) * element);
        });
      }
      put(block, count * line_bytes);
    }
  }
  out.close();
  if (!out)
    throw Error{Errc::cannot_write, "'" + data.string() + "' could not be written completely",
                "free some space or write to another disk"};
}

}  // namespace iso::io::detail::envi
