#pragma once

#include "io/array_impl.h"

#include "iso/data/table.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace iso::io::detail {

/// A spectral library: a matrix of bands x columns with a matrix of character codes called `names...` beside it, one row a column,
/// among them one that begins with "wavelength" (in microns where it says so) and perhaps "resolution": the form in which the
/// library of the USGS of 1995 is handed around. `wanted` names the matrix if not empty. Nothing where the file holds no such pair.
[[nodiscard]] std::optional<Table> matlab_library(const std::vector<Choice>& arrays, const std::string& wanted,
                                                  const std::function<Pixels(const std::string&)>& load);

}  // namespace iso::io::detail

/// MATLAB files of the versions 5 to 7.
namespace iso::io::detail::mat5 {

struct Variable {
  std::string name;  ///< "structure.field" within structures of one element
  unsigned kind{0};  ///< MATLAB's number of the class
  bool numeric{false};
  std::vector<std::int64_t> extents;
};
[[nodiscard]] std::vector<Variable> variables(const std::filesystem::path& file);  ///< throws cannot_read

struct Parts {
  Pixels real;
  std::optional<Pixels> imaginary;  ///< of the same type, f32 or f64
};
/// Throws cannot_read naming the variable, invalid_input.
[[nodiscard]] Parts read(const std::filesystem::path& file, const std::string& name, Metadata& meta);

}  // namespace iso::io::detail::mat5
