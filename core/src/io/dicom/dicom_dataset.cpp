#include "io/dicom/dicom_dataset_impl.h"

#include "io/array_impl.h"
#include "iso/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t most_value_bytes = std::uint64_t{8} << 20;  // the longest lookup table has 512 KiB
constexpr std::uint32_t undefined = 0xffffffff;
constexpr int deepest = 24;
constexpr std::uint32_t item_tag = tag(0xfffe, 0xe000), item_end = tag(0xfffe, 0xe00d),
                        sequence_end = tag(0xfffe, 0xe0dd);

std::uint32_t whole(const unsigned char* b, std::size_t bytes, bool big) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint32_t{b[i]} << 8 * (big ? bytes - 1 - i : i);
  return value;
}

// Sequences whose items are asked for: implicit syntaxes do not say what is one.
bool is_sequence(std::uint32_t t) {
  static constexpr std::array known{
      tag(0x0008, 0x1140), tag(0x0008, 0x1115), tag(0x0008, 0x2112), tag(0x0008, 0x9215), tag(0x0018, 0x6011),
      tag(0x0018, 0x9114), tag(0x0018, 0x9117), tag(0x0018, 0x9118), tag(0x0020, 0x9111), tag(0x0020, 0x9113),
      tag(0x0020, 0x9116), tag(0x0020, 0x9221), tag(0x0020, 0x9222), tag(0x0020, 0x930e), tag(0x0020, 0x930f),
      tag(0x0028, 0x3000), tag(0x0028, 0x3010), tag(0x0028, 0x9110), tag(0x0028, 0x9145), tag(0x0040, 0x08ea),
      tag(0x0040, 0x9096), tag(0x0040, 0x9220), tag(0x0048, 0x021a), tag(0x0048, 0x0008), tag(0x0054, 0x0012),
      tag(0x0054, 0x0022), tag(0x0054, 0x0052), tag(0x0062, 0x0002), tag(0x0062, 0x000a), tag(0x5200, 0x9229),
      tag(0x5200, 0x9230), tag(0x0018, 0x9314), tag(0x0018, 0x9341)};
  return std::ranges::find(known, t) != known.end();
}

bool is_wanted(std::uint32_t t) {
  switch (t >> 16) {
    case 0x0002:
    case 0x0008:
    case 0x0010:
    case 0x0018:
    case 0x0020:
    case 0x0028:
    case 0x0040:
    case 0x0048:
    case 0x0054:
    case 0x0062:
    case 0x3002:
    case 0x3004:
    case 0x5200: return true;
    default: return t == tag(0x7fe0, 0x0001);
  }
}

bool is_type(const unsigned char* b) {
  static constexpr std::string_view known =
      "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV ";
  const std::array<char, 3> name{static_cast<char>(b[0]), static_cast<char>(b[1]), ' '};
  const auto at = known.find(std::string_view{name.data(), 3});
  return at != std::string_view::npos && at % 3 == 0;
}

bool is_long_type(std::string_view type) {
  static constexpr std::string_view known = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";
  return known.find(type) != std::string_view::npos;
}

std::string tag_text(std::uint32_t t) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "(%04x,%04x)", t >> 16, t & 0xffff);
  return text.data();
}

struct Encoding {
  bool explicit_types, big;
};

/// Reads elements one by one.
class Parser {
 public:
  explicit Parser(DicomBytes& bytes) : bytes_{bytes} {}

  std::uint64_t at{0};

  /// The elements from `at` to `end`, to an item delimiter, or to the pixels of the outermost set.
  DicomDataset set(std::uint64_t end, Encoding encoding, int depth, DicomFile* file) {
    DicomDataset set;
    set.big_endian = encoding.big;
    while (at + 8 <= end) {
      if (file && at_end_of_data(end)) break;
      Head head = next_head(encoding, end);
      if (head.tag == item_end || head.tag == sequence_end) {
        if (depth == 0) damaged(head.tag);
        return set;
      }
      if (head.tag == item_tag) damaged(head.tag);
      if (file && is_pixels(head.tag)) {
        take_pixels(head, *file, end);
        return set;
      }
      take(head, encoding, end, depth, set);
    }
    return set;
  }

