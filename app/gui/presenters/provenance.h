#pragma once

#include "gui/model/document.h"

#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

/// Provenance of an item as text: its file and the reader's findings, or the run that made it.
struct ProvenanceSection {
  std::string title;  ///< "Parameters"
  std::vector<std::pair<std::string, std::string>> rows;
};
[[nodiscard]] std::vector<ProvenanceSection> make_provenance(const Item& item, const Document& document);

/// The same as text, one row a line: for the clipboard.
[[nodiscard]] std::string to_text(const std::vector<ProvenanceSection>& sections);

}  // namespace iso::gui
