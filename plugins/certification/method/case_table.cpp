#include "method/cases.h"

#include <iso/base/error.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace certification {
namespace {

using iso::Errc;
using iso::Error;
using iso::Table;

constexpr std::array<const char*, 8> texts{"case", "outcome", "seed", "run_seed", "mode", "form", "bound", "network"};
constexpr std::array<const char*, 11> numbers{"label", "answer", "abstains",     "radius",     "rms_change", "plain",
                                              "alpha", "values", "noisy_values", "window_low", "window_high"};

std::string side_name(std::size_t side, std::size_t sides) {
  return sides == 1 ? "whole" : side == 0 ? "left" : "right";
}

/// "x" and 16 digits: no table takes it for a number.
std::string to_text(std::uint64_t seed) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "x%016llx", static_cast<unsigned long long>(seed));
  return text.data();
}

void add_vote_names(const char* stage, const Votes& votes, std::vector<std::string>& names) {
  names.push_back(std::string{stage} + "_draws");
  for (std::size_t side = 0; side < votes.count.size(); ++side)
    for (std::size_t c = 0; c < votes.count[side].size(); ++c)
      names.push_back(std::string{stage} + "_" + side_name(side, votes.count.size()) + "_" + std::to_string(c));
}

void add_votes(const Votes& votes, std::vector<double>& row) {
  row.push_back(static_cast<double>(votes.draws));
  for (const auto& side : votes.count)
    for (const std::int64_t count : side) row.push_back(static_cast<double>(count));
}

std::string outcome(const Certificate& c, const std::vector<std::string>& classes) {
  if (c.abstains) return "ABSTAIN";
  const auto at = static_cast<std::size_t>(c.answer);
  return at < classes.size() ? classes[at] : "class " + std::to_string(c.answer);
}

/// Columns by name.
class Reader {
 public:
  explicit Reader(const Table& table) : table_{table} {}
  [[nodiscard]] bool has(const std::string& name) const {
    return std::ranges::find(table_.columns, name) != table_.columns.end();
  }
  [[nodiscard]] bool has_text(const std::string& name) const {
    return std::ranges::find(table_.texts, name, &iso::TextColumn::name) != table_.texts.end();
  }
  [[nodiscard]] double number(const std::string& name, std::size_t row) const {
    const auto found = std::ranges::find(table_.columns, name);
    if (found == table_.columns.end())
      throw Error(Errc::invalid_input, "the table of certificates has no column '" + name + "' of numbers",
                  "name a table that certification/drs or certification/rs wrote");
    return table_.values[row][static_cast<std::size_t>(found - table_.columns.begin())];
  }
  [[nodiscard]] std::int64_t count(const std::string& name, std::size_t row) const {
    const double value = number(name, row);
    if (!(std::abs(value) < 9e15) || value != std::floor(value) || value < -1)
      throw Error(Errc::invalid_input, "row " + std::to_string(row + 1) + " of the table of certificates has " +
                                           std::to_string(value) + " in column '" + name + "', expected a count");
    return static_cast<std::int64_t>(value);
  }
  /// A column of names that all look like numbers was read as numbers.
  [[nodiscard]] std::string text(const std::string& name, std::size_t row) const {
    const auto found = std::ranges::find(table_.texts, name, &iso::TextColumn::name);
    if (found != table_.texts.end()) return found->values[row];
    const double value = number(name, row);
    return value == std::floor(value) && std::abs(value) < 1e15 ? std::to_string(static_cast<long long>(value))
                                                                : std::to_string(value);
  }
  [[nodiscard]] Votes votes(const std::string& stage, std::size_t sides, std::size_t row) const {
    Votes out;
    out.draws = count(stage + "_draws", row);
    for (std::size_t side = 0; side < sides; ++side) {
      const std::string prefix = stage + "_" + side_name(side, sides) + "_";
      std::vector<std::int64_t> own;
      std::int64_t sum = 0;
      for (std::size_t c = 0; c < 2 || has(prefix + std::to_string(c)); ++c) {
        own.push_back(count(prefix + std::to_string(c), row));
        sum += own.back();
      }
      if (sum > out.draws || std::ranges::min(own) < 0)
        throw Error(Errc::invalid_input, "row " + std::to_string(row + 1) + " of the table of certificates has " +
                                             std::to_string(sum) + " votes of " + std::to_string(out.draws) + " draws");
      out.count.push_back(std::move(own));
    }
    return out;
  }

 private:
  const Table& table_;
};

Rule read_rule(const Reader& reader, std::size_t sides, std::size_t row) {
  Rule rule;
  rule.form = reader.text("form", row) == "multi_class" ? Form::multi_class : Form::one_vs_rest;
  rule.bound = reader.text("bound", row) == "any_time" ? Bound::any_time : Bound::fixed;
  rule.alpha = reader.number("alpha", row);
  rule.values = reader.count("noisy_values", row);
  for (std::size_t side = 0; side < sides; ++side)
    rule.sigma.push_back(reader.number("sigma_" + side_name(side, sides), row));
  if (!(rule.alpha > 0 && rule.alpha < 1) ||
      std::ranges::any_of(rule.sigma, [](double s) { return !(s > 0) || !std::isfinite(s); }))
    throw Error(
        Errc::invalid_input,
        "row " + std::to_string(row + 1) +
            " of the table of certificates has an alpha that is not between 0 and 1, or a sigma that is not positive");
  return rule;
}

