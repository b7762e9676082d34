#include "io/formats/payload_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;
const std::string complete = "check that the file is complete";

class PlainBytes final : public ByteReader {
 public:
  PlainBytes(const fs::path& file, std::uint64_t first) : ByteReader{file.filename().string()} {
    descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0)
      throw Error{Errc::cannot_read, "'" + name_ + "' cannot be opened: " + std::strerror(errno),
                  "check that the file is there and may be read"};
    const std::size_t size = size_of_file(file);
    left_ = size - std::min<std::uint64_t>(size, first);
    if (::lseek(descriptor_, static_cast<off_t>(std::min<std::uint64_t>(size, first)), SEEK_SET) < 0) fail();
  }
  PlainBytes(const PlainBytes&) = delete;
  PlainBytes& operator=(const PlainBytes&) = delete;
  ~PlainBytes() override { ::close(descriptor_); }
  std::size_t read(std::byte* to, std::size_t count) override {
    std::size_t done = 0;
    while (done < count) {
      const ssize_t got = ::read(descriptor_, to + done, count - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail();
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    left_ -= std::min(left_, done);
    return done;
  }
  std::size_t finish() override { return std::exchange(left_, 0); }
  std::size_t most() const override { return left_; }

 private:
  [[noreturn]] void fail() const {
    throw Error{Errc::cannot_read, "'" + name_ + "' cannot be read: " + std::strerror(errno), "check the disk"};
  }
  int descriptor_{-1};
  std::size_t left_{0};
};

class MemoryBytes final : public ByteReader {
 public:
  MemoryBytes(std::string bytes, std::string name) : ByteReader{std::move(name)}, bytes_{std::move(bytes)} {}
  std::size_t read(std::byte* to, std::size_t count) override {
    const std::size_t got = std::min(count, bytes_.size() - at_);
    if (got > 0) std::memcpy(to, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  std::size_t finish() override { return bytes_.size() - std::exchange(at_, bytes_.size()); }
  std::size_t most() const override { return bytes_.size() - at_; }

 private:
  std::string bytes_;
  std::size_t at_{0};
};

class PartBytes final : public ByteReader {
 public:
  PartBytes(std::vector<fs::path> files, std::uint64_t skip, Packing packing, std::size_t bytes_each)
      : ByteReader{files.front().filename().string()},
        files_{std::move(files)},
        skip_{skip},
        each_{bytes_each},
        packing_{packing} {
    for (const auto& file : files_) most_ += std::min(each_, open_bytes(file, skip_, packing_)->most());
  }
  std::size_t most() const override { return most_; }
  // Parts that were not read are held against what is announced for them.
  std::size_t finish() override {
    std::size_t left = 0;
    for (; at_ < files_.size(); ++at_, in_part_ = 0, current_.reset()) {
      if (!current_) begin_part();
      const std::size_t rest = current_->finish();
      if (in_part_ + rest < each_) part_incomplete(in_part_ + rest);
      if (in_part_ + rest > each_) part_too_long(in_part_ + rest - each_);
      left += rest;
    }
    return left;
  }
  std::size_t read(std::byte* to, std::size_t count) override {
    std::size_t done = 0;
    while (done < count && at_ < files_.size()) {
      if (!current_) begin_part();
      const std::size_t want = std::min(count - done, each_ - in_part_), got = current_->read(to + done, want);
      done += got;
      in_part_ += got;
      if (got < want) part_incomplete(in_part_);
      if (in_part_ < each_) break;
      if (const std::size_t left = current_->finish(); left > 0) part_too_long(left);
      current_.reset();
      ++at_;
    }
    return done;
  }

 private:
  void begin_part() {
    current_ = open_bytes(files_[at_], skip_, packing_);
    name_ = current_->name();
    in_part_ = 0;
  }
  [[noreturn]] void part_incomplete(std::size_t there) const {
    throw Error{Errc::cannot_read,
                "'" + name_ + "' is incomplete: " + std::to_string(each_) + " bytes of pixels are announced, it has " +
                    std::to_string(there),
                complete};
  }
  [[noreturn]] void part_too_long(std::size_t left) const {
    throw Error{Errc::invalid_input,
                "'" + name_ + "' holds " + std::to_string(left) + " bytes more than the header announces for it",
                "check the sizes that the header says"};
  }
  std::vector<fs::path> files_;
  std::uint64_t skip_;
  std::size_t each_, in_part_{0}, at_{0}, most_{0};
  Packing packing_;
  Bytes current_;
};

std::size_t bytes_needed(const Stored& stored, const Shape& shape) {
  return static_cast<std::size_t>(shape.count()) * byte_count(stored.type);
}

[[noreturn]] void incomplete(const ByteReader& from, const Shape& shape, std::size_t need, std::size_t have) {
  throw Error{Errc::cannot_read,
              "'" + from.name() + "' is incomplete: " + shape.text() + " values (" + std::to_string(need) +
                  " bytes) are announced, it has " + std::to_string(have) + " bytes",
              "the file is truncated or its header is damaged"};
}

template <class T>
Pixels scaled_into(const Pixels& block, double slope, double inter) {
  PixelBuffer out = PixelBuffer::allocate({block.spec().shape, scalar_type_of<T>});
  const auto to = out.values<T>();
  const auto from = [&]<class From>(std::span<const From> values) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(static_cast<double>(values[i]) * slope + inter);
  };
  switch (block.spec().type) {
    case ScalarType::u8: from(block.values<std::uint8_t>()); break;
    case ScalarType::u16: from(block.values<std::uint16_t>()); break;
    case ScalarType::i16: from(block.values<std::int16_t>()); break;
    case ScalarType::i32: from(block.values<std::int32_t>()); break;
    case ScalarType::f32: from(block.values<float>()); break;
    default: from(block.values<double>()); break;
  }
  return out;
}

template <class T>
Pixels scaled_complex(const Pixels& block, double slope, double inter) {
  PixelBuffer out = PixelBuffer::allocate(block.spec());
  std::ranges::transform(
      block.values<std::complex<T>>(), out.values<std::complex<T>>().begin(), [&](std::complex<T> z) {
        return std::complex<T>{static_cast<T>(z.real() * slope + inter), static_cast<T>(z.imag() * slope)};
      });
  return out;
}

}  // namespace

ByteReader::~ByteReader() = default;

Bytes open_bytes(const fs::path& file, std::uint64_t first, Packing packing) {
  Bytes plain = std::make_unique<PlainBytes>(file, first);
  return packing == Packing::none ? std::move(plain) : unpacked(std::move(plain), packing);
}

Bytes open_parts(std::vector<fs::path> files, std::uint64_t skip, Packing packing, std::size_t bytes_each) {
  return std::make_unique<PartBytes>(std::move(files), skip, packing, bytes_each);
}

Bytes bytes_in_memory(std::string bytes, std::string name) {
  return std::make_unique<MemoryBytes>(std::move(bytes), std::move(name));
}

void skip_bytes(ByteReader& from, std::size_t count) {
  std::vector<std::byte> unused(std::min(count, piece));
  while (count > 0) {
    const std::size_t got = from.read(unused.data(), std::min(count, unused.size()));
    if (got == 0) throw Error{Errc::cannot_read, "'" + from.name() + "' ends before its pixels begin", complete};
    count -= got;
  }
}

void swap_bytes(std::byte* data, std::size_t bytes, FileType type) {
  const std::size_t word = type == FileType::c64 || type == FileType::c128 ? byte_count(type) / 2 : byte_count(type);
  const auto swap = [&]<class Word>(Word, auto turn) {
    for (std::size_t at = 0; at + sizeof(Word) <= bytes; at += sizeof(Word)) {
      Word value;
      std::memcpy(&value, data + at, sizeof value);
      value = turn(value);
      std::memcpy(data + at, &value, sizeof value);
    }
  };
  if (word == 2) swap(std::uint16_t{}, [](std::uint16_t v) { return __builtin_bswap16(v); });
  if (word == 4) swap(std::uint32_t{}, [](std::uint32_t v) { return __builtin_bswap32(v); });
  if (word == 8) swap(std::uint64_t{}, [](std::uint64_t v) { return __builtin_bswap64(v); });
}

Pixels load(ByteReader& from, const Stored& stored, Metadata& meta, Rest rest) {
  const Shape shape{std::span<const std::int64_t>{stored.extents}};
  const std::size_t need = bytes_needed(stored, shape);
  if (need > from.most()) incomplete(from, shape, need, from.most());
  const auto note_rest = [&](std::size_t left) {
    if (left > 0 && rest == Rest::noted)
      assume(meta,
             "the " + std::to_string(left) + " bytes behind the pixels of '" + from.name() + "' are none of them");
  };
  if (HeadersOnly::active()) {
    const std::size_t there = from.finish();
    if (there < need) incomplete(from, shape, need, there);
    note_rest(there - need);
    return Pixels::outline({shape, stored_as(stored.type)});
  }
  PixelBuffer block = PixelBuffer::allocate({shape, stored_as(stored.type)});
  const bool straight = stored_as_is(stored.type);
  std::vector<std::byte> raw(straight ? 0 : std::min(need, piece));
  bool whole = true;
  const std::size_t wide = byte_count(stored_as(stored.type)), narrow = byte_count(stored.type);
  for (std::size_t done = 0; done < need;) {
    const std::size_t count = std::min(need - done, piece);
    std::byte* to = straight ? block.data() + done : raw.data();
    if (const std::size_t got = from.read(to, count); got < count) incomplete(from, shape, need, done + got);
    if (stored.swapped) swap_bytes(to, count, stored.type);
    if (!straight) whole = widen(stored.type, to, count / narrow, block.data() + done / narrow * wide) && whole;
    done += count;
  }
  if (!whole) note_rounding(meta);
  if (rest == Rest::noted) note_rest(from.finish());
  return block;
}

Pixels load_text(ByteReader& from, const Stored& stored, Metadata& meta) {
  const Shape shape{std::span<const std::int64_t>{stored.extents}};
  if (static_cast<std::size_t>(shape.count()) > from.most())
    incomplete(from, shape, static_cast<std::size_t>(shape.count()), from.most());
  if (HeadersOnly::active()) return Pixels::outline({shape, stored_as(stored.type)});
  std::string text(from.most(), '\0');
  text.resize(from.read(reinterpret_cast<std::byte*>(text.data()), text.size()));
  PixelBuffer block = PixelBuffer::allocate({shape, ScalarType::f64});
  auto to = block.values<double>().begin();
  const char *at = text.data(), *const end = at + text.size();
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ','; };
  for (std::int64_t done = 0; done < shape.count(); ++done) {
    while (at < end && blank(*at)) ++at;
    if (at == end)
      throw Error{Errc::cannot_read,
                  "'" + from.name() + "' is incomplete: " + std::to_string(shape.count()) +
                      " numbers are announced, it has " + std::to_string(done),
                  complete};
    const auto [next, problem] = std::from_chars(*at == '+' ? at + 1 : at, end, *to++);
    if (problem != std::errc{} || (next < end && !blank(*next)))
      throw Error{Errc::invalid_input,
                  "'" + from.name() + "' holds '" + std::string{at, std::find_if(at, std::min(end, at + 20), blank)} +
                      "' where number " + std::to_string(done + 1) + " of its pixels was expected"};
    at = next;
  }
  while (at < end && (blank(*at) || *at == '\0')) ++at;
  if (at < end) assume(meta, "the " + std::to_string(end - at) + " characters behind the pixels are none of them");
  const Pixels read = std::move(block);
  return stored.type == FileType::f64 ? read : narrowed(read, stored_as(stored.type));
}

