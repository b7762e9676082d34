#include "io/array_impl.h"
#include "io/values_too_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace iso::io::detail {
namespace fs = std::filesystem;

std::string choose(const std::vector<Choice>& choices, const std::string& wanted) {
  std::string list;
  std::vector<std::string> deep;
  for (const auto& choice : choices) {
    std::string shape;
    std::size_t axes = 0;
    for (const auto extent : choice.shape) {
      shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
      axes += extent > 1 ? 1 : 0;
    }
    list += (list.empty() ? "" : ", ") + choice.name + " (" + shape + ")";
    if (axes > 1) deep.push_back(choice.name);
  }
  if (choices.empty()) throw Error{Errc::no_input, "the file holds no array of numbers"};
  if (!wanted.empty()) {
    for (const auto& choice : choices)
      if (choice.name == wanted) return wanted;
    throw Error{Errc::invalid_input, "the file holds no array '" + wanted + "'", "its arrays are " + list};
  }
  if (deep.size() == 1) return deep[0];
  if (choices.size() == 1) return choices[0].name;
  throw FactMissing{"dataset", Errc::invalid_input, "the file holds several arrays, and none was named",
                    "pass the hint dataset=NAME with one of " + list};
}

void assume(Metadata& meta, const std::string& what) {
  auto& noted = meta["assumed"];
  noted += (noted.empty() ? "" : "; ") + what;
  warn("assumed: " + what);
}

namespace {
thread_local Warnings* keeping = nullptr;
}

Warnings::Warnings() : outer_{keeping} { keeping = this; }
Warnings::~Warnings() { keeping = outer_; }
void Warnings::say() {
  keeping = outer_;
  for (const auto& text : std::exchange(kept_, {})) warn(text);
  keeping = this;
}

void warn(const std::string& text) {
  if (!keeping) return log::warning("core.io", text);
  auto& kept = keeping->kept_;
  if (std::ranges::find(kept, text) == kept.end()) kept.push_back(text);
}

namespace {
thread_local int headers_only = 0;
}
HeadersOnly::HeadersOnly() { ++headers_only; }
HeadersOnly::~HeadersOnly() { --headers_only; }
ValuesToo::ValuesToo() : before_{std::exchange(headers_only, 0)} {}
ValuesToo::~ValuesToo() { headers_only = before_; }
bool HeadersOnly::active() noexcept { return headers_only > 0; }

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == by)
      parts.emplace_back();
    else if (!std::isspace(static_cast<unsigned char>(c)))
      parts.back() += c;
  }
  return parts;
}

