#include "help_book.h"

#include "math_text.h"

#include "host/help/method_page.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <system_error>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t excerpt_length = 120;

std::string lower(std::string_view text) {
  std::string small{text};
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream stream{lower(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string find_title(const std::string& markdown, const std::string& otherwise) {
  std::istringstream lines{markdown};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# ")) return line.substr(2);
  return otherwise;
}

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

/// The words about a place, without the marks of Markdown.
std::string make_excerpt(const std::string& text, std::size_t at) {
  const std::size_t line = text.rfind('\n', at);
  std::size_t begin = line == std::string::npos ? 0 : line + 1;
  if (at - begin > excerpt_length / 2) begin = text.rfind(' ', at - excerpt_length / 2) + 1;
  std::string words;
  for (const char c : text.substr(begin, excerpt_length)) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0 || c == '|';
    if (blank && (words.empty() || words.back() == ' ')) continue;
    if (c != '`' && c != '#' && c != '*') words += blank ? ' ' : c;
  }
  if (begin + excerpt_length < text.size()) {  // no word is cut in two
    const std::size_t last = words.rfind(' ');
    if (last != std::string::npos) words.resize(last);
    words += " ...";
  }
  return words;
}

HelpPage manual_page(const fs::path& file) {
  std::ifstream stream{file};
  std::ostringstream text;
  text << stream.rdbuf();
  const bool first = file.filename() == "README.md";
  return {"manual:" + file.filename().string(), "Manual",
          first ? "How to" : find_title(text.str(), file.stem().string()), text.str(), file.parent_path()};
}

}  // namespace

HelpBook::HelpBook(const fs::path& manual, std::span<const plugin::TaskManifest* const> tasks) {
  std::error_code ignored;
  std::vector<fs::path> files;
  for (fs::directory_iterator at{manual, ignored}, end; !manual.empty() && !ignored && at != end; at.increment(ignored))
    if (at->path().extension() == ".md") files.push_back(at->path());
  std::ranges::sort(files, {}, [](const fs::path& file) {
    return std::pair{file.filename() != "README.md", file.filename().string()};
  });
  for (const fs::path& file : files) pages_.push_back(manual_page(file));
  std::vector<HelpPage> methods;
  for (const plugin::TaskManifest* task : tasks)
    methods.push_back({method_id(task->id),
                       "Methods: " + task->about.category,
                       task->about.title,
                       with_readable_formulas(host::method_page(*task)),
                       {}});
  std::ranges::stable_sort(methods, {}, [](const HelpPage& page) { return std::pair{page.chapter, page.title}; });
  pages_.insert(pages_.end(), std::make_move_iterator(methods.begin()), std::make_move_iterator(methods.end()));
}

const HelpPage* HelpBook::find(std::string_view id) const noexcept {
  const auto found = std::ranges::find(pages_, id, &HelpPage::id);
  return found == pages_.end() ? nullptr : &*found;
}

std::vector<HelpBook::Hit> HelpBook::search(std::string_view text) const {
  const std::vector<std::string> words = split_words(text);
  struct Ranked {
    Hit hit;
    bool titled;
    std::size_t count;
  };
  std::vector<Ranked> ranked;
  for (const HelpPage& page : pages_) {
    const std::string text_of_page = without_tags(page.markdown), small = lower(text_of_page),
                      title = lower(page.title);
    std::size_t count = 0;
    bool all = true, titled = false;
    for (const std::string& word : words) {
      const std::size_t here = occurrences(small, word);
      titled = titled || title.find(word) != std::string::npos;
      all = all && (here > 0 || title.find(word) != std::string::npos);
      count += here;
    }
    if (!all) continue;
    const std::size_t at = words.empty() ? std::string::npos : small.find(words.front());
    ranked.push_back(
        {{&page, at == std::string::npos ? std::string{} : make_excerpt(text_of_page, at)}, titled, count});
  }
  if (!words.empty())
    std::ranges::stable_sort(ranked, [](const Ranked& a, const Ranked& b) {
      return std::pair{a.titled, a.count} > std::pair{b.titled, b.count};
    });
  std::vector<Hit> hits;
  hits.reserve(ranked.size());
  for (Ranked& one : ranked) hits.push_back(std::move(one.hit));
  return hits;
}

const HelpPage* HelpBook::follow(const HelpPage& from, std::string_view link) const noexcept {
  if (const HelpPage* const named = find(link)) return named;
  const std::string_view place = link.substr(0, link.find('#'));
  if (place.empty()) return &from;
  if (from.folder.empty() || place.find(':') != std::string_view::npos) return nullptr;
  return find("manual:" + fs::path{place}.lexically_normal().string());
}

}  // namespace iso::gui
