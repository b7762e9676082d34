#include "iso/base/error.h"
#include "iso/base/json_text.h"
#include "iso/evaluation/phantoms.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace iso::evaluation {
namespace {

using nlohmann::json;

std::string_view to_string(Form form) {
  switch (form) {
    case Form::ellipsoid: return "ellipsoid";
    case Form::box: return "box";
    case Form::cylinder: return "cylinder";
  }
  return "ellipsoid";
}

[[noreturn]] void refuse(std::size_t index, const std::string& what) {
  throw Error{Errc::invalid_input, "solid " + std::to_string(index) + " of the phantom: " + what,
              "the fields are listed with phantom_from_json in iso/evaluation/phantoms.h"};
}

double number(const json& value, std::size_t index, const char* field) {
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(index, std::string{field} + " must hold finite numbers");
  return value.get<double>();
}

template <std::size_t N>
std::array<double, N> numbers(const json& solid, const char* field, std::size_t index, bool null_is_endless = false) {
  if (!solid.contains(field) || !solid[field].is_array() || solid[field].size() != N) {
    refuse(index, std::string{field} + " must be a list of " + std::to_string(N) + " numbers");
  }
  std::array<double, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    const json& value = solid[field][i];
    out[i] = null_is_endless && value.is_null() ? std::numeric_limits<double>::infinity() : number(value, index, field);
  }
  return out;
}

Form to_form(const json& solid, std::size_t index) {
  const std::string name = solid.contains("form") && solid["form"].is_string() ? solid["form"].get<std::string>() : "";
  for (const Form form : {Form::ellipsoid, Form::box, Form::cylinder})
    if (name == to_string(form)) return form;
  refuse(index, "form is \"" + name + "\", it must be ellipsoid, box or cylinder");
}

Solid to_solid(const json& entry, std::size_t index) {
  if (!entry.is_object()) refuse(index, "it must be an object");
  Solid out;
  out.form = to_form(entry, index);
  out.centre_mm = numbers<3>(entry, "centre_mm", index);
  out.half_mm = numbers<3>(entry, "half_mm", index, true);
  for (const double half : out.half_mm)
    if (!(half > 0)) refuse(index, "half_mm must be positive");
  if (!entry.contains("value")) refuse(index, "value is missing");
  out.value = number(entry["value"], index, "value");
  if (entry.contains("axes")) out.axes = numbers<9>(entry, "axes", index);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < 3; ++k) product += out.axes[3 * k + i] * out.axes[3 * k + j];
      if (std::abs(product - (i == j ? 1 : 0)) > 1e-6) refuse(index, "axes must be a rotation");
    }
  }
  if (!entry.contains("cuts")) return out;
  if (!entry["cuts"].is_array()) refuse(index, "cuts must be a list");
  for (const auto& cut : entry["cuts"]) {
    if (!cut.is_object() || !cut.contains("offset_mm")) refuse(index, "a cut needs normal and offset_mm");
    out.cuts.push_back({numbers<3>(cut, "normal", index), number(cut["offset_mm"], index, "offset_mm")});
  }
  return out;
}

}  // namespace

std::string to_json(const Phantom& phantom) {
  json solids = json::array();
  for (const auto& solid : phantom.solids) {
    json half = json::array();
    for (const double h : solid.half_mm) half.push_back(std::isfinite(h) ? json(h) : json(nullptr));
    json entry{
        {"form", to_string(solid.form)}, {"centre_mm", solid.centre_mm}, {"half_mm", half}, {"value", solid.value}};
    if (solid.axes != identity3) entry["axes"] = solid.axes;
    for (const auto& cut : solid.cuts) entry["cuts"].push_back({{"normal", cut.normal}, {"offset_mm", cut.offset_mm}});
    solids.push_back(std::move(entry));
  }
  return json{{"name", phantom.name}, {"solids", std::move(solids)}}.dump(1);
}

Phantom phantom_from_json(std::string_view text) {
  if (nests_deeper_than(text)) throw Error{Errc::invalid_input, "the phantom holds lists within lists without end"};
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("solids") || !document["solids"].is_array()) {
    throw Error{Errc::invalid_input, "the phantom table is not a JSON object with a list \"solids\""};
  }
  refuse_doubled_members(text, "the phantom");
  Phantom out;
  if (document.contains("name") && document["name"].is_string()) out.name = document["name"].get<std::string>();
  std::size_t index = 0;
  for (const auto& entry : document["solids"]) out.solids.push_back(to_solid(entry, index++));
  return out;
}

}  // namespace iso::evaluation