  /// The elements of group 2, in explicit little endian whatever follows.
  DicomDataset meta() {
    DicomDataset set;
    const Encoding encoding{true, false};
    while (at + 8 <= bytes_.size()) {
      std::array<unsigned char, 2> group{};
      bytes_.read(at, 2, group.data());
      if (whole(group.data(), 2, false) != 2) break;
      const Head head = next_head(encoding, bytes_.size());
      take(head, encoding, bytes_.size(), 0, set);
    }
    return set;
  }

  [[nodiscard]] Encoding guess(std::uint64_t from) {
    std::array<unsigned char, 8> b{};
    bytes_.read(from, 8, b.data());
    const bool big = b[0] == 0 && b[1] != 0;
    return {is_type(b.data() + 4), big};
  }

 private:
  struct Head {
    std::uint32_t tag, length;
    bool sequence, unknown, words;
  };

  [[noreturn]] void damaged(std::uint32_t t) const {
    throw Error{Errc::cannot_read,
                "the file is damaged: " + tag_text(t) + " at byte " + std::to_string(at) + " cannot stand there",
                "check where the file came from"};
  }

  static bool is_pixels(std::uint32_t t) {
    return t == tag(0x7fe0, 0x0010) || t == tag(0x7fe0, 0x0008) || t == tag(0x7fe0, 0x0009);
  }

  // Zeros behind the data set fill up a block.
  bool at_end_of_data(std::uint64_t end) {
    std::array<unsigned char, 8> b{};
    bytes_.read(at, std::min<std::uint64_t>(8, end - at), b.data());
    return std::ranges::all_of(b, [](unsigned char c) { return c == 0; });
  }

  Head next_head(Encoding encoding, std::uint64_t end) {
    std::array<unsigned char, 12> b{};
    bytes_.read(at, 8, b.data());
    Head head{whole(b.data(), 2, encoding.big) << 16 | whole(b.data() + 2, 2, encoding.big), 0, false, false, false};
    if (head.tag == item_tag || head.tag == item_end || head.tag == sequence_end || !encoding.explicit_types ||
        !is_type(b.data() + 4)) {  // an element without type in an explicit set is as in an implicit one
      head.length = whole(b.data() + 4, 4, encoding.big);
      head.sequence = is_sequence(head.tag) || (head.length == undefined && !is_pixels(head.tag));
      at += 8;
    } else {
      const std::string type{reinterpret_cast<const char*>(b.data()) + 4, 2};
      if (is_long_type(type)) {
        if (at + 12 > end) throw_cut_off("the element " + tag_text(head.tag));
        bytes_.read(at, 12, b.data());
        head.length = whole(b.data() + 8, 4, encoding.big);
        at += 12;
      } else {
        head.length = whole(b.data() + 6, 2, encoding.big);
        at += 8;
      }
      head.unknown = type == "UN";
      head.words = type == "OW";
      head.sequence = type == "SQ" || (head.unknown && (head.length == undefined || is_sequence(head.tag)));
    }
    return head;
  }

  void take_pixels(const Head& head, DicomFile& file, std::uint64_t end) {
    file.pixels.tag = head.tag;
    file.pixels.offset = at;
    file.pixels.encapsulated = head.length == undefined;
    file.pixels.words = head.words;
    file.pixels.length = file.pixels.encapsulated ? end - at : head.length;
  }

