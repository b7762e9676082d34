#include "saved_name.h"

#include <algorithm>
#include <cctype>

namespace iso::gui {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string offered_name(const std::string& entry, std::vector<std::string> endings) {
  std::ranges::sort(endings, std::greater{}, &std::string::size);  // ".nii.gz" before ".gz"
  std::string name = entry;
  for (const std::string& ending : endings)
    for (std::size_t at = 0; (at = lower(name).find(ending, at)) != std::string::npos;) {
      const std::size_t behind = at + ending.size();
      const bool whole = behind == name.size() || name[behind] == ' ' || name[behind] == ',';
      whole ? void(name.erase(at, ending.size())) : void(++at);
    }
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '+';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (!out.empty() && (out.back() == '_' || out.back() == '.')) out.pop_back();
  return out.empty() ? "data" : out;
}

SavedName to_saved_name(const std::filesystem::path& typed, const std::string& chosen, const std::string& offered,
                        const std::vector<std::string>& endings) {
  const std::string name = lower(typed.string());
  const auto ends = [&](const std::string& ending) { return !ending.empty() && name.ends_with(ending); };
  if (chosen.empty()) return {typed, true};
  if (chosen != offered && ends(offered)) {
    const std::string text = typed.string();
    return {text.substr(0, text.size() - offered.size()) + chosen, false};
  }
  if (std::ranges::any_of(endings, ends)) return {typed, true};
  return {typed.string() + chosen, false};
}

}  // namespace iso::gui
