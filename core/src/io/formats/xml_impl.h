#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <string>

/// As much of XML as the description of an OME-TIFF needs: start tags by name, and their attributes.
namespace iso::io::detail::xml {

struct Tag {
  std::size_t begin, end;  ///< from its '<' to behind its '>'
  [[nodiscard]] std::string in(const std::string& text) const { return text.substr(begin, end - begin); }
};

inline bool is_part_of_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

/// What a reference by name ("amp") or number ("#181", "#xB5") stands for, in UTF-8; empty if it is none.
inline std::string referred_by(const std::string& name) {
  static const std::map<std::string, std::string> named{
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
  if (const auto found = named.find(name); found != named.end()) return found->second;
  if (name.size() < 2 || name[0] != '#') return {};
  const bool hexadecimal = name[1] == 'x';
  unsigned code = 0;
  const char* const end = name.data() + name.size();
  const auto [last, problem] = std::from_chars(name.data() + (hexadecimal ? 2 : 1), end, code, hexadecimal ? 16 : 10);
  if (problem != std::errc{} || last != end || code == 0 || code > 0xffff) return {};
  const auto byte = [](unsigned bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), byte(0x80 | (code & 63))};
  return {byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 63)), byte(0x80 | (code & 63))};
}

inline std::string without_references(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto end = text[at] == '&' ? text.find(';', at) : std::string::npos;
    const std::string meant = end == std::string::npos ? "" : referred_by(text.substr(at + 1, end - at - 1));
    if (meant.empty()) {
      plain += text[at];
    } else {
      plain += meant;
      at = end;
    }
  }
  return plain;
}

/// Behind the '>' that ends a tag; npos if none does.
inline std::size_t end_of_tag(const std::string& text, std::size_t from) {
  char quote = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '>')
      return at + 1;
  }
  return std::string::npos;
}

/// Comments gone, so that nothing in them is taken for an element.
[[nodiscard]] inline std::string without_comments(const std::string& text) {
  std::string left;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = std::min(text.find("<!--", at), text.size());
    left.append(text, at, begin - at);
    const auto end = begin < text.size() ? text.find("-->", begin + 4) : std::string::npos;
    at = end == std::string::npos ? text.size() : end + 3;
  }
  return left;
}

/// The next start tag of an element, whatever its prefix and the blanks behind its name; a '>' within quotes ends no tag.
[[nodiscard]] inline std::optional<Tag> find_tag(const std::string& text, const std::string& name,
                                                 std::size_t from = 0) {
  for (auto at = text.find(name, from); at != std::string::npos; at = text.find(name, at + 1)) {
    const auto behind = at + name.size();
    if (at == 0 || behind >= text.size() || is_part_of_name(text[behind]) || text[behind] == ':') continue;
    std::size_t begin = at - 1;
    if (text[begin] == ':' && begin > 0) {
      --begin;
      while (begin > 0 && is_part_of_name(text[begin])) --begin;
    }
    if (text[begin] != '<') continue;
    if (const auto end = end_of_tag(text, behind); end != std::string::npos) return Tag{begin, end};
    return std::nullopt;
  }
  return std::nullopt;
}

/// The value of an attribute within a start tag, references such as "&#181;" as what they stand for; empty if it is not there.
[[nodiscard]] inline std::string attribute(const std::string& tag, const std::string& name) {
  const auto behind_blanks = [&](std::size_t from) {
    return std::min(tag.find_first_not_of(" \t\r\n", from), tag.size());
  };
  for (std::size_t at = tag.find(name); at != std::string::npos; at = tag.find(name, at + 1)) {
    const auto equals = behind_blanks(at + name.size());
    const bool begins = at > 0 && std::isspace(static_cast<unsigned char>(tag[at - 1])) != 0;
    if (!begins || equals >= tag.size() || tag[equals] != '=') continue;
    const auto open = behind_blanks(equals + 1);
    if (open >= tag.size()) continue;
    if (const auto end = tag.find(tag[open], open + 1); end != std::string::npos)
      return without_references(tag.substr(open + 1, end - open - 1));
  }
  return {};
}

}  // namespace iso::io::detail::xml
