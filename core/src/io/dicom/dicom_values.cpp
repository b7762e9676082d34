#include "io/dicom/dicom_impl.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

/// Samples become values: stored bits, lookup tables, slope and intercept, colours.
namespace iso::io::detail {
namespace {

constexpr std::size_t chunk = 4096;  // values that stay in the cache between the steps

/// Takes the stored bits out of their container (PS3.5, 8.1.1).
struct StoredBits {
  int shift{0}, bits{16};
  bool is_signed{false};

  StoredBits(const DicomSamples& samples, const DicomStorage& storage) : is_signed{storage.is_signed} {
    // A coder counts its bits from the lowest; only where it has them all can the high bit be another.
    const bool as_stored = !samples.coded || samples.bits > storage.high_bit;
    shift = as_stored ? storage.high_bit + 1 - storage.bits_stored : 0;
    bits = samples.coded ? std::min(storage.bits_stored, samples.bits) : storage.bits_stored;
    if (samples.bytes_each == 1 && samples.bits == 1) shift = 0, bits = 1;
  }
};

template <class Container, class Value>
void take_bits(const unsigned char* from, const StoredBits& stored, std::span<Value> to) {
  const auto mask = stored.bits >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << stored.bits) - 1;
  const auto sign = stored.is_signed ? std::uint32_t{1} << (stored.bits - 1) : 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    Container container;
    std::memcpy(&container, from + i * sizeof container, sizeof container);
    const std::uint32_t raw = static_cast<std::uint32_t>(container) >> stored.shift & mask;
    // Flipping the sign bit and taking it off again extends it.
    if constexpr (std::is_same_v<Value, double>)
      to[i] = static_cast<double>(static_cast<std::int64_t>(raw ^ sign) - static_cast<std::int64_t>(sign));
    else
      to[i] = static_cast<Value>((raw ^ sign) - sign);
  }
}

template <class Value>
void stored_values(const DicomSamples& samples, const DicomHeader& header, std::size_t first, std::span<Value> to) {
  const unsigned char* from = samples.bytes.data() + first * samples.bytes_each;
  if (header.storage.floating) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      float narrow = 0;
      double wide = 0;
      if (samples.bytes_each == 4) {
        std::memcpy(&narrow, from + 4 * i, 4);
        wide = static_cast<double>(narrow);
      } else {
        std::memcpy(&wide, from + 8 * i, 8);
      }
      to[i] = static_cast<Value>(wide);
    }
    return;
  }
  const StoredBits stored{samples, header.storage};
  switch (samples.bytes_each) {
    case 1: return take_bits<std::uint8_t>(from, stored, to);
    case 2: return take_bits<std::uint16_t>(from, stored, to);
    default: return take_bits<std::uint32_t>(from, stored, to);
  }
}

double entry(const DicomTable& table, double stored) {
  const double at = std::clamp(stored - table.first, 0.0, static_cast<double>(table.values.size() - 1));
  return table.values[static_cast<std::size_t>(at)];
}

template <class To>
bool put(double value, To& to) {
  if constexpr (std::is_floating_point_v<To>) {
    to = static_cast<To>(value);
    return true;
  } else {
    const bool fits = value >= static_cast<double>(std::numeric_limits<To>::lowest()) &&
                      value <= static_cast<double>(std::numeric_limits<To>::max());
    to = fits ? static_cast<To>(value) : To{};
    return fits;
  }
}

// Whole numbers that only move: what nearly all CT and MR is.
template <class To>
bool move_values(std::span<const std::int32_t> from, std::int32_t by, To* to) {
  if constexpr (std::is_integral_v<To>) {
    std::int32_t least = std::numeric_limits<std::int32_t>::max(), most = std::numeric_limits<std::int32_t>::lowest();
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::int32_t value = from[i] + by;
      least = std::min(least, value);
      most = std::max(most, value);
      to[i] = static_cast<To>(value);
    }
    return static_cast<std::int64_t>(least) >= static_cast<std::int64_t>(std::numeric_limits<To>::lowest()) &&
           static_cast<std::int64_t>(most) <= static_cast<std::int64_t>(std::numeric_limits<To>::max());
  } else {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<To>(from[i] + by);
    return true;
  }
}