  void take(const Head& head, Encoding encoding, std::uint64_t end, int depth, DicomDataset& set) {
    if (depth > deepest)
      throw Error{Errc::cannot_read, "the file is damaged: its sequences are nested without end",
                  "check where the file came from"};
    if (head.length != undefined && head.length > end - at) throw_cut_off("the element " + tag_text(head.tag));
    DicomElement element;
    element.tag = head.tag;
    element.offset = at;
    element.length = head.length;
    element.undefined_length = head.length == undefined;
    const bool wanted = is_wanted(head.tag);
    if (head.sequence) {
      if (!wanted && !element.undefined_length) {
        at += head.length;
        return;
      }
      // What has the type UN is implicit little endian inside (PS3.5, 6.2.2).
      take_items(element, head.unknown ? Encoding{false, false} : encoding, end, depth);
    } else if (element.undefined_length) {
      skip_fragments(end);
      return;
    } else {
      if (wanted && head.length <= most_value_bytes) {
        element.value.resize(head.length);
        bytes_.read(at, head.length, element.value.data());
      }
      at += head.length;
    }
    if (wanted) set.elements.push_back(std::move(element));
  }

  void take_items(DicomElement& element, Encoding encoding, std::uint64_t end, int depth) {
    const std::uint64_t last = element.undefined_length ? end : at + element.length;
    while (at + 8 <= last) {
      const Head head = next_head(encoding, last);
      if (head.tag == sequence_end) return;
      if (head.tag != item_tag) damaged(head.tag);
      const bool open = head.length == undefined;
      if (!open && head.length > last - at) throw_cut_off("an item of the sequence " + tag_text(element.tag));
      const std::uint64_t item_last = open ? last : at + head.length;
      // An item of the type UN may have been written with types all the same.
      const Encoding inside =
          at + 8 <= item_last && !encoding.explicit_types ? Encoding{guess(at).explicit_types, encoding.big} : encoding;
      element.items.push_back(set(item_last, inside, depth + 1, nullptr));
      if (!open) at = item_last;
    }
    if (element.undefined_length) throw_cut_off("the sequence " + tag_text(element.tag));
    at = last;
  }

  void skip_fragments(std::uint64_t end) {
    while (at + 8 <= end) {
      std::array<unsigned char, 8> b{};
      bytes_.read(at, 8, b.data());
      const std::uint32_t t = whole(b.data(), 2, false) << 16 | whole(b.data() + 2, 2, false);
      const std::uint32_t length = whole(b.data() + 4, 4, false);
      at += 8;
      if (t == sequence_end) return;
      if (t != item_tag) damaged(t);
      if (length > end - at) throw_cut_off("a picture in the header");
      at += length;
    }
    throw_cut_off("a picture in the header");
  }

  DicomBytes& bytes_;
};

struct NamedSyntax {
  std::string_view uid, name;
  DicomSyntax::Coding coding;
};