fs::path beside(const fs::path& header, const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    std::string shown = name.substr(0, 80);
    std::ranges::replace_if(
        shown, [](unsigned char c) { return c < 32 || c == 127; }, '?');
    throw Error{Errc::invalid_input,
                "the header '" + header.filename().string() + "' names the data file '" + shown + "', " + why,
                "put the data file beside its header and write its bare name there"};
  };
  const fs::path relative{name};
  if (name.empty()) refuse("which is no name");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 32 || c == 127; })) refuse("which is no name");
  if (relative.is_absolute() || name.find('\\') != std::string::npos || (name.size() > 1 && name[1] == ':'))
    refuse("an absolute place, which is not followed");
  if (std::ranges::any_of(relative, [](const fs::path& part) { return part == ".."; }))
    refuse("outside of its folder, which is not followed");
  const fs::path file = header.parent_path() / relative;
  std::error_code problem;
  const auto status = fs::status(file, problem);
  if (!fs::exists(status))
    throw Error{
        Errc::cannot_read,
        "the data file '" + name + "', which the header '" + header.filename().string() + "' names, is not there",
        "keep the data file beside its header"};
  if (!fs::is_regular_file(status)) refuse("which is not a file");
  if (::access(file.c_str(), R_OK) != 0)
    throw Error{Errc::cannot_read,
                "the data file '" + name + "', which the header '" + header.filename().string() +
                    "' names, cannot be opened: " + std::strerror(errno),
                "check its permissions"};
  return file;
}