/// Names of the classes that are an answer somewhere: what a file keeps of them. Another is "class" and its number.
std::vector<std::string> read_classes(const Reader& reader, const std::vector<CaseResult>& results) {
  std::vector<std::string> names;
  names.reserve(results.front().estimate.count.front().size());
  for (std::size_t c = 0; c < results.front().estimate.count.front().size(); ++c)
    names.push_back("class " + std::to_string(c));
  for (std::size_t row = 0; row < results.size(); ++row)
    if (const std::string name = reader.text("outcome", row); name != "ABSTAIN")
      if (const auto at = static_cast<std::size_t>(results[row].certificate.answer); at < names.size())
        names[at] = name;
  return names;
}

std::uint64_t to_seed(const std::string& text) {
  return std::strtoull(text.c_str() + (text.starts_with("x") ? 1 : 0), nullptr, 16);
}

Making read_making(const Reader& reader) {
  Making making{reader.text("mode", 0), reader.text("network", 0), reader.count("values", 0), {}};
  if (reader.has_text("run_seed"))
    if (const std::string seed = reader.text("run_seed", 0); !seed.empty()) making.seed = to_seed(seed);
  if (reader.has("window_low") && reader.has("window_high")) {
    making.low = reader.number("window_low", 0);
    making.high = reader.number("window_high", 0);
  }
  return making;
}

/// One table is of one network and one rule: nothing that is said of the first row is wrong of another.
void check_alike(const Reader& reader, std::size_t row) {
  for (const char* const name : {"mode", "form", "bound", "network"})
    if (const std::string own = reader.text(name, row), first = reader.text(name, 0); own != first)
      throw Error(Errc::invalid_input,
                  "row " + std::to_string(row + 1) + " of the table of certificates has the " + name + " '" + own +
                      "', the first row '" + first + "'",
                  "give a table for each");
  if (reader.number("alpha", row) != reader.number("alpha", 0))
    throw Error(Errc::invalid_input,
                "row " + std::to_string(row + 1) + " of the table of certificates has another alpha than the first",
                "give a table for each");
}

}  // namespace

Table to_table(const std::vector<CaseResult>& results, const Rule& rule, const Making& making) {
  Table table;
  for (const char* const name : texts) table.texts.push_back({name, {}});
  table.columns.assign(numbers.begin(), numbers.end());
  const Votes& like = results.front().estimate;
  const std::size_t sides = like.count.size();
  for (std::size_t side = 0; side < sides; ++side) {
    table.columns.push_back("sigma_" + side_name(side, sides));
    table.columns.push_back("low_" + side_name(side, sides));
  }
  add_vote_names("select", like, table.columns);
  add_vote_names("estimate", like, table.columns);
  for (const CaseResult& one : results) {
    const Certificate& c = one.certificate;
    const std::array<std::string, texts.size()> words{one.name,
                                                      outcome(c, making.classes),
                                                      to_text(one.seed),
                                                      making.seed ? to_text(*making.seed) : "",
                                                      making.mode,
                                                      std::string{to_string(rule.form)},
                                                      std::string{to_string(rule.bound)},
                                                      making.network};
    for (std::size_t i = 0; i < words.size(); ++i) table.texts[i].values.push_back(words[i]);
    std::vector<double> row{static_cast<double>(one.label),
                            static_cast<double>(c.answer),
                            c.abstains ? 1.0 : 0.0,
                            c.radius,
                            c.radius / std::sqrt(static_cast<double>(std::max<std::int64_t>(making.values, 1))),
                            static_cast<double>(one.plain),
                            rule.alpha,
                            static_cast<double>(making.values),
                            static_cast<double>(rule.values),
                            making.low,
                            making.high};
    for (std::size_t side = 0; side < sides; ++side) {
      row.push_back(rule.sigma[side]);
      row.push_back(c.low[side].p);
    }
    add_votes(one.select, row);
    add_votes(one.estimate, row);
    table.values.push_back(std::move(row));
  }
  std::string names;
  for (const std::string& name : making.classes) names += (names.empty() ? "" : ",") + name;
  table.meta["classes"] = names;
  return table;
}

FromTable from_table(const Table& table) {
  if (table.rows() == 0)
    throw Error(Errc::invalid_input, "the table of certificates has no rows", "name one with certificates");
  const Reader reader{table};
  FromTable out;
  out.making = read_making(reader);
  const std::size_t sides = out.making.mode == "drs" ? 2 : 1;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    check_alike(reader, row);
    CaseResult one;
    one.name = reader.text("case", row);
    one.seed = to_seed(reader.text("seed", row));
    one.label = reader.count("label", row);
    one.plain = reader.count("plain", row);
    one.select = reader.votes("select", sides, row);
    one.estimate = reader.votes("estimate", sides, row);
    out.rules.push_back(read_rule(reader, sides, row));
    one.certificate = certify(top_class(one.select), one.estimate, out.rules.back());
    out.results.push_back(std::move(one));
  }
  out.making.classes = read_classes(reader, out.results);
  return out;
}

}  // namespace certification