std::optional<double> to_number(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::vector<double> to_numbers(std::string_view text, std::string_view hint) {
  std::vector<double> numbers;
  for (const auto& part : split(text)) {
    const auto value = to_number(part);
    if (!value || !std::isfinite(*value)) {
      throw Error{Errc::invalid_input,
                  "the hint '" + std::string{hint} + "' is '" + std::string{text} + "', numbers were expected"};
    }
    numbers.push_back(*value);
  }
  return numbers;
}

std::string find_hint(const ReadOptions& options, const std::string& name) {
  const auto found = options.hints.find(name);
  return found == options.hints.end() ? std::string{} : found->second;
}

std::string short_number(double value) {
  std::array<char, 40> text{};
  const auto [end, problem] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6);
  return {text.data(), end};
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_extension(const fs::path& file, std::string_view extension) {
  const std::string name = lower(file.filename().string());
  return name.size() > extension.size() && name.ends_with(extension);
}

std::size_t size_of_file(const fs::path& file) {
  std::error_code problem;
  const auto size = fs::file_size(file, problem);
  if (problem) throw Error{Errc::cannot_read, "'" + file.string() + "' cannot be opened: " + problem.message()};
  return size;
}

namespace {

constexpr std::size_t most_kept = 4096;

struct Kept {
  int wanted{0};  // how many Beginnings there are
  fs::path file;
  std::string bytes;
};
thread_local Kept beginning;

std::string read_beginning(const fs::path& file, std::size_t count) {
  // Not to wait where the name is that of a pipe.
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (in < 0) {
    const int problem = errno;
    if (problem != EMFILE && problem != ENFILE && problem != ENOMEM) return {};
    throw Error{Errc::cannot_read, "'" + file.string() + "' cannot be opened: " + std::strerror(problem),
                problem == ENOMEM ? "close other programs" : "raise the limit of open files with ulimit -n"};
  }
  struct stat status {};
  std::string bytes;
  if (::fstat(in, &status) == 0 && S_ISREG(status.st_mode)) {
    bytes.resize(std::min(count, static_cast<std::size_t>(std::max<off_t>(status.st_size, 0))));
    std::size_t got = 0;
    for (ssize_t more = 1; more > 0 && got < bytes.size(); got += static_cast<std::size_t>(std::max<ssize_t>(more, 0)))
      more = ::read(in, bytes.data() + got, bytes.size() - got);
    bytes.resize(got);
  }
  ::close(in);
  return bytes;
}

}  // namespace

Beginnings::Beginnings() {
  if (beginning.wanted++ == 0) beginning.file.clear();
}
Beginnings::~Beginnings() { --beginning.wanted; }

std::string first_bytes(const fs::path& file, std::size_t count) {
  if (beginning.wanted == 0 || count > most_kept) return read_beginning(file, count);
  if (beginning.file.native() != file.native()) {
    beginning.bytes = read_beginning(file, most_kept);
    beginning.file = file;
  }
  return beginning.bytes.substr(0, count);
}

void check_plausible(const ArraySpec& spec, std::size_t file_bytes, bool packed) {
  const std::size_t most = packed ? file_bytes * 1032 + 4096 : file_bytes;
  if (spec.bytes() <= most) return;
  throw Error{Errc::cannot_read,
              "the file is incomplete: its header says " + spec.shape.text() + " values of type " +
                  std::string{to_string(spec.type)} + " (" + std::to_string(spec.bytes()) + " bytes), the file has " +
                  std::to_string(file_bytes) + " bytes in all",
              "the file is truncated or its header is damaged"};
}

std::size_t byte_count(FileType type) noexcept {
  constexpr std::array<std::size_t, 13> sizes{1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 16, 2};
  return sizes[static_cast<std::size_t>(type)];
}

FileType to_file_type(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::u8: return FileType::u8;
    case ScalarType::u16: return FileType::u16;
    case ScalarType::i16: return FileType::i16;
    case ScalarType::i32: return FileType::i32;
    case ScalarType::f32: return FileType::f32;
    case ScalarType::f64: return FileType::f64;
    case ScalarType::c64: return FileType::c64;
    case ScalarType::c128: break;
  }
  return FileType::c128;
}

ScalarType stored_as(FileType type) noexcept {
  switch (type) {
    case FileType::u8: return ScalarType::u8;
    case FileType::i8:
    case FileType::i16: return ScalarType::i16;
    case FileType::u16: return ScalarType::u16;
    case FileType::i32: return ScalarType::i32;
    case FileType::f16:
    case FileType::f32: return ScalarType::f32;
    case FileType::c64: return ScalarType::c64;
    case FileType::c128: return ScalarType::c128;
    default: return ScalarType::f64;
  }
}

bool stored_as_is(FileType type) noexcept {
  return type != FileType::i8 && type != FileType::u32 && type != FileType::i64 && type != FileType::u64 &&
         type != FileType::f16;
}

namespace {
template <class From, class To>
bool widen_as(const void* from, std::size_t count, std::byte* to, To (*as)(From)) {
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = reinterpret_cast<To*>(to);
  bool whole = true;
  for (std::size_t i = 0; i < count; ++i) {
    From element;
    std::memcpy(&element, source + i * sizeof element, sizeof element);
    target[i] = as(element);
    if constexpr (sizeof(From) == 8) {
      constexpr double limit = 9007199254740992.0;  // 2^53: above it not every whole number is a double
      whole = whole && std::abs(target[i]) <= limit;
    }
  }
  return whole;
}

// IEEE 754 binary16.
float from_half(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float size = exponent == 31  ? (fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                                                      : std::numeric_limits<float>::infinity())
                     : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                     : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return (half & 0x8000) != 0 ? -size : size;
}
}  // namespace

