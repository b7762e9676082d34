#pragma once

#include "gui/model/document.h"

#include "iso/data/table.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace iso::gui {

/// A table as words: its columns of text first, then its numbers, in the order of any of them.
class TableSheet {
 public:
  TableSheet() = default;
  explicit TableSheet(std::shared_ptr<const Dataset> table);  ///< throws type_mismatch for another kind
  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t columns() const noexcept;
  [[nodiscard]] std::string heading(std::size_t column) const;  ///< "radius"
  [[nodiscard]] std::string cell(std::size_t row, std::size_t column) const;
  [[nodiscard]] bool is_number(std::size_t column) const noexcept;
  /// Rows by a column: numbers by value, those that are none at the end; words by their letters. Equal ones keep their order.
  [[nodiscard]] std::vector<std::size_t> order(std::size_t column, bool descending) const;
  /// What the row calls its case; empty where the table has no column "case".
  [[nodiscard]] std::string case_name(std::size_t row) const;

 private:
  [[nodiscard]] const Table& table() const;
  std::shared_ptr<const Dataset> data_;
};

/// The slice of an open volume whose case has this name (iso/data/case_names.h): of the one that is shown, else of the newest.
struct CasePlace {
  ItemId item{0};
  std::int64_t slice{0};
};
[[nodiscard]] std::optional<CasePlace> find_case(const Document& document, const std::string& name);
/// Shows that slice.
void show_case(Document& document, const CasePlace& place);

}  // namespace iso::gui
