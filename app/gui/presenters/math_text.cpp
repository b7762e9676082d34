#include "math_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace iso::gui {
namespace {

struct Symbol {
  std::string_view name, text;
};

/// What the pages of methods use, and what is likely to come.
constexpr std::array symbols{
    Symbol{"alpha", "α"},    Symbol{"beta", "β"},        Symbol{"gamma", "γ"},        Symbol{"delta", "δ"},
    Symbol{"epsilon", "ε"},  Symbol{"eta", "η"},         Symbol{"theta", "θ"},        Symbol{"kappa", "κ"},
    Symbol{"lambda", "λ"},   Symbol{"mu", "μ"},          Symbol{"nu", "ν"},           Symbol{"xi", "ξ"},
    Symbol{"pi", "π"},       Symbol{"rho", "ρ"},         Symbol{"sigma", "σ"},        Symbol{"tau", "τ"},
    Symbol{"phi", "φ"},      Symbol{"chi", "χ"},         Symbol{"psi", "ψ"},          Symbol{"omega", "ω"},
    Symbol{"Gamma", "Γ"},    Symbol{"Delta", "Δ"},       Symbol{"Lambda", "Λ"},       Symbol{"Sigma", "Σ"},
    Symbol{"Phi", "Φ"},      Symbol{"Psi", "Ψ"},         Symbol{"Omega", "Ω"},        Symbol{"nabla", "∇"},
    Symbol{"partial", "∂"},  Symbol{"sum", "∑"},         Symbol{"prod", "∏"},         Symbol{"int", "∫"},
    Symbol{"infty", "∞"},    Symbol{"ge", " ≥ "},        Symbol{"geq", " ≥ "},        Symbol{"le", " ≤ "},
    Symbol{"leq", " ≤ "},    Symbol{"ne", " ≠ "},        Symbol{"approx", " ≈ "},     Symbol{"sim", " ∼ "},
    Symbol{"propto", " ∝ "}, Symbol{"in", " ∈ "},        Symbol{"pm", " ± "},         Symbol{"times", " × "},
    Symbol{"cdot", " · "},   Symbol{"leftarrow", " ← "}, Symbol{"rightarrow", " → "}, Symbol{"to", " → "},
    Symbol{"lVert", "‖"},    Symbol{"rVert", "‖"},       Symbol{"Vert", "‖"},         Symbol{"lvert", "∣"},
    Symbol{"rvert", "∣"},    Symbol{"vert", "∣"},        Symbol{"langle", "⟨"},       Symbol{"rangle", "⟩"},
    Symbol{"ldots", "…"},    Symbol{"dots", "…"},        Symbol{"ell", "ℓ"},          Symbol{"quad", "  "},
    Symbol{"qquad", "    "}, Symbol{"left", ""},         Symbol{"right", ""},         Symbol{"circ", "∘"},
    Symbol{"dagger", "†"},   Symbol{"star", "⋆"},        Symbol{"ast", "∗"},          Symbol{"hat", "^"}};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Reads a formula from left to right; a group, a command with its arguments or one sign at a time.
class Formula {
 public:
  explicit Formula(std::string_view tex) : tex_{tex} {}
  std::string all() {
    std::string html;
    while (at_ < tex_.size()) html += one();
    return html;
  }

