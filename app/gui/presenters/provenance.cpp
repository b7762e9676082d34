#include "provenance.h"

#include "gui/model/data_places.h"

#include "iso/job/estimate.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace iso::gui {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string in_seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", seconds);
  return text;
}

/// An input by the name that the user knows it by.
std::string describe_place(const std::string& place, const Document& document) {
  const Item* item = item_at(place, document);
  if (!job::in_workspace(place))
    for (const auto& open : document.items())
      if (!open->file.empty() && std::filesystem::absolute(open->file) == place) item = open.get();
  if (item != nullptr) return item->name + (item->file.empty() ? " (not saved)" : " (" + item->file.string() + ")");
  return job::in_workspace(place) ? "a data set that is not open any more" : place;
}

Rows run_rows(const job::Record& record) {
  Rows rows{{"Task", record.recipe.task}, {"Plugin version", record.plugin_version}};
  rows.emplace_back("Program version", record.program_version);
  rows.emplace_back("Started", record.started_utc);
  rows.emplace_back("Took", in_seconds(record.seconds));
  rows.emplace_back("Back end", record.backend + (record.device.empty() ? "" : ", " + record.device));
  if (!record.cpu_level.empty()) rows.emplace_back("Instruction set", record.cpu_level);
  rows.emplace_back("Threads", std::to_string(record.threads));
  rows.emplace_back("Seed", std::to_string(record.recipe.seed));
  if (record.peak_memory_bytes > 0) rows.emplace_back("Memory at most", job::in_words(record.peak_memory_bytes));
  return rows;
}

Rows parameter_rows(const job::Record& record) {
  Rows rows;
  const auto parameters = nlohmann::ordered_json::parse(record.recipe.parameters_json, nullptr, false);
  if (parameters.is_object())
    for (const auto& [name, value] : parameters.items())
      rows.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  return rows;
}

Rows input_rows(const job::Record& record, const Document& document) {
  Rows rows;
  for (const auto& [port, place] : record.recipe.inputs) {
    rows.emplace_back(port, describe_place(place, document));
    if (const auto found = record.input_digests.find(port); found != record.input_digests.end())
      rows.emplace_back(port + ", SHA-256", found->second);
  }
  for (const Finding finding : record.recipe.accepted_geometry)
    rows.emplace_back("Accepted by the user", std::string{to_string(finding)});
  return rows;
}

Rows to_rows(const std::map<std::string, std::string>& words) { return {words.begin(), words.end()}; }

}  // namespace

std::vector<ProvenanceSection> make_provenance(const Item& item, const Document& document) {
  std::vector<ProvenanceSection> sections;
  const auto add = [&](std::string title, Rows rows) {
    if (!rows.empty()) sections.push_back({std::move(title), std::move(rows)});
  };
  Rows data{{"Name", item.name}, {"File", item.file.empty() ? "(not saved)" : item.file.string()}};
  for (const auto& [key, value] : item.hints) data.emplace_back("Told the reader: " + key, value);
  for (const auto& [key, value] : metadata(*item.data)) data.emplace_back(key, value);
  add("Data", std::move(data));
  if (!item.record) return sections;
  const job::Record& record = *item.record;
  if (!record.models.empty()) add("Model-based estimate, made with", to_rows(record.models));
  add("Run", run_rows(record));
  add("Inputs", input_rows(record, document));
  add("Parameters", parameter_rows(record));
  Rows outputs;
  for (const auto& [port, sum] : record.output_digests) outputs.emplace_back(port + ", SHA-256", sum);
  add("Outputs", std::move(outputs));
  Rows figures;
  for (const auto& [name, figure] : record.figures)
    figures.emplace_back(name, std::to_string(figure.value) + (figure.unit == "1" ? "" : " " + figure.unit));
  add("Figures", std::move(figures));
  Rows curves;
  for (const auto& [name, curve] : record.curves)
    if (!curve.y.empty())
      curves.emplace_back(name, std::to_string(curve.y.front()) + " to " + std::to_string(curve.y.back()) + " in " +
                                    std::to_string(curve.y.size()) + " points");
  add("Curves", std::move(curves));
  Rows warnings;
  for (const std::string& warning : record.warnings) warnings.emplace_back("", warning);
  add("Warnings", std::move(warnings));
  add("Libraries", to_rows(record.libraries));
  return sections;
}

std::string to_text(const std::vector<ProvenanceSection>& sections) {
  std::string text;
  for (const ProvenanceSection& section : sections) {
    text += (text.empty() ? "" : "\n") + section.title + "\n";
    for (const auto& [name, value] : section.rows) text += "  " + (name.empty() ? value : name + ": " + value) + "\n";
  }
  return text;
}

}  // namespace iso::gui
