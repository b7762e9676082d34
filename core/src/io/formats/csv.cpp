#include "io/array_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <fstream>
#include <locale>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_cell = std::size_t{1} << 24;  // bytes

// Quotes protect commas; a quote inside is doubled (RFC 4180).
std::vector<std::string> split_cells(const std::string& line, char by) {
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

/// A line ends at a line feed, a carriage return, or both.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  constexpr auto end = std::char_traits<char>::eof();
  std::streambuf& from = *in.rdbuf();
  for (auto c = from.sbumpc(); c != end; c = from.sbumpc()) {
    if (c == '\r' && from.sgetc() == '\n') from.sbumpc();
    if (c == '\r' || c == '\n') return true;
    line += static_cast<char>(c);
  }
  return !line.empty();
}

bool is_utf16(const std::string& start) { return start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff"); }

/// Who asks for a column by its name gets one of them.
void note_same_names(std::vector<std::string> names, Metadata& meta) {
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    assume(meta, "of the columns that are called '" + *twice + "' the first is meant where one is named so");
}

bool has_open_quote(const std::string& line) { return std::ranges::count(line, '"') % 2 != 0; }

// A table of another separator would be one column of texts without a word.
void check_separator(const std::string& name, const std::string& line, char by) {
  for (const char other : {';', '\t', ','}) {
    if (other == by || name.find(other) == std::string::npos || line.find(other) == std::string::npos) continue;
    const auto word = [](char c) { return c == '\t' ? std::string{"tabs"} : c == ',' ? "commas" : "semicolons"; };
    throw Error{Errc::invalid_input, "the cells are apart by " + word(other) + ", " + word(by) + " were expected",
                "save it with " + word(by) + ", and points in its numbers"};
  }
}

/// A first line of numbers with semicolons between them, "1,5;2,5", would be taken for names.
void check_first_line(const std::string& line, char by) {
  if (by == ';' || line.find(';') == std::string::npos) return;
  for (std::string cell : split(line, ';')) {
    std::ranges::replace(cell, ',', '.');
    if (!to_number(cell)) return;
  }
  throw Error{Errc::invalid_input, "the cells are apart by semicolons, commas were expected",
              "save it with commas, and points in its numbers"};
}

/// "1,5", "1.5d3", "5 %": a number for people, none for `to_number`.
bool is_almost_number(std::string text) {
  static constexpr std::string_view minus = "\xe2\x88\x92";  // U+2212
  if (text.starts_with(minus)) text.replace(0, minus.size(), "-");
  if (!text.empty() && text.back() == '%') text.pop_back();
  std::erase(text, ' ');
  for (char& c : text) c = c == ',' ? '.' : c == 'd' || c == 'D' ? 'e' : c;
  if (const auto first = text.find('.'); first != std::string::npos)  // thousands too: 1,234,567.8
    text.erase(std::remove(text.begin() + static_cast<std::ptrdiff_t>(first) + 1, text.end(), '.'), text.end());
  return to_number(text).has_value();
}

struct Row {
  std::size_t line;
  std::vector<std::string> cells;
};

/// A column without a single number is one of texts; a text among numbers is a mistake in the file.
void add_column(Table& table, const std::string& name, const std::vector<Row>& rows, std::size_t column) {
  const auto is_number = [&](const Row& row) { return to_number(row.cells[column]).has_value(); };
  if (std::ranges::none_of(rows, is_number)) {
    if (std::ranges::all_of(rows, [&](const Row& row) { return is_almost_number(row.cells[column]); }))
      assume(table.meta, "texts in column '" + name.substr(0, 40) + "', as its numbers are written like '" +
                             rows[0].cells[column].substr(0, 20) + "', not like 1234.5");
    TextColumn texts{name, {}};
    for (const Row& row : rows) texts.values.push_back(row.cells[column]);
    table.texts.push_back(std::move(texts));
    return;
  }
  table.columns.push_back(name);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto value = to_number(rows[i].cells[column]);
    if (!value)
      throw Error{Errc::invalid_input, "line " + std::to_string(rows[i].line) + " holds '" +
                                           rows[i].cells[column].substr(0, 40) + "' in column '" + name +
                                           "', a number was expected"};
    table.values[i].push_back(*value);
  }
}

