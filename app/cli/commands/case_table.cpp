#include "case_table.h"

#include "run_files.h"

#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/io/registry.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace iso::cli {
namespace {

namespace fs = std::filesystem;

enum class Role : std::uint8_t { name, input, output, value };
struct Column {
  Role role;
  std::string option;  ///< without dashes
};

/// The lines of a table as spreadsheets write it: with a byte order mark or without, lines ended in any of three ways.
std::vector<std::string> to_lines(std::string_view text, const std::string& table) {
  constexpr std::string_view mark{"\xef\xbb\xbf"};
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  if (text.find('\0') != std::string_view::npos)
    throw Error(Errc::invalid_input, "'" + table + "' holds zero bytes, so that it is no text in UTF-8",
                "save the table as CSV in UTF-8");
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      lines.back() += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines.emplace_back();
  }
  return lines;
}

/// The cells of a line of comma-separated values; quotes may hold commas, doubled quotes a quote.
std::vector<std::string> to_cells(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  if (quoted) throw Error(Errc::invalid_input, "a quote in the line '" + line + "' of the table is not closed");
  return cells;
}

std::optional<std::string> find_port(const std::vector<plugin::Port>& ports, const std::string& name) {
  for (const plugin::Port& port : ports)
    if (name == port.name || name == params::kebab_case(port.name)) return params::kebab_case(port.name);
  return std::nullopt;
}

/// "PORT.KEY" of an input and a hint that some format knows.
bool is_hint(const std::string& name, const plugin::TaskManifest& task) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos || !find_port(task.inputs, name.substr(0, dot))) return false;
  const std::string key = hint_key(name.substr(dot + 1));
  return key == "geometry" || key == "accept_geometry" || io::known_hints().find(key) != nullptr;
}

std::optional<Column> to_column(const std::string& name, const plugin::TaskManifest& task) {
  if (name == "case") return Column{Role::name, {}};
  if (const auto port = find_port(task.inputs, name)) return Column{Role::input, *port};
  if (const auto port = find_port(task.outputs, name)) return Column{Role::output, *port};
  if (is_hint(name, task)) return Column{Role::value, name};
  const auto scans = std::ranges::count(task.inputs, Kind::sinogram, &plugin::Port::kind);
  if (name == "geometry" && scans == 1) return Column{Role::input, name};
  if (task.parameters.find(hint_key(name)) != nullptr) return Column{Role::value, params::kebab_case(hint_key(name))};
  return std::nullopt;
}

std::vector<Column> to_columns(const std::string& line, const std::string& table, const plugin::TaskManifest& task) {
  std::vector<Column> columns;
  std::set<std::string> seen;
  for (const std::string& name : to_cells(line)) {
    const auto column = to_column(name, task);
    if (!column)
      throw Error(
          Errc::invalid_input,
          "the column '" + name + "' of '" + table + "' is no port, parameter or hint of task '" + task.id + "'",
          "`isocenter describe " + task.id +
              "` lists them; options for every case are given to batch itself, or with --pass");
    if (!seen.insert(column->option).second)
      throw Error(Errc::invalid_input, "'" + table + "' has the column '" + name + "' twice", "keep one of them");
    columns.push_back(*column);
  }
  return columns;
}

void check_name(const std::string& name, const std::string& row, std::set<std::string>& taken) {
  const bool plain = !name.empty() && name != "." && name != ".." && name.size() <= 200 &&
                     name.find_first_of("/\\") == std::string::npos && name.front() != '-' &&
                     std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!plain)
    throw Error(Errc::invalid_input, "the case of " + row + " is called '" + name + "', which is no plain name",
                "names of cases have up to 200 characters, no '/' or '\\' or control characters, and no '-' in front");
  if (!taken.insert(name).second)
    throw Error(Errc::invalid_input, "the case '" + name + "' of " + row + " is there already",
                "give every case a name of its own");
}

/// The files of all cases: none is written twice, or read by one and written by another.
class CaseFiles {
 public:
  explicit CaseFiles(fs::path folder, const TableRules& rules) : folder_{std::move(folder)}, rules_{rules} {}
  void read(const std::string& file) {
    for (const fs::path& each : io::find_files(file))
      if (const auto identity = find_identity(each)) read_.insert(*identity);
  }
  void write(const std::string& file, const std::string& row) {
    if (!rules_.outputs_anywhere && !lies_inside(file, folder_))
      throw Error(Errc::cannot_write, row + " would write to '" + file + "', outside of the folder of the table",
                  "name a place in '" + (folder_.empty() ? fs::path{"."} : folder_).string() +
                      "', or allow it with --outputs-anywhere");
    std::error_code problem;
    if (!written_.insert(fs::weakly_canonical(fs::absolute(file), problem)).second)
      throw Error(Errc::invalid_input, row + " would write to '" + file + "', to which another case writes",
                  "give every case a file of its own");
    outputs_.emplace_back(file, row);
  }
  void check() const {
    for (const auto& [file, row] : outputs_)
      if (const auto identity = find_identity(file); identity && read_.contains(*identity))
        throw Error(Errc::cannot_write, row + " would replace '" + file + "', which a case reads",
                    "choose another name");
  }

 private:
  fs::path folder_;
  const TableRules& rules_;
  std::set<FileIdentity> read_;
  std::set<fs::path> written_;
  std::vector<std::pair<std::string, std::string>> outputs_;
};

}  // namespace

std::vector<Case> cases_of_table(const fs::path& file, const std::string& text, const std::string& subject,
                                 const TableRules& rules) {
  const std::vector<std::string> lines = to_lines(text, file.string());
  const std::vector<Column> columns = to_columns(lines.front(), file.string(), rules.task);
  std::vector<Case> cases;
  std::set<std::string> names;
  CaseFiles files{file.parent_path(), rules};
  for (std::size_t row = 1; row < lines.size(); ++row) {
    if (lines[row].empty()) continue;
    const std::vector<std::string> cells = to_cells(lines[row]);
    const std::string where = "row " + std::to_string(row) + " of '" + file.string() + "'";
    if (cells.size() != columns.size())
      throw Error(Errc::invalid_input, where + " has " + std::to_string(cells.size()) + " cells, the header has " +
                                           std::to_string(columns.size()));
    Case one{"case" + std::to_string(row), {"run", subject}};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (columns[i].role == Role::name) one.name = cells[i];
      if (columns[i].role == Role::name || cells[i].empty()) continue;
      if (columns[i].role == Role::input) files.read(cells[i]);
      if (columns[i].role == Role::output) files.write(cells[i], where);
      one.arguments.push_back("--" + columns[i].option + "=" + cells[i]);
    }
    check_name(one.name, where, names);
    cases.push_back(std::move(one));
  }
  if (cases.empty())
    throw Error(Errc::no_input, "'" + file.string() + "' names no case",
                "its first line names the columns, each other line is a case");
  files.check();
  return cases;
}

}  // namespace iso::cli
