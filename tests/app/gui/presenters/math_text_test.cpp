#include "gui/presenters/math_text.h"

#include "gui/presenters/help_book.h"
#include "host/help/method_page.h"
#include "host/plugins/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <span>

namespace iso::gui {
namespace {

TEST(Formula, HasItalicLettersAndRaisedAndLoweredParts) {
  EXPECT_EQ(formula_as_html("x"), "<i>x</i>");
  EXPECT_EQ(formula_as_html("A_s^T x"), "<i>A</i><sub><i>s</i></sub><sup><i>T</i></sup> <i>x</i>");
  EXPECT_EQ(formula_as_html("\\|A x - p\\|^2"), "‖<i>A</i> <i>x</i> − <i>p</i>‖<sup>2</sup>");
  EXPECT_EQ(formula_as_html("10^{-3}"), "10<sup>−3</sup>");
}

TEST(Formula, HasGreekSumsFractionsAndRoots) {
  EXPECT_EQ(formula_as_html("\\lambda \\sum_j \\|(D x)_j\\|_2"),
            "λ ∑<sub><i>j</i></sub> ‖(<i>D</i> <i>x</i>)<sub><i>j</i></sub>‖<sub>2</sub>");
  EXPECT_EQ(formula_as_html("\\tfrac12 a"), "½ <i>a</i>");
  EXPECT_EQ(formula_as_html("\\frac{a + b}{\\mu}"), "(<i>a</i> + <i>b</i>)/μ");
  EXPECT_EQ(formula_as_html("\\sqrt{h m}\\;\\mathrm{rms}(x)"), "√(<i>h</i> <i>m</i>)\u2009rms(<i>x</i>)");
  EXPECT_EQ(formula_as_html("x \\ge 0"), "<i>x</i> ≥ 0");
  EXPECT_EQ(formula_as_html("a<b"), "<i>a</i>&lt;<i>b</i>");
}

TEST(Formula, WithACommandThatIsNotKnownShowsItsName) { EXPECT_EQ(formula_as_html("\\argmin x"), "argmin <i>x</i>"); }

TEST(Formula, ThatIsCutOffIsShownAsFarAsItGoes) {
  EXPECT_EQ(formula_as_html("x^"), "<i>x</i><sup></sup>");
  EXPECT_EQ(formula_as_html("x_{ab"), "<i>x</i><sub><i>ab</i></sub>");
  EXPECT_EQ(formula_as_html("\\frac"), "()/()");
  EXPECT_EQ(formula_as_html("a\\"), "<i>a</i>");
  EXPECT_EQ(formula_as_html(""), "");
}

TEST(FormulasOfAPage, AreReplacedAndCodeIsNot) {
  EXPECT_EQ(with_readable_formulas("over $x \\ge 0$, in $$\\mu$$."), "over <i>x</i> ≥ 0, in μ.");
  const char* const code = "run `$HOME/$X` or\n\n    export A=$B:$C\n\n``a $b$ ` c``\n";
  EXPECT_EQ(with_readable_formulas(code), code);
  EXPECT_EQ(with_readable_formulas("it costs 5 $"), "it costs 5 $");
  EXPECT_EQ(without_tags(with_readable_formulas("$A_s^2$ and <task>")), "As2 and <task>");
}

/// Markdown without its code, which may hold variables of a shell.
std::string without_code(const std::string& markdown) {
  std::string text;
  bool inside = false;
  for (std::size_t at = 0; at < markdown.size(); ++at) {
    const bool line_begins = at == 0 || markdown[at - 1] == '\n';
    if (line_begins && markdown.compare(at, 4, "    ") == 0)
      at = std::min(markdown.find('\n', at), markdown.size() - 1);
    if (markdown[at] == '`') inside = !inside;
    if (!inside) text += markdown[at];
  }
  return text;
}

TEST(FormulasOfAPage, NoneIsLeftRawInAnyPageThatShips) {
  const std::filesystem::path plugins{ISO_BINARY_DIR "/lib/isocenter/plugins"};
  const host::PluginCatalogue catalogue{std::span{&plugins, 1}};
  std::vector<const plugin::TaskManifest*> tasks;
  const std::vector<host::PluginEntry> entries = catalogue.plugins();
  for (const host::PluginEntry& entry : entries)
    for (const plugin::TaskManifest& task : entry.manifest.tasks) tasks.push_back(&task);
  ASSERT_GE(tasks.size(), 6U);
  const HelpBook book{ISO_SOURCE_DIR "/resources/docs/manual", tasks};
  bool any = false;
  for (const plugin::TaskManifest* task : tasks) any = any || host::method_page(*task).find('$') != std::string::npos;
  EXPECT_TRUE(any) << "no method has a formula, so that this test would see nothing";
  for (const HelpPage& page : book.pages()) {
    const std::string text = without_code(page.markdown);
    EXPECT_EQ(text.find('$'), std::string::npos) << page.id << ": " << text.substr(text.find('$'), 60);
    for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos && at + 1 < text.size(); ++at)
      EXPECT_EQ(std::isalpha(static_cast<unsigned char>(text[at + 1])), 0) << page.id << ": " << text.substr(at, 40);
  }
}

}  // namespace
}  // namespace iso::gui
