#pragma once

#include "iso/base/error.h"
#include "iso/params/schema.h"

#include <array>
#include <charconv>
#include <concepts>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// Parameters, said once. A plugin writes a struct whose member initialisers are the defaults and whose `fields()` names
/// its members; command-line options, JSON, validation, manual page, Slicer XML and form follow from it.
///
///     enum class Filter : std::uint8_t { ram_lak, hann };
///     inline constexpr auto choice_names(Filter) { return std::array<std::string_view, 2>{"ram_lak", "hann"}; }
///
///     struct Parameters {
///       int iterations = 100;
///       Filter filter = Filter::ram_lak;
///       friend bool operator==(const Parameters&, const Parameters&) = default;
///       static constexpr auto fields() {
///         using iso::params::field;
///         return std::tuple{field("iterations", &Parameters::iterations).in_range(1, 2000).with_unit("iterations"),
///                           field("filter", &Parameters::filter).with_help("Window of the ramp filter.")};
///       }
///     };
namespace iso::params {

/// An enum is a choice if `choice_names(E{})` (found by its namespace) gives the name of each enumerator 0, 1, 2, ...
template <class T>
concept Choice = std::is_enum_v<T> && requires {
  choice_names(T{});
};

template <class Owner, class T>
struct Field {
  std::string_view name;
  T Owner::*member;
  std::string_view label{}, help{}, unit{};
  std::optional<double> minimum{}, maximum{};
  bool advanced{false}, logarithmic{false};
  std::string_view condition_field{}, condition_value{};  ///< several values separated by '|'

  // clang-format off
  [[nodiscard]] constexpr Field with_label(std::string_view v) const { auto f = *this; f.label = v; return f; }
  [[nodiscard]] constexpr Field with_help(std::string_view v) const { auto f = *this; f.help = v; return f; }
  [[nodiscard]] constexpr Field with_unit(std::string_view v) const { auto f = *this; f.unit = v; return f; }
  [[nodiscard]] constexpr Field in_range(double low, double high) const { auto f = *this; f.minimum = low; f.maximum = high; return f; }
  [[nodiscard]] constexpr Field at_least(double low) const { auto f = *this; f.minimum = low; return f; }
  [[nodiscard]] constexpr Field as_advanced() const { auto f = *this; f.advanced = true; return f; }
  [[nodiscard]] constexpr Field as_logarithmic() const { auto f = *this; f.logarithmic = true; return f; }
  // clang-format on
  [[nodiscard]] constexpr Field visible_when(std::string_view field, std::string_view value) const {
    auto f = *this;
    f.condition_field = field;
    f.condition_value = value;
    return f;
  }
};

template <class Owner, class T>
[[nodiscard]] constexpr Field<Owner, T> field(std::string_view name, T Owner::*member) {
  return {.name = name, .member = member};
}

/// A plain struct whose member initialisers are the defaults and whose fields() names its members.
template <class P>
concept Describable = std::default_initializable<P> && std::equality_comparable<P> && requires {
  P::fields();
};

namespace detail {

template <class T>
constexpr FieldKind kind_of_member() {
  if constexpr (std::same_as<T, bool>)
    return FieldKind::boolean;
  else if constexpr (std::integral<T>)
    return FieldKind::integer;
  else if constexpr (std::floating_point<T>)
    return FieldKind::real;
  else if constexpr (Choice<T>)
    return FieldKind::choice;
  else if constexpr (std::same_as<T, std::filesystem::path>)
    return FieldKind::path;
  else if constexpr (std::same_as<T, std::vector<double>>)
    return FieldKind::numbers;
  else {
    static_assert(std::same_as<T, std::string>,
                  "a parameter is bool, integer, floating point, choice, text, path or numbers");
    return FieldKind::text;
  }
}

/// The double that is written as the float is: 0.1, not 0.10000000149.
inline double shortest(float value) {
  std::array<char, 32> text{};
  double result = value;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  (void)std::from_chars(text.data(), end.ptr, result);
  return result;
}

/// Throws invalid_input: the type of the member cannot hold the value.
[[noreturn]] void refuse_narrow(std::string_view name, std::int64_t value);

// NOLINTBEGIN(bugprone-branch-clone): the branches make different kinds of a value
template <class T>
Value to_value(const T& member) {
  if constexpr (std::same_as<T, bool>)
    return member;
  else if constexpr (std::integral<T>)
    return static_cast<std::int64_t>(member);
  else if constexpr (std::same_as<T, float>)
    return shortest(member);
  else if constexpr (std::floating_point<T>)
    return static_cast<double>(member);
  else if constexpr (Choice<T>)
    return std::string{choice_names(T{})[static_cast<std::size_t>(member)]};
  else if constexpr (std::same_as<T, std::filesystem::path>)
    return member.string();
  else
    return member;
}
// NOLINTEND(bugprone-branch-clone)

template <class T>
void assign(std::string_view name, T& member, const Value& value) {
  if constexpr (std::same_as<T, bool>)
    member = std::get<bool>(value);
  else if constexpr (std::integral<T>) {
    const std::int64_t whole = std::get<std::int64_t>(value);
    if (!std::in_range<T>(whole)) refuse_narrow(name, whole);
    member = static_cast<T>(whole);
  } else if constexpr (std::floating_point<T>)
    member = static_cast<T>(std::get<double>(value));
  else if constexpr (Choice<T>) {
    const auto names = choice_names(T{});
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == std::get<std::string>(value)) member = static_cast<T>(i);
    }
  } else if constexpr (std::same_as<T, std::vector<double>>)
    member = std::get<std::vector<double>>(value);
  else
    member = std::get<std::string>(value);
}

