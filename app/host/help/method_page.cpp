#include "method_page.h"

namespace iso::host {
namespace {

std::string in_cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string ports_page(std::span<const plugin::Port> ports, const std::string& heading) {
  if (ports.empty()) return {};
  std::string text = "## " + heading + "\n\n| port | kind | | |\n|---|---|---|---|\n";
  for (const plugin::Port& port : ports)
    text += "| `--" + params::kebab_case(port.name) + "` | " + std::string(to_string(port.kind)) + " | " +
            (port.optional ? "optional" : "required") + " | " + in_cell(port.help) + " |\n";
  return text + "\n";
}

}  // namespace

std::string range_in_words(const params::FieldInfo& field) {
  std::string text;
  if (field.kind == params::FieldKind::choice)
    for (const std::string& choice : field.choices) text += (text.empty() ? "" : ", ") + choice;
  if (field.minimum) text += "from " + params::to_text(*field.minimum);
  if (field.maximum) text += (text.empty() ? "to " : " to ") + params::to_text(*field.maximum);
  return text;
}

std::string condition_in_words(const params::FieldInfo& field) {
  if (!field.visible_when) return {};
  std::string text = " (with " + field.visible_when->field + " ";
  for (std::size_t i = 0; i < field.visible_when->values.size(); ++i)
    text += (i == 0 ? "" : " or ") + field.visible_when->values[i];
  return text + ")";
}

std::string method_page(const plugin::TaskManifest& task) {
  std::string text = "# " + task.about.title + "\n\n`" + task.id + "`\n\n" + task.about.summary + "\n\n";
  if (!task.about.description.empty()) text += task.about.description + "\n\n";
  text += ports_page(task.inputs, "Inputs") + ports_page(task.outputs, "Outputs");
  if (!task.parameters.fields.empty())
    text += "## Parameters\n\n| option | type | default | unit | range | |\n|---|---|---|---|---|---|\n";
  for (const params::FieldInfo& field : task.parameters.fields)
    text += "| `--" + params::kebab_case(field.name) + "` | " + std::string(to_string(field.kind)) + " | " +
            in_cell(params::to_text(field.default_value)) + " | " + field.unit + " | " +
            in_cell(range_in_words(field)) + " | " + in_cell(field.help + condition_in_words(field)) + " |\n";
  if (!task.about.references.empty()) text += "\n## References\n\n";
  for (const std::string& reference : task.about.references) text += "- " + reference + "\n";
  return text;
}

}  // namespace iso::host
