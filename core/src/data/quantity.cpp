#include "iso/data/quantity.h"

#include "iso/base/error.h"
#include "iso/base/names.h"

#include <algorithm>
#include <array>
#include <vector>

namespace iso {
namespace {

const auto& well_known() {
  static const std::array all{Quantity::unknown,     Quantity::attenuation_per_mm,
                              Quantity::hounsfield,  Quantity::signal,
                              Quantity::probability, Quantity::radius,
                              Quantity::abundance,   Quantity::reflectance,
                              Quantity::absorbance,  Quantity::activity,
                              Quantity::uptake,      Quantity::dose,
                              Quantity::fraction,    Quantity::standard_deviation};
  return all;
}

const Quantity* find(std::string_view name) {
  const auto found = std::ranges::find(well_known(), name, &Quantity::name);
  return found == well_known().end() ? nullptr : &*found;
}

}  // namespace

std::string to_string(const Quantity& quantity) {
  const Quantity* const known = find(quantity.name);
  const bool usual = known != nullptr && known->unit == quantity.unit;
  return usual ? quantity.name : quantity.name + " [" + quantity.unit + "]";
}

Quantity quantity_from_string(std::string_view text) {
  const auto open = text.find('[');
  const bool bracketed = open != std::string_view::npos && text.ends_with(']');
  std::string_view name = text.substr(0, bracketed ? open : text.size());
  while (name.ends_with(' ')) name.remove_suffix(1);
  if (name.empty()) return Quantity::unknown;
  const Quantity* const known = find(name);
  Quantity quantity = known != nullptr ? *known : Quantity{std::string{name}, {}};
  if (bracketed) quantity.unit = text.substr(open + 1, text.size() - open - 2);
  return quantity;
}

Quantity parse_quantity(std::string_view text) {
  if (find(text) != nullptr || (text.find('[') != std::string_view::npos && text.ends_with(']') && text.front() != '['))
    return quantity_from_string(text);
  std::vector<std::string> names;
  std::string list;
  for (const Quantity& each : well_known()) {
    names.push_back(each.name);
    list += (list.empty() ? "" : ", ") + each.name;
  }
  const std::string near = nearest_name(std::string{text}, names);
  throw Error{
      Errc::invalid_input,
      "there is no quantity '" + std::string{text} + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
      "use one of " + list + ", or another with its unit in brackets: 'force [N]'"};
}

}  // namespace iso
