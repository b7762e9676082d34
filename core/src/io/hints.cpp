#include "io/array_impl.h"
#include "io/cube_builder_impl.h"
#include "io/k_space_parts_impl.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::io::detail {
namespace {

params::FieldInfo hint(std::string name, params::FieldKind kind, params::Value none, std::string unit,
                       std::string help) {
  params::FieldInfo field;
  field.label = name;
  std::ranges::replace(field.label, '_', ' ');
  field.name = std::move(name);
  field.kind = kind;
  field.default_value = std::move(none);
  field.unit = std::move(unit);
  field.help = std::move(help);
  return field;
}

/// Hints that several formats take.
const std::vector<params::FieldInfo>& standard_hints() {
  const auto labelled = [](std::string label, params::FieldInfo field) {
    field.label = std::move(label);
    return field;
  };
  static const std::vector<params::FieldInfo> all{
      text_hint("dataset", "Which of several arrays in the file, by its name or path."),
      text_hint("series", "Which of several DICOM series of a folder, by its UID; `isocenter series` lists them."),
      text_hint("axes",
                "Axes of a bare array, fastest first: u,v,view, x,y,z or readout,phase,coil,frame; a number takes that "
                "element "
                "only, x,y,z,0."),
      [] {
        auto spacing = numbers_hint("spacing_mm", "mm", "Spacing of an array without a grid: 0.5,0.5,2.");
        spacing.label = "spacing";
        spacing.minimum = 0;
        return spacing;
      }(),
      text_hint("quantity",
                "What the values are, if the file does not say: attenuation_per_mm, hounsfield, or 'force [N]'."),
      labelled("reading without object",
               text_hint("unattenuated",
                         "Readings are intensities; this is the intensity without object, a number or a file. none: "
                         "they are line integrals.")),
      labelled("reading without beam",
               text_hint("dark", "Intensity without beam, a number or a file, taken off first.")),
      labelled("axis of rotation at",
               number_hint("rotation_axis", "elements", "Detector index u at which the rotation axis is seen."))};
  return all;
}

}  // namespace

params::FieldInfo text_hint(std::string name, std::string help) {
  return hint(std::move(name), params::FieldKind::text, std::string{}, {}, std::move(help));
}
params::FieldInfo number_hint(std::string name, std::string unit, std::string help) {
  return hint(std::move(name), params::FieldKind::real, 0.0, std::move(unit), std::move(help));
}
params::FieldInfo numbers_hint(std::string name, std::string unit, std::string help) {
  return hint(std::move(name), params::FieldKind::numbers, std::vector<double>{}, std::move(unit), std::move(help));
}
params::FieldInfo choice_hint(std::string name, std::vector<std::string> choices, std::string help) {
  auto field = hint(std::move(name), params::FieldKind::choice, choices.front(), {}, std::move(help));
  field.choices = std::move(choices);
  return field;
}

params::Schema hints_of_format(const std::vector<std::string>& standard, std::vector<params::FieldInfo> own) {
  params::Schema schema;
  for (const auto& name : standard) {
    const auto found = std::ranges::find(standard_hints(), name, &params::FieldInfo::name);
    ISO_ASSERT(found != standard_hints().end());
    schema.fields.push_back(*found);
  }
  for (auto& field : own) schema.fields.push_back(std::move(field));
  return schema;
}

params::Schema array_hints(std::vector<std::string> standard, std::vector<params::FieldInfo> own) {
  for (const char* name : {"axes", "spacing_mm", "quantity", "unattenuated", "dark", "rotation_axis"})
    standard.emplace_back(name);
  for (auto& field : matrix_hints()) own.push_back(std::move(field));
  for (auto& field : k_space_hints()) own.push_back(std::move(field));
  return hints_of_format(standard, std::move(own));
}

}  // namespace iso::io::detail