// Of PS3.6, table A-1; those that begin alike are told by the longest.
DicomSyntax to_syntax(const std::string& uid) {
  using enum DicomSyntax::Coding;
  static constexpr std::array<NamedSyntax, 32> known{
      {{"1.2.840.10008.1.2", "Implicit VR Little Endian", native},
       {"1.2.840.10008.1.2.1", "Explicit VR Little Endian", native},
       {"1.2.840.10008.1.2.2", "Explicit VR Big Endian", native},
       {"1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed", native},
       {"1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", native},
       {"1.2.840.113619.5.2", "GE Private Implicit VR Big Endian", native},
       {"1.2.840.10008.1.2.5", "RLE Lossless", rle},
       {"1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", deflated_frames},
       {"1.2.840.10008.1.2.4.50", "JPEG Baseline", jpeg},
       {"1.2.840.10008.1.2.4.51", "JPEG Extended", jpeg},
       {"1.2.840.10008.1.2.4.53", "JPEG Spectral Selection", jpeg},
       {"1.2.840.10008.1.2.4.55", "JPEG Full Progression", jpeg},
       {"1.2.840.10008.1.2.4.57", "JPEG Lossless", jpeg},
       {"1.2.840.10008.1.2.4.70", "JPEG Lossless, first-order prediction", jpeg},
       {"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", jpeg_ls},
       {"1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", jpeg_ls},
       {"1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", jpeg_2000},
       {"1.2.840.10008.1.2.4.91", "JPEG 2000", jpeg_2000},
       {"1.2.840.10008.1.2.4.92", "JPEG 2000 Multi-component Lossless", jpeg_2000},
       {"1.2.840.10008.1.2.4.93", "JPEG 2000 Multi-component", jpeg_2000},
       {"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless", jpeg_2000},
       {"1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 RPCL", jpeg_2000},
       {"1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", jpeg_2000},
       {"1.2.840.10008.1.2.4.94", "JPIP Referenced", other},
       {"1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", other},
       {"1.2.840.10008.1.2.4.100", "MPEG2 Main Level", other},
       {"1.2.840.10008.1.2.4.101", "MPEG2 High Level", other},
       {"1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264", other},
       {"1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible", other},
       {"1.2.840.10008.1.2.4.107", "HEVC/H.265", other},
       {"1.2.840.10008.1.2.4.110", "JPEG XL Lossless", other},
       {"1.2.840.10008.1.2.4.112", "JPEG XL", other}}};
  DicomSyntax syntax{uid, "the transfer syntax " + uid, other, false};
  for (const auto& entry : known) {
    if (entry.uid != uid) continue;
    syntax.named = entry.name;
    syntax.coding = entry.coding;
  }
  syntax.big_endian_pixels = uid == "1.2.840.10008.1.2.2" || uid == "1.2.840.113619.5.2";
  return syntax;
}

}  // namespace

void throw_cut_off(const std::string& where) {
  throw Error{Errc::cannot_read, "the file is incomplete: it ends inside of " + where,
              "check that the file is complete"};
}

const DicomElement* DicomDataset::find(std::uint32_t wanted) const noexcept {
  const auto found = std::ranges::find_if(elements, [wanted](const DicomElement& e) { return e.tag == wanted; });
  return found == elements.end() ? nullptr : &*found;
}

std::string DicomDataset::text(std::uint32_t wanted) const {
  const auto* element = find(wanted);
  if (!element) return {};
  std::string text = element->value;
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

std::vector<double> DicomDataset::decimals(std::uint32_t wanted) const {
  std::vector<double> numbers;
  const std::string all = text(wanted);
  if (all.empty()) return numbers;
  for (const auto& part : split(all, '\\')) {
    const auto value = to_number(part);
    if (!value || !std::isfinite(*value)) return {};
    numbers.push_back(*value);
  }
  return numbers;
}

double DicomDataset::decimal(std::uint32_t wanted, double otherwise) const {
  const auto numbers = decimals(wanted);
  return numbers.empty() ? otherwise : numbers[0];
}

namespace {
template <class T>
std::vector<T> binary(const DicomElement* element, bool big) {
  std::vector<T> numbers;
  if (!element) return numbers;
  for (std::size_t i = 0; i + sizeof(T) <= element->value.size(); i += sizeof(T)) {
    std::array<char, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), element->value.data() + i, sizeof(T));
    if (big) std::ranges::reverse(bytes);
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    numbers.push_back(value);
  }
  return numbers;
}
}  // namespace

std::vector<std::uint16_t> DicomDataset::shorts(std::uint32_t wanted) const {
  return binary<std::uint16_t>(find(wanted), big_endian);
}
std::vector<std::uint32_t> DicomDataset::longs(std::uint32_t wanted) const {
  return binary<std::uint32_t>(find(wanted), big_endian);
}
std::vector<double> DicomDataset::doubles(std::uint32_t wanted) const {
  return binary<double>(find(wanted), big_endian);
}
std::int64_t DicomDataset::number(std::uint32_t wanted, std::int64_t otherwise) const {
  const auto all = shorts(wanted);
  return all.empty() ? otherwise : all[0];
}

