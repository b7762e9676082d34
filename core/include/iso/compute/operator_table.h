#pragma once

#include "iso/compute/operator_spec.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace iso::compute {

class Backend;

/// What an operator takes on one back end, beside the arrays that it is applied to.
struct OperatorCost {
  std::size_t kept_bytes{0};     ///< as long as the operator lives
  std::size_t scratch_bytes{0};  ///< more while it is applied, at most
  double seconds{0};             ///< of one forward or adjoint, with the threads of `ThreadBudget`
  bool measured{false};          ///< whether `seconds` comes from rates that were measured on such a device
  [[nodiscard]] std::size_t bytes() const noexcept { return kept_bytes + scratch_bytes; }
};

/// One line in the table of a back end: what it does with descriptions of one name.
struct OperatorEntry {
  std::string_view name;
  OperatorPtr (*make)(const OperatorSpec& spec, const Backend& backend);
  OperatorCost (*cost)(const OperatorSpec& spec);
  std::string (*refusal)(const OperatorSpec& spec);  ///< empty, or why this one cannot be made; null: never refused
};

/// The line for description D, from functions that take a D.
template <OperatorDescription D, OperatorPtr (*Make)(const D&, const Backend&), OperatorCost (*Cost)(const D&)>
[[nodiscard]] constexpr OperatorEntry operator_entry() {
  return {D::name, [](const OperatorSpec& spec, const Backend& backend) { return Make(*spec.as<D>(), backend); },
          [](const OperatorSpec& spec) { return Cost(*spec.as<D>()); }, nullptr};
}

/// The same for one that may be refused.
template <OperatorDescription D, OperatorPtr (*Make)(const D&, const Backend&), OperatorCost (*Cost)(const D&),
          std::string (*Refusal)(const D&)>
[[nodiscard]] constexpr OperatorEntry operator_entry() {
  OperatorEntry entry = operator_entry<D, Make, Cost>();
  entry.refusal = [](const OperatorSpec& spec) { return Refusal(*spec.as<D>()); };
  return entry;
}

}  // namespace iso::compute