std::string quoted(std::string text) {
  if (text.find_first_of("\",\t\n") == std::string::npos) return text;
  for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) text.insert(at, 1, '"');
  return '"' + text + '"';
}

class Csv final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    if (!has_extension(file, ".csv") && !has_extension(file, ".tsv")) return false;
    const std::string start = first_bytes(file, 4096);
    return !start.empty() && (is_utf16(start) || start.find('\0') == std::string::npos);
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions&) const override {
    if (is_utf16(first_bytes(file, 2))) not_supported("the text is in UTF-16", "save it as UTF-8");
    std::ifstream in{file};
    const char by = has_extension(file, ".tsv") ? '\t' : ',';
    Metadata meta;
    std::vector<std::string> names;
    std::vector<Row> rows;
    std::size_t number = 0;
    for (std::string line; next_line(in, line);) {
      ++number;
      if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
      if (line.empty() || line[0] == '#') continue;
      const std::size_t begin = number;
      for (std::string more; has_open_quote(line); line += "\n" + more, ++number)
        if (line.size() > most_cell || !next_line(in, more))
          throw Error{Errc::invalid_input, "line " + std::to_string(begin) + " opens a quote that is never closed"};
      auto cells = split_cells(line, by);
      if (names.empty()) {
        check_first_line(line, by);
        const bool numbers = std::ranges::all_of(cells, [](const std::string& c) { return to_number(c).has_value(); });
        for (std::size_t i = 0; i < cells.size(); ++i)
          names.push_back(numbers ? "column" + std::to_string(i + 1) : cells[i]);
        note_same_names(names, meta);
        if (!numbers) continue;
        assume(meta, "no names in the first line");
      }
      if (names.size() == 1 && rows.empty()) check_separator(names[0], line, by);
      if (cells.size() != names.size()) {
        throw Error{Errc::invalid_input, "line " + std::to_string(number) + " has " + std::to_string(cells.size()) +
                                             " cells, the first line has " + std::to_string(names.size())};
      }
      rows.push_back({number, std::move(cells)});
    }
    if (in.bad())
      throw Error{Errc::cannot_read, "'" + file.filename().string() + "' cannot be read to its end", "check the disk"};
    if (rows.empty()) throw Error{Errc::no_input, "the table holds no rows"};
    Table table;
    table.meta = std::move(meta);
    table.values.resize(rows.size());
    for (std::size_t column = 0; column < names.size(); ++column) add_column(table, names[column], rows, column);
    return table;
  }
  void write(const fs::path& file, const Dataset& data) const override {
    const auto& table = std::get<Table>(data);
    const char by = has_extension(file, ".tsv") ? '\t' : ',';
    std::ofstream out{file};
    out.imbue(std::locale::classic());
    out.precision(17);
    bool first = true;
    const auto cell = [&](const auto& value) {
      if (!first) out << by;
      out << value;
      first = false;
    };
    for (const auto& column : table.texts) cell(quoted(column.name));
    for (const auto& name : table.columns) cell(quoted(name));
    out << "\n";
    for (std::size_t row = 0; row < table.rows(); ++row) {
      first = true;
      for (const auto& column : table.texts) cell(quoted(column.values.at(row)));
      if (row < table.values.size())
        for (const double value : table.values[row]) cell(value);
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
                 "Names in the first line, numbers and texts below; metadata are lost, texts come first."};
};

}  // namespace

void add_csv(Handlers& to) { to.push_back(std::make_unique<Csv>()); }

}  // namespace iso::io::detail
