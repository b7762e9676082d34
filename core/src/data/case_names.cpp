#include "iso/data/case_names.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso {
namespace {

constexpr char between = '/';  // what no name of a file has

}  // namespace

std::string to_case_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : std::string(1, between)) + name;
  return text;
}

void set_case_names(Volume& volume, const std::vector<std::string>& names) {
  if (static_cast<std::int64_t>(names.size()) != volume.grid.size[2])
    throw Error{Errc::invalid_input, std::to_string(names.size()) + " names of cases were given for " +
                                         std::to_string(volume.grid.size[2]) + " slices"};
  const auto is_none = [](const std::string& name) { return name.empty() || name.find(between) != std::string::npos; };
  if (const auto wrong = std::ranges::find_if(names, is_none); wrong != names.end())
    throw Error{Errc::invalid_input, "'" + *wrong + "' cannot be the name of a case"};
  volume.meta[case_names_key] = to_case_text(names);
}

std::vector<std::string> find_case_names(const Volume& volume) {
  const auto said = volume.meta.find(case_names_key);
  if (said == volume.meta.end() || said->second.empty()) return {};
  std::vector<std::string> names{{}};
  for (const char c : said->second) {
    if (c == between)
      names.emplace_back();
    else
      names.back() += c;
  }
  if (static_cast<std::int64_t>(names.size()) != volume.grid.size[2]) return {};
  return names;
}

}  // namespace iso
