#pragma once

#include <string>
#include <string_view>

namespace iso {

/// What values are, and in which unit: any name, any unit. The well-known ones are constants, and a name that is one of
/// theirs has their unit.
struct Quantity {
  std::string name{"unknown"};  ///< snake_case, English
  std::string unit{};           ///< "1/mm", "HU", "Bq/ml"; empty: none, or not known

  static const Quantity unknown, attenuation_per_mm, hounsfield, signal, probability, radius;
  static const Quantity abundance, reflectance, absorbance, activity, uptake, dose, fraction, standard_deviation;
  friend bool operator==(const Quantity&, const Quantity&) = default;
};

inline const Quantity Quantity::unknown{};
inline const Quantity Quantity::attenuation_per_mm{"attenuation_per_mm", "1/mm"};
inline const Quantity Quantity::hounsfield{"hounsfield", "HU"};
inline const Quantity Quantity::signal{"signal", ""};
inline const Quantity Quantity::probability{"probability", ""};
inline const Quantity Quantity::radius{"radius", "mm"};
inline const Quantity Quantity::abundance{"abundance", ""};
inline const Quantity Quantity::reflectance{"reflectance", ""};
inline const Quantity Quantity::absorbance{"absorbance", ""};
inline const Quantity Quantity::activity{"activity", "Bq/ml"};
inline const Quantity Quantity::uptake{"uptake", "g/ml"};  ///< standardised uptake value by body weight
inline const Quantity Quantity::dose{"dose", "Gy"};
inline const Quantity Quantity::fraction{"fraction", ""};
inline const Quantity Quantity::standard_deviation{"standard_deviation", ""};

/// "hounsfield", or "force [N]" where the unit is not the one that a well-known name has.
[[nodiscard]] std::string to_string(const Quantity& quantity);
/// The way back. A name that is not well known, without brackets, is a quantity without unit; "" is unknown.
[[nodiscard]] Quantity quantity_from_string(std::string_view text);
/// What a person wrote: as above, but a name that is not well known needs its unit in brackets ("[]": none), so that a
/// slip of the pen is no new quantity. Throws invalid_input, naming the nearest.
[[nodiscard]] Quantity parse_quantity(std::string_view text);

}  // namespace iso
