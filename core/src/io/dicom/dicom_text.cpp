#include "io/dicom/dicom_impl.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <string_view>

/// Text of DICOM headers as UTF-8 (PS3.5, chapter 6; the defined terms are those of PS3.3, C.12.1.1.2).
namespace iso::io::detail {
namespace {

struct Term {
  std::string_view dicom, library;
};
constexpr std::array<Term, 14> one_code{{{"ISO_IR 192", "UTF-8"},
                                         {"GB18030", "GB18030"},
                                         {"GBK", "GBK"},
                                         {"100", "ISO-8859-1"},
                                         {"101", "ISO-8859-2"},
                                         {"109", "ISO-8859-3"},
                                         {"110", "ISO-8859-4"},
                                         {"144", "ISO-8859-5"},
                                         {"127", "ISO-8859-6"},
                                         {"126", "ISO-8859-7"},
                                         {"138", "ISO-8859-8"},
                                         {"148", "ISO-8859-9"},
                                         {"166", "TIS-620"},
                                         {"13", "SHIFT_JIS"}}};

std::string_view code_named(std::string_view term) {
  for (const Term& entry : one_code)
    if (term == entry.dicom || (term.starts_with("ISO") && term.ends_with(std::string{" "} + std::string{entry.dicom})))
      return entry.library;
  return "ISO-8859-1";  // what is undeclared is Latin in practice
}

// What an escape sequence switches to; `bytes` is how much of the text it is.
std::string_view code_after_escape(std::string_view text, std::size_t& bytes, bool& two_bytes) {
  struct Escape {
    std::string_view bytes, library;
    bool two_bytes;  ///< of 7 bits each: JIS; the library wants the escape before them
  };
  constexpr std::array<Escape, 18> escapes{{{"\x1b(B", "ASCII", false},
                                            {"\x1b(J", "ASCII", false},
                                            {"\x1b)I", "SHIFT_JIS", false},
                                            {"\x1b$B", "ISO-2022-JP-2", true},
                                            {"\x1b$(D", "ISO-2022-JP-2", true},
                                            {"\x1b$)C", "EUC-KR", false},
                                            {"\x1b$)A", "GB2312", false},
                                            {"\x1b-A", "ISO-8859-1", false},
                                            {"\x1b-B", "ISO-8859-2", false},
                                            {"\x1b-C", "ISO-8859-3", false},
                                            {"\x1b-D", "ISO-8859-4", false},
                                            {"\x1b-L", "ISO-8859-5", false},
                                            {"\x1b-G", "ISO-8859-6", false},
                                            {"\x1b-F", "ISO-8859-7", false},
                                            {"\x1b-H", "ISO-8859-8", false},
                                            {"\x1b-M", "ISO-8859-9", false},
                                            {"\x1b-T", "TIS-620", false},
                                            {"\x1b(I", "SHIFT_JIS", false}}};
  for (const Escape& escape : escapes) {
    if (!text.starts_with(escape.bytes)) continue;
    bytes = escape.bytes.size();
    two_bytes = escape.two_bytes;
    return escape.library;
  }
  bytes = 1;
  two_bytes = false;
  return "ASCII";
}

void append_converted(std::string& out, std::string part, std::string_view code) {
  if (part.empty()) return;
  std::string converted(4 * part.size() + 8, '\0');
  char *from = part.data(), *to = converted.data();
  std::size_t left = part.size(), room = converted.size();
  const iconv_t converter = ::iconv_open("UTF-8", std::string{code}.c_str());
  // NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv_open says that it does not know a code
  const bool known = converter != reinterpret_cast<iconv_t>(-1);
  while (known && left > 0 && ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1) &&
         left > 0) {
    if (room == 0) break;
    *to++ = '?';  // a byte that this code does not have
    --room;
    ++from;
    --left;
  }
  if (known) ::iconv_close(converter);
  if (known)
    out.append(converted.data(), static_cast<std::size_t>(to - converted.data()));
  else
    out.append(part.size(), '?');
}

}  // namespace

std::string dicom_utf8(const std::string& text, const std::string& charset) {
  if (std::ranges::none_of(text, [](char c) { return c == '\x1b' || static_cast<unsigned char>(c) >= 0x80; }))
    return text;
  std::string_view first{charset};
  first = first.substr(0, first.find('\\'));
  while (first.ends_with(' ')) first.remove_suffix(1);
  const std::string_view initial = code_named(first);
  if (text.find('\x1b') == std::string::npos) {  // one code; its characters may hold the bytes of delimiters
    std::string out;
    append_converted(out, text, initial);
    return out;
  }
  std::string_view code = initial;
  bool two_bytes = false;
  std::string out, part;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const bool escape = c == '\x1b', end = c == '^' || c == '=' || c == '\\';
    // A delimiter of a name switches back to the first code, except where it is a second byte.
    if (!escape && !(end && !(two_bytes && part.size() % 2 == 0))) {
      part += c;
      ++at;
      continue;
    }
    append_converted(out, std::move(part), code);
    part.clear();
    if (escape) {
      std::size_t bytes = 1;
      code = code_after_escape(std::string_view{text}.substr(at), bytes, two_bytes);
      if (code == "ASCII") code = initial;  // the lower half of all of them
      if (two_bytes) part = text.substr(at, bytes);
      at += bytes;
      continue;
    }
    out += c;
    ++at;
    code = initial;
    two_bytes = false;
  }
  append_converted(out, std::move(part), code);
  return out;
}

}  // namespace iso::io::detail