template <class To>
bool write_grey(const DicomSamples& samples, const DicomHeader& header, const DicomMeaning& meaning, To* to) {
  const auto count = static_cast<std::size_t>(header.rows * header.columns);
  const bool small = !header.storage.floating && header.storage.bits_stored <= 16;
  const bool moves = small && !meaning.table && meaning.slope == 1 &&
                     meaning.intercept == std::floor(meaning.intercept) && std::abs(meaning.intercept) < 1e9;
  bool fits = true;
  std::array<std::int32_t, chunk> whole;
  std::array<double, chunk> real;
  for (std::size_t first = 0; first < count; first += chunk) {
    const std::size_t n = std::min(chunk, count - first);
    if (moves) {
      stored_values<std::int32_t>(samples, header, first, {whole.data(), n});
      fits = move_values({whole.data(), n}, static_cast<std::int32_t>(meaning.intercept), to + first) && fits;
      continue;
    }
    stored_values<double>(samples, header, first, {real.data(), n});
    for (std::size_t i = 0; i < n; ++i) {
      const double value = meaning.table ? entry(*meaning.table, real[i]) : meaning.slope * real[i] + meaning.intercept;
      fits = put(value, to[first + i]) && fits;
    }
  }
  return fits;
}

double luminance(const std::array<double, 3>& rgb) { return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]; }

// PS3.3, C.7.6.3.1.2: full range with an offset of half of it, or 16 to 235 of 8 bits.
std::array<double, 3> to_rgb(std::array<double, 3> c, double most, bool partial) {
  const double half = (most + 1) / 2;
  if (partial) {
    c[0] = (c[0] - 16 * (most + 1) / 256) * 255 / 219;
    c[1] = (c[1] - half) * 255 / 224 + half;
    c[2] = (c[2] - half) * 255 / 224 + half;
  }
  const std::array<double, 3> rgb{c[0] + 1.402 * (c[2] - half),
                                  c[0] - 0.344136 * (c[1] - half) - 0.714136 * (c[2] - half),
                                  c[0] + 1.772 * (c[1] - half)};
  return {std::clamp(std::round(rgb[0]), 0.0, most), std::clamp(std::round(rgb[1]), 0.0, most),
          std::clamp(std::round(rgb[2]), 0.0, most)};
}

void write_colour(const DicomSamples& samples, const DicomHeader& header, float* to) {
  const auto count = static_cast<std::size_t>(header.rows * header.columns);
  const bool chroma = samples.luma_and_chroma.value_or(header.photometric.starts_with("YBR"));
  const bool partial = header.photometric.starts_with("YBR_PARTIAL");
  const double most = std::exp2(header.storage.bits_stored) - 1;
  std::array<double, 3 * chunk> real;
  for (std::size_t first = 0; first < count; first += chunk) {
    const std::size_t n = std::min(chunk, count - first);
    stored_values<double>(samples, header, 3 * first, {real.data(), 3 * n});
    for (std::size_t i = 0; i < n; ++i) {
      std::array<double, 3> c{real[3 * i], real[3 * i + 1], real[3 * i + 2]};
      if (chroma) c = to_rgb(c, most, partial);
      to[first + i] = static_cast<float>(luminance(c));
    }
  }
}

void write_palette(const DicomSamples& samples, const DicomHeader& header, float* to) {
  const auto count = static_cast<std::size_t>(header.rows * header.columns);
  std::array<double, chunk> real;
  for (std::size_t first = 0; first < count; first += chunk) {
    const std::size_t n = std::min(chunk, count - first);
    stored_values<double>(samples, header, first, {real.data(), n});
    for (std::size_t i = 0; i < n; ++i)
      to[first + i] = static_cast<float>(luminance(
          {entry(header.palette[0], real[i]), entry(header.palette[1], real[i]), entry(header.palette[2], real[i])}));
  }
}

bool is_whole(double value) { return value == std::floor(value); }

