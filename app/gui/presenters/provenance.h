#pragma once

#include "document.h"

#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

/// Where an item came from, in words: its file and what the reader found, or the run that made it.
struct ProvenanceSection {
  std::string title;  ///< "Parameters"
  std::vector<std::pair<std::string, std::string>> rows;
};
[[nodiscard]] std::vector<ProvenanceSection> provenance_of(const Item& item, const Document& document);

/// The same as text, one row a line: for the clipboard.
[[nodiscard]] std::string to_text(const std::vector<ProvenanceSection>& sections);

}  // namespace iso::gui
