#pragma once

#include "io/array_impl.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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
