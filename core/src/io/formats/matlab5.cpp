#include "io/formats/matlab_impl.h"
#include "io/formats/payload_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace iso::io::detail::mat5 {
namespace fs = std::filesystem;
namespace {

constexpr std::uint32_t mi_matrix = 14, mi_compressed = 15;
constexpr std::size_t head_bytes = std::size_t{1} << 16;  // of a variable that is looked at, not read
constexpr int deepest = 5;

[[noreturn]] void incomplete(const std::string& what) {
  throw Error{Errc::cannot_read, what + " is damaged or incomplete", "check that the file is complete"};
}

struct Element {
  std::uint32_t type{0};
  std::span<const std::byte> data;
  std::size_t announced{0};  // more than data holds where only the head was read
};

/// Elements one after the other; each has a tag of type and length and is filled up to 8 bytes.
class Elements {
 public:
  Elements(std::span<const std::byte> bytes, bool swapped, bool head_only)
      : bytes_{bytes}, swapped_{swapped}, head_only_{head_only} {}
  [[nodiscard]] bool end() const { return at_ + 8 > bytes_.size(); }
  [[nodiscard]] std::uint32_t word(std::span<const std::byte> from, std::size_t at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, from.data() + at, 4);
    return swapped_ ? __builtin_bswap32(value) : value;
  }
  Element next() {
    if (end()) incomplete("the variable");
    const std::uint32_t first = word(bytes_, at_);
    Element e;
    if (first >> 16 != 0) {  // the short form: length, type and up to four bytes
      e.type = first & 0xffff;
      e.announced = first >> 16;
      if (e.announced > 4) incomplete("the variable");
      e.data = bytes_.subspan(at_ + 4, e.announced);
      at_ += 8;
      return e;
    }
    e.type = first;
    e.announced = word(bytes_, at_ + 4);
    at_ += 8;
    const std::size_t there = std::min(e.announced, bytes_.size() - at_);
    if (there < e.announced && !head_only_) incomplete("the variable");
    e.data = bytes_.subspan(at_, there);
    at_ = std::min(at_ + (e.announced + 7) / 8 * 8, bytes_.size());
    return e;
  }
  [[nodiscard]] bool swapped() const { return swapped_; }
  [[nodiscard]] bool head_only() const { return head_only_; }

 private:
  std::span<const std::byte> bytes_;
  bool swapped_, head_only_;
  std::size_t at_{0};
};

struct Matrix {
  unsigned kind{0};
  bool complex{false};
  std::vector<std::int64_t> extents;
  std::string name;
};