ScalarType stored_type(const DicomStorage& s) {
  if (s.floating) return s.bits_allocated == 32 ? ScalarType::f32 : ScalarType::f64;
  if (s.bits_stored <= 8)
    return s.is_signed ? ScalarType::i16 : s.bits_allocated <= 8 ? ScalarType::u8 : ScalarType::u16;
  if (s.bits_stored <= 16) return s.is_signed ? ScalarType::i16 : ScalarType::u16;
  return s.is_signed || s.bits_stored < 32 ? ScalarType::i32 : ScalarType::f64;
}

ScalarType common_type(ScalarType a, ScalarType b) {
  using enum ScalarType;
  if (a == b) return a;
  const auto is = [&](ScalarType p, ScalarType q) { return (a == p && b == q) || (a == q && b == p); };
  if (is(u8, u16)) return u16;
  if (is(u8, i16)) return i16;
  if (is(u16, i16) || is(u8, i32) || is(u16, i32) || is(i16, i32)) return i32;
  if (a == f64 || b == f64 || is(i32, f32)) return f64;
  return f32;
}

ScalarType to_type(const DicomStorage& s, const DicomMeaning& m) {
  const ScalarType stored = stored_type(s);
  if (m.identity()) return stored;
  if (m.table) {
    const bool whole =
        std::ranges::all_of(m.table->values, [](double v) { return is_whole(v) && v >= 0 && v <= 65535; });
    return whole ? ScalarType::u16 : ScalarType::f64;
  }
  const bool small = stored == ScalarType::u8 || stored == ScalarType::u16 || stored == ScalarType::i16;
  if (small && m.slope == 1 && is_whole(m.intercept) && std::abs(m.intercept) <= 65536) return ScalarType::i16;
  return small || stored == ScalarType::f32 ? ScalarType::f32 : ScalarType::f64;
}

}  // namespace

ScalarType dicom_result_type(const std::vector<DicomHeader>& headers) {
  std::optional<ScalarType> type;
  for (const DicomHeader& header : headers) {
    if (header.storage.samples == 3 || header.photometric == "PALETTE COLOR") return ScalarType::f32;
    const DicomMeaning* last = nullptr;
    for (const DicomPlane& plane : header.planes) {
      // Thousands of frames share one meaning; a table is looked through once.
      if (last && last->table == plane.meaning.table && last->slope == plane.meaning.slope &&
          last->intercept == plane.meaning.intercept)
        continue;
      last = &plane.meaning;
      const ScalarType one = to_type(header.storage, plane.meaning);
      type = type ? common_type(*type, one) : one;
    }
  }
  return type.value_or(ScalarType::u16);
}

bool write_dicom_plane(const DicomSamples& samples, const DicomHeader& header, const DicomMeaning& meaning,
                       ScalarType type, std::byte* to) {
  const auto need =
      static_cast<std::size_t>(header.rows * header.columns * header.storage.samples) * samples.bytes_each;
  if (samples.bytes.size() < need)
    throw Error{Errc::cannot_read,
                "the file is incomplete: a frame has " + std::to_string(samples.bytes.size()) + " of " +
                    std::to_string(need) + " bytes",
                "check that the file is complete"};
  if (header.storage.samples == 3) {
    write_colour(samples, header, reinterpret_cast<float*>(to));
    return true;
  }
  if (header.photometric == "PALETTE COLOR") {
    write_palette(samples, header, reinterpret_cast<float*>(to));
    return true;
  }
  switch (type) {
    case ScalarType::u8: return write_grey(samples, header, meaning, reinterpret_cast<std::uint8_t*>(to));
    case ScalarType::u16: return write_grey(samples, header, meaning, reinterpret_cast<std::uint16_t*>(to));
    case ScalarType::i16: return write_grey(samples, header, meaning, reinterpret_cast<std::int16_t*>(to));
    case ScalarType::i32: return write_grey(samples, header, meaning, reinterpret_cast<std::int32_t*>(to));
    case ScalarType::f32: return write_grey(samples, header, meaning, reinterpret_cast<float*>(to));
    default: return write_grey(samples, header, meaning, reinterpret_cast<double*>(to));
  }
}

}  // namespace iso::io::detail