const std::vector<DicomDataset>& DicomDataset::items(std::uint32_t wanted) const noexcept {
  static const std::vector<DicomDataset> none;
  const auto* element = find(wanted);
  return element ? element->items : none;
}
const DicomDataset* DicomDataset::item(std::uint32_t wanted) const noexcept {
  const auto& all = items(wanted);
  return all.empty() ? nullptr : &all[0];
}

bool starts_as_dicom(std::string_view start) noexcept {
  if (start.size() >= 132 && start.substr(128, 4) == "DICM") return true;
  // Without a preamble a data set begins with a small element of group 2 or 8, in either order of bytes.
  if (start.size() < 16) return false;
  const auto* b = reinterpret_cast<const unsigned char*>(start.data());
  const bool big = b[0] == 0;
  const std::uint32_t group = whole(b, 2, big), element = whole(b + 2, 2, big);
  if ((group != 2 && group != 8) || element > 0x0120) return false;
  const std::uint32_t length = whole(b + 4, 4, big);
  return is_type(b + 4) || length <= 256;
}

DicomFile open_dicom(const fs::path& path) {
  DicomFile file;
  file.bytes = std::make_shared<DicomBytes>(path);
  DicomBytes& bytes = *file.bytes;
  std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(132, bytes.size())), '\0');
  bytes.read(0, start.size(), start.data());
  if (!starts_as_dicom(start)) throw Error{Errc::invalid_input, "the file is not DICOM", "check where it came from"};
  Parser parser{bytes};
  parser.at = start.size() >= 132 && start.compare(128, 4, "DICM") == 0 ? 132 : 0;
  file.meta = parser.meta();
  if (parser.at + 8 > bytes.size()) throw_cut_off("its header");
  const std::string uid = file.meta.text(tag(0x0002, 0x0010));
  if (uid == "1.2.840.10008.1.2.1.99" || uid == "1.2.840.10008.1.2.4.95") {
    file.pixels.deflated = parser.at;
    bytes.inflate_from(parser.at);
  }
  if (parser.at + 8 > bytes.size()) throw_cut_off("its header");
  // What stands there counts: files exist whose header names the other of the plain syntaxes.
  const Encoding encoding = parser.guess(parser.at);
  file.syntax = to_syntax(!uid.empty()              ? uid
                          : encoding.big            ? "1.2.840.10008.1.2.2"
                          : encoding.explicit_types ? "1.2.840.10008.1.2.1"
                                                    : "1.2.840.10008.1.2");
  if (file.syntax.coding == DicomSyntax::Coding::native && uid != "1.2.840.113619.5.2")
    file.syntax.big_endian_pixels = encoding.big;
  file.set = parser.set(bytes.size(), encoding, 0, &file);
  if (file.pixels.tag == 0 && parser.at < bytes.size() && parser.at + 8 > bytes.size()) throw_cut_off("its header");
  return file;
}

DicomFragments dicom_fragments(DicomBytes& bytes, const DicomPixelPlace& pixels) {
  DicomFragments found;
  found.cut_off = true;
  std::uint64_t at = pixels.offset;
  const std::uint64_t end = bytes.size();
  for (bool first = true; at + 8 <= end; first = false) {
    std::array<unsigned char, 8> b{};
    bytes.read(at, 8, b.data());
    const std::uint32_t t = whole(b.data(), 2, false) << 16 | whole(b.data() + 2, 2, false);
    const std::uint64_t length = whole(b.data() + 4, 4, false);
    at += 8;
    if (t == sequence_end) found.cut_off = false;
    if (t != item_tag || length > end - at) break;
    if (first) {
      std::vector<unsigned char> table(static_cast<std::size_t>(length));
      bytes.read(at, length, table.data());
      for (std::size_t i = 0; i + 4 <= table.size(); i += 4) found.table.push_back(whole(table.data() + i, 4, false));
    } else {
      found.parts.push_back({at, length});
    }
    at += length;
  }
  return found;
}

}  // namespace iso::io::detail