std::string to_text(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

Matrix matrix_head(Elements& in) {
  const Element flags = in.next();
  if (flags.data.size() < 8) incomplete("the variable");
  Matrix m;
  const std::uint32_t word = in.word(flags.data, 0);
  m.kind = word & 0xff;
  m.complex = (word & 0x800) != 0;
  if (m.kind == 17 || m.kind == 16) {  // functions and objects of classes have no sizes here
    m.extents = {1, 1};
    if (m.kind == 17) m.name = to_text(in.next().data);
    return m;
  }
  const Element sizes = in.next();
  for (std::size_t i = 0; i + 4 <= sizes.data.size(); i += 4) {
    const auto extent = static_cast<std::int32_t>(in.word(sizes.data, i));
    if (extent < 0) incomplete("the variable");
    m.extents.push_back(extent);
  }
  if (m.extents.empty() || m.extents.size() > 32) incomplete("the variable");
  m.name = to_text(in.next().data);
  return m;
}

bool is_numeric(unsigned kind) { return kind >= 6 && kind <= 15; }

FileType class_type(unsigned kind) {
  constexpr std::array<FileType, 10> types{FileType::f64, FileType::f32, FileType::i8,  FileType::u8,  FileType::i16,
                                           FileType::u16, FileType::i32, FileType::u32, FileType::i64, FileType::u64};
  return types[kind - 6];
}

std::optional<FileType> stored_type(std::uint32_t type) {
  switch (type) {
    case 1: return FileType::i8;
    case 2: return FileType::u8;
    case 3: return FileType::i16;
    case 4: return FileType::u16;
    case 5: return FileType::i32;
    case 6: return FileType::u32;
    case 7: return FileType::f32;
    case 9: return FileType::f64;
    case 12: return FileType::i64;
    case 13: return FileType::u64;
    default: return std::nullopt;
  }
}

// Numbers are kept in the smallest type that holds them, whatever their class.
Pixels to_part(const Element& e, const Matrix& m, bool swapped, Metadata& meta) {
  const auto type = stored_type(e.type);
  if (!type) incomplete("'" + m.name + "'");
  if (HeadersOnly::active()) {
    const Shape shape{std::span<const std::int64_t>{m.extents}};
    if (static_cast<std::size_t>(shape.count()) * byte_count(*type) > e.announced) incomplete("'" + m.name + "'");
    return Pixels::outline({shape, stored_as(class_type(m.kind))});
  }
  Bytes bytes = bytes_in_memory(to_text(e.data), m.name);
  const FileType wanted = class_type(m.kind);
  Pixels block = load(*bytes, {*type, swapped, m.extents}, meta);
  if (stored_as(wanted) == block.spec().type) return block;
  return narrowed(block.converted(ScalarType::f64), stored_as(wanted));
}

/// The matrices of an element, with those in structures; `visit(name, matrix, rest)` where `rest` is behind the head.
template <class Visit>
void walk(std::span<const std::byte> bytes, bool swapped, bool head_only, const std::string& prefix,
          const std::string& own_name, int depth, const Visit& visit) {
  Elements in{bytes, swapped, head_only};
  Matrix m = matrix_head(in);
  if (!own_name.empty()) m.name = own_name;
  m.name = prefix + m.name;
  const bool one = std::ranges::all_of(m.extents, [](std::int64_t extent) { return extent == 1; });
  if ((m.kind != 2 && m.kind != 3) || !one || depth >= deepest) return visit(m, in);
  if (m.kind == 3) (void)in.next();  // an object of a class of old is a structure behind the name of its class
  const Element length = in.next(), names = in.next();
  if (length.data.size() < 4) incomplete("'" + m.name + "'");
  const std::size_t each = in.word(length.data, 0);
  if (each == 0 || each > 256) incomplete("'" + m.name + "'");
  const std::string text = to_text(names.data);
  for (std::size_t at = 0; at + each <= text.size(); at += each) {
    const Element field = in.next();
    if (field.type != mi_matrix && m.kind == 3)
      return;  // writers miscount empty fields of objects: what comes behind is lost
    if (field.type != mi_matrix) incomplete("'" + m.name + "'");
    if (field.data.empty()) continue;
    const std::string name = text.substr(at, std::min(each, text.find('\0', at) - at));
    walk(field.data, swapped, head_only, m.name + ".", name, depth + 1, visit);
  }
}

struct Place {
  std::uint64_t begin{0}, bytes{0};
  bool packed{false};
};

struct File {
  bool swapped{false};
  std::vector<Place> elements;
};

File to_elements(const fs::path& file) {
  const std::size_t size = size_of_file(file);
  const std::string start = first_bytes(file, 128);
  if (start.size() < 128) incomplete("the header of the file");
  File f;
  f.swapped = start[126] == 'M' && start[127] == 'I';
  if (!f.swapped && !(start[126] == 'I' && start[127] == 'M'))
    throw Error{Errc::invalid_input, "the header of the MATLAB file does not say its byte order",
                "the header is damaged"};
  for (std::uint64_t at = 128; at + 8 <= size && f.elements.size() < 100000;) {
    std::array<std::uint32_t, 2> tag{};
    if (open_bytes(file, at, Packing::none)->read(reinterpret_cast<std::byte*>(tag.data()), 8) != 8) break;
    if (f.swapped)
      for (auto& word : tag) word = __builtin_bswap32(word);
    if (tag[0] != mi_matrix && tag[0] != mi_compressed) {
      if (tag[0] == 0 && tag[1] == 0) break;  // filled up with zeros
      incomplete("the file, behind byte " + std::to_string(at) + ",");
    }
    if (at + 8 + tag[1] > size)
      throw Error{Errc::cannot_read,
                  "the file is incomplete: variable " + std::to_string(f.elements.size() + 1) + " has " +
                      std::to_string(tag[1]) + " bytes, the file ends before",
                  "check that the file is complete"};
    f.elements.push_back({at + 8, tag[1], tag[0] == mi_compressed});
    at += 8 + (tag[0] == mi_compressed ? std::uint64_t{tag[1]} : (std::uint64_t{tag[1]} + 7) / 8 * 8);
  }
  return f;
}

// The bytes of a variable behind its tag: all of them, or the head. Packed ones are unpacked and their checksum compared.
std::vector<std::byte> byte_count(const fs::path& file, const File& f, const Place& place, bool head_only) {
  if (!place.packed) {
    std::vector<std::byte> bytes(
        static_cast<std::size_t>(head_only ? std::min<std::uint64_t>(place.bytes, head_bytes) : place.bytes));
    if (open_bytes(file, place.begin, Packing::none)->read(bytes.data(), bytes.size()) != bytes.size())
      incomplete("the file");
    return bytes;
  }
  Bytes in = open_bytes(file, place.begin, Packing::deflate);
  std::array<std::uint32_t, 2> tag{};
  if (in->read(reinterpret_cast<std::byte*>(tag.data()), 8) != 8) incomplete("a packed variable");
  if (f.swapped)
    for (auto& word : tag) word = __builtin_bswap32(word);
  if (tag[0] != mi_matrix || tag[1] > place.bytes * 1032 + 4096) incomplete("a packed variable");
  std::vector<std::byte> bytes(head_only ? std::min<std::size_t>(tag[1], head_bytes) : tag[1]);
  if (in->read(bytes.data(), bytes.size()) != bytes.size()) incomplete("a packed variable");
  if (!head_only) (void)in->finish();
  return bytes;
}

bool is_structure(std::span<const std::byte> bytes, bool swapped) {
  Elements in{bytes, swapped, true};
  const unsigned kind = matrix_head(in).kind;
  return kind == 2 || kind == 3;
}

}  // namespace

