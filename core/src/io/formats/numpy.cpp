#include "io/array_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"
#include "io/kept_arrays_impl.h"

#include "io/formats/image_impl.h"
#include "iso/base/error.h"

#include <unzip.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

/// NumPy's .npy (NEP 1, versions 1 to 3) and .npz. The last axis of a C-ordered array is our first.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little);
constexpr std::size_t most_header = 1 << 20;

struct Header {
  FileType type{};
  bool swapped{false}, fortran{false};
  std::vector<std::int64_t> shape;  // as NumPy prints it
  std::size_t bytes{0};             // of the header
};

FileType dtype(const std::string& name) {
  static const std::vector<std::pair<std::string, FileType>> known{
      {"b1", FileType::u8},  {"i1", FileType::i8},   {"u1", FileType::u8},  {"i2", FileType::i16},
      {"u2", FileType::u16}, {"i4", FileType::i32},  {"u4", FileType::u32}, {"i8", FileType::i64},
      {"u8", FileType::u64}, {"f2", FileType::f16},  {"f4", FileType::f32}, {"f8", FileType::f64},
      {"c8", FileType::c64}, {"c16", FileType::c128}};
  for (const auto& [text, type] : known)
    if (text == name) return type;
  throw Error{Errc::type_mismatch, "the NumPy element type '" + name + "' is not supported",
              "save it as bool, int8 to int64, float16 to float64, complex64 or complex128"};
}

// The value after 'key': in the header's dictionary.
std::string_view to_value(std::string_view dictionary, const std::string& key) {
  const auto at = dictionary.find("'" + key + "'");
  const auto colon = at == std::string_view::npos ? at : dictionary.find(':', at);
  if (colon == std::string_view::npos) throw Error{Errc::invalid_input, "the NumPy header says no '" + key + "'"};
  auto rest = dictionary.substr(colon + 1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return rest;
}

Header parse(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(0, 6) != "\x93NUMPY")
    throw Error{Errc::invalid_input, "the array is not in NumPy's format"};
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  const bool small = byte(6) == 1;
  const std::size_t length = small ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  const std::size_t start = small ? 10 : 12;
  if (byte(6) < 1 || byte(6) > 3)
    throw Error{Errc::unsupported, "NumPy's format has version " + std::to_string(byte(6)) + " here, 1 to 3 are known"};
  if (length > most_header || start + length > bytes.size())
    throw Error{Errc::cannot_read, "the NumPy header is incomplete", "check that the file is complete"};
  const std::string_view dictionary = bytes.substr(start, length);
  Header header;
  header.bytes = start + length;
  const auto descr = to_value(dictionary, "descr");
  const auto close = descr.empty() || descr.front() != '\'' ? std::string_view::npos : descr.find('\'', 1);
  if (close == std::string_view::npos || close < 3)
    throw Error{Errc::type_mismatch, "the NumPy array has elements of several fields", "save one field"};
  header.swapped = descr[1] == '>';
  if (std::string_view{"<>|="}.find(descr[1]) == std::string_view::npos)
    throw Error{Errc::invalid_input,
                "the NumPy header says no byte order: '" + std::string{descr.substr(1, close - 1)} + "'"};
  header.type = dtype(std::string{descr.substr(2, close - 2)});
  header.fortran = to_value(dictionary, "fortran_order").starts_with("True");
  auto shape = to_value(dictionary, "shape");
  const auto end = shape.find(')');
  if (shape.empty() || shape.front() != '(' || end == std::string_view::npos)
    throw Error{Errc::invalid_input, "the NumPy header says no sound shape"};
  for (const auto& part : split(shape.substr(1, end - 1))) {
    if (part.empty()) continue;
    std::int64_t extent = 0;
    const auto [last, problem] = std::from_chars(part.data(), part.data() + part.size(), extent);
    if (problem != std::errc{} || last != part.data() + part.size() || extent < 0 || extent > 1'000'000'000'000'000)
      throw Error{Errc::invalid_input, "the NumPy header gives an axis the extent '" + part + "'"};
    header.shape.push_back(extent);
  }
  return header;
}

// The last axis of NumPy first. In Fortran order it is the slowest in the file, and the array is turned.
Pixels load_array(ByteReader& from, const Header& header, Metadata& meta) {
  std::vector<std::int64_t> extents = header.shape;
  if (!header.fortran) std::ranges::reverse(extents);
  Pixels block = load(from, {header.type, header.swapped, extents}, meta);
  if (!header.fortran || extents.size() < 2) return block;
  std::vector<std::size_t> order(extents.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = order.size() - 1 - i;
  return permuted(block, order);
}

class Npy final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override { return first_bytes(file, 6) == "\x93NUMPY"; }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    return make_dataset(kept_array(*this, file, {}, [&] { return make_array(file); }), options, make_array);
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const fs::path& file) const override {
    auto shape = parse(first_bytes(file, most_header + 12)).shape;
    std::ranges::reverse(shape);
    return {{{}, std::move(shape)}};
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const Pixels& block = *to_pixels(data);
    constexpr std::array<const char*, 8> names{"|u1", "<u2", "<i2", "<i4", "<f4", "<f8", "<c8", "<c16"};
    std::string text = std::string{"{'descr': '"} + names[static_cast<std::size_t>(block.spec().type)] +
                       "', 'fortran_order': False, 'shape': (";
    for (std::size_t axis = block.spec().shape.rank(); axis-- > 0;)
      text += std::to_string(block.spec().shape[axis]) + ", ";
    text += "), }";
    text.resize((text.size() + 10 + 1 + 63) / 64 * 64 - 10 - 1, ' ');
    text += '\n';
    std::string start{"\x93NUMPY\x01\x00", 8};
    start += static_cast<char>(text.size() & 255);
    start += static_cast<char>(text.size() >> 8);
    write_plain(file, start + text, block);
  }
  static RawArray make_array(const fs::path& file) {
    const Header header = parse(first_bytes(file, most_header + 12));
    RawArray array;
    array.pixels = load_array(*open_bytes(file, header.bytes, Packing::none), header, array.meta);
    return array;
  }

 private:
  Format format_{"NumPy array",
                 {".npy"},
                 {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube, Kind::table},
                 {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube},
                 array_hints(),
                 "A bare array, the last axis of NumPy first; grid, geometry, quantity and metadata are lost."};
};