bool widen(FileType type, const void* from, std::size_t count, std::byte* to) {
  switch (type) {
    case FileType::i8:
      return widen_as<std::int8_t, std::int16_t>(from, count, to, [](std::int8_t v) { return std::int16_t{v}; });
    case FileType::u32:
      return widen_as<std::uint32_t, double>(from, count, to, [](std::uint32_t v) { return static_cast<double>(v); });
    case FileType::i64:
      return widen_as<std::int64_t, double>(from, count, to, [](std::int64_t v) { return static_cast<double>(v); });
    case FileType::u64:
      return widen_as<std::uint64_t, double>(from, count, to, [](std::uint64_t v) { return static_cast<double>(v); });
    case FileType::f16: return widen_as<std::uint16_t, float>(from, count, to, from_half);
    default: std::memcpy(to, from, count * byte_count(type)); return true;
  }
}

void note_rounding(Metadata& meta) {
  assume(meta, "whole numbers beyond 2^53 are rounded to the nearest of double precision");
}

namespace {
template <class T>
void narrow_into(std::span<const double> from, std::span<T> to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double value = from[i];
    if (!(value >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
          value <= static_cast<double>(std::numeric_limits<T>::max())) ||
        value != std::floor(value))
      throw Error{Errc::invalid_input, "the number " + short_number(value) + " does not fit the type of the pixels, " +
                                           std::string{to_string(scalar_type_of<T>)}};
    to[i] = static_cast<T>(value);
  }
}
}  // namespace

Pixels narrowed(const Pixels& numbers, ScalarType type) {
  if (numbers.is_outline()) return Pixels::outline({numbers.spec().shape, type});
  if (type == ScalarType::f64 || type == ScalarType::f32) return numbers.converted(type);
  PixelBuffer out = PixelBuffer::allocate({numbers.spec().shape, type});
  const auto from = numbers.values<double>();
  switch (type) {
    case ScalarType::u8: narrow_into(from, out.values<std::uint8_t>()); break;
    case ScalarType::u16: narrow_into(from, out.values<std::uint16_t>()); break;
    case ScalarType::i16: narrow_into(from, out.values<std::int16_t>()); break;
    case ScalarType::i32: narrow_into(from, out.values<std::int32_t>()); break;
    default: throw Error{Errc::invalid_input, "complex numbers as text are not supported"};
  }
  return out;
}

namespace {
struct Strides {
  std::array<std::int64_t, Shape::max_rank> extent{}, stride{};
  std::size_t rank;
};

template <class Element>
void gather(const std::byte* from, std::byte* to, const Strides& s) {
  const auto* source = reinterpret_cast<const Element*>(from);
  auto* target = reinterpret_cast<Element*>(to);
  std::array<std::int64_t, Shape::max_rank> at{};
  const std::int64_t row = s.extent[0], step = s.stride[0];
  for (std::int64_t offset = 0;;) {
    for (std::int64_t i = 0; i < row; ++i) *target++ = source[offset + i * step];
    std::size_t axis = 1;
    for (; axis < s.rank; ++axis) {
      offset += s.stride[axis];
      if (++at[axis] < s.extent[axis]) break;
      offset -= s.stride[axis] * s.extent[axis];
      at[axis] = 0;
    }
    if (axis >= s.rank) return;
  }
}
}  // namespace

Pixels permuted(const Pixels& block, const std::vector<std::size_t>& order) {
  const Shape& shape = block.spec().shape;
  if (std::ranges::is_sorted(order) || shape.count() == 0) return block;
  std::array<std::int64_t, Shape::max_rank> natural{};
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    natural[axis] = stride;
    stride *= shape[axis];
  }
  Strides s{{}, {}, order.size()};
  for (std::size_t axis = 0; axis < order.size(); ++axis) {
    s.extent[axis] = shape[order[axis]];
    s.stride[axis] = natural[order[axis]];
  }
  const ArraySpec spec{Shape{std::span<const std::int64_t>{s.extent.data(), s.rank}}, block.spec().type};
  if (block.is_outline()) return Pixels::outline(spec);
  PixelBuffer out = PixelBuffer::allocate(spec);
  switch (byte_count(block.spec().type)) {
    case 1: gather<std::uint8_t>(block.data(), out.data(), s); break;
    case 2: gather<std::uint16_t>(block.data(), out.data(), s); break;
    case 4: gather<std::uint32_t>(block.data(), out.data(), s); break;
    case 8: gather<std::uint64_t>(block.data(), out.data(), s); break;
    default: gather<std::array<std::uint64_t, 2>>(block.data(), out.data(), s); break;
  }
  return out;
}

}  // namespace iso::io::detail