std::vector<std::string> numbered_names(const std::string& pattern, std::int64_t first, std::int64_t last,
                                        std::int64_t step, std::int64_t count) {
  const auto at = pattern.find('%');
  std::size_t end = at + 1;
  bool zeros = false;
  std::size_t width = 0;
  if (at != std::string::npos) {
    if (end < pattern.size() && pattern[end] == '0') zeros = true, ++end;
    if (end < pattern.size() && pattern[end] >= '1' && pattern[end] <= '9')
      width = static_cast<std::size_t>(pattern[end++] - '0');
  }
  if (at == std::string::npos || end >= pattern.size() || pattern[end] != 'd' ||
      pattern.find('%', at + 1) != std::string::npos)
    throw Error{Errc::invalid_input,
                "the header names its data files by '" + pattern.substr(0, 80) +
                    "', which is no pattern with one number like slice%03d.raw",
                "name them so, or as a list"};
  const bool fits = step != 0 && (last - first) / step >= 0 && (last - first) / step + 1 == count;
  if (!fits || first < 0 || last < 0)
    throw Error{Errc::invalid_input,
                "the header numbers its data files from " + std::to_string(first) + " to " + std::to_string(last) +
                    " in steps of " + std::to_string(step) + ", " + std::to_string(count) + " were expected",
                "check the sizes in the header"};
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string number = std::to_string(first + i * step);
    if (number.size() < width) number.insert(0, width - number.size(), zeros ? '0' : ' ');
    names.push_back(pattern.substr(0, at) + number + pattern.substr(end + 1));
  }
  return names;
}