 private:
  /// What stands between braces, or the next sign alone; read past.
  std::string_view argument() {
    while (at_ < tex_.size() && tex_[at_] == ' ') ++at_;
    if (at_ >= tex_.size()) return {};
    const std::size_t begin = at_;
    if (tex_[at_] == '\\') {
      ++at_;
      (void)name();
      return tex_.substr(begin, at_ - begin);
    }
    if (tex_[at_] != '{') return tex_.substr(at_++, 1);
    int depth = 0;
    for (; at_ < tex_.size(); ++at_) {
      if (tex_[at_] == '{') ++depth;
      if (tex_[at_] == '}' && --depth == 0) break;
    }
    const std::string_view inside = tex_.substr(begin + 1, at_ - begin - 1);
    at_ = std::min(tex_.size(), at_ + 1);
    return inside;
  }
  std::string_view name() {
    const std::size_t begin = at_;
    while (at_ < tex_.size() && is_letter(tex_[at_])) ++at_;
    if (at_ == begin && at_ < tex_.size()) ++at_;  // one that is a sign: \, \| \{
    return tex_.substr(begin, at_ - begin);
  }
  /// In brackets where it is more than one sign, as it stands on one line.
  std::string bracketed(std::string_view part) {
    const std::string html = Formula{part}.all();
    const bool one = part.size() == 1 || (part.starts_with('\\') && std::ranges::all_of(part.substr(1), is_letter));
    return one ? html : "(" + html + ")";
  }
  std::string fraction() {
    const std::string_view above = argument(), below = argument();
    if (above == "1" && below == "2") return "½";
    return bracketed(above) + "/" + bracketed(below);
  }
  std::string command() {
    const std::string_view word = name();
    if (word == "frac" || word == "tfrac" || word == "dfrac") return fraction();
    if (word == "sqrt") return "√" + bracketed(argument());
    if (word == "mathrm" || word == "text" || word == "operatorname") return std::string{argument()};
    if (word == "mathbf") return "<b>" + std::string{argument()} + "</b>";
    if (word == "|") return "‖";
    if (word == "," || word == ";" || word == ":") return "\u2009";
    if (word == "!") return {};
    const auto* const found = std::ranges::find(symbols, word, &Symbol::name);
    return std::string{found == symbols.end() ? word : found->text};
  }
  std::string one() {
    const char c = tex_[at_];
    if (c == '{') return Formula{argument()}.all();
    ++at_;
    switch (c) {
      case '\\': return command();
      case '^': return "<sup>" + Formula{argument()}.all() + "</sup>";
      case '_': return "<sub>" + Formula{argument()}.all() + "</sub>";
      case '<': return "&lt;";
      case '>': return "&gt;";
      case '|': return "∣";
      case '*': return "∗";
      case '-': return "−";
      case '\'': return "′";
      case '}':
      case '&': return {};
      case '~': return "\u00a0";
      default: return is_letter(c) ? std::string{"<i>"} + c + "</i>" : std::string(1, c);
    }
  }
  std::string_view tex_;
  std::size_t at_{0};
};

/// One blank where symbols with room about them have brought several.
std::string with_single_blanks(const std::string& text) {
  std::string single;
  for (const char c : text)
    if (c != ' ' || (!single.empty() && single.back() != ' ')) single += c;
  while (!single.empty() && single.back() == ' ') single.pop_back();
  return single;
}

bool replace_all(std::string& text, std::string_view from, std::string_view to) {
  bool any = false;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size(), any = true)
    text.replace(at, from.size(), to);
  return any;
}

/// Where code ends that begins here, or npos where none does.
std::size_t end_of_code(std::string_view markdown, std::size_t at) {
  const bool line_begins = at == 0 || markdown[at - 1] == '\n';
  if (line_begins && markdown.substr(at, 4) == "    ") return std::min(markdown.find('\n', at), markdown.size());
  if (markdown[at] != '`') return std::string_view::npos;
  const std::size_t ticks = std::min(markdown.find_first_not_of('`', at), markdown.size()) - at;
  const std::size_t end = markdown.find(std::string(ticks, '`'), at + ticks);
  return end == std::string_view::npos ? end : end + ticks;
}

}  // namespace

std::string formula_as_html(std::string_view tex) {
  std::string html = with_single_blanks(Formula{tex}.all());
  while (replace_all(html, "</i><i>", "")) continue;
  return html;
}

std::string with_readable_formulas(std::string_view markdown) {
  std::string text;
  for (std::size_t at = 0; at < markdown.size();) {
    if (const std::size_t end = end_of_code(markdown, at); end != std::string_view::npos) {
      text += markdown.substr(at, end - at);
      at = end;
      continue;
    }
    const std::string_view mark = markdown.substr(at).starts_with("$$") ? "$$" : "$";
    const std::size_t end = markdown[at] == '$' ? markdown.find(mark, at + mark.size()) : std::string_view::npos;
    if (end == std::string_view::npos) {
      text += markdown[at++];
      continue;
    }
    text += formula_as_html(markdown.substr(at + mark.size(), end - at - mark.size()));
    at = end + mark.size();
  }
  return text;
}

std::string without_tags(std::string text) {
  for (const std::string_view tag : {"i", "b", "sub", "sup"}) {
    replace_all(text, "<" + std::string{tag} + ">", "");
    replace_all(text, "</" + std::string{tag} + ">", "");
  }
  return text;
}

}  // namespace iso::gui
