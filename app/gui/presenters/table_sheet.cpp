#include "table_sheet.h"

#include "gui/model/words.h"

#include "iso/base/error.h"
#include "iso/data/case_names.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace iso::gui {

TableSheet::TableSheet(std::shared_ptr<const Dataset> table) : data_{std::move(table)} {
  if (!data_ || !std::holds_alternative<Table>(*data_)) throw Error{Errc::type_mismatch, "this is no table"};
}

const Table& TableSheet::table() const {
  static const Table none;
  return data_ ? std::get<Table>(*data_) : none;
}

std::size_t TableSheet::rows() const noexcept { return table().rows(); }
std::size_t TableSheet::columns() const noexcept { return table().texts.size() + table().columns.size(); }
bool TableSheet::is_number(std::size_t column) const noexcept { return column >= table().texts.size(); }

std::string TableSheet::heading(std::size_t column) const {
  const Table& own = table();
  if (!is_number(column)) return own.texts[column].name;
  return own.columns[column - own.texts.size()];
}

std::string TableSheet::cell(std::size_t row, std::size_t column) const {
  const Table& own = table();
  if (!is_number(column)) return own.texts[column].values[row];
  const double value = own.values[row][column - own.texts.size()];
  const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
  return whole ? std::to_string(static_cast<long long>(value)) : format_value(value);
}

std::vector<std::size_t> TableSheet::order(std::size_t column, bool descending) const {
  std::vector<std::size_t> all(rows());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (column >= columns()) return all;
  if (!is_number(column)) {
    const auto& words = table().texts[column].values;
    std::ranges::stable_sort(
        all, [&](std::size_t a, std::size_t b) { return descending ? words[b] < words[a] : words[a] < words[b]; });
    return all;
  }
  const auto value = [&](std::size_t row) { return table().values[row][column - table().texts.size()]; };
  std::ranges::stable_sort(all, [&](std::size_t a, std::size_t b) {
    const double x = value(a), y = value(b);
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return descending ? y < x : x < y;
  });
  return all;
}

std::string TableSheet::case_name(std::size_t row) const {
  for (std::size_t column = 0; column < columns(); ++column)
    if (heading(column) == "case") return cell(row, column);
  return {};
}

std::optional<CasePlace> find_case(const Document& document, const std::string& name) {
  const auto look_in = [&](const Item& item) -> std::optional<CasePlace> {
    const auto* const volume = item.data && item.raster ? std::get_if<Volume>(item.data.get()) : nullptr;
    if (name.empty() || volume == nullptr) return {};
    const std::vector<std::string> names = find_case_names(*volume);
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt : std::optional{CasePlace{item.id, found - names.begin()}};
  };
  if (const Item* const shown = document.find(document.look().layout.base))
    if (const auto place = look_in(*shown)) return place;
  const auto items = document.items();
  for (auto item = items.rbegin(); item != items.rend(); ++item)
    if (const auto place = look_in(**item)) return place;
  return {};
}

void show_case(Document& document, const CasePlace& place) {
  const Item* const item = document.find(place.item);
  if (item == nullptr || !item->raster) return;
  if (document.look().layout.base != place.item) document.show(place.item);
  const VoxelGrid& grid = std::get<Volume>(*item->data).grid;
  Look look = document.look();
  look.crosshair.position_mm = grid.to_world(
      {static_cast<double>(grid.size[0] / 2), static_cast<double>(grid.size[1] / 2), static_cast<double>(place.slice)});
  document.set_look(look);
}

}  // namespace iso::gui
