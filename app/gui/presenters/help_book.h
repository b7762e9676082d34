#pragma once

#include "iso/plugin/manifest.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gui {

/// The pages of the help window: the manual, and one page for every method, made from its manifest.
struct HelpPage {
  std::string id;  ///< "manual:open.md", "method:sparse_view_ct/tv"
  std::string chapter, title;
  std::string markdown;          ///< formulas as inline HTML
  std::filesystem::path folder;  ///< its pictures lie here; empty for a method
};

class HelpBook {
 public:
  /// `manual` is a folder of Markdown pages with a README.md that lists them; it may be missing.
  HelpBook(const std::filesystem::path& manual, std::span<const plugin::TaskManifest* const> tasks);
  [[nodiscard]] const std::vector<HelpPage>& pages() const noexcept { return pages_; }
  [[nodiscard]] const HelpPage* find(std::string_view id) const noexcept;
  [[nodiscard]] static std::string method_id(std::string_view task_id) { return "method:" + std::string{task_id}; }

  /// Pages that hold every word, in any case: those with a word in their title first, then by how often they occur.
  struct Hit {
    const HelpPage* page{nullptr};
    std::string excerpt;  ///< about the first word
  };
  [[nodiscard]] std::vector<Hit> search(std::string_view words) const;

  /// The page a link on another leads to; null for one that leads outside.
  [[nodiscard]] const HelpPage* follow(const HelpPage& from, std::string_view link) const noexcept;

 private:
  std::vector<HelpPage> pages_;
};

}  // namespace iso::gui
