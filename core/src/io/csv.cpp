#include "array_impl.h"
#include "handlers_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <fstream>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

// Quotes protect commas; a quote inside is doubled (RFC 4180).
std::vector<std::string> cells_of(const std::string& line, char by) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == by && !quoted)
      cells.emplace_back();
    else if (c != '\r')
      cells.back() += c;
  }
  return cells;
}

class Csv final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    if (!has_extension(file, ".csv") && !has_extension(file, ".tsv")) return false;
    const std::string start = first_bytes(file, 4096);
    return !start.empty() && start.find('\0') == std::string::npos;
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions&) const override {
    std::ifstream in{file};
    const char by = has_extension(file, ".tsv") ? '\t' : ',';
    Table table;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
      if (line.empty() || line == "\r" || line[0] == '#') continue;
      const auto cells = cells_of(line, by);
      if (table.columns.empty()) {
        const bool numbers = std::ranges::all_of(cells, [](const std::string& c) { return to_number(c).has_value(); });
        for (std::size_t i = 0; i < cells.size(); ++i)
          table.columns.push_back(numbers ? "column" + std::to_string(i + 1) : cells[i]);
        if (numbers) assume(table.meta, "no names in the first line");
        if (!numbers) continue;
      }
      if (cells.size() != table.columns.size()) {
        throw Error{Errc::invalid_input, "line " + std::to_string(number) + " has " + std::to_string(cells.size()) +
                                             " cells, the first line has " + std::to_string(table.columns.size())};
      }
      std::vector<double> row;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto value = to_number(cells[i]);
        if (!value)
          throw Error{Errc::invalid_input, "line " + std::to_string(number) + " holds '" + cells[i].substr(0, 40) +
                                               "' in column '" + table.columns[i] + "', a number was expected"};
        row.push_back(*value);
      }
      table.values.push_back(std::move(row));
    }
    if (table.values.empty()) throw Error{Errc::no_input, "the table holds no rows"};
    return table;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const auto& table = std::get<Table>(data);
    const char by = has_extension(file, ".tsv") ? '\t' : ',';
    std::ofstream out{file};
    out.precision(17);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      std::string name = table.columns[i];
      if (name.find_first_of("\",\t\n") != std::string::npos) {
        for (auto at = name.find('"'); at != std::string::npos; at = name.find('"', at + 2)) name.insert(at, 1, '"');
        name = '"' + name + '"';
      }
      out << (i ? std::string(1, by) : "") << name;
    }
    out << "\n";
    for (const auto& row : table.values) {
      for (std::size_t i = 0; i < row.size(); ++i) out << (i ? std::string(1, by) : "") << row[i];
      out << "\n";
    }
    out.close();
    if (!out)
      throw Error{Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                  "free some space or write to another disk"};
  }

 private:
  Format format_{"CSV",
                 {".csv", ".tsv"},
                 {Kind::table},
                 {Kind::table},
                 {},
                 "Names in the first line, numbers below; metadata are lost."};
};

}  // namespace

void add_csv(Handlers& to) { to.push_back(std::make_unique<Csv>()); }

}  // namespace iso::io::detail
