#include "iso/base/json_text.h"

#include "iso/base/error.h"

#include <algorithm>
#include <vector>

namespace iso {
namespace {

/// The end of the text in quotes that begins at `at`, behind its last quote.
std::size_t skip_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

bool is_name(std::string_view json, std::size_t end) {
  const auto next = json.find_first_not_of(" \t\r\n", end);
  return next != std::string_view::npos && json[next] == ':';
}

}  // namespace

std::string find_doubled_member(std::string_view json) {
  std::vector<std::vector<std::string_view>> open;  // names of the objects around, and nothing for a list
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = skip_text(json, at);
      if (!open.empty() && is_name(json, end)) open.back().push_back(json.substr(at + 1, end - at - 2));
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') open.emplace_back();
    if ((c != '}' && c != ']') || open.empty()) continue;
    auto names = std::move(open.back());
    open.pop_back();
    std::ranges::sort(names);
    std::erase(names, std::string_view{});
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) return std::string{*twice};
  }
  return {};
}

void refuse_doubled_members(std::string_view json, const std::string& what) {
  if (const std::string name = find_doubled_member(json); !name.empty())
    throw Error{Errc::invalid_input, what + " says '" + name + "' twice in one object", "leave one of them away"};
}

}  // namespace iso