struct Archive {
  explicit Archive(const fs::path& file) : handle{unzOpen64(file.c_str())} {
    if (!handle)
      throw Error{Errc::cannot_read, "the archive is damaged or incomplete", "check that the file is complete"};
  }
  ~Archive() { unzClose(handle); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  unzFile handle;
};

struct Member {
  std::string name;
  Header header;
};

// The header of the member the archive stands at, which stays open behind it.
Header open_member(unzFile zip, std::string& start) {
  unz_file_info64 info{};
  if (unzGetCurrentFileInfo64(zip, &info, nullptr, 0, nullptr, 0, nullptr, 0) == UNZ_OK) {
    if ((info.flag & 1U) != 0) not_supported("a member of the archive is encrypted", "save it without a password");
    if (info.compression_method != 0 && info.compression_method != Z_DEFLATED)
      not_supported(
          "a member of the archive is packed by method " + std::to_string(info.compression_method) + " of ZIP",
          "save it with numpy.savez or savez_compressed");
  }
  if (unzOpenCurrentFile(zip) != UNZ_OK) throw Error{Errc::cannot_read, "a member of the archive cannot be opened"};
  start.assign(12, '\0');
  const auto more = [&](std::size_t from, std::size_t count) {
    start.resize(from + count);
    const int got = unzReadCurrentFile(zip, start.data() + from, static_cast<unsigned>(count));
    if (got != static_cast<int>(count)) throw Error{Errc::cannot_read, "a member of the archive is incomplete"};
  };
  more(0, 12);
  if (start.compare(0, 6, "\x93NUMPY") != 0)
    throw Error{Errc::type_mismatch, "a member of the archive is no NumPy array"};
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(start[i])); };
  const std::size_t whole =
      start[6] == 1 ? 10 + (byte(8) | byte(9) << 8) : 12 + (byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24);
  if (whole > most_header || whole < 12)
    throw Error{Errc::invalid_input, "a member of the archive has no sound header"};
  more(12, whole - 12);
  return parse(start);
}