/// The value of each field from a JSON object, missing members taking their defaults, and an object made of values. In
/// validate.cpp, so that no header needs a JSON library.
[[nodiscard]] std::vector<Value> values_in(const Schema& schema, std::string_view parameters_json);
[[nodiscard]] std::string make_json(const Schema& schema, const std::vector<Value>& values);

}  // namespace detail

/// The declaration at run time.
template <Describable P>
[[nodiscard]] Schema make_schema() {
  Schema schema;
  const P defaults{};
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_cvref_t<decltype(defaults.*(f.member))>;
              FieldInfo info;
              info.name = f.name;
              info.label = f.label.empty() ? std::string{f.name} : std::string{f.label};
              info.help = f.help;
              info.unit = f.unit;
              info.kind = detail::kind_of_member<T>();
              info.default_value = detail::to_value(defaults.*(f.member));
              info.minimum = f.minimum;
              if (std::unsigned_integral<T> && info.kind == FieldKind::integer && !info.minimum) info.minimum = 0;
              info.maximum = f.maximum;
              info.advanced = f.advanced;
              info.logarithmic = f.logarithmic;
              if constexpr (Choice<T>) {
                for (const auto name : choice_names(T{})) info.choices.emplace_back(name);
              }
              if (!f.condition_field.empty()) {
                Condition condition{std::string{f.condition_field}, {}};
                std::string_view rest = f.condition_value;
                while (true) {
                  const auto bar = rest.find('|');
                  condition.values.emplace_back(rest.substr(0, bar));
                  if (bar == std::string_view::npos) break;
                  rest.remove_prefix(bar + 1);
                }
                info.visible_when = std::move(condition);
              }
              schema.fields.push_back(std::move(info));
            }(),
            ...);
      },
      P::fields());
  return schema;
}

/// From a JSON object, missing members taking their defaults. Throws invalid_input naming every problem.
template <Describable P>
[[nodiscard]] P from_json(std::string_view text) {
  const Schema schema = make_schema<P>();
  const std::vector<Value> values = detail::values_in(schema, text);
  P result{};
  std::size_t at = 0;
  std::apply([&](const auto&... f) { (detail::assign(f.name, result.*(f.member), values[at++]), ...); }, P::fields());
  return result;
}

template <Describable P>
[[nodiscard]] std::string to_json(const P& parameters) {
  std::vector<Value> values;
  std::apply([&](const auto&... f) { (values.push_back(detail::to_value(parameters.*(f.member))), ...); }, P::fields());
  return detail::make_json(make_schema<P>(), values);
}

/// Every problem at once, so that a form and a command line can show them all. Empty means valid.
template <Describable P>
[[nodiscard]] std::vector<ParameterProblem> validate(const P& parameters) {
  return validate(make_schema<P>(), to_json(parameters));
}

}  // namespace iso::params
