#include "cli/sem/description.h"

#include "iso/base/xml_text.h"

#include <vector>

namespace iso::cli {
namespace {

using params::FieldInfo, params::FieldKind;

/// Elements by indentation; nothing here is deep enough for a library.
class Writer {
 public:
  void open(const std::string& tag, const std::string& attributes = {}) {
    line("<" + tag + attributes + ">");
    ++depth_;
  }
  void close(const std::string& tag) {
    --depth_;
    line("</" + tag + ">");
  }
  void text(const std::string& tag, std::string_view content) {
    line("<" + tag + ">" + escape_xml(content) + "</" + tag + ">");
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void line(const std::string& content) { text_ += std::string(2 * depth_, ' ') + content + "\n"; }
  std::string text_{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"};
  std::size_t depth_{0};
};

void write_names(Writer& xml, const std::string& name, const std::string& label, const std::string& help) {
  xml.text("name", name);
  xml.text("longflag", "--" + params::kebab_case(name));
  xml.text("label", label);
  xml.text("description", help.empty() ? label : help);
}

void write_port(Writer& xml, const plugin::Port& port, const char* channel) {
  const bool image = port.kind == Kind::volume || port.kind == Kind::label_map;
  const std::string tag = image ? "image" : "file";
  xml.open(tag, port.kind == Kind::label_map ? " type=\"label\"" : image ? " type=\"scalar\"" : "");
  std::string label = port.name;
  for (char& letter : label)
    if (letter == '_') letter = ' ';
  write_names(xml, port.name, label + (port.optional ? " (optional)" : ""), port.help);
  xml.text("channel", channel);
  xml.close(tag);
}

std::string to_tag(FieldKind kind) {
  switch (kind) {
    case FieldKind::boolean: return "boolean";
    case FieldKind::integer: return "integer";
    case FieldKind::real: return "double";
    case FieldKind::choice: return "string-enumeration";
    case FieldKind::path: return "file";
    case FieldKind::numbers: return "double-vector";
    case FieldKind::text: break;
  }
  return "string";
}

void write_limits(Writer& xml, const FieldInfo& field) {
  if (!field.minimum && !field.maximum) return;
  xml.open("constraints");
  if (field.minimum) xml.text("minimum", params::to_text(*field.minimum));
  if (field.maximum) xml.text("maximum", params::to_text(*field.maximum));
  if (field.kind == FieldKind::integer)
    xml.text("step", "1");
  else if (field.minimum && field.maximum)
    xml.text("step", params::to_text((*field.maximum - *field.minimum) / 100));
  xml.close("constraints");
}

void write_field(Writer& xml, const FieldInfo& field) {
  const std::string tag = to_tag(field.kind);
  const bool inverted = field.kind == FieldKind::boolean && std::get<bool>(field.default_value);
  xml.open(tag);
  std::string label = inverted ? "Not: " + field.label : field.label;
  if (!field.unit.empty() && field.unit != "1") label += " [" + field.unit + "]";
  write_names(xml, inverted ? "no_" + field.name : field.name, label, field.help);
  if (field.kind == FieldKind::path)
    xml.text("channel", "input");
  else
    xml.text("default", inverted ? "false" : params::to_text(field.default_value));
  for (const std::string& choice : field.choices) xml.text("element", choice);
  if (field.kind == FieldKind::integer || field.kind == FieldKind::real) write_limits(xml, field);
  xml.close(tag);
}

/// One group; nothing where no field belongs to it.
void write_group(Writer& xml, const std::vector<FieldInfo>& fields, bool advanced, const char* label,
                 const char* description) {
  bool open = false;
  for (const FieldInfo& field : fields) {
    if (field.advanced != advanced) continue;
    if (!open) {
      xml.open("parameters", advanced ? " advanced=\"true\"" : "");
      xml.text("label", label);
      xml.text("description", description);
      open = true;
    }
    write_field(xml, field);
  }
  if (open) xml.close("parameters");
}

/// Options every task has at the command line.
std::vector<FieldInfo> options_of_the_command(const params::Schema& schema) {
  std::vector<FieldInfo> options;
  const auto add = [&](FieldInfo field) {
    field.advanced = true;
    if (schema.find(field.name) == nullptr) options.push_back(std::move(field));
  };
  FieldInfo device{.name = "device",
                   .label = "Device",
                   .help = "What computes.",
                   .unit = {},
                   .kind = FieldKind::choice,
                   .default_value = std::string{"auto"},
                   .minimum = {},
                   .maximum = {},
                   .choices = {"auto", "cpu", "cuda", "reference"},
                   .visible_when = {}};
  FieldInfo seed{.name = "seed",
                 .label = "Seed",
                 .help = "Start of the random numbers.",
                 .unit = {},
                 .kind = FieldKind::integer,
                 .default_value = std::int64_t{0},
                 .minimum = 0,
                 .maximum = {},
                 .choices = {},
                 .visible_when = {}};
  FieldInfo threads{.name = "threads",
                    .label = "Threads",
                    .help = "0: all cores this program may use.",
                    .unit = {},
                    .kind = FieldKind::integer,
                    .default_value = std::int64_t{0},
                    .minimum = 0,
                    .maximum = 1024,
                    .choices = {},
                    .visible_when = {}};
  add(std::move(device));
  add(std::move(seed));
  add(std::move(threads));
  return options;
}

}  // namespace

std::string slicer_description(const plugin::TaskManifest& task, const plugin::Manifest& plugin) {
  Writer xml;
  xml.open("executable");
  xml.text("category", task.about.category.empty() ? "Isocenter" : "Isocenter." + task.about.category);
  xml.text("title", task.about.title);
  xml.text("description", task.about.summary + (task.about.description.empty() ? "" : "\n\n" + task.about.description));
  xml.text("version", plugin.version);
  xml.text("documentation-url", "");
  xml.text("license", plugin.licence);
  xml.text("contributor", plugin.title);
  std::string references;
  for (const std::string& reference : task.about.references) references += (references.empty() ? "" : "\n") + reference;
  xml.text("acknowledgements", references);
  xml.open("parameters");
  xml.text("label", "Data");
  xml.text("description", "What is read and what is written.");
  for (const plugin::Port& port : task.inputs) write_port(xml, port, "input");
  for (const plugin::Port& port : task.outputs) write_port(xml, port, "output");
  xml.close("parameters");
  write_group(xml, task.parameters.fields, false, "Parameters", "How it is computed.");
  write_group(xml, task.parameters.fields, true, "More parameters", "Seldom changed.");
  write_group(xml, options_of_the_command(task.parameters), true, "Running", "Options of every task.");
  xml.close("executable");
  return xml.take();
}

}  // namespace iso::cli
