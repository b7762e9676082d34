#pragma once

#include "iso/data/member.h"
#include "iso/data/metadata.h"

#include <string>
#include <vector>

namespace iso {

/// A column of texts: names of cases, classes.
struct TextColumn {
  std::string name;
  std::vector<std::string> values;  ///< one a row
  friend bool operator==(const TextColumn&, const TextColumn&) = default;
};

/// Rows of numbers, with columns of text before them.
struct Table {
  std::vector<std::string> columns;         ///< names of the columns of numbers
  std::vector<std::vector<double>> values;  ///< [row][column]
  Metadata meta;
  std::vector<TextColumn> texts{};  ///< shown before the numbers

  [[nodiscard]] std::size_t rows() const noexcept {
    return values.empty() && !texts.empty() ? texts.front().values.size() : values.size();
  }
  static constexpr std::string_view kind_name{"table"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"columns", Identity::always}, data.columns);
    visit(Member{"values", Identity::values, "column,row"}, data.values);
    visit(Member{.name = "texts", .layout = 2}, data.texts);
  }
  void check() const;  ///< throws invalid_input
};

}  // namespace iso