void not_supported(const std::string& what, const std::string& hint) {
  throw Error{Errc::invalid_input, what + ", which is not supported", hint};
}

namespace {
ScalarType scaled_type(ScalarType type, double slope, double inter) {
  if (is_complex(type)) return type;
  // What single precision would make infinite or zero of.
  const double size = std::abs(slope);
  const bool extreme = size > 1e30 || size < 1e-30 || std::abs(inter) > 1e30;
  return extreme || type == ScalarType::i32 || type == ScalarType::f64 ? ScalarType::f64 : ScalarType::f32;
}
}  // namespace

Pixels scaled(const Pixels& block, double slope, double inter) {
  if (slope == 1 && inter == 0) return block;
  const ScalarType type = scaled_type(block.spec().type, slope, inter);
  if (block.is_outline()) return Pixels::outline({block.spec().shape, type});
  switch (type) {
    case ScalarType::c64: return scaled_complex<float>(block, slope, inter);
    case ScalarType::c128: return scaled_complex<double>(block, slope, inter);
    case ScalarType::f64: return scaled_into<double>(block, slope, inter);
    default: return scaled_into<float>(block, slope, inter);
  }
}

// Colour to grey with the weights of ITU-R BT.709.
Pixels without_components(const Pixels& block, bool colour, Metadata& meta) {
  const Shape& all = block.spec().shape;
  const auto components = static_cast<std::size_t>(all[0]);
  if (!colour) {
    std::vector<std::size_t> order(all.rank());
    for (std::size_t i = 0; i + 1 < all.rank(); ++i) order[i] = i + 1;
    order.back() = 0;
    return permuted(block, order);
  }
  assume(meta, components > 3 ? "colour as its luminance (ITU-R BT.709), without its alpha"
                              : "colour as its luminance (ITU-R BT.709)");
  const std::vector<std::int64_t> extents(all.extents().begin() + 1, all.extents().end());
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, ScalarType::f32};
  if (block.is_outline()) return Pixels::outline(spec);
  const Pixels values = block.converted(ScalarType::f32);
  PixelBuffer grey = PixelBuffer::allocate(spec);
  const auto from = values.values<float>();
  const auto to = grey.values<float>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto* const pixel = from.data() + i * components;
    to[i] = 0.2126f * pixel[0] + 0.7152f * pixel[1] + 0.0722f * pixel[2];
  }
  return grey;
}