std::vector<Variable> variables(const fs::path& file) {
  const File f = to_elements(file);
  std::vector<Variable> list;
  for (const Place& place : f.elements) {
    auto bytes = byte_count(file, f, place, true);
    const bool whole = is_structure(bytes, f.swapped);
    if (whole) bytes = byte_count(file, f, place, false);
    walk(bytes, f.swapped, !whole, "", "", 0, [&](const Matrix& m, Elements&) {
      if (!m.name.empty()) list.push_back({m.name, m.kind, is_numeric(m.kind), m.extents});
    });
  }
  return list;
}

Parts read(const fs::path& file, const std::string& name, Metadata& meta) {
  const File f = to_elements(file);
  std::optional<Parts> found;
  for (const Place& place : f.elements) {
    {
      const auto head = byte_count(file, f, place, true);
      Elements in{head, f.swapped, true};
      if (const Matrix m = matrix_head(in); m.name != name && !name.starts_with(m.name + ".")) continue;
    }
    const auto bytes = byte_count(file, f, place, false);
    walk(bytes, f.swapped, false, "", "", 0, [&](const Matrix& m, Elements& in) {
      if (m.name != name || found) return;
      Parts parts;
      parts.real = to_part(in.next(), m, f.swapped, meta);
      if (m.complex) {
        if (m.kind > 7) not_supported("'" + name + "' holds complex whole numbers", "save it as complex double");
        parts.imaginary = to_part(in.next(), m, f.swapped, meta);
      }
      found = std::move(parts);
    });
    if (found) return std::move(*found);
  }
  throw Error{Errc::cannot_read, "the variable '" + name + "' cannot be read", "check that the file is complete"};
}

}  // namespace iso::io::detail::mat5