std::vector<Member> to_members(unzFile zip) {
  std::vector<Member> members;
  for (int at = unzGoToFirstFile(zip); at == UNZ_OK && members.size() < 1000; at = unzGoToNextFile(zip)) {
    std::array<char, 512> name{};
    unz_file_info64 info{};
    if (unzGetCurrentFileInfo64(zip, &info, name.data(), name.size() - 1, nullptr, 0, nullptr, 0) != UNZ_OK) break;
    std::string text{name.data()};
    if (!text.ends_with(".npy")) continue;
    std::string start;
    Member member{text.substr(0, text.size() - 4), {}};
    try {
      member.header = open_member(zip, start);
    } catch (const Error&) {
      member.header.shape.clear();  // strings and objects are none of ours
    }
    unzCloseCurrentFile(zip);
    members.push_back(std::move(member));
  }
  return members;
}

/// A member of the archive, read to its end so that minizip compares the checksum.
class MemberBytes final : public ByteReader {
 public:
  MemberBytes(unzFile zip, const std::string& name, std::size_t file_bytes)
      : ByteReader{name}, zip_{zip}, most_{file_bytes * 1032 + 4096} {}
  std::size_t read(std::byte* to, std::size_t count) override {
    std::size_t done = 0;
    while (done < count) {
      const int got =
          unzReadCurrentFile(zip_, to + done, static_cast<unsigned>(std::min<std::size_t>(count - done, 1 << 26)));
      if (got < 0)
        throw Error{Errc::cannot_read, "the array '" + name_ + "' is damaged: it cannot be unpacked",
                    "check that the file is complete"};
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }
  std::size_t finish() override {
    std::vector<std::byte> rest(1 << 16);
    std::size_t left = 0;
    for (std::size_t got = 0; (got = read(rest.data(), rest.size())) > 0;) left += got;
    return left;
  }
  std::size_t most() const override { return most_; }

 private:
  unzFile zip_;
  std::size_t most_;
};

class Npz final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return first_bytes(file, 4) == "PK\x03\x04" && first_bytes(file, 256).find(".npy") != std::string::npos;
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const std::string wanted = find_hint(options, "dataset");
    return make_dataset(kept_array(*this, file, wanted, [&] { return make_array(file, wanted); }), options,
                        [&](const fs::path& other) { return make_array(other, wanted); });
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const fs::path& file) const override {
    const Archive zip{file};
    auto found = to_arrays(to_choices(to_members(zip.handle)));
    for (ArrayInfo& array : found) std::ranges::reverse(array.extents);
    std::erase_if(found, [](const ArrayInfo& array) { return array.extents.empty(); });
    return found;
  }

 private:
  static std::vector<Choice> to_choices(const std::vector<Member>& members) {
    std::vector<Choice> choices;
    choices.reserve(members.size());
    for (const auto& member : members)
      choices.push_back({member.name, {member.header.shape.begin(), member.header.shape.end()}});
    return choices;
  }
  static RawArray make_array(const fs::path& file, const std::string& wanted) {
    const Archive zip{file};
    const auto choices = to_choices(to_members(zip.handle));
    const std::string name = choose(choices, wanted) + ".npy";
    if (unzLocateFile(zip.handle, name.c_str(), 1) != UNZ_OK)
      throw Error{Errc::cannot_read, "the array '" + name + "' cannot be found in the archive"};
    std::string start;
    const Header header = open_member(zip.handle, start);
    RawArray array;
    MemberBytes bytes{zip.handle, name, size_of_file(file)};
    array.pixels = load_array(bytes, header, array.meta);
    if (unzCloseCurrentFile(zip.handle) == UNZ_CRCERROR)
      throw Error{Errc::cannot_read, "the array '" + name + "' is damaged: its checksum is wrong",
                  "check that the file is complete"};
    return array;
  }
  Format format_{"NumPy archive",
                 {".npz"},
                 {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube, Kind::table},
                 {},
                 array_hints({"dataset"}),
                 "One array of the archive, the last axis of NumPy first."};
};

}  // namespace

void add_numpy(Handlers& to) {
  to.push_back(std::make_unique<Npy>());
  to.push_back(std::make_unique<Npz>());
}

}  // namespace iso::io::detail