std::string exact(double value) {
  std::array<char, 32> text{};
  const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

namespace {

// Of units only the case of the prefix tells one from another: Mm and Pm are no mm and pm. Nobody means them: they are not known.
bool is_giant(const std::string& unit) {
  return unit.size() > 1 && std::string_view{"MPEZYGT"}.find(unit[0]) != std::string_view::npos &&
         (unit.substr(1) == "m" || unit.substr(1) == "s");
}

}  // namespace

std::optional<double> millimetres_in(std::string unit) {
  if (is_giant(unit)) return std::nullopt;
  unit = lower(std::move(unit));
  static const std::map<std::string, double> known{{"mm", 1},
                                                   {"millimeter", 1},
                                                   {"millimetre", 1},
                                                   {"millimeters", 1},
                                                   {"millimetres", 1},
                                                   {"m", 1000},
                                                   {"meter", 1000},
                                                   {"metre", 1000},
                                                   {"meters", 1000},
                                                   {"metres", 1000},
                                                   {"cm", 10},
                                                   {"centimeter", 10},
                                                   {"centimetre", 10},
                                                   {"centimeters", 10},
                                                   {"centimetres", 10},
                                                   {"um", 1e-3},
                                                   {"\xc2\xb5m", 1e-3},
                                                   {"\xb5m", 1e-3},
                                                   {"\xce\xbcm", 1e-3},
                                                   {"micron", 1e-3},
                                                   {"microns", 1e-3},
                                                   {"micrometer", 1e-3},
                                                   {"micrometre", 1e-3},
                                                   {"micrometers", 1e-3},
                                                   {"micrometres", 1e-3},
                                                   {"\\u00b5m", 1e-3},
                                                   {"\\u03bcm", 1e-3},
                                                   {"nm", 1e-6},
                                                   {"nanometer", 1e-6},
                                                   {"nanometre", 1e-6},
                                                   {"nanometers", 1e-6},
                                                   {"nanometres", 1e-6},
                                                   {"inch", 25.4},
                                                   {"in", 25.4},
                                                   {"inches", 25.4},
                                                   {"pm", 1e-9},
                                                   {"fm", 1e-12},
                                                   {"km", 1e6},
                                                   {"\xc3\xa5", 1e-7},
                                                   {"\xc3\x85", 1e-7},
                                                   {"\xe2\x84\xab", 1e-7},
                                                   {"\\u00c5", 1e-7},
                                                   {"\\u00e5", 1e-7},
                                                   {"angstrom", 1e-7},
                                                   {"angstroms", 1e-7},
                                                   {"dm", 100}};
  const auto found = known.find(unit);
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

std::optional<double> seconds_in(std::string unit) {
  if (is_giant(unit)) return std::nullopt;
  unit = lower(std::move(unit));
  static const std::map<std::string, double> known{{"s", 1},
                                                   {"sec", 1},
                                                   {"secs", 1},
                                                   {"second", 1},
                                                   {"seconds", 1},
                                                   {"ms", 1e-3},
                                                   {"msec", 1e-3},
                                                   {"msecs", 1e-3},
                                                   {"millisecond", 1e-3},
                                                   {"milliseconds", 1e-3},
                                                   {"us", 1e-6},
                                                   {"usec", 1e-6},
                                                   {"\xc2\xb5s", 1e-6},
                                                   {"\xce\xbcs", 1e-6},
                                                   {"\\u00b5s", 1e-6},
                                                   {"\\u03bcs", 1e-6},
                                                   {"microsecond", 1e-6},
                                                   {"microseconds", 1e-6},
                                                   {"ns", 1e-9},
                                                   {"min", 60},
                                                   {"minute", 60},
                                                   {"minutes", 60},
                                                   {"h", 3600},
                                                   {"hr", 3600},
                                                   {"hour", 3600},
                                                   {"hours", 3600},
                                                   {"d", 86400},
                                                   {"day", 86400},
                                                   {"days", 86400}};
  const auto found = known.find(unit);
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace iso::io::detail
